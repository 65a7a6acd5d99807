"""The workflow environment: a whole world for workflows in one thread, in which time passes only when nobody is busy.

SWF Local in memory is the service, its clock is virtual, and the workers are this thread. The world moves by steps: to
take a task from a list, or to finish one that was taken. Which of the possible steps is next is drawn from the seed, so
activities that run at the same time end in any order, news arrives while a decider decides, and what went wrong once
can be had again. When there is nothing to do, the clock moves to the next deadline.
"""

import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, Final, ParamSpec, Self, TypeVar

from botocore.exceptions import ClientError

from pyswfaws.binding.calls import split_options
from pyswfaws.binding.checks import in_seconds
from pyswfaws.binding.context import Arguments
from pyswfaws.binding.decorated import Activity, DecisionTask
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import Registry
from pyswfaws.client import ActivityHandle, WorkflowClient
from pyswfaws.exceptions import DefinitionError, PyswfawsError, describe_value
from pyswfaws.protocol.decisions import Decision
from pyswfaws.protocol.limits import RETENTION_DAYS
from pyswfaws.swflocal import SwfLocal, VirtualClock
from pyswfaws.testing.cast import Cast, can_be_raised, definition_of
from pyswfaws.testing.deciding import Deciders, attributes_of
from pyswfaws.testing.faults import Fault, Faults
from pyswfaws.testing.runs import EnvironmentRun
from pyswfaws.testing.serving import DOMAIN, IDENTITY, TASK_LIST, ActivityHand, Later
from pyswfaws.testing.waiting import Waiting, waits_of
from pyswfaws.workers.clients import fault_of
from pyswfaws.workers.guard import Guard, Mode
from pyswfaws.workers.quiet import Quiet
from pyswfaws.workers.registration import register

P = ParamSpec('P')
T = TypeVar('T')

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PATIENCE: Final = 100_000      # steps and leaps of time after which nobody believes in an end
_DECISION: Final = 'decision'   # the subject of the faults that befall decision tasks

#: The kind of task that a decision puts on a list, by decision type.
_PUTS: Final[Mapping[str, str]] = {
    'ScheduleActivityTask': 'activity',
    'StartChildWorkflowExecution': 'decision',
    'ContinueAsNewWorkflowExecution': 'decision',
}


class DeciderWarning(UserWarning):
    """A decider did what it should not: what a replay would do otherwise, or it swallowed the halt."""


class WorkflowEnvironment:
    """A world for workflows, to be entered with ``with``; it belongs to the thread that enters it.

    It knows the decorated functions that a decider calls, wherever they come from, and those of the decider's own
    module. `targets` are further ones, as a worker takes them: a module, a package, a dotted name or functions.
    Whatever domain they name, this is one of its own.

    `seed` is what the order of all that may happen in any order is drawn from. `start` is when the clock begins, in UTC
    unless it says otherwise. `guard` says what becomes of a decider that reads the clock or does other things that a
    replay does otherwise: 'warn', a DeciderWarning; 'raise', a DecisionError; or 'off'. With `check_replays` each
    decision is made a second time, by a decider that is replayed from the start, and a NonDeterminismError is raised
    where the two differ.

    >>> from pyswfaws import decision_task, workflow
    >>> from pyswfaws.testing import WorkflowEnvironment
    >>> @decision_task
    ... def patience(days):
    ...     workflow.sleep(days * 86_400)
    ...     return f'{days} days later'
    >>> with WorkflowEnvironment() as env:
    ...     env.run(patience, 30)
    '30 days later'
    """

    def __init__(
        self,
        targets: Any = None,
        *,
        seed: int = 0,
        start: datetime = _START,
        guard: Mode = 'warn',
        check_replays: bool = True,
    ) -> None:
        self.seed = seed
        self._dice = Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        self._clock = VirtualClock((start if start.tzinfo else start.replace(tzinfo=UTC)).timestamp())
        self._targets = targets
        self._guard = Guard(guard, _warn)
        self._check_replays = check_replays
        self._later = Later()
        self._cast = Cast(self._register)
        self._faults = Faults()
        self._lists: dict[tuple[str, str], None] = {}           # kind of task and name, in the order of appearance
        self._held: list[tuple[str, str, Any]] = []             # the same of each task that was taken, and the task
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._count = count(1)

    def __enter__(self) -> Self:
        with ExitStack() as ending:     # undone here if one of them raises
            self._enter(ending)
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def __repr__(self) -> str:
        return f'<WorkflowEnvironment, seed {self.seed}, {self.now:%Y-%m-%d %H:%M:%S}>'

    def _enter(self, ending: ExitStack) -> None:
        self._swf = ending.enter_context(SwfLocal(
            clock=self._clock, poll_timeout=0, lambdas=self._cast.lambdas, executor=self._later,
        ))
        self._client = self._swf.direct_client()
        self._starter = WorkflowClient(DOMAIN, client=self._client, task_list=TASK_LIST)
        self._deciders = Deciders(self._client, self._cast, self._guard, _warn, check_replays=self._check_replays)
        ending.callback(self._deciders.close)
        quiet = Quiet(self._deciders.is_silent)
        quiet.install()
        ending.callback(quiet.remove)
        if self._targets is not None:
            self._cast.scan(self._targets)

    # Running workflows.

    def run(self, decider: DecisionTask[P, T], /, *args: Any, **kwargs: Any) -> T:
        """Run a workflow to its end and give its result; arguments and errors are those of `start` and `result`."""
        return self.start(decider, *args, **kwargs).result()

    def start(self, decider: DecisionTask[P, T], /, *args: Any, **kwargs: Any) -> EnvironmentRun[T]:
        """Start a workflow, as `WorkflowClient.start` does.

        Nothing happens until somebody waits: for its `result`, or by `sleep` or `settle`.
        """
        if not hasattr(self, '_starter'):
            raise PyswfawsError('it is used inside its block: with WorkflowEnvironment() as env: ...')
        definition = definition_of(decider)
        if not isinstance(definition, WorkflowType):
            raise DefinitionError(f'what is run is a decider, with @decision_task above it, but this is {decider!r}')
        self._cast.meet(definition, decider.function_of(None))
        self._cast.search(definition.function.__module__)
        with_options, _, _ = split_options(definition, Arguments(args, kwargs))
        if with_options.workflow_id is None:
            decider = decider.options(workflow_id=f'{definition.name}-{next(self._count)}')
        self._lists['decision', with_options.task_list or TASK_LIST] = None
        return EnvironmentRun(self, self._starter.start(decider, *args, **kwargs))

    def activity(self, token: str, activity: Activity[..., T]) -> ActivityHandle[T]:
        """Get hold of an attempt of an activity that waits for its answer, as `WorkflowClient.activity` does."""
        return self._starter.activity(token, activity)

    @property
    def now(self) -> datetime:
        """The time in this world, in UTC."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def sleep(self, seconds: float | timedelta) -> None:
        """Let time pass, and all happen that happens in it."""
        self.drive(lambda: False, in_seconds(seconds, 'seconds'))

    def settle(self) -> None:
        """Do all that can be done before time has to pass."""
        self.drive(lambda: False, 0)

    def at(
        self, seconds: float | timedelta, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs,
    ) -> None:
        """Call `function` when `seconds` from now have passed: to signal a workflow, to cancel it, to look at it."""
        due = self._clock.now() + in_seconds(seconds, 'seconds')
        call: Callable[[], object] = partial(function, *args, **kwargs)
        heappush(self._agenda, (due, next(self._count), call))

    def drive(self, is_over: Callable[[], bool], seconds: float | None = None) -> None:
        """Let the world go on until `is_over()`, or until `seconds` have passed.

        Raises a PyswfawsError where that will never be.
        """
        until = None if seconds is None else self._clock.now() + seconds
        for _ in range(_PATIENCE):
            if is_over():
                return
            if self._call_what_is_due() or self._step():
                continue
            if until is not None and self._clock.now() >= until:
                return
            due = min((moment for moment in (until, self._next_call) if moment is not None), default=None)
            if not self._swf.skip(due):
                raise PyswfawsError('nothing will ever happen any more')
        raise PyswfawsError(f'there is no end after {_PATIENCE:,} steps')

    def waits(self, run_id: str) -> tuple[Waiting, ...]:
        """Give what a run waits for, and where; nothing where it has ended or not begun."""
        replay = self._deciders.kept(run_id)
        return () if replay is None else waits_of(replay)

    # What goes otherwise than in the code.

    def stub(self, task: Any, answer: Any) -> None:
        """Let something else take the place of an activity or a child workflow.

        `answer` is a function, which is called with the same arguments; an exception, or its class, which is raised; or
        the result.
        """
        self._cast.stub(task, answer)

    def fail(
        self,
        activity: Any,
        error: BaseException | type[BaseException] | None = None,
        *,
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Let the next `times` attempts of an activity raise `error`, after `after` that go as they go."""
        error = error if error is not None else RuntimeError('the test environment lets this attempt fail')
        if not can_be_raised(error):
            raise DefinitionError(f'error is an exception or a class of one, but it is {describe_value(error)}')
        self._faults.plan(_activity_key(activity), Fault(error=error), times, after)

    def lose(self, activity: Any, *, times: int = 1, after: int = 0) -> None:
        """Let workers die with the next `times` attempts of an activity, done but not answered: they time out."""
        self._faults.plan(_activity_key(activity), Fault(answers=0), times, after)

    def lose_decision(self, *, times: int = 1, after: int = 0) -> None:
        """Let workers die with the next `times` decision tasks, decided but not answered: they time out."""
        self._faults.plan(_DECISION, Fault(answers=0), times, after)

    def repeat_decision(self, *, times: int = 1, after: int = 0) -> None:
        """Let the next `times` decision tasks be answered twice, as by a worker that did not hear the first answer."""
        self._faults.plan(_DECISION, Fault(answers=2), times, after)

    def refuse(self, decision_type: str, cause: str, *, times: int = 1) -> None:
        """Let SWF refuse the next `times` decisions of a type, for `cause`; see `SwfLocal.refuse_next`."""
        self._swf.refuse_next(decision_type, cause, times)

    # How the world moves.

    @property
    def _next_call(self) -> float | None:
        return self._agenda[0][0] if self._agenda else None

    def _call_what_is_due(self) -> bool:
        if self._next_call is None or self._next_call > self._clock.now():
            return False
        _, _, call = heappop(self._agenda)
        call()
        return True

    def _step(self) -> bool:
        """Do one of the things that can be done; False where there are none."""
        sources: list[Callable[[], bool]] = [
            self._later.run_next, *(partial(self._take, *task_list) for task_list in self._lists),
        ]
        self._dice.shuffle(sources)
        if self._dice.randrange(len(sources) + len(self._held)) < len(self._held):
            return self._finish()
        return any(source() for source in sources) or self._finish()

    def _take(self, kind: str, task_list: str) -> bool:
        if kind == 'decision':
            task = self._deciders.poll(task_list)
        else:
            task = self._client.poll_for_activity_task(
                domain=DOMAIN, taskList={'name': task_list}, identity=IDENTITY,
            )
        if not task.get('taskToken'):
            return False
        self._held.append((kind, task_list, task))
        return True

    def _finish(self) -> bool:
        if not self._held:
            return False
        kind, task_list, task = self._held.pop(self._dice.randrange(len(self._held)))
        if kind == 'decision':
            self._decide(task, task_list)
        else:
            self._serve(task)
        return True

    def _decide(self, task: Any, task_list: str) -> None:
        answer = self._deciders.decide(task, task_list)
        fault = self._faults.next(_DECISION)
        if not fault.answers:
            self._deciders.forget(task['workflowExecution']['runId'])
        for decision in answer['decisions']:
            self._note_list(decision)
        for _ in range(fault.answers):
            try:
                self._client.respond_decision_task_completed(taskToken=task['taskToken'], **answer)
            except ClientError as error:
                if fault_of(error) != 'UnknownResourceFault':   # its execution has closed, or it was answered before
                    raise

    def _serve(self, task: Any) -> None:
        key = (task['activityType']['name'], task['activityType']['version'])
        fault = self._faults.next(key)
        hand = ActivityHand(self._client, self._cast.activity(*key, error=fault.error))
        hand.serve(task, fault.answers)

    def _note_list(self, decision: Decision) -> None:
        kind, task_list = _PUTS.get(decision['decisionType']), attributes_of(decision).get('taskList')
        if kind is not None and task_list is not None:
            self._lists[kind, task_list['name']] = None

    def _register(self, registry: Registry) -> None:
        steps = register(
            self._client, DOMAIN, registry, default_task_list=TASK_LIST, retention_days=RETENTION_DAYS,
        )
        for _ in steps:
            pass


def _activity_key(activity: Any) -> tuple[str, str]:
    definition = definition_of(activity)
    if not isinstance(definition, ActivityType):
        raise DefinitionError(f'this is for activities, but {describe_value(activity)} is a decider')
    return definition.key


def _warn(what: str) -> None:
    warnings.warn(what, DeciderWarning, stacklevel=1)
