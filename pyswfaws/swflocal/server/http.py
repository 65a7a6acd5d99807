"""SWF Local over HTTP: what a request is answered, and the thread that the server runs in.

The server listens on this machine only, unless it is told otherwise: nobody who reaches it is asked for a signature.
On an address that others can reach it wants a token, which clients give as their AWS session token.
"""

import asyncio
import errno
import hmac
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from pyswfaws.swflocal.host import ClosedError, Host
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.server import wire
from pyswfaws.swflocal.server.connections import Connection, Connections, Request
from pyswfaws.swflocal.server.longpoll import ROUNDS, LongPolls
from pyswfaws.swflocal.service import Fault
from pyswfaws.swflocal.service.faults import internal_failure

_log = logging.getLogger(__name__)

#: Connections that may wait to be accepted.
_BACKLOG: Final = 2048

#: Seconds between two looks for connections that nobody uses.
_SWEEP: Final = 5

#: Seconds that requests have to end in when the server is told to stop.
_GRACE: Final = 5

_NOT_SWF: Final = Fault(
    'com.amazon.coral.service#UnknownOperationException', 'SWF Local answers POST / only', status=404)
_TOO_LARGE: Final = Fault(
    'com.amazon.coral.service#RequestEntityTooLargeException', 'Request is too large', status=413)
_WRONG_TOKEN: Final = Fault(
    'com.amazon.coral.service#UnrecognizedClientException',
    'The security token included in the request is invalid.',
    status=403,
)
_GOING: Final = Fault('com.amazon.coral.availability#ServiceUnavailableException', 'SWF Local is closing', status=503)


class Application:
    """Answers requests.

    Args:
        host: the service behind it.
        token: what clients must give as their session token; None asks for nothing.
        reset: empties the service, for ``POST /moto-api/reset``; None leaves that path unknown.
    """

    def __init__(self, host: Host, *, token: str | None, reset: Callable[[], None] | None) -> None:
        self.polls = LongPolls(host)
        self._token = token
        self._reset = reset

    async def answer(self, request: Request, gone: asyncio.Future[None]) -> wire.Response | None:
        """Give the response; None if the client shall not, or cannot, have one. `gone` is done when it hangs up."""
        try:
            return await self._carry_out(request, gone)
        except Fault as fault:
            return wire.refusal(fault, request.headers)
        except ClosedError:
            return wire.refusal(_GOING, request.headers)
        except Exception:   # noqa: BLE001 - a defect of ours is this one client's error 500, not the end of the server
            _log.exception('a request could not be answered')
            return wire.refusal(internal_failure(), request.headers)

    async def _carry_out(self, request: Request, gone: asyncio.Future[None]) -> wire.Response | None:
        headers = request.headers
        if request.body is None:
            return wire.refusal(_TOO_LARGE, headers)
        if self._token is not None:
            given = headers.get('x-amz-security-token', '')
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return wire.refusal(_WRONG_TOKEN, headers)
        if request[:2] == ('POST', '/moto-api/reset') and self._reset is not None:
            self._reset()
            return wire.answer({'status': 'ok'}, headers, has_output=True)
        if request[:2] != ('POST', '/'):
            return wire.refusal(_NOT_SWF, headers)
        call = wire.read(headers, request.body)
        result = await self.polls.answer(call, gone)
        if result is None:
            return None
        return wire.answer(result, headers, has_output='output' in service_model()['operations'][call.operation])


class Server:
    """A running HTTP server; `url` is its endpoint. Close it before the host.

    Args:
        host: the service behind it.
        listener: a bound socket, from `listen`.
        token: what clients must give as their session token; None asks for nothing.
        reset: empties the service, for ``POST /moto-api/reset``; None leaves that path unknown.
    """

    def __init__(
        self, host: Host, listener: socket.socket, *, token: str | None, reset: Callable[[], None] | None,
    ) -> None:
        address, port = listener.getsockname()[:2]
        self.url = f'http://[{address}]:{port}' if ':' in address else f'http://{address}:{port}'
        self._application = Application(host, token=token, reset=reset)
        self._listener = listener
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name='swflocal-http', daemon=True)
        self._thread.start()
        self._loop, self._stopping = self._started.result()

    def close(self) -> None:
        """Answer waiting polls empty, let requests end (five seconds at most), and stop."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._listener.close()
            self._started.set_exception(error)

    async def _serve(self) -> None:
        loop, stopping, connections = asyncio.get_running_loop(), asyncio.Event(), Connections()
        server = await loop.create_server(
            lambda: Connection(self._application.answer, connections), sock=self._listener, backlog=_BACKLOG)
        self._started.set_result((loop, stopping))
        while not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), _SWEEP)
            except TimeoutError:
                connections.close_idle(loop.time())
        for _ in range(ROUNDS):
            await asyncio.sleep(0)      # what has arrived is answered
        server.close()
        self._application.polls.close()
        await connections.close(_GRACE)


def listen(host: str, port: int, *, allow_remote: bool, token: str | None) -> socket.socket:
    """Bind the socket that a server is to listen on; port 0 takes any free one.

    Raises:
        ValueError: `host` can be reached from other machines, which was not allowed, or was allowed without a token.
        OSError: the address cannot be used; the message says what to do.
    """
    if not _is_loopback(host):
        if not allow_remote:
            raise ValueError(
                f'{host} can be reached from other machines, and SWF Local verifies no signatures: '
                'listen on 127.0.0.1, or allow it explicitly and set a token')
        if not token:
            raise ValueError(
                f'{host} can be reached from other machines: set a token, which clients give as session token')
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only then; with it, answers take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = f'port {port} of {host} is in use: stop the program that has it, or choose another port (0: any)'
        else:
            reason = f'cannot listen on {host} port {port}: {error.strerror}'
        raise OSError(error.errno, reason) from None
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
