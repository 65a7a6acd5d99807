"""Pass-through: what a call of a decorated function turns into outside a decider, which is Python's own.

The function runs, its value comes back. Where time has to pass, it passes by the clock.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Final, NoReturn

from pyswfaws.binding.context import ActivityInfo, Arguments, WorkflowInfo
from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType
from pyswfaws.exceptions import BranchCanceled, TimerException, WorkflowCancelled
from pyswfaws.payload import Payload, publication
from pyswfaws.replay.outcomes import State
from pyswfaws.replay.promise import Promise


class PassThrough:
    """Outside a decider: the plain function. A timer is a wait by the clock, a marker goes nowhere."""

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Any:  # noqa: ARG002
        """Run the function and give its value."""
        return function(*call.args, **call.kwargs)

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Any:  # noqa: ARG002
        """Run the function and give its value."""
        return function(*call.args, **call.kwargs)

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:  # noqa: ARG002
        """Run the function and give its value."""
        return function(*call.args, **call.kwargs)

    def timer(self, seconds: float) -> Promise[None]:
        """Give a promise that is ready `seconds` from now."""
        return ClockPromise(self, seconds)

    def marker(self, name: str, details: str | None) -> None:  # noqa: ARG002 - it goes nowhere
        """Do nothing, but refuse what a decider could not record."""
        if details is not None:
            Payload().in_place().put(details, 'marker')

    def branch(self, name: str, run: Callable[[], Any]) -> Promise[Any]:
        """Run it at once."""
        promise = BranchPromise(name)
        promise.run(run)
        return promise

    def next_signal(self, name: str) -> Promise[Any]:
        """Refuse: there is no execution that could be signalled."""
        refuse(f'Signal.get({name!r})')

    def wait(self, promises: Sequence[Promise[Any]]) -> None:
        """Wait by the clock until one of `promises` is ready."""
        due = min((promise.due for promise in promises if isinstance(promise, ClockPromise)), default=None)
        self._sleep_until(lambda: any(promise.is_ready for promise in promises), due)

    def in_order(self, promises: Sequence[Promise[Any]]) -> list[Promise[Any]]:
        """Give them as they are: when they became ready, nobody looked."""
        return list(promises)

    @contextmanager
    def scope(self, seconds: float | None) -> Iterator[None]:  # noqa: ARG002 - nothing can interrupt a plain function
        """Do nothing."""
        yield

    def signal(self, workflow_id: str, run_id: str | None, name: str, text: str) -> Promise[None]:  # noqa: ARG002
        """Refuse: use a WorkflowClient."""
        refuse('workflow.signal')

    def request_cancel(self, workflow_id: str, run_id: str | None) -> Promise[None]:  # noqa: ARG002
        """Refuse: use a WorkflowClient."""
        refuse('workflow.cancel')

    def continue_as_new(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002
        """Refuse: there is no execution to continue."""
        refuse('continue_as_new')

    def now(self) -> float:
        """Give the time by the clock."""
        return time.time()

    def random(self) -> Random:
        """Give random numbers of this moment."""
        return Random()  # noqa: S311 - a program's dice, no secret

    def info(self) -> WorkflowInfo:
        """Refuse: there is no execution."""
        refuse('workflow.info')

    def is_replaying(self) -> bool:
        """Give False: a plain function runs once."""
        return False

    def publish(self, text: str) -> None:
        """Do nothing, but refuse what a decider could not publish."""
        publication(text)

    def patched(self, name: str) -> bool:  # noqa: ARG002 - today's code is the new way
        """Give True."""
        return True

    def deprecate_patch(self, name: str) -> None:
        """Do nothing."""

    def heartbeat(self, details: Any) -> None:
        """Do nothing: nobody watches a plain function."""

    def activity_info(self) -> ActivityInfo:
        """Give what a plain call knows, which is that it is the first attempt."""
        return ActivityInfo()

    def is_cancelled(self) -> bool:
        """Give False: nobody can cancel a plain function."""
        return False

    def complete_later(self) -> NoReturn:
        """Refuse: nobody waits for the answer of a plain function."""
        refuse('activity.complete_later', 'an activity that a worker runs')

    def _sleep_until(self, is_over: Callable[[], bool], due: float | None = None) -> None:
        """Sleep until `is_over()`, or until the clock shows `due`, where that is known."""
        while not is_over():
            time.sleep(0.01 if due is None else max(0.0, due - time.monotonic()))


class ContinuedAsNew(BaseException):
    """A serial workflow asked to be continued as new; `args` and `kwargs` are what it gave."""

    def __init__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        super().__init__()
        self.arguments = Arguments(args, kwargs)


def refuse(what: str, where: str = 'a decider that a worker runs') -> NoReturn:
    """Raise a RuntimeError: `what` was asked for in a place other than `where` it belongs."""
    raise RuntimeError(f'{what} has a meaning only inside {where}')


PASS_THROUGH: Final = PassThrough()


class ClockPromise(Promise[None]):
    """A wait by the clock."""

    def __init__(self, interceptor: PassThrough, seconds: float) -> None:
        self._interceptor = interceptor
        self.due = time.monotonic() + seconds
        self._value = None

    @property
    def is_ready(self) -> bool:
        """Whether the time is over."""
        return self._settled or time.monotonic() >= self.due

    def cancel(self) -> None:
        """End the wait; its result raises a TimerException."""
        if not self.is_ready:
            self.settle_failure(TimerException('timer', None, None, None, State.CANCELED.value))

    def _wait(self) -> None:
        self._interceptor._sleep_until(lambda: self.is_ready, self.due)  # noqa: SLF001 - how an interceptor waits is its own


class BranchPromise(Promise[Any]):
    """What became of a branch."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.was_read = False

    def run(self, run: Callable[[], Any]) -> None:
        """Take what the branch returns or raises."""
        try:
            self.result = run()
        except (KeyboardInterrupt, ContinuedAsNew):
            raise
        except WorkflowCancelled as cancelled:
            self.was_read = True    # it has ended as it was told to: nobody has to ask
            self.settle_failure(BranchCanceled(self.id, None, self.id, None, State.CANCELED.value), cancelled)
        except BaseException as error:  # noqa: BLE001 - user code: what it raises is for the branch's promise
            self.settle_failure(error)

    def _wait(self) -> None:
        self.was_read = True
