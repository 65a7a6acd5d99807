"""HTTP/1.1 as its clients may speak it, beside what SDKs do."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from urllib.parse import urlsplit

import pytest

from pyswfaws.swflocal import SwfLocal
from pyswfaws.swflocal.server import connections
from pyswfaws.swflocal.server import http as server

BODY = json.dumps({'registrationStatus': 'REGISTERED'}).encode()
HEAD = b'POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: SimpleWorkflowService.ListDomains\r\n'
LENGTH = b'Content-Length: %d\r\n' % len(BODY)
REQUEST = HEAD + LENGTH + b'\r\n' + BODY


@contextlib.contextmanager
def speaking(url):
    """A socket at the endpoint, and what comes out of it."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as plug, plug.makefile('rb') as heard:
        yield plug, heard


def answer(heard, method='POST'):
    """Read one response: its status, headers and body."""
    response = http.client.HTTPResponse(Spoken(heard), method=method)
    response.begin()
    return response.status, response.headers, response.read()


class Spoken:
    """What http.client reads a response from: not more than it, so that the next can follow."""

    def __init__(self, heard):
        self._heard = heard

    def makefile(self, _):
        return self

    def __getattr__(self, name):
        return getattr(self._heard, name)

    def close(self):
        """Leave the connection open."""


def test_requests_that_are_sent_ahead_are_answered_in_their_order(served):
    with speaking(served.url) as (plug, heard):
        plug.sendall(REQUEST + REQUEST.replace(b'POST / ', b'POST /elsewhere ') + REQUEST)
        assert [answer(heard)[0] for _ in range(3)] == [200, 404, 200]


def test_a_request_may_arrive_byte_by_byte_and_in_chunks(served):
    chunked = b'%x\r\n%s\r\n0\r\n\r\n' % (len(BODY), BODY)
    with speaking(served.url) as (plug, heard):
        for byte in HEAD + b'Transfer-Encoding: chunked\r\n\r\n' + chunked:
            plug.sendall(bytes([byte]))
        assert answer(heard)[0] == 200


def test_who_asks_before_sending_the_body_is_told_to_go_on(served):
    with speaking(served.url) as (plug, heard):
        plug.sendall(HEAD + LENGTH + b'Expect: 100-continue\r\n\r\n')
        assert heard.readline() + heard.readline() == b'HTTP/1.1 100 Continue\r\n\r\n'
        plug.sendall(BODY)
        assert answer(heard)[0] == 200


@pytest.mark.parametrize('nonsense', [
    b'\x16\x03\x01 this is TLS, or so\r\n\r\n',
    HEAD + LENGTH + b'Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n' + BODY,
])
def test_what_is_another_protocol_is_a_bad_request_and_the_end(served, nonsense):
    with speaking(served.url) as (plug, heard):
        plug.sendall(nonsense)
        assert answer(heard)[0] == 400
        assert heard.read() == b''


def test_a_head_has_no_body(served):
    with speaking(served.url) as (plug, heard):
        plug.sendall(b'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n')
        status, headers, _ = answer(heard, 'HEAD')
        assert (status, int(headers['Content-Length']) > 0) == (404, True)
        plug.sendall(REQUEST)
        assert answer(heard)[0] == 200


@pytest.mark.parametrize('request_', [
    REQUEST.replace(b'1.1', b'1.0'), HEAD + LENGTH + b'Connection: close\r\n\r\n' + BODY])
def test_a_connection_that_is_not_to_be_kept_is_closed(served, request_):
    with speaking(served.url) as (plug, heard):
        plug.sendall(request_)
        status, headers, _ = answer(heard)
        assert (status, headers['Connection']) == (200, 'close')
        assert heard.read() == b''


def test_a_connection_that_nobody_uses_is_closed(monkeypatch):
    monkeypatch.setattr(connections, '_KEEP_ALIVE', 0)
    monkeypatch.setattr(server, '_SWEEP', 0.01)
    with SwfLocal() as swf, swf.serve() as url, speaking(url) as (_, heard):
        assert heard.read() == b''


def test_a_request_that_does_not_end_is_cut_off_when_the_server_stops(monkeypatch):
    asked = threading.Event()

    async def never(*_):
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr('pyswfaws.swflocal.server.longpoll.LongPolls.answer', never)
    monkeypatch.setattr(server, '_GRACE', 0.01)
    with SwfLocal() as swf, contextlib.ExitStack() as ending:
        with swf.serve() as url:
            plug, heard = ending.enter_context(speaking(url))
            plug.sendall(REQUEST)
            assert asked.wait(10)
        with contextlib.suppress(ConnectionResetError):
            assert heard.read() == b''
