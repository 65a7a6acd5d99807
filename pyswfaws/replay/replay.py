"""Replay: what a decider may ask for, answered from its history.

A call that history knows is answered by its outcome. A call that it does not know becomes a decision, which may only
happen in the current turn: at an earlier one the program has asked for something else than it did when it ran.

Ids are names and ordinals: the n-th call of a name in its branch is ``name-n``, and a branch's own id and a dot come
before those of the calls in it. A dot in a name becomes an underscore, so that no two can meet.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from pyswfaws.exceptions import BranchCanceled, MarkerException, TaskException, WorkflowCancelled
from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.protocol.events import Event, attributes
from pyswfaws.replay.calls import Call, MakeDecision, RetryRule, no_retry, start_timer
from pyswfaws.replay.history import History
from pyswfaws.replay.interrupts import Interrupt
from pyswfaws.replay.lines import calling_line
from pyswfaws.replay.names import clean, id_base, non_determinism, type_text
from pyswfaws.replay.outbox import Outbox, Subject
from pyswfaws.replay.outcomes import ENGINE_MARKER, NOT_KNOWN, Kind, Moment, Outcome, State, control
from pyswfaws.replay.program import Branch, Ending, Program
from pyswfaws.replay.promise import Promise
from pyswfaws.replay.promises import AwaitedPromise, BranchPromise, CallPromise
from pyswfaws.replay.signals import Signals

T = TypeVar('T')


class Replay:
    """One execution's history, its program, and what the program asks for.

    `main(replay)` is the program; it answers with what makes the decision that closes the execution. `workflow_id` and
    `run_id` are the execution's; the ids of its children derive from the latter. `computed` are values to record that
    another replay has computed in the same decision task.
    """

    def __init__(
        self,
        main: Callable[['Replay'], Ending],
        run_id: str = '',
        workflow_id: str = '',
        computed: Mapping[str, str] | None = None,
    ) -> None:
        self.computed = dict(computed or {})    # in the latest decision task: texts, by the ids of the calls
        self.run_id = run_id
        self.workflow_id = workflow_id
        self.history = History()
        self.program = Program(lambda: main(self))
        self.program.main.cancels.append(Interrupt(self._cancel_requested_at, self._cancelled))
        self.signals = Signals(self.history)
        self.outbox = Outbox()
        self.decided_in = (0, 0)                # the latest turn, and the DecisionTaskStarted of its task
        self.published: str | None = None       # the execution context as the program wants it; None: as it is
        self.asked_cancels: set[tuple[Kind, str]] = set()
        self._calls: dict[tuple[Kind, str], Call] = {}
        self._tried_again: dict[str, Call] = {}
        self._cancelled_children: list[Call] = []       # that had not started when they were cancelled
        self._counts: Counter[str] = Counter()
        self._markers: Counter[str] = Counter()
        self._patches: dict[str, bool] = {}
        self._randoms: dict[str, Random] = {}

    def fold(self, events: Iterable[Event]) -> None:
        """Take in events; the program sees what they make known when it is run again."""
        self.history.fold(events)

    def close(self) -> None:
        """Throw the program away: the halt is thrown into it, and nothing that it still asks counts."""
        self.program.seal()

    def owner(self, outcome: Outcome) -> Call | None:
        """Give the call that asked for `outcome`: itself, a further attempt, the wait before one, or its cancel."""
        call = self._calls.get((outcome.kind, outcome.id))
        if call is not None:
            return call
        if outcome.kind is Kind.CANCEL:
            child = outcome.id.removesuffix('.cancel')
            call = self._calls.get((Kind.CHILD_WORKFLOW, child)) or self._tried_again.get(child.rpartition('.')[0])
            return call if call is not None and call.canceled_in is not None else None
        call_id, _, attempt = outcome.id.removesuffix('.backoff').rpartition('.')
        call = self._tried_again.get(call_id) if attempt.isdigit() else None
        if call is not None and call.canceled_in is not None and outcome.opened_in >= call.canceled_in:
            return None
        return call

    @property
    def is_replaying(self) -> bool:
        """Whether the program is where it has been before, or is being thrown away."""
        return self.program.is_sealed or self.program.turn < self.history.turn or self.history.closed is not None

    # What a decider may ask for.

    def activity(
        self,
        activity_type: Mapping[str, str],
        attributes: Callable[[], Mapping[str, Any]],
        make_input: Callable[[str], str | None],
        read: Callable[[Outcome], T],
        retry: RetryRule,
        call_id: str,
    ) -> CallPromise[T]:
        """Schedule an activity of this type, which is its name and version.

        `attributes()` gives those of the ScheduleActivityTask decision without id and input, and `make_input(call_id)`
        the input; both are asked only where history does not hold the call. `read(outcome)` gives the promise's value
        or raises its failure. `call_id` is an id that `next_id` gave.
        """

        def make(attempt_id: str, text: str | None) -> Decision:
            return decision('ScheduleActivityTask', activityId=attempt_id, input=text, **attributes())

        call = self._call(Kind.ACTIVITY, call_id, make, retry, make_input)
        self._check_type(call, activity_type)
        return CallPromise(self.program, call, read, self._cancel)

    def lambda_function(
        self,
        attributes: Mapping[str, Any],
        make_input: Callable[[str], str | None],
        read: Callable[[Outcome], T],
        retry: RetryRule,
        call_id: str,
    ) -> CallPromise[T]:
        """Schedule a Lambda function, as `activity` does; `attributes` are its name and timeout."""

        def make(attempt_id: str, text: str | None) -> Decision:
            return decision('ScheduleLambdaFunction', id=attempt_id, input=text, **attributes)

        call = self._call(Kind.LAMBDA, call_id, make, retry, make_input)
        return CallPromise(self.program, call, read, self._cancel)

    def child_workflow(
        self,
        workflow_type: Mapping[str, str],
        attributes: Callable[[], Mapping[str, Any]],
        make_input: Callable[[str], str | None],
        read: Callable[[Outcome], T],
        retry: RetryRule,
        call_id: str,
        workflow_id: str | None,
    ) -> CallPromise[T]:
        """Start a child workflow, as `activity` does; its workflow id derives from our run id unless one is given."""

        def make(attempt_id: str, text: str | None) -> Decision:
            return decision(
                'StartChildWorkflowExecution',
                workflowId=workflow_id or clean(f'{self.run_id}.{attempt_id}'),
                workflowType=workflow_type,
                control=control(attempt_id),
                input=text,
                **attributes(),
            )

        call = self._call(Kind.CHILD_WORKFLOW, call_id, make, retry, make_input)
        self._check_type(call, workflow_type)
        return CallPromise(self.program, call, read, self._cancel)

    def timer(self, seconds: float, read: Callable[[Outcome], T], retry: RetryRule = no_retry) -> CallPromise[T]:
        """Start a timer of `seconds`."""
        call = self._call(Kind.TIMER, self.next_id('timer'), lambda timer_id, _: start_timer(timer_id, seconds), retry)
        return CallPromise(self.program, call, read, self._cancel)

    def signal(
        self, target: Mapping[str, str], name: str, text: str | None, read: Callable[[Outcome], T],
    ) -> Promise[T]:
        """Signal another execution; `target` is its workflowId and, optionally, runId."""
        return self._external(
            Kind.SIGNAL, 'SignalExternalWorkflowExecution', read, signalName=name, input=text, **target,
        )

    def request_cancel(self, target: Mapping[str, str], read: Callable[[Outcome], T]) -> Promise[T]:
        """Ask another execution to cancel."""
        return self._external(Kind.CANCEL, 'RequestCancelExternalWorkflowExecution', read, **target)

    def next_signal(self, name: str, read: Callable[[Event], T]) -> Promise[T]:
        """Give the promise of the next signal of that name that has not been asked for."""
        self.program.check()
        signal = self.signals.next(name)
        return AwaitedPromise(self.program, signal, lambda: read(signal.take()))

    def branch(self, name: str, run: Callable[[], T]) -> BranchPromise[T]:
        """Run a part of the program on its own."""
        branch_id = self.next_id(name)
        branch = Branch(f'{branch_id}.', self._line())
        self.program.start(branch, run)
        self._note_in_scopes(lambda: self.program.cancel(branch))
        canceled = BranchCanceled(branch_id, None, branch_id, None, State.CANCELED.value)
        return BranchPromise(self.program, branch, branch_id, canceled)

    def when_known(
        self, call_id: str, run: Callable[[], T], canceled: TaskException, made: Sequence[Promise[T]],
    ) -> BranchPromise[T]:
        """Run what makes a call, whose id `next_id` gave, when it knows with what; nobody has to wait for that.

        `canceled` is what the promise raises where the call was cancelled before that; `made` will hold the call.
        """
        branch = Branch(self.program.branch.path, self._line())
        self.program.start(branch, run, is_joined=False)
        self._note_in_scopes(lambda: self.program.cancel(branch))
        return BranchPromise(self.program, branch, call_id, canceled, made)

    def marker(self, name: str, details: str | None) -> None:
        """Record a marker under `name` as it stands: the n-th of a name is the n-th that the program records."""
        self.program.check()
        self._markers[name] += 1
        self._record(f'{name}-{self._markers[name]}', name, details)

    def recorded_value(self, name: str, compute: Callable[[str], str]) -> tuple[str, str]:
        """Give this call's id, and the text that `compute(call_id)` gave when the program first came by.

        History keeps the text in a marker. Raises a MarkerException where SWF refused to record it: the next replay
        would get another value.
        """
        call_id = self.next_id(name)
        marker_name = f'{ENGINE_MARKER}cached:{call_id}'
        recorded = self.history.outcomes.get((Kind.MARKER, marker_name))
        if recorded is None:
            self._check_may_be_new(Kind.MARKER, marker_name)
        text = self._computed(compute, call_id) if recorded is None else str(recorded.text)
        self._record(marker_name, marker_name, text)
        if recorded is not None and recorded.state is State.REFUSED:
            raise MarkerException(name, None, call_id, recorded.reason, recorded.state.value)
        return call_id, text

    def _computed(self, compute: Callable[[str], str], call_id: str) -> str:
        if call_id not in self.computed:
            self.program.is_recording = True
            try:
                self.computed[call_id] = compute(call_id)
            finally:
                self.program.is_recording = False
        return self.computed[call_id]

    def patched(self, name: str) -> bool:
        """Whether this execution takes the new way: it does if the new code was the first to come by here."""
        self.program.check()
        if name not in self._patches:
            marker_name = f'{ENGINE_MARKER}patch:{name}'
            is_recorded = (Kind.MARKER, marker_name) in self.history.outcomes
            self._patches[name] = is_recorded or not self.is_replaying
            if self._patches[name]:     # the record goes first: were it held back, a replay would take the old way
                self._record(marker_name, marker_name, None, goes_first=True)
        return self._patches[name]

    def deprecate_patch(self, name: str) -> None:
        """Accept executions that took the new way; those that took the old one are gone."""
        self.program.check()
        self.history.unclaimed.pop((Kind.MARKER, f'{ENGINE_MARKER}patch:{name}'), None)

    def random(self) -> Random:
        """Give the random numbers of the running branch; their seed is recorded, so every replay draws the same."""
        path = self.program.branch.path
        if path not in self._randoms:
            self._randoms[path] = Random(f'{self._seed()} {path}')  # noqa: S311 - a program's dice, no secret
        return self._randoms[path]

    def now(self) -> float:
        """Give the time at which the program's current turn started, in seconds since the epoch."""
        self.program.check()
        return self.history.now(self.program.turn)

    def next_id(self, name: str) -> str:
        """Give the id of the next call of `name` in the running branch."""
        self.program.check()
        base = id_base(name, self.program.branch.path)
        self._counts[base] += 1
        return f'{base}-{self._counts[base]}'

    def cancel_branches(self) -> None:
        """Cancel the branches that still run, and wait until they have cleaned up."""
        branches = self.program.branches
        for branch in branches:
            self.program.cancel(branch)
        for branch in branches:
            self.program.wait(branch)

    def cancel_started_children(self) -> None:
        """Ask for the cancel of the children that were cancelled before they had started, and have by now."""
        for call in self._cancelled_children:
            outcome = call.outcome
            turn, event_id = outcome.started.known_at if outcome is not None and outcome.started else NOT_KNOWN
            if outcome is not None and turn < min(self.program.ended_in, outcome.known_at[0]):
                subject, cancel = self._cancel_of_child(outcome)
                if subject[1:] not in self.history.outcomes:
                    self.outbox.follow(turn, event_id, subject, cancel)

    # What those have in common.

    def _seed(self) -> str:
        marker_name = f'{ENGINE_MARKER}seed'
        recorded = self.history.outcomes.get((Kind.MARKER, marker_name))
        text = self.run_id if recorded is None else str(recorded.text)
        if (Kind.MARKER, marker_name) not in self._calls:
            self._record(marker_name, marker_name, text)
        return text

    def _record(self, marker_id: str, name: str, details: str | None, *, goes_first: bool = False) -> None:
        def make(_id: str, _text: str | None) -> Decision:
            return decision('RecordMarker', markerName=name, details=details)

        self._call(Kind.MARKER, marker_id, make, goes_first=goes_first)

    def _external(self, kind: Kind, decision_type: str, read: Callable[[Outcome], T], **attributes: Any) -> Promise[T]:
        def make(call_id: str, _: str | None) -> Decision:
            return decision(decision_type, control=control(call_id), **attributes)

        call = self._call(kind, self.next_id('signal' if kind is Kind.SIGNAL else 'cancel'), make)
        return CallPromise(self.program, call, read, self._cancel)

    def _call(
        self,
        kind: Kind,
        call_id: str,
        make: MakeDecision,
        retry: RetryRule = no_retry,
        make_input: Callable[[str], str | None] | None = None,
        *,
        goes_first: bool = False,
    ) -> Call:
        call = Call(self.history, kind, call_id, make, retry, self.program.turn, self._line())
        if make_input is not None and not call.is_completed:
            # comes first: arguments that cannot be written raise the same in every replay
            call.input = call.recorded_input or make_input(call_id)
        recorded = self.history.outcomes.get((kind, call_id))
        if recorded is not None:
            self._check_turn(f'{kind} {call_id}', kind, (recorded.opened_in, recorded.opening_id))
        else:
            self._check_may_be_new(kind, call_id)
            turn = 0 if goes_first else self.program.turn
            self.outbox.ask(turn, ('open', kind, call_id), make(call_id, call.input))
        self.history.unclaimed.pop((kind, call_id), None)
        self._calls[kind, call_id] = call
        if retry is not no_retry:
            self._tried_again[call_id] = call
        if kind is not Kind.MARKER:
            self._note_in_scopes(lambda: self._cancel(call))
        return call

    def _check_may_be_new(self, kind: Kind, call_id: str) -> None:
        """Check that what history does not have is asked for now, or was held back when the program came by."""
        program, history = self.program, self.history
        if program.turn == history.turn or history.is_full(program.turn, kind):
            return
        other = next((o for o in history.unclaimed.values() if o.id == call_id), None)
        program.abort(non_determinism(
            program.turn,
            other.opening_id if other else None,
            f'{other.kind} {call_id}' if other else f'no {kind} {call_id}',
            f'{kind} {call_id}, at {self._line()}',
        ))

    def _check_turn(self, what: str, kind: Kind, recorded_at: Moment) -> None:
        """Check that what history has was asked for in this turn: or later, where this one could not take it."""
        turn, (recorded, event_id) = self.program.turn, recorded_at
        if recorded != turn and not (recorded > turn and self.history.is_full(turn, kind)):
            self.program.abort(non_determinism(
                turn, event_id, f'{what} in turn {recorded}', f'it here, at {self._line()}',
            ))

    def _line(self) -> str:
        """Give file and line of the user's code that runs now; where a branch is a library function, of its start."""
        return calling_line() or self.program.branch.line

    def _check_type(self, call: Call, asked: Mapping[str, str]) -> None:
        outcome = call.outcome
        if outcome is not None and outcome.type is not None and outcome.type != asked:
            self.program.abort(non_determinism(
                self.program.turn,
                outcome.opening_id,
                f'{call.kind} {call.id} of type {type_text(outcome.type)}',
                f'the same of type {type_text(asked)}, at {call.line}',
            ))

    def _note_in_scopes(self, cancel: Callable[[], None]) -> None:
        for scope in self.program.branch.scopes:
            scope.cancels.append(cancel)

    def _cancel(self, call: Call) -> None:
        """Ask for the end of a call, as far as it is open where the program stands."""
        self.program.check()
        turn = self.program.turn
        if call.canceled_in is not None or call.known_at[0] <= turn:
            return
        target = call.open_in(turn)
        call.canceled_in = turn     # no other attempt follows
        self.program.look_again()
        if target is None:
            self._record(call.cancel_marker, call.cancel_marker, None)
        if target is None or (target not in self.history.outcomes and call.asked_in < turn):
            call.canceled_at = (turn, 0)    # it was between two attempts, or was held back, and never went out
            for held in (target, *call.held_back()):
                self.outbox.drop(held)
            return
        kind, name = target
        if kind is Kind.ACTIVITY:
            self._ask_cancel(target, decision('RequestCancelActivityTask', activityId=name))
        elif kind is Kind.TIMER:
            self._ask_cancel(target, decision('CancelTimer', timerId=name))
            call.canceled_at = (turn, 0)
        elif kind is Kind.CHILD_WORKFLOW:
            self._cancel_child(call)
        elif kind is not Kind.LAMBDA:       # a signal cannot be called back, but need not be waited for
            call.canceled_at = (turn, 0)

    def _ask_cancel(self, target: tuple[Kind, str], cancel: Decision) -> None:
        history, turn = self.history, self.program.turn
        self.asked_cancels.add(target)
        if target in history.cancels:
            self._check_turn(f'a cancel of {target[0]} {target[1]}', target[0], history.cancels[target])
            history.unclaimed_cancels.pop(target, None)
        elif turn == history.turn or history.is_full(turn, target[0]):
            self.outbox.ask(turn, ('cancel', *target), cancel)
        else:
            self.program.abort(non_determinism(
                turn, None, f'no cancel of {target[0]} {target[1]}', f'one, at {self._line()}',
            ))

    def _cancel_child(self, call: Call) -> None:
        """Ask a child to cancel; one that has not started is asked when it has."""
        outcome, turn = call.outcome, self.program.turn
        if outcome is None or outcome.started is None or outcome.started.known_at[0] > turn:
            self._cancelled_children.append(call)
            return
        subject, cancel = self._cancel_of_child(outcome)
        if subject[1:] not in self.history.outcomes:
            self._check_may_be_new(*subject[1:])
            self.outbox.ask(turn, subject, cancel)

    def _cancel_of_child(self, outcome: Outcome) -> tuple[Subject, Decision]:
        assert outcome.started is not None, 'only what has started can be asked to cancel'
        cancel_id, execution = f'{outcome.id}.cancel', attributes(outcome.started.event).get('workflowExecution', {})
        return ('open', Kind.CANCEL, cancel_id), decision(
            'RequestCancelExternalWorkflowExecution',
            workflowId=execution.get('workflowId'),
            runId=execution.get('runId'),
            control=control(cancel_id),
        )

    def _cancel_requested_at(self) -> Moment:
        requests = self.history.cancel_requests
        return requests[0].known_at if requests else NOT_KNOWN

    def _cancelled(self) -> WorkflowCancelled:
        return WorkflowCancelled('a cancel of this execution was requested')
