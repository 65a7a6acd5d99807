"""Task worker: polls task lists in threads of its own, and hands each task on, until it is told to stop.

The errors of a poll never end it: it backs off, says so once, and goes on.
"""

import itertools
import logging
import math
import os
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from pyswfaws.binding.checks import Duration, check_count, in_seconds
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.middleware import Chain, Middleware
from pyswfaws.protocol.limits import IDENTITY
from pyswfaws.workers.backoff import Backoff
from pyswfaws.workers.clients import FAULTS, USER_AGENT, Access, check_domain, check_wait, fault_of
from pyswfaws.workers.counts import Counts
from pyswfaws.workers.heartbeats import SENDERS
from pyswfaws.workers.insisting import insist
from pyswfaws.workers.outage import Outage
from pyswfaws.workers.place import all_task_lists, one_domain
from pyswfaws.workers.registration import check_types
from pyswfaws.workers.running import run

logger = logging.getLogger('pyswfaws')


class TaskWorker(ABC):
    """What both kinds of worker are: `start()` blocks until `stop()` or a signal, then drains.

    `counts` tells what happened, by a word for it. `polls` is the client that polls, `client` the one for all else.
    """

    kind: ClassVar[str]     # of its tasks, in a word

    def __init__(
        self,
        domain: str | None,
        task_lists: str | Sequence[str] | None,
        default_task_list: str | None,
        access: Access,
        *,
        identity: str | None,
        pollers: int,
        threads: int,
        drain_timeout: float,
        middleware: Sequence[Middleware] | None,
    ) -> None:
        """Find out where to work. `pollers` are for each task list, and so are the `threads` that call SWF beside."""
        check_count(pollers, 'pollers')
        self._drain_timeout = in_seconds(drain_timeout, 'drain_timeout')
        self.domain = one_domain(domain, (one.domain for one in self.definitions))
        self.task_lists = all_task_lists(
            task_lists, ((one.name, one.task_list) for one in self.definitions), default_task_list,
        )
        self.polls, self.client = access.clients(
            polls=pollers * len(self._polled_lists()), calls=threads * len(self.task_lists) + SENDERS,
        )
        self._made = [] if access.client is not None else [self.polls, self.client]
        self.counts = Counts()
        self.identity = (identity or f'{socket.gethostname()}:{os.getpid()} {USER_AGENT}')[:IDENTITY]
        self.logger = logger
        self.middleware = Chain(middleware)
        self._pollers = pollers
        self._stopping = threading.Event()
        self._drained_by = math.inf     # by the monotonic clock
        self._outage = Outage(f'polling for {self.kind} tasks on {", ".join(self.task_lists)} of {self.domain}')
        self._threads: list[threading.Thread] = []
        self._died: BaseException | None = None
        self.retired: str | None = None

    # What a subclass of a user's may override.

    def handle_no_op(self, task: Any) -> None:  # noqa: B027 - a hook, which need not be used
        """Take note of a poll that was answered without a task."""

    def handle_exception(self, exception: BaseException, task: Any) -> bool:  # noqa: ARG002 - `task` is for subclasses
        """Take note of an exception, of a poll (`task` is None) or of user code. True ends the worker."""
        self.logger.debug('%s: %s', type(exception).__name__, exception)
        return False

    # Running.

    def start(self) -> str | None:
        """Serve until `stop()` is called or a signal comes; gives back when all running work is answered.

        Gives None, or why the worker ended by itself, to be replaced: it has run `max_tasks`, or takes more than
        `max_memory`.

        Raises a ConfigurationError where it cannot work at all: no credentials, no answer, or a domain or type that is
        not registered.
        """
        run([self])
        return self.retired

    def stop(self) -> None:
        """End for good, from any thread: no new poll; open polls are waited out, running work is finished and answered.

        A worker that is stopped before it starts ends at once, so that no signal is lost on the way.
        """
        self.retired = None     # whoever ends it wants no other in its place
        self._drain()

    def retire(self, reason: str) -> None:
        """End as by `stop`, but to be replaced by a new process; `start` gives the reason."""
        if not self._stopping.is_set():
            self.logger.info('%s ends, to be replaced: %s', self.identity, reason)
            self.retired = reason
            self._drain()

    def _drain(self) -> None:
        if not self._stopping.is_set():     # not twice: a signal may come while this thread is setting it
            self._drained_by = time.monotonic() + self._drain_timeout
            self._stopping.set()

    def begin(self) -> None:
        """Start the polling threads, and give back at once."""
        check_wait(self.polls)
        check_domain(self.client, self.domain)
        check_types(self.client, self.domain, self.definitions)
        self._threads = [
            threading.Thread(
                target=self._run_poller, args=(task_list,), name=f'{type(self).__name__} {task_list} {n}', daemon=True,
            )
            for task_list in self._polled_lists()
            for n in range(1, self._pollers + 1)
        ]
        self.logger.info('%s serves %s', self.identity, self)
        self.middleware.worker(self)
        for thread in self._threads:
            thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every thread has ended, `timeout` seconds at most, or for good; whether they have.

        What they have begun is finished then, however long that takes. Raises what ended one before its time.
        """
        until = math.inf if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if timeout is None else max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            return False
        self._finish()
        for client in self._made:
            client.close()
        if self._died is not None:
            raise self._died
        return True

    def _finish(self) -> None:  # noqa: B027 - not every worker has something to finish
        """Finish what the polls began, when they have ended."""

    @property
    @abstractmethod
    def definitions(self) -> Sequence[ActivityType | WorkflowType]:
        """The types that it serves."""

    def _polled_lists(self) -> Sequence[str]:
        """Give the task lists to poll: those of its users, and whatever else it may need."""
        return self.task_lists

    @abstractmethod
    def _poll(self, task_list: str) -> Any:
        """Ask SWF for a task, for up to a minute; None where it was told to stop before it could ask."""

    @abstractmethod
    def _work(self, task: Any, task_list: str) -> None:
        """Do what `task` asks, and answer it."""

    def _run_poller(self, task_list: str) -> None:
        try:
            self._poll_on(task_list)
        except BaseException as error:  # noqa: BLE001 - raised again by `wait`, in the thread that waits
            self._die(error)

    def _die(self, error: BaseException) -> None:
        """End because of something that is not foreseen; `wait` raises it."""
        self._died = error
        self.stop()

    def _poll_on(self, task_list: str) -> None:
        """Poll until the worker is told to stop."""
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                task = self._poll(task_list)
            except FAULTS as error:
                self.counts.add('failed polls')
                self._outage.failed(threading.get_ident(), error, time.monotonic())
                if self.handle_exception(error, None):
                    self.stop()
                self._stopping.wait(backoff.next(error))
                continue
            if task is None:
                return
            if backoff.reset():
                self._outage.passed(threading.get_ident(), time.monotonic())
            self.counts.add('polls')
            if task.get('taskToken'):
                self._work(task, task_list)
            else:
                self.counts.add('empty polls')
                self.handle_no_op(task)

    def _answer(self, respond: Callable[[], Any], limit: Duration, what: str) -> Exception | None:
        """Send the answer of a task that is called `what`, again and again while that is of use.

        Gives None if SWF took it, or else why it did not.

        Where SWF knows of no such task, it timed out, or an earlier try has arrived after all: nothing is lost.
        """
        tries = itertools.count()

        def try_to_respond() -> None:
            if next(tries):
                self.counts.add('retried')
            respond()

        try:
            self._insist(try_to_respond, limit, what)
        except FAULTS as error:
            is_lost = fault_of(error) == 'UnknownResourceFault'
            self.counts.add('lost' if is_lost else 'unanswered')
            self.logger.log(
                logging.INFO if is_lost else logging.WARNING, '%s: the answer was not taken: %s', what, error,
            )
            return error
        return None

    def _insist(self, call: Callable[[], Any], limit: Duration, what: str) -> Any:
        """Call SWF, or a data store, for a task, again and again while that is of use."""
        return insist(call, limit, what, self._stopping, self._drain_timeout)
