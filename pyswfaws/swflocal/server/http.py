"""SWF Local over HTTP: an ASGI application, and the thread that uvicorn runs it in.

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
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from typing import Any, Final, TypeAlias

from pyswfaws.protocol import limits
from pyswfaws.swflocal.host import ClosedError, Host
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.server import wire
from pyswfaws.swflocal.server.longpoll import LongPolls
from pyswfaws.swflocal.service import Fault
from pyswfaws.swflocal.service.faults import internal_failure

try:
    import uvicorn
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "SWF Local over HTTP needs uvicorn, which is not installed: pip install 'pyswfaws[server]'",
    ) from None

_log = logging.getLogger(__name__)

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

#: Connections that may wait to be accepted.
_BACKLOG: Final = 2048

#: Seconds that a connection may idle, longer than the pools of AWS SDKs keep one.
_KEEP_ALIVE: Final = 75

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
    """The ASGI application.

    Args:
        host: the service behind it.
        token: what clients must give as their session token; None asks for nothing.
        reset: empties the service, for ``POST /moto-api/reset``; None leaves that path unknown.
        hang_up: closes the connection of the client with that address.
    """

    def __init__(
        self, host: Host, *, token: str | None, reset: Callable[[], None] | None, hang_up: Callable[[Any], None],
    ) -> None:
        self.polls = LongPolls(host)
        self._token = token
        self._reset = reset
        self._hang_up = hang_up

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode('latin-1'): value.decode('latin-1') for name, value in scope['headers']}
        body = await _body(scope, receive)
        if body is None:
            await _send(wire.refusal(_TOO_LARGE, headers), send)
            return
        gone = asyncio.ensure_future(receive())   # after the body, all that can arrive is that the client hangs up
        try:
            response = await self._respond(scope, headers, body, gone)
            if response is None:
                self._hang_up(scope['client'])
                await gone
            else:
                await _send(response, send)
        finally:
            gone.cancel()

    async def _respond(
        self, scope: Message, headers: dict[str, str], body: bytes, gone: asyncio.Future[Any],
    ) -> wire.Response | None:
        """Give the response; None if the client shall not, or cannot, have one."""
        try:
            return await self._carry_out(scope, headers, body, gone)
        except Fault as fault:
            return wire.refusal(fault, headers)
        except ClosedError:
            return wire.refusal(_GOING, headers)
        except Exception:   # noqa: BLE001 - a defect of ours is this one client's error 500, not the end of the server
            _log.exception('a request could not be answered')
            return wire.refusal(internal_failure(), headers)

    async def _carry_out(
        self, scope: Message, headers: dict[str, str], body: bytes, gone: asyncio.Future[Any],
    ) -> wire.Response | None:
        if self._token is not None:
            given = headers.get('x-amz-security-token', '')
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return wire.refusal(_WRONG_TOKEN, headers)
        if scope['method'] == 'POST' and scope['path'] == '/moto-api/reset' and self._reset is not None:
            self._reset()
            return wire.answer({'status': 'ok'}, headers, has_output=True)
        if scope['method'] != 'POST' or scope['path'] != '/':
            return wire.refusal(_NOT_SWF, headers)
        call = wire.read(headers, body)
        result = await self.polls.answer(call, gone)
        if result is None:
            return None
        return wire.answer(result, headers, has_output='output' in service_model()['operations'][call.operation])


async def _body(scope: Message, receive: Receive) -> bytes | None:
    """Read the request's body; None if it is too large with its headers, which no more of it is read for."""
    size = sum(len(name) + len(value) + len(': \r\n') for name, value in scope['headers'])
    parts = []
    more = True
    while more:
        message = await receive()
        part = message.get('body', b'')
        size += len(part)
        if size > limits.REQUEST:
            return None
        parts.append(part)
        more = message.get('more_body', False)
    return b''.join(parts)


async def _send(response: wire.Response, send: Send) -> None:
    await send({
        'type': 'http.response.start',
        'status': response.status,
        'headers': [(name.encode(), value.encode()) for name, value in response.headers.items()],
    })
    await send({'type': 'http.response.body', 'body': response.body})


class _Uvicorn(uvicorn.Server):
    """Uvicorn, which tells when it has started."""

    def __init__(self, application: Application) -> None:
        super().__init__(uvicorn.Config(
            application, log_config=None, access_log=False, server_header=False, lifespan='off', ws='none',
            proxy_headers=False, timeout_keep_alive=_KEEP_ALIVE, timeout_graceful_shutdown=_GRACE,
        ))
        self.loop: Future[asyncio.AbstractEventLoop] = Future()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop.set_result(asyncio.get_running_loop())


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
        self._application = Application(host, token=token, reset=reset, hang_up=self._hang_up)
        self._listener = listener
        self._uvicorn = _Uvicorn(self._application)
        self._thread = threading.Thread(target=self._run, name='swflocal-http', daemon=True)
        self._thread.start()
        self._loop = self._uvicorn.loop.result()

    def close(self) -> None:
        """Answer waiting polls empty, let requests end (five seconds at most), and stop."""
        self._loop.call_soon_threadsafe(self._application.polls.close)
        self._uvicorn.should_exit = True
        self._thread.join()

    def _hang_up(self, client: Any) -> None:
        connections: set[Any] = set(self._uvicorn.server_state.connections)
        for connection in connections:
            if connection.client == client:
                connection.transport.abort()

    def _run(self) -> None:
        try:
            asyncio.run(self._uvicorn.serve(sockets=[self._listener]))
        except BaseException as error:
            if self._uvicorn.loop.done():
                raise
            self._listener.close()
            self._uvicorn.loop.set_exception(error)


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
