"""Work: what a client or a worker has in hand, as middleware and log records see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pyswfaws.payload import headers_in
from pyswfaws.protocol.decisions import CLOSE_DECISIONS, Decision
from pyswfaws.replay.history import History
from pyswfaws.replay.names import attempt_of
from pyswfaws.replay.outcomes import Kind, Outcome

_UNREAD: Final = History()     # what a decision task has until its history is read


@dataclass
class StartCall:
    """A start of a workflow by a client. `run_id` is known when SWF has answered, which is at the end of the block.

    `headers` may be added to: texts by names, 2,000 characters together.
    """

    domain: str
    task_list: str
    workflow_id: str
    name: str
    version: str
    headers: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None


@dataclass(kw_only=True)
class ActivityWork:
    """An attempt of an activity, as a worker has it in hand. `name` and `version` are its type.

    `workflow_id` and `run_id` name the execution that asked for it. `is_secret` says that its values are encrypted, so
    that nothing should be told of them elsewhere.
    """

    domain: str
    task_list: str
    workflow_id: str
    run_id: str
    name: str
    version: str
    activity_id: str
    headers: Mapping[str, str]
    is_secret: bool = False

    @classmethod
    def of(cls, task: Any, domain: str, task_list: str) -> 'ActivityWork':
        """Give what an activity task says of itself."""
        execution = task['workflowExecution']
        return cls(
            domain=domain,
            task_list=task_list,
            workflow_id=execution['workflowId'],
            run_id=execution['runId'],
            name=task['activityType']['name'],
            version=task['activityType']['version'],
            activity_id=task['activityId'],
            headers=headers_in(task.get('input')),
        )

    def __str__(self) -> str:
        return f'activity {self.name} {self.version} ({self.activity_id} of {self.workflow_id} {self.run_id})'

    @property
    def attempt(self) -> int:
        """The number of the attempt, counted from 1."""
        return attempt_of(self.activity_id)[1]

    @property
    def context(self) -> dict[str, Any]:
        """What log records say of it."""
        return {
            'domain': self.domain, 'task_list': self.task_list, 'workflow_id': self.workflow_id, 'run_id': self.run_id,
            'activity_type': f'{self.name} {self.version}', 'activity_id': self.activity_id, 'attempt': self.attempt,
        }


class Settled(NamedTuple):
    """Something that a decider asked for, and what became of it. The times are in seconds since the epoch.

    `kind` is SWF's, such as ``activity``, ``timer`` or ``child workflow``, `name` the type where it has one, `state`
    as SWF says it, such as COMPLETED or TIMED_OUT; `reason` says why not COMPLETED. `begun_at` is None where no worker
    ever had it.
    """

    kind: str
    id: str
    name: str
    state: str
    reason: str
    event_id: int
    opened_at: float
    begun_at: float | None
    ended_at: float

    @classmethod
    def of(cls, outcome: Outcome) -> 'Settled':
        """Give what a history says of it."""
        name = outcome.type.get('name', '') if outcome.type else ''
        return cls(
            outcome.kind.value, outcome.id, name, outcome.state.value, outcome.reason or '',
            outcome.opening_id, outcome.opened_at, outcome.begun_at, outcome.ended_at,
        )


@dataclass(kw_only=True)
class DecisionWork:
    """A decision task, as a worker has it in hand. `name` and `version` are the type of its workflow.

    `is_kept` says that the decider still stood where it had waited, and was not replayed. When the block ends,
    `decisions` has what was decided, and `is_taken` says whether SWF has taken the answer.
    """

    domain: str
    task_list: str
    workflow_id: str
    run_id: str
    name: str
    version: str
    event_id: int
    is_kept: bool = False
    history: History = field(default=_UNREAD, repr=False)
    decisions: Sequence[Decision] = ()
    is_taken: bool = False

    @classmethod
    def of(cls, task: Any, domain: str, task_list: str) -> 'DecisionWork':
        """Give what a decision task says of itself."""
        return cls(
            domain=domain,
            task_list=task_list,
            workflow_id=task['workflowExecution']['workflowId'],
            run_id=task['workflowExecution']['runId'],
            name=task['workflowType']['name'],
            version=task['workflowType']['version'],
            event_id=task['startedEventId'],
        )

    def read(self, history: History) -> None:
        """Take in what the history says; the task list is the execution's then, wherever this task was polled."""
        self.history = history
        self.task_list = history.started.get('taskList', {}).get('name', self.task_list)

    @property
    def context(self) -> dict[str, Any]:
        """What log records say of it."""
        return {
            'domain': self.domain, 'task_list': self.task_list, 'workflow_id': self.workflow_id, 'run_id': self.run_id,
            'workflow_type': f'{self.name} {self.version}',
        }

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the execution."""
        return headers_in(self.history.started.get('input'))

    @property
    def parent_run_id(self) -> str | None:
        """The run that started the execution as a child."""
        parent = self.history.started.get('parentWorkflowExecution')
        return parent['runId'] if parent else None

    @property
    def continued_run_id(self) -> str | None:
        """The run that this one continues."""
        return self.history.started.get('continuedExecutionRunId')

    @property
    def began_at(self) -> float:
        """When the execution began, in seconds since the epoch."""
        return self.history.now(1)

    @property
    def decided_at(self) -> float:
        """When a worker took the task, in seconds since the epoch; the decider's `workflow.now`."""
        return self.history.now(self.history.turn)

    @property
    def queue_delay(self) -> float:
        """How long the task waited for a worker, in seconds."""
        return max(0.0, self.decided_at - self.history.turn_scheduled_at)

    @property
    def failures_in_row(self) -> int:
        """How many decision tasks before this one were lost in a row."""
        return self.history.timed_out_turns

    @property
    def settled(self) -> list[Settled]:
        """What became known with this task: activities, timers, children and so on, but no markers."""
        return [Settled.of(outcome) for outcome in self.history.known_now if outcome.kind is not Kind.MARKER]

    @property
    def close_status(self) -> str | None:
        """How the execution closes with this task, as SWF says it, such as COMPLETED; None where it goes on."""
        return CLOSE_DECISIONS.get(self.decisions[-1]['decisionType']) if self.decisions else None

    @property
    def failure(self) -> str:
        """The reason with which the execution fails with this task; '' where it does not."""
        failed = self.decisions[-1].get('failWorkflowExecutionDecisionAttributes', {}) if self.decisions else {}
        return str(failed.get('reason', ''))
