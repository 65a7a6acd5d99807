"""Deciding: decision tasks, answered in the thread of the test.

Each program is kept from one decision task of its execution to the next, and run on. To show that it could be
replayed, it is: the same task is decided a second time, from the start, and both have to decide the same. A decider
that keeps something outside its own variables is found out so. In long workflows not every turn is replayed.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from pyswfaws.binding.decider import program_of
from pyswfaws.exceptions import NonDeterminismError
from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER, CLOSE_DECISIONS, Decision
from pyswfaws.protocol.events import Event
from pyswfaws.protocol.limits import PAGE
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay
from pyswfaws.testing.cast import Cast, Observed
from pyswfaws.testing.serving import DOMAIN, IDENTITY
from pyswfaws.workers.guard import Guard
from pyswfaws.workflow import is_replaying

#: So many turns are all replayed; after them, so that long workflows stay quick, each power of two and the last.
_FEW: Final = 32


class _KeptReplay(Replay):
    """A program, and all events that it was fed with. What a cached function gave can be shared with another."""

    def __init__(self, main: Callable[[Replay], Any], run_id: str, workflow_id: str, computed: dict[str, str]) -> None:
        super().__init__(main, run_id, workflow_id)
        self.events: list[Event] = []
        self.computed = computed

    def _computed(self, compute: Callable[[str], str], call_id: str) -> str:
        if call_id not in self.computed:
            self.computed[call_id] = super()._computed(compute, call_id)
        return self.computed[call_id]


class Deciders:
    """Decides for every execution. `warn` is told what a decider did that it should not."""

    def __init__(
        self, client: Any, cast: Cast, guard: Guard, warn: Callable[[str], object], *, check_replays: bool,
    ) -> None:
        self._client = client
        self._cast = cast
        self._guard = guard
        self._warn = warn
        self._check_replays = check_replays
        self._kept: dict[str, _KeptReplay] = {}    # by run id
        self._is_checking = False

    def poll(self, task_list: str, **page: str) -> Any:
        """Take a task, with the events that are new since the one before it, or another page of them."""
        return self._client.poll_for_decision_task(
            domain=DOMAIN, taskList={'name': task_list}, identity=IDENTITY, startAtPreviousStartedEvent=True, **page,
        )

    def decide(self, task: Any, task_list: str) -> dict[str, Any]:
        """Give the answer to `task`: its decisions, and what the decider publishes."""
        replay = self._fed(task, task_list)
        with self._guard.watching():
            decisions = decide(replay)
        answer: dict[str, Any] = {'decisions': decisions}
        if replay.published not in (None, replay.history.execution_context):
            answer['executionContext'] = replay.published
        closes = bool(decisions) and decisions[-1]['decisionType'] in CLOSE_DECISIONS
        if self._check_replays and (closes or _is_to_be_checked(replay.history.turn)):
            self._check(replay, decisions, self._replay_of(task, task_list, replay.computed))
        if closes:
            self.forget(replay.run_id)
        return answer

    def kept(self, run_id: str) -> Replay | None:
        """Give the program of a run, as it stands."""
        return self._kept.get(run_id)

    def forget(self, run_id: str) -> None:
        """Throw a program away, as the death of its worker would; the next task is replayed from the start."""
        replay = self._kept.pop(run_id, None)
        if replay is not None:
            self._throw_away(replay)

    def is_silent(self) -> bool:
        """Whether what a decider logs now it has logged before."""
        return self._is_checking or is_replaying()

    def close(self) -> None:
        """Throw all programs away."""
        for run_id in list(self._kept):
            self.forget(run_id)

    def _fed(self, task: Any, task_list: str) -> _KeptReplay:
        """Give the replay of a task's execution, with all the events that the task shows."""
        run_id = task['workflowExecution']['runId']
        replay = self._kept.get(run_id)
        if replay is not None and replay.history.started_event_id != task['previousStartedEventId']:
            self.forget(run_id)
            replay = None
        if replay is None:
            replay = self._kept[run_id] = self._replay_of(task, task_list, {})
            replay.events += self._whole_history(task)
        else:
            seen = replay.history.last_event_id
            replay.events += (event for event in self._new_events(task, task_list) if event['eventId'] > seen)
        replay.fold(replay.events[replay.history.last_event_id:])
        return replay

    def _replay_of(self, task: Any, task_list: str, computed: dict[str, str]) -> _KeptReplay:
        execution, workflow_type = task['workflowExecution'], task['workflowType']
        served = self._cast.workflow(workflow_type['name'], workflow_type['version'])
        main = program_of(*served, task_list, partial(Observed, self._cast))
        return _KeptReplay(main, execution['runId'], execution['workflowId'], computed)

    def _check(self, replay: _KeptReplay, decisions: list[Decision], again: _KeptReplay) -> None:
        self._is_checking = True
        try:
            again.fold(replay.events)
            replayed = decide(again)
        finally:
            self._throw_away(again)
            self._is_checking = False
        if list(map(_comparable, replayed)) == list(map(_comparable, decisions)):
            return
        waits = ' and '.join(replay.program.waiting_lines()) or 'its end'
        raise NonDeterminismError(
            f'in turn {replay.history.turn} the decider, which stands at {waits}, decides {_shown(decisions)}; '
            f'replayed from the start it decides {_shown(replayed)}. The likely cause: it keeps something outside its '
            'own variables, or depends on something that differs between two replays (time, randomness, environment)'
        )

    def _throw_away(self, replay: Replay) -> None:
        replay.close()
        for warning in replay.program.warnings:
            self._warn(warning)

    def _new_events(self, task: Any, task_list: str) -> Iterator[Event]:
        page = task
        yield from page['events']
        while page.get('nextPageToken'):
            page = self.poll(task_list, nextPageToken=page['nextPageToken'])
            yield from page['events']

    def _whole_history(self, task: Any) -> Iterator[Event]:
        more: dict[str, str] = {}
        while True:
            page = self._client.get_workflow_execution_history(
                domain=DOMAIN, execution=task['workflowExecution'], maximumPageSize=PAGE, **more,
            )
            yield from (event for event in page['events'] if event['eventId'] <= task['startedEventId'])
            if not page.get('nextPageToken'):
                return
            more = {'nextPageToken': page['nextPageToken']}


def _is_to_be_checked(turn: int) -> bool:
    return turn <= _FEW or turn.bit_count() == 1


def _comparable(decision: Decision) -> Decision:
    """Give a decision without a failure's traceback, which may be longer the second time."""
    if decision['decisionType'] != 'FailWorkflowExecution':
        return decision
    return {'decisionType': 'FailWorkflowExecution', 'reason': attributes_of(decision).get('reason')}


def _shown(decisions: list[Decision]) -> str:
    return ', '.join(f'{one["decisionType"]} {attributes_of(one)}' for one in decisions) or 'nothing'


def attributes_of(decision: Decision) -> dict[str, Any]:
    """Give a decision's attributes."""
    found: dict[str, Any] = decision.get(ATTRIBUTES_MEMBER[decision['decisionType']], {})
    return found
