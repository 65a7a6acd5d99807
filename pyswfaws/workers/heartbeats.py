"""Heartbeats: tell SWF that running activities are alive, so that it notices when their worker is not.

Each task beats at a third of its heartbeat timeout, and sooner where the activity says something or asks whether it is
still wanted; but no more often than at a tenth of it, and once a second, as SWF counts the calls of a whole account.
What comes back is whether a cancel was requested, or that nobody waits for the task any more. One thread knows what is
due when; a few others make the calls, so that one that hangs does not silence the rest.

A task beats, too, when its type's start-to-close timeout is over. SWF does not tell a worker what the timeout of its
task is, and a call may have been given another than its type has. So the worker does not conclude: it asks, and what
SWF no longer knows has timed out. Where the call was given more time, it asks again, at a tenth of the timeout.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from pyswfaws.binding.attempts import Attempt
from pyswfaws.exceptions import ActivityCancelled
from pyswfaws.workers.clients import FAULTS, fault_of, is_permanent
from pyswfaws.workers.outage import Outage

logger = logging.getLogger('pyswfaws')

SENDERS: Final = 4              # calls that are made at a time
_LEAST_PAUSE: Final = 1.0       # seconds
_PAUSE: Final = 10.0            # the same for a task without a timeout
_MARGIN: Final = 0.5            # by which SWF may be late to time a task out
_FEW: Final = 32                # of tasks that are over: not worth looking for


class Pulse:
    """The beats of one task. `due` is when the next one is, by the monotonic clock; None while there is none."""

    def __init__(self, token: str, attempt: Attempt, timeout: float | None, limit: float | None) -> None:
        self.token = token
        self.attempt = attempt
        self.limit = limit
        self.overdue = None if limit is None else time.monotonic() + limit + _MARGIN
        self.interval = timeout / 3 if timeout else None
        self.pause = max(_LEAST_PAUSE, timeout / 10) if timeout else _PAUSE
        self.earliest = time.monotonic()
        self.due: float | None = None
        self.is_running = True
        self.is_heard = True        # by the attempt
        self.is_sending = False

    def after(self, now: float) -> float | None:
        """Give when it beats next by itself; None if it does not."""
        moments = [] if self.interval is None else [now + self.interval]
        if self.overdue is not None and self.limit is not None:
            moments.append(self.overdue if now < self.overdue else now + max(_PAUSE, self.limit / 10))
        return min(moments, default=None)


class Heartbeats:
    """Beats for the tasks that are inside `beating`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._due: list[tuple[float, int, Pulse]] = []     # a heap
        self._running = 0
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._senders = ThreadPoolExecutor(SENDERS, 'heartbeat')
        self._closed = False
        self._outage = Outage('sending heartbeats')

    @contextmanager
    def beating(
        self, token: str, attempt: Attempt, timeout: float | None, limit: float | None = None,
    ) -> Iterator[Pulse]:
        """Beat for the task of `token` while the block runs, and tell `attempt` when nobody waits for it any more.

        `timeout` is the task's heartbeat timeout in seconds; None for a task that has none, which then beats only when
        the activity says something or asks. `limit` is the start-to-close timeout of its type, in seconds.
        """
        pulse = Pulse(token, attempt, timeout, limit)
        attempt.on_look = lambda: self._hurry(pulse)
        with self._changed:
            self._running += 1
            self._schedule(pulse, pulse.after(time.monotonic()))
        try:
            yield pulse
        finally:
            with self._changed:
                pulse.is_running = False
                self._outage.left(pulse)
                self._running -= 1
                self._let_go()

    def answering(self, pulse: Pulse) -> None:
        """Beat on, but tell the attempt nothing more: what becomes of its answer, the answer will tell.

        SWF knows nothing of a task that is answered, so a beat that comes after that is not taken either.
        """
        with self._changed:
            pulse.is_heard = False

    def close(self) -> None:
        """End the threads, when the calls that are being made are answered."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self._senders.shutdown()

    def _hurry(self, pulse: Pulse) -> None:
        with self._changed:
            moment = max(time.monotonic(), pulse.earliest)
            if pulse.due is None or moment < pulse.due:
                self._schedule(pulse, moment)

    def _let_go(self) -> None:
        """Forget the tasks that are over, where they are most of what is due: their next beats may be far away."""
        if len(self._due) > 2 * self._running + _FEW:
            self._due = [entry for entry in self._due if entry[2].is_running and entry[2].due == entry[0]]
            heapq.heapify(self._due)

    def _schedule(self, pulse: Pulse, moment: float | None) -> None:
        if moment is None or self._closed or not pulse.is_running:
            return
        pulse.due = moment
        heapq.heappush(self._due, (moment, next(self._count), pulse))
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat_on, name='heartbeats', daemon=True)
            self._thread.start()
        if self._due[0][2] is pulse:    # else the thread wakes early enough
            self._changed.notify()

    def _beat_on(self) -> None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                moment, _, pulse = heapq.heappop(self._due)
                if pulse.due == moment and pulse.is_running:    # else it was hurried since, or its task is over
                    self._begin(pulse)

    def _begin(self, pulse: Pulse) -> None:
        now = time.monotonic()
        pulse.due = None
        pulse.earliest = now + pulse.pause
        self._schedule(pulse, pulse.after(now))
        if not pulse.is_sending:        # a call that hangs is not followed by more of them
            pulse.is_sending = True
            self._senders.submit(self._send, pulse).add_done_callback(_report)

    def _send(self, pulse: Pulse) -> None:
        noted = pulse.attempt.noted
        try:
            answer = self._client.record_activity_task_heartbeat(
                taskToken=pulse.token, **({} if noted is None else {'details': noted}),
            )
            if answer.get('cancelRequested'):
                self._end(pulse, ActivityCancelled('a cancel of this activity was requested'))
            self._outage.passed(pulse, time.monotonic())
        except FAULTS as error:
            self._take(pulse, error)
        finally:
            pulse.is_sending = False

    def _take(self, pulse: Pulse, error: Exception) -> None:
        """Take note that a beat was not taken."""
        if not is_permanent(error):
            with self._changed:     # so that nobody is noted as failing who has left
                if pulse.is_running:
                    self._outage.failed(pulse, error, time.monotonic())
            return
        self._outage.passed(pulse, time.monotonic())
        if fault_of(error) == 'UnknownResourceFault':   # it timed out, its workflow closed, or it is answered
            self._end(pulse, ActivityCancelled('nobody waits for this activity any more', is_lost=True))
        else:
            logger.warning('a heartbeat was not taken, and no more are sent for this task: %s', error)
        pulse.is_running = False

    def _end(self, pulse: Pulse, ended: ActivityCancelled) -> None:
        with self._changed:     # so that an attempt hears nothing after its block
            if pulse.is_running and pulse.is_heard:
                pulse.attempt.end(ended)


def _report(sent: 'Future[None]') -> None:
    error = sent.exception()
    if error is not None:
        logger.error('a heartbeat went wrong', exc_info=error)
