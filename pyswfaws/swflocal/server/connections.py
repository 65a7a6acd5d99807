"""HTTP/1.1 on connections: bytes in, requests out, and the responses in their order.

httptools (the parser of Node.js) finds the requests in the bytes. A connection carries one request at a time; what a
client sends ahead of the answer waits. Whoever closes their end is gone, and will not read an answer any more.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple, TypeAlias, cast

from pyswfaws.protocol import limits
from pyswfaws.swflocal.server.wire import Response

try:
    import httptools
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "SWF Local over HTTP needs httptools, which is not installed: pip install 'pyswfaws[server]'",
    ) from None

#: Seconds that a connection may idle, longer than the pools of AWS SDKs keep one.
_KEEP_ALIVE: Final = 75

_CONTINUE: Final = b'HTTP/1.1 100 Continue\r\n\r\n'
_BAD_REQUEST: Final = b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'


class Request(NamedTuple):
    """A request; the names of its headers are in lower case. `body` is None if it is too large with the headers."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    keeps_alive: bool


#: Answers a request; the future is done when the client is gone. None: hang up.
Answer: TypeAlias = Callable[[Request, asyncio.Future[None]], Awaitable[Response | None]]


class Connection(asyncio.Protocol):
    """One connection. httptools calls its methods ``on_...``, asyncio the others."""

    def __init__(self, answer: Answer, connections: 'Connections') -> None:
        loop = asyncio.get_running_loop()
        self.idle_since: float | None = loop.time()     # by the loop's clock; None while a request is worked on
        self._answer = answer
        self._connections = connections
        self._gone: asyncio.Future[None] = loop.create_future()
        self._parser = httptools.HttpRequestParser(self)
        self._requests: deque[Request] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def close(self) -> None:
        """Close the connection, after the answer to the request that is worked on, if any."""
        self._requests.clear()
        if self.idle_since is not None:
            self._transport.close()

    def abort(self) -> None:
        """Hang up."""
        self._transport.abort()

    # For asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast('asyncio.Transport', transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):    # an offer of another protocol is not taken
            self._requests.clear()
            self._transport.write(_BAD_REQUEST)
            self._transport.close()

    def eof_received(self) -> None:
        """Take note that the client has closed its end; asyncio then closes ours."""
        self._leave()

    def connection_lost(self, _: Exception | None) -> None:
        """End."""
        self._leave()
        self._connections.discard(self)

    def _leave(self) -> None:
        self._requests.clear()
        if not self._gone.done():
            self._gone.set_result(None)

    # For httptools.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._url = b''
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of its address."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._size += len(name) + len(value) + len(': \r\n')
        if self._size <= limits.REQUEST:
            self._headers[name.decode('latin-1').lower()] = value.decode('latin-1')

    def on_headers_complete(self) -> None:
        """Let a client go on that asks before it sends the body."""
        if self._headers.get('expect', '').lower() == '100-continue':
            self._transport.write(_CONTINUE)

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._size += len(part)
        if self._size <= limits.REQUEST:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        """Have the request answered, when those before it are."""
        self._requests.append(Request(
            self._parser.get_method().decode(), self._url.partition(b'?')[0].decode('latin-1'), self._headers,
            b''.join(self._parts) if self._size <= limits.REQUEST else None, self._parser.should_keep_alive()))
        if self._serving is None:
            self.idle_since = None
            self._serving = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        """Answer what has arrived, one request after the other."""
        while self._requests:
            request = self._requests.popleft()
            response = await self._answer(request, self._gone)
            if response is None:
                self.abort()
            else:
                self._transport.write(_written(response, request))
                if not request.keeps_alive or self._connections.closing:
                    self._requests.clear()
                    self._transport.close()
        self._serving = None
        self.idle_since = asyncio.get_running_loop().time()


class Connections:
    """The open connections of a server."""

    def __init__(self) -> None:
        self.closing = False
        self._open: set[Connection] = set()
        self._none = asyncio.Event()

    def add(self, connection: Connection) -> None:
        """Note that one was opened."""
        self._open.add(connection)

    def discard(self, connection: Connection) -> None:
        """Note that one was closed."""
        self._open.discard(connection)
        if not self._open:
            self._none.set()

    def close_idle(self, now: float) -> None:
        """Close those that nobody has used for long; `now` is the loop's time."""
        for connection in list(self._open):
            if connection.idle_since is not None and now - connection.idle_since > _KEEP_ALIVE:
                connection.close()

    async def close(self, grace: float) -> None:
        """Close all, after the answers to their requests; those that take more than `grace` seconds are cut off."""
        self.closing = True
        for connection in list(self._open):
            connection.close()
        self._none.clear()
        if self._open:
            try:
                await asyncio.wait_for(self._none.wait(), grace)
            except TimeoutError:
                for connection in list(self._open):
                    connection.abort()


def _written(response: Response, request: Request) -> bytes:
    """Give a response as it stands on the wire."""
    lines = [_status_line(response.status), f'Date: {_date(int(time.time()))}']
    lines.extend(f'{name}: {value}' for name, value in response.headers.items())
    if not request.keeps_alive:
        lines.append('Connection: close')
    head = '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'
    return head if request.method == 'HEAD' else head + response.body


def _status_line(status: int) -> str:
    return f'HTTP/1.1 {status} {HTTPStatus(status).phrase}'


@lru_cache(1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
