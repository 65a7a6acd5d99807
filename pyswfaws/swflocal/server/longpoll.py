"""Calls on an event loop: polls wait there by the hundred, without a thread each.

The service's work is quick and done on the loop itself, in one batch for all calls that arrived in the same round of
it. A poll without a task waits for the first of four things: the host summons it, its time is over, the server closes,
or its client goes away. The last one matters most: Amazon SWF may hand a task to a poll whose client is gone, and the
task is then lost until it times out. Here a summoned poll first lets the loop see what has arrived from the network; if
its client has hung up, the next poll in the queue gets the task.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from pyswfaws.swflocal.batches import Work
from pyswfaws.swflocal.host import ClosedError, Host, refuse
from pyswfaws.swflocal.polls import Answer, SummonedPoll
from pyswfaws.swflocal.server.wire import Call

#: Rounds of the event loop from the arrival of something from the network until it is known, with one to spare: the
#: selector reports it, the transport reads it and tells the protocol, of an error a round later.
ROUNDS: Final = 3


_T = TypeVar('_T')


class LongPolls:
    """Answers the calls of one server on one event loop."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._closing = False
        self._arrived: list[tuple[Work[Any], asyncio.Future[None]]] = []    # in this round of the loop
        self._news: set[asyncio.Event] = set()   # one of each poll that waits

    async def answer(self, call: Call, gone: asyncio.Future[None]) -> Answer | None:
        """Answer one call; None if nobody is there to read it.

        `gone` is done when the client has hung up. Delays, refusals and lost answers happen here as the host's mishaps
        have it; a lost answer is None too.

        Raises:
            Fault: the service refuses the call.
            ClosedError: the host is closed.
        """
        fate = self._host.mishaps.draw(call.operation)
        if fate.delay:
            await asyncio.sleep(fate.delay)
        refuse(fate)
        news = asyncio.Event()
        loop = asyncio.get_running_loop()
        answer_or_poll = await self._do(
            lambda: self._host.apply_or_wait(*call, summon=lambda: loop.call_soon_threadsafe(news.set)))
        if isinstance(answer_or_poll, SummonedPoll):
            answer = await self._wait(answer_or_poll, news, gone)
        else:
            answer = answer_or_poll
        return None if fate.lost else answer

    def close(self) -> None:
        """Answer all that wait empty, and from now on all that would wait."""
        self._closing = True
        for news in self._news:
            news.set()

    async def _do(self, do: Callable[[], _T]) -> _T:
        """Have the host do something, together with what else arrives in this round of the loop."""
        loop = asyncio.get_running_loop()
        if not self._arrived:
            loop.call_soon(self._work_off)
        work, done = Work(do), loop.create_future()
        self._arrived.append((work, done))
        await done
        return work.result()

    def _work_off(self) -> None:
        arrived, self._arrived = [(work, done) for work, done in self._arrived if not done.cancelled()], []
        try:
            self._host.do_all([work for work, _ in arrived])
        finally:
            for _, done in arrived:
                done.set_result(None)

    async def _wait(self, poll: SummonedPoll, news: asyncio.Event, gone: asyncio.Future[None]) -> Answer | None:
        loop = asyncio.get_running_loop()
        over = loop.time() + self._host.poll_timeout

        def hung_up(_: object) -> None:
            news.set()

        timer = loop.call_at(over, news.set)
        gone.add_done_callback(hung_up)
        self._news.add(news)
        try:
            while not self._closing:
                await news.wait()
                news.clear()
                for _ in range(ROUNDS):
                    await asyncio.sleep(0)
                if gone.done():
                    return None
                try:
                    answer = await self._do(lambda: self._host.take(poll))
                except ClosedError:
                    break
                if answer is not None:
                    return answer
                if loop.time() >= over:
                    break
            return poll.empty
        finally:
            timer.cancel()
            gone.remove_done_callback(hung_up)
            self._news.discard(news)
            self._host.leave(poll)
