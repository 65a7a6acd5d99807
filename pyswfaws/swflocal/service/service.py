"""The service: one request in, one answer or fault out, at a moment that the caller names.

`Service` knows no clock, socket, thread or disk. Whoever owns it calls it from one thread at a time, tells it the time,
and asks it when something is due next. Every request first lets the deadlines strike that are due, then is checked,
then carried out, in one transaction of the store each.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from . import faults
from .operations import OPERATIONS
from .operations.lambda_tasks import Invocation, finish_invocation, start_invocation
from .quotas import NO_RATES, Buckets, Quotas, Rate
from .timeouts import fire
from .unit import Unit
from .validation import Validator
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from .storage import Run, Store, TaskListKey

_T = TypeVar('_T')

ACCOUNT: Final = '123456789012'
_SWEEP_INTERVAL: Final = 60.0   # seconds between two looks for executions whose retention has ended
_SWEEP_SIZE: Final = 100        # executions deleted at a time
_STRIKES: Final = 1000          # deadlines at a time


class Service:
    """Amazon SWF on a store.

    `model` is botocore's ``service-2.json`` for SWF as plain data. `quotas` and `rates` (operation or decision type to
    token bucket; `quotas.RATES` has the service's) can be set for tests; rates are off unless given. Times are seconds
    since the epoch; one that lies before an earlier one counts as that.
    """

    def __init__(
        self, store: 'Store', model: Mapping[str, Any], *,
        quotas: Quotas | None = None, rates: Mapping[str, Rate] = NO_RATES, account: str = ACCOUNT,
    ) -> None:
        self._validate = Validator(model)
        self._world = World(store, quotas or Quotas(), Buckets(rates), account)
        self._now = -math.inf
        self._swept = -math.inf

    def apply(self, now: float, operation: str, request: Any, *, region: str = 'us-east-1') -> dict[str, Any]:
        """Answer a request of the wire's shape (timestamps are numbers), or raise a `Fault`.

        A poll never waits: it answers a task, or without ``taskToken`` that there is none. The answer shares structure
        with the service's memory and must not be changed.
        """
        self.advance(now)
        clean = self._validate(operation, request)
        if not self._world.buckets.admit(region, operation, clean, self._now):
            raise faults.throttled()
        return self._work(region, lambda unit: OPERATIONS[operation](unit, clean))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is applied in the block; if that fails, nothing of it has happened.

        A request in it that is refused changes nothing, and the others stand.
        """
        try:
            with self._world.store.transaction():
                yield
        except BaseException:
            self._world.forget_all()
            raise

    def advance(self, now: float) -> None:
        """Let the deadlines strike that are due at `now`, the earliest first.

        After a long absence there may be many: a thousand strike at a time, so that no request waits long, and
        `next_deadline` then still lies in the past.
        """
        self._now = max(self._now, round(now, 3))
        if self._world.due <= self._now:
            self._strike()
        if self._now - self._swept >= _SWEEP_INTERVAL:
            with self._world.store.transaction():
                all_gone = self._world.store.forget_expired(self._now, _SWEEP_SIZE) < _SWEEP_SIZE
            if all_gone:
                self._swept = self._now

    def next_deadline(self) -> float | None:
        """Give a moment before which nothing is due, in any region; None if nothing ever is.

        It may be earlier than the next timeout (one that was averted), never later.
        """
        if self._world.due == -math.inf:
            with self._world.store.transaction():   # so that a file which cannot be read is a StoreError
                first = self._world.store.first_due()
            self._world.due = math.inf if first is None else first[0]
        return None if self._world.due == math.inf else self._world.due

    def take_ready(self) -> 'set[TaskListKey]':
        """Give the task lists that got a task since this was last asked."""
        ready, self._world.ready = self._world.ready, set()
        return ready

    def take_closed(self) -> 'set[Run]':
        """Give the runs that closed since this was last asked."""
        closed, self._world.closed = self._world.closed, set()
        return closed

    def start_invocation(self, now: float) -> Invocation | None:
        """Start a Lambda task that is due, of any region, and give what to invoke; None if none waits."""
        self.advance(now)
        return self._work('', start_invocation)

    def finish_invocation(
        self, now: float, token: str, *, result: str | None = None, reason: str | None = None,
        details: str | None = None,
    ) -> bool:
        """Take what became of an invocation: `result`, JSON text, or where `reason` is given its failure.

        Tells whether anybody still waited for it.
        """
        self.advance(now)
        return self._work('', lambda unit: finish_invocation(unit, token, result, reason, details))

    def refuse_next(self, decision_type: str, cause: str, times: int = 1) -> None:
        """Refuse the next decisions of that type with that cause: for tests of deciders."""
        self._world.refusals.setdefault(decision_type, []).extend([cause] * times)

    def _work(self, region: str, work: 'Callable[[Unit], _T]') -> _T:
        unit = Unit(self._world, region, self._now)
        try:
            with self._world.store.transaction():
                answer = work(unit)
                unit.finish()
        except BaseException:
            unit.abandon()
            raise
        return answer

    def _strike(self) -> None:
        for _ in range(_STRIKES):
            due = self.next_deadline()
            if due is None or due > self._now:
                return
            self._work('', self._strike_one)

    def _strike_one(self, unit: Unit) -> None:
        """Attend to the execution that has waited longest; it may turn out that its deadline was averted."""
        first = unit.store.first_due()
        assert first is not None
        unit.world.due = -math.inf      # to be asked for again
        execution = unit.execution_at(first[1])
        deadline = execution.next_deadline()
        assert deadline is not None
        if deadline.due <= self._now:
            unit.region = execution.region
            execution.due = math.inf    # as good as struck from the store: saving sets the next one
            fire(unit, execution, deadline)
        else:
            unit.set_due(execution, deadline.due)
