"""An ordinary boto3 client whose requests never leave the process.

Botocore asks its ``before-send`` event before it opens a connection. The handler here answers with the very bytes
that the HTTP server would send, so that the whole of botocore is at work but the socket.
"""

import functools
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from pyswfaws.protocol.limits import LONG_POLL
from pyswfaws.swflocal.boto import connection_closed
from pyswfaws.swflocal.host import ENDPOINT, AnswerLostError, ClosedError, Host
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.server import wire
from pyswfaws.swflocal.service import Fault

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

_CONFIG = Config(
    signature_version=UNSIGNED,         # nobody verifies it
    user_agent='pyswfaws-swflocal',     # else botocore composes one for every single call
    retries={'total_max_attempts': 1},  # a fault is meant
    read_timeout=LONG_POLL + 10,        # as a client of SWF should have
)


_making: Final = threading.Lock()   # botocore's sessions make one client at a time


class _Body:
    """The raw side of a botocore response."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield self._body


class Transport:
    """Answers the requests of clients of one region."""

    def __init__(self, host: Host, region: str) -> None:
        self._host = host
        self._region = region

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        """Answer one request, as a handler of ``before-send``."""
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        try:
            response = self._answer(headers, request.body or b'')
        except Fault as fault:
            response = wire.refusal(fault, headers)
        except (AnswerLostError, ClosedError):
            raise connection_closed() from None
        fields: Any = response.headers
        return AWSResponse(request.url, response.status, fields, _Body(response.body))

    def _answer(self, headers: dict[str, str], body: bytes) -> wire.Response:
        call = wire.read(headers, body)
        result = self._host.call(call.operation, call.request, self._region)
        return wire.answer(result, headers, has_output='output' in service_model()['operations'][call.operation])


def client(host: Host, region_name: str) -> 'SWFClient':
    """Make an ordinary SWF client of botocore, which is what ``boto3.client`` makes.

    The user's own AWS settings stay out of it: no profile, no configuration file, no credentials.
    """
    with _making:
        made: Any = _session().create_client(
            'swf', region_name, endpoint_url=ENDPOINT, config=_CONFIG,
            aws_access_key_id='swf-local', aws_secret_access_key='swf-local',  # noqa: S106 - asked for, never used
        )
    made.meta.events.register('before-send.swf', Transport(host, region_name))
    return cast('SWFClient', made)


@functools.cache
def _session() -> botocore.session.Session:
    """The session of all these clients: it reads botocore's model once."""
    return botocore.session.Session(session_vars={
        'profile': (None, None, None, None),
        'config_file': (None, None, os.devnull, None),
        'credentials_file': (None, None, os.devnull, None),
    })


def _text(value: str | bytes) -> str:
    return value.decode('latin-1') if isinstance(value, bytes) else value
