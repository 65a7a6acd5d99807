"""A wire that breaks: passes bytes between clients and the service, and cuts connections where the dice have it.

What is cut may be a request on its way, half of one, or the answer to one that was carried out. Both ends see a reset,
as of a firewall that has forgotten a connection, or a host that is gone.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading

_AT_A_TIME = 65536
_FAULTS = ('ThrottlingException', 'InternalFailure')
_RESETS = struct.pack('ii', 1, 0)    # SO_LINGER: close by a reset, at once


class Wire:
    """Listens on a port of its own, and leads to `port`, in a thread. `counts` says what it has seen."""

    def __init__(self, port, likelihood, seed):
        self.counts = {'connections': 0, 'resets': 0, **dict.fromkeys(_FAULTS, 0)}
        self._port = port
        self._likelihood = likelihood
        self._dice = random.Random(seed)
        self._open = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name='wire')
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._connected, '127.0.0.1', 0), self._loop,
        ).result()
        self.url = f'http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}'

    def mend(self):
        """Cut no more."""
        self._likelihood = 0.0

    def close(self):
        async def end():
            self._server.close()
            for end in self._open:
                end.transport.abort()
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connected(self, reader, writer):
        self.counts['connections'] += 1
        ends = [writer]
        self._open.add(writer)
        try:
            there_reader, there = await asyncio.open_connection('127.0.0.1', self._port)
            ends.append(there)
            self._open.add(there)
            await asyncio.gather(self._pass(reader, there, ends), self._pass(there_reader, writer, ends))
        except OSError:     # the service is down, or a process was killed
            for end in ends:
                _reset(end)
        finally:
            self._open.difference_update(ends)
            for end in ends:
                end.close()

    async def _pass(self, reader, writer, ends):
        while data := await reader.read(_AT_A_TIME):
            for fault in _FAULTS:
                self.counts[fault] += data.count(fault.encode())
            if self._dice.random() < self._likelihood:
                self.counts['resets'] += 1
                for end in ends:
                    _reset(end)
                return
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def _reset(writer):
    with contextlib.suppress(OSError):      # it is closed already
        writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
    writer.transport.abort()
