"""Task tokens and page tokens: opaque outside, a checked JSON list inside.

A token that was garbled on its way, or that another service made, does not pass the check and is answered ``Invalid
token``. A page token is bound to its request and lives for a day, as in the service.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .faults import Fault, invalid, invalid_token

PAGE_TOKEN_LIFETIME: Final = 86_400.0   # seconds
_CHECK_BYTES: Final = 8
#: What may change from page to page, and is not part of what a page token is bound to.
_FREE_MEMBERS: Final = frozenset({'nextPageToken', 'maximumPageSize', 'identity'})


class TaskToken(NamedTuple):
    """Names one attempt of one task; `kind` is decision, activity or lambda."""

    kind: str
    execution: int
    run_id: str
    scheduled_id: int
    started_id: int


def encode(content: list[Any] | tuple[Any, ...]) -> str:
    """Make a token of a JSON list."""
    body = json.dumps(content, separators=(',', ':')).encode()
    return base64.b64encode(_check(body) + body).decode()


def decode(token: str) -> list[Any]:
    """Give back what a token was made of; the Fault of an invalid token if nothing here made it."""
    try:
        raw = base64.b64decode(token.encode('ascii'), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise invalid_token() from None
    if raw[:_CHECK_BYTES] != _check(raw[_CHECK_BYTES:]):
        raise invalid_token()
    content: list[Any] = json.loads(raw[_CHECK_BYTES:])
    return content


def decode_task(token: str, kind: str) -> TaskToken:
    """Give the task that a token of that kind names."""
    content = decode(token)
    if content[0] != kind:
        raise invalid_token()
    return TaskToken(*content)


def encode_page(cursor: list[Any], request: Mapping[str, Any], bound_to: str, now: float) -> str:
    """Make the token of the page that starts at `cursor`; `bound_to` names operation and region."""
    return encode(['page', now, _fingerprint(request, bound_to), cursor])


def decode_page(request: Mapping[str, Any], bound_to: str, now: float) -> list[Any] | None:
    """Give the cursor in the request's ``nextPageToken``; None if it has none."""
    token = request.get('nextPageToken')
    if token is None:
        return None
    content = decode(token)
    if content[0] != 'page' or content[2] != _fingerprint(request, bound_to):
        raise invalid_token()
    if now - content[1] > PAGE_TOKEN_LIFETIME:
        raise _too_old()
    cursor: list[Any] = content[3]
    return cursor


def _too_old() -> Fault:
    return invalid('Specified token has exceeded its maximum lifetime')


def _fingerprint(request: Mapping[str, Any], bound_to: str) -> str:
    bound = {name: value for name, value in request.items() if name not in _FREE_MEMBERS}
    text = bound_to + json.dumps(bound, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_CHECK_BYTES).hexdigest()


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, person=b'swf token').digest()
