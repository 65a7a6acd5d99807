"""AWS JSON 1.0 as SWF speaks it: pure functions between bytes and requests.

A request is a POST whose ``X-Amz-Target`` header names the operation and whose body holds the members as JSON. The
region stands in the credential scope of the signature, which is not verified. Two dialects are spoken: the one of
today's SDKs, and the one of boto 2 and the AWS documentation, with another prefix of the target and another content
type. The response repeats the content type of the request.

Source: recorded traffic, and the AWS documentation on "making HTTP requests to Amazon SWF".
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from pyswfaws.swflocal.service import Fault
from pyswfaws.swflocal.service.faults import unknown_operation, unreadable

DEFAULT_REGION: Final = 'us-east-1'

_TARGET_PREFIXES: Final = (
    'SimpleWorkflowService.',
    'com.amazonaws.swf.service.model.SimpleWorkflowService.',
)
_JSON_1_0: Final = 'application/x-amz-json-1.0'
_LEGACY: Final = 'application/json'
_SCOPE: Final = re.compile(r'Credential=[^/]*/\d{8}/([a-z0-9-]+)/')

_encode = msgspec.json.Encoder(order='sorted').encode
_decode = msgspec.json.Decoder().decode


class Call(NamedTuple):
    """A request that could be read."""

    operation: str
    request: dict[str, Any]
    region: str


class Response(NamedTuple):
    """A response, ready for the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def read(headers: Mapping[str, str], body: bytes) -> Call:
    """Read a request; the names of `headers` are in lower case.

    Raises:
        Fault: UnknownOperationException without a target of SWF, SerializationException if the body is no JSON object.
    """
    target = headers.get('x-amz-target', '')
    prefix = next((prefix for prefix in _TARGET_PREFIXES if target.startswith(prefix)), None)
    if prefix is None:
        raise unknown_operation(target)
    try:
        request = _decode(body or b'{}')
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(str(error)) from None
    if type(request) is not dict:
        raise unreadable('Start of structure expected')
    return Call(target.removeprefix(prefix), request, region(headers))


def region(headers: Mapping[str, str]) -> str:
    """Give the region that the request was signed for."""
    scope = _SCOPE.search(headers.get('authorization', ''))
    return scope[1] if scope else DEFAULT_REGION


def answer(result: Mapping[str, Any], headers: Mapping[str, str], *, has_output: bool) -> Response:
    """Give the response of a call that was carried out; an operation without output answers with no body at all."""
    return _response(200, _encode(result) if has_output else b'', headers)


def refusal(fault: Fault, headers: Mapping[str, str] | None = None) -> Response:
    """Give the error response of a fault."""
    return _response(fault.status, _encode(fault.body), headers or {})


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    legacy = headers.get('content-type', '').startswith(_LEGACY)
    return Response(status, {
        'x-amzn-RequestId': str(uuid.uuid4()),
        'Content-Type': _LEGACY if legacy else _JSON_1_0,
        'Content-Length': str(len(body)),
    }, body)
