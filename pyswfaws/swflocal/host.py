"""The host of the service core: its lock, its clock, its one thread, and the polls that wait.

The core (`pyswfaws.swflocal.service`) is pure: it is told the time, never waits, and is used by one thread at a time.
The host gives it a world. Callers run the core in their own thread, under one lock, each for all that are there at the
time (see `batches`); a call takes well under a millisecond. After each call, and after each deadline, the lists that
got a task are served to the polls that wait for them. One thread sleeps until the next deadline and fires what no call
fires before it.

`_apply` and all that it uses are called with the lock held, in a batch.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

from pyswfaws.swflocal.batches import Batches, Work, carry_out_together
from pyswfaws.swflocal.clocks import Clock, Virtual
from pyswfaws.swflocal.closings import Closings
from pyswfaws.swflocal.lambdas import AT_ONCE, Handler, invoke
from pyswfaws.swflocal.mishaps import Fate, Mishaps
from pyswfaws.swflocal.polls import Answer, Queues, SummonedPoll, ThreadPoll, WaitingPoll, list_polled
from pyswfaws.swflocal.service import Fault, Invocation, Run, Service, TaskListKey
from pyswfaws.swflocal.service.faults import internal_failure, modelled, throttled
from pyswfaws.swflocal.skipping import Idleness
from pyswfaws.swflocal.stores.base import Store, StoreError

_log = logging.getLogger(__name__)

_T = TypeVar('_T')
_Poll = TypeVar('_Poll', bound=WaitingPoll)

#: The address that clients in this process see.
ENDPOINT: Final = 'http://swf-local.invalid'

#: How many polls may wait at one list; the service's own quota.
POLLERS: Final = 1_000

#: Seconds until deadlines that could not be fired (a full disk, for one) are tried again.
_TRY_AGAIN: Final = 1.0


class ClosedError(Exception):
    """The host was closed: as for a server that is gone, no call can be made."""


class AnswerLostError(Exception):
    """A mishap: the call was carried out and committed, but its answer does not arrive."""


class Host:
    """Runs one `Service` for many callers at once.

    Args:
        service: the core; nobody else may use it from now on.
        store: what the core keeps its world in.
        clock: where the time comes from; a virtual one is moved when nobody could use the time in between.
        poll_timeout: seconds after which a poll that found no task is answered empty.
        mishaps: what goes wrong on purpose.
        lambdas: the functions that Lambda tasks invoke, by name or ARN.
        executor: what they run in; threads of the host's own unless given.
    """

    def __init__(
        self, service: Service, store: Store, clock: Clock, *,
        poll_timeout: float, mishaps: Mishaps, lambdas: Mapping[str, Handler], executor: Executor | None = None,
    ) -> None:
        self.poll_timeout = poll_timeout
        self.mishaps = mishaps
        self._service = service
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._alarm = threading.Condition(self._lock)
        self._wakes_at: float | None = 0.0
        self._batches = Batches(self._carry_out)
        self._handed: list[tuple[ThreadPoll, Answer | Fault]] = []      # what polls get when the batch is committed
        self._joined: list[WaitingPoll] = []                            # polls that began to wait in this batch
        self._queues = Queues()
        self._idleness = Idleness(store.count_tasks) if isinstance(clock, Virtual) else None
        self._closings = Closings()
        self._closed = False
        self._lambdas = lambdas
        self._invokers = executor or ThreadPoolExecutor(AT_ONCE, 'swflocal-lambda')   # starts no thread before it must
        self._timekeeper = threading.Thread(target=self._keep_time, name='swflocal-deadlines', daemon=True)
        self._timekeeper.start()

    # For callers that may wait in their own thread.

    def call(self, operation: str, request: dict[str, Any], region: str) -> Answer:
        """Carry out any operation, with all that may happen to a call on its way; a poll waits in this thread.

        Raises:
            Fault: the service refuses it.
            AnswerLostError: a mishap.
            ClosedError: the host is closed.
        """
        fate = self.mishaps.draw(operation)
        if fate.delay:
            time.sleep(fate.delay)
        refuse(fate)
        answer = self._poll_in_thread(operation, request, region)
        if fate.lost:
            raise AnswerLostError(operation)
        return answer

    def _poll_in_thread(self, operation: str, request: dict[str, Any], region: str) -> Answer:
        answer_or_poll = self._do(lambda: self._apply_or_wait(operation, request, region, ThreadPoll))
        if not isinstance(answer_or_poll, ThreadPoll):
            return answer_or_poll
        poll = answer_or_poll
        try:
            answer_or_error = poll.inbox.get(timeout=self.poll_timeout)
        except queue.Empty:
            if self.leave(poll):
                return poll.empty
            answer_or_error = poll.inbox.get()   # served in the very moment in which its time was over
        except BaseException:
            self.leave(poll)    # Ctrl-C: nobody would take the task
            raise
        if isinstance(answer_or_error, Exception):
            raise answer_or_error
        return answer_or_error

    def wait_until_closed(self, run: Run, timeout: float | None) -> bool:
        """Wait in this thread until the run has closed, `timeout` seconds at most; False if it is open then.

        Raises:
            ClosedError: the host is closed.
        """
        with self._lock:
            if self._closed:
                raise ClosedError
            if not self._is_open(run):
                return True
            closed = self._closings.wait_for(run)
        try:
            closed.wait(timeout)
        finally:
            with self._lock:
                self._closings.forget(run, closed)
        with self._lock:
            if self._closed:
                raise ClosedError
            return not self._is_open(run)

    def _is_open(self, run: Run) -> bool:
        row = self._store.find_execution(*run)
        return row is not None and row.closed is None

    # For callers that must not wait, such as an event loop. What they want done is a `Work` of one of these three.

    def do_all(self, works: Sequence[Work[Any]]) -> None:
        """Carry out what several callers want, in one batch; each finds what became of it in its work."""
        self._batches.do(works)

    def apply_or_wait(
        self, operation: str, request: dict[str, Any], region: str, summon: Callable[[], object],
    ) -> Answer | SummonedPoll:
        """Carry out any operation at once; a poll without a task joins the queue of its list.

        `summon` is called, from any thread and with the host's lock held, when the poll should `take` a task. In the
        end every poll has to `leave`. Raises `Fault` as `call` does.
        """
        return self._apply_or_wait(operation, request, region, partial(SummonedPoll, summon=summon))

    def take(self, poll: SummonedPoll) -> Answer | None:
        """Give a poll its task; if there is none, because another was quicker, it is the first in its queue again.

        A poll that shall not wait any longer gets its empty answer.
        """
        if poll.dismissed:
            return poll.empty
        self._queues.leave(poll)
        answer = self._apply(poll.operation, poll.request, poll.key.region)
        if 'taskToken' in answer:
            return answer
        if self.poll_timeout <= 0:      # all polls were ended
            return poll.empty
        self._queues.join(poll, ahead=True)
        return None

    def leave(self, poll: WaitingPoll) -> bool:
        """Wait no longer; False if the poll was served or summoned already. The next in its queue has its turn."""
        with self._lock:
            waited = self._queues.leave(poll)
            if not self._closed:
                self._carry_out_locked([Work(lambda: self._serve(poll.key))])
            return waited

    # For the owner.

    def invoke_what_waits(self) -> None:
        """Invoke the Lambda functions of tasks that a file held when it was opened."""
        self._submit_invocation()

    def refuse_next(self, decision_type: str, cause: str, times: int) -> None:
        """Refuse the next decisions of that type with that cause."""
        with self._lock:
            self._service.refuse_next(decision_type, cause, times)

    def replace(self, renewed: Callable[[], tuple[Service, Store]]) -> None:
        """Go on with the service and store that `renewed` makes; all waiting polls are answered empty."""
        with self._lock:
            self._dismiss()
            self._closings.dismiss()
            self._service, self._store = renewed()
            self._idleness = Idleness(self._store.count_tasks) if isinstance(self._clock, Virtual) else None
            self._alarm.notify()

    def end_polls(self) -> None:
        """Answer all waiting polls empty, and from now on every poll without a task at once."""
        with self._lock:
            self.poll_timeout = 0
            self._dismiss()

    def skip(self, until: float | None = None) -> bool:
        """Move a virtual clock to the next deadline, whoever may be at work, and fire it; False if there is none.

        With `until`, seconds since the epoch, it moves no further than that, and that far if there is no deadline.
        """
        if not isinstance(self._clock, Virtual):
            raise TypeError(f'only a virtual clock can be moved, and this is {self._clock!r}: use VirtualClock()')
        with self._lock:
            moments = [moment for moment in (self._service.next_deadline(), until) if moment is not None]
            if not moments:
                return False
            self._clock.jump_to(min(moments))
            self._fire()
            return True

    def close(self) -> None:
        """Answer all waiting polls empty, refuse further calls and end the thread."""
        with self._lock:
            self._closed = True
            self._dismiss()
            self._closings.dismiss()
            self._alarm.notify()
        self._timekeeper.join()
        self._invokers.shutdown(cancel_futures=True)

    # What every call shares.

    def _do(self, do: Callable[[], _T]) -> _T:
        """Have something done in the next batch, and give what came of it."""
        work = Work(do)
        self._batches.do([work])
        return work.result()

    def _carry_out(self, works: Sequence[Work[Any]]) -> None:
        with self._lock:
            self._carry_out_locked(works)

    def _carry_out_locked(self, works: Sequence[Work[Any]]) -> None:
        """Do a batch; then give those who wanted it, and the polls that it brought tasks, their answers."""
        committed = False
        try:
            if self._closed:
                for work in works:
                    work.fail(ClosedError())
            else:
                committed = carry_out_together(works, self._service.together())
        finally:
            for work in works:
                work.finish()
            for poll, answer in self._handed:
                poll.inbox.put(answer if committed else internal_failure())
            for joined in () if committed else self._joined:
                self._queues.leave(joined)      # its caller is told of the failure, and does not wait
            self._handed.clear()
            self._joined.clear()
            self._closings.tell(self._service.take_closed())

    def _apply_or_wait(
        self, operation: str, request: dict[str, Any], region: str, make: Callable[..., _Poll],
    ) -> Answer | _Poll:
        answer = self._apply(operation, request, region)
        key = list_polled(operation, request, region)
        if key is None or 'taskToken' in answer or self.poll_timeout <= 0:
            return answer
        poll = make(key, operation, request, answer)
        self._join(poll)
        return poll

    def _apply(self, operation: str, request: dict[str, Any], region: str) -> Answer:
        try:
            answer = self._service.apply(self._clock.now(), operation, request, region=region)
        finally:
            # A refused call, too, may have fired deadlines, and gives back the task that it was about.
            if self._idleness is not None and operation.startswith('Respond'):
                self._idleness.gives_back(request.get('taskToken'))
            self._settle()
        if self._idleness is not None and (key := list_polled(operation, request, region)) is not None:
            self._idleness.serves(key)
            self._idleness.takes(answer.get('taskToken'))
        return answer

    def _settle(self) -> None:
        """Serve every list that got a task, and see to it that the timekeeper wakes early enough."""
        while ready := self._service.take_ready():
            for key in ready:
                if key.kind == 'lambda':
                    if self._idleness is not None:
                        self._idleness.serves(key)
                    self._submit_invocation()
                else:
                    self._serve(key)
        due = self._service.next_deadline()
        if due is not None and (self._wakes_at is None or due < self._wakes_at or self._may_skip()):
            self._alarm.notify()

    def _serve(self, key: TaskListKey) -> None:
        """Hand the tasks of a list to those who wait for them, until there are no tasks or nobody waits."""
        while (poll := self._queues.first(key)) is not None and self._store.first_task(key) is not None:
            if isinstance(poll, SummonedPoll):
                self._queues.leave(poll)
                poll.summon()
                return
            assert isinstance(poll, ThreadPoll)
            if not self._hand_over(poll):
                return

    def _hand_over(self, poll: ThreadPoll) -> bool:
        """Make a poll's call for it; what goes wrong concerns the poll, not the call that brought the task."""
        call = Work(lambda: self._service.apply(
            self._clock.now(), poll.operation, poll.request, region=poll.key.region))
        call.carry_out()
        answer: Answer | Fault
        try:
            answer = call.result()
        except Fault as fault:
            answer = fault
        else:
            if 'taskToken' not in answer:
                return False
            if self._idleness is not None:
                self._idleness.takes(answer['taskToken'])
        self._queues.leave(poll)
        self._handed.append((poll, answer))
        return True

    def _join(self, poll: WaitingPoll) -> None:
        if self._queues.length(poll.key) >= POLLERS:
            raise modelled('LimitExceededFault', f'{POLLERS} polls wait at this task list already')
        self._queues.join(poll)
        self._joined.append(poll)
        if self._may_skip():
            self._alarm.notify()

    def _dismiss(self) -> None:
        for poll in self._queues:
            self._queues.leave(poll)
            if isinstance(poll, SummonedPoll):
                poll.dismissed = True
                poll.summon()
            elif isinstance(poll, ThreadPoll):
                poll.inbox.put(poll.empty)

    # Lambda functions, which run in threads of their own and without the lock.

    def _submit_invocation(self) -> None:
        self._invokers.submit(self._invoke).add_done_callback(_report)

    def _invoke(self) -> None:
        invocation = self._do(self._start_invocation)
        if invocation is None:
            return
        result, reason, details = invoke(self._lambdas, invocation)
        self._do(lambda: self._finish_invocation(invocation, result, reason, details))

    def _start_invocation(self) -> Invocation | None:
        invocation = self._service.start_invocation(self._clock.now())
        if invocation is not None:
            self._submit_invocation()   # there may be more, to run at the same time
            if self._idleness is not None:
                self._idleness.takes(invocation.token)
            self._settle()
        return invocation

    def _finish_invocation(
        self, invocation: Invocation, result: str | None, reason: str | None, details: str | None,
    ) -> None:
        if self._idleness is not None:
            self._idleness.gives_back(invocation.token)
        self._service.finish_invocation(
            self._clock.now(), invocation.token, result=result, reason=reason, details=details)
        self._settle()

    # Time.

    def _may_skip(self) -> bool:
        return self._idleness is not None and bool(self._queues) and self._idleness.idle()

    def _keep_time(self) -> None:
        """Fire what is due when no call does; the whole life of the one thread."""
        with self._alarm:
            while not self._closed:
                try:
                    self._wakes_at = due = self._service.next_deadline()
                except StoreError as error:
                    _log.error('the next deadline is not known: %s', error)
                    self._alarm.wait(_TRY_AGAIN)
                    continue
                if due is not None and self._may_skip():
                    assert isinstance(self._clock, Virtual)
                    self._clock.jump_to(due)
                left = None if due is None else due - self._clock.now()
                if left is None or left > 0:
                    self._alarm.wait(left)
                    continue
                if not self._fire():
                    self._alarm.wait(_TRY_AGAIN)    # without this thread no timer would ever fire again

    def _fire(self) -> bool:
        """Fire what is due; False if that could not be done now."""
        work = Work(self._advance)
        self._carry_out_locked([work])
        return work.succeeded

    def _advance(self) -> None:
        self._service.advance(self._clock.now())
        self._settle()


def refuse(fate: Fate) -> None:
    """Raise the fault that a mishap has for a call, if any."""
    if fate.refusal == 'throttle':
        raise throttled()
    if fate.refusal == 'error':
        raise internal_failure()


def _report(invocation: 'Future[None]') -> None:
    error = None if invocation.cancelled() else invocation.exception()
    if error is not None and not isinstance(error, ClosedError):
        _log.error('a Lambda task could not be carried out', exc_info=error)
