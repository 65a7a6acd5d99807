"""Distributed: the interceptor inside a decision worker. It runs nothing: it asks the replay, and gives promises."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Final, NoReturn, TypeVar

from pyswfaws.binding.calls import (
    FAILURES,
    check_call,
    check_child,
    compute_cached,
    naming_arguments,
    promises_in,
    read_cached,
    split_options,
    task_failure,
    with_results,
)
from pyswfaws.binding.context import Arguments, WorkflowInfo
from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType, signature_of
from pyswfaws.binding.passthrough import PASS_THROUGH, refuse
from pyswfaws.binding.retry import Ended, RetryPolicy, throttle_delay
from pyswfaws.exceptions import (
    DataStoreError,
    DeadlineExceeded,
    PayloadTooLargeError,
    UnfulfilledPromiseException,
    UnreadablePayloadError,
    WorkflowCancelled,
)
from pyswfaws.failures import Failure
from pyswfaws.payload import Payload, carrying, publication, read_signal
from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.protocol.events import attributes
from pyswfaws.protocol.limits import EVENTS
from pyswfaws.replay.calls import RetryRule
from pyswfaws.replay.interrupts import Interrupt, Scope
from pyswfaws.replay.outcomes import Kind, Outcome, State
from pyswfaws.replay.promise import Promise
from pyswfaws.replay.promises import AwaitedPromise
from pyswfaws.replay.replay import Replay

T = TypeVar('T')

_SUGGESTED: Final = EVENTS * 4 // 5     # events after which it is time to continue as new

#: What a run hands on to the one that continues it, unless it is said otherwise: SWF would take the type's defaults.
_HANDED_ON: Final = (
    'executionStartToCloseTimeout', 'taskList', 'taskPriority', 'taskStartToCloseTimeout', 'childPolicy', 'tagList',
    'lambdaRole',
)


class Distributed:
    """Calls inside a decider. `default_task_list` is where activities and children go that name none of their own."""

    def __init__(self, replay: Replay, definition: WorkflowType, default_task_list: str | None = None) -> None:
        self._replay = replay
        self._definition = definition
        self._default_task_list = default_task_list
        self.headers: Mapping[str, str] = {}    # of the execution, for all that it asks for

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:  # noqa: ARG002
        """Schedule the activity, or the Lambda function that it stands for."""
        check_call(definition, call)
        if definition.lambda_function is not None:
            return self._when_known(definition, call, lambda call, call_id: self._replay.lambda_function(
                definition.lambda_attributes(),
                lambda _: self._write_event(definition, call),
                lambda outcome: self._read(definition, outcome),
                _retry_rule(definition.retry, self._replay),
                call_id,
            ))
        return self._when_known(definition, call, lambda call, call_id: self._replay.activity(
            {'name': definition.name, 'version': definition.version},
            lambda: definition.decision_attributes(self._default_task_list),
            lambda call_id: self._write_input(definition, call, call_id),
            lambda outcome: self._read(definition, outcome),
            _retry_rule(definition.retry, self._replay),
            call_id,
        ))

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:  # noqa: ARG002
        """Start the child workflow."""
        check_child(definition)
        check_call(definition, call)
        return self._when_known(definition, call, lambda call, call_id: self._replay.child_workflow(
            {'name': definition.name, 'version': definition.version},
            lambda: definition.start_attributes(self._default_task_list),
            lambda call_id: self._write_input(definition, call, call_id),
            lambda outcome: self._read(definition, outcome),
            _retry_rule(definition.retry, self._replay),
            call_id,
            definition.workflow_id,
        ))

    def cached(self, definition: CachedCall, function: Callable[..., Any], call: Arguments) -> Any:
        """Run the function where history has not recorded what it gave."""

        def compute(call_id: str) -> str:
            key = (self._replay.run_id, call_id)
            return self._stored(lambda: compute_cached(definition, function, call, key, PASS_THROUGH))

        call_id, text = self._replay.recorded_value(definition.name, compute)
        return self._stored(lambda: read_cached(definition, call_id, text))

    def timer(self, seconds: float) -> Promise[None]:
        """Start the timer."""
        return self._replay.timer(seconds, lambda outcome: self._read(None, outcome), _retry_rule(None, self._replay))

    def marker(self, name: str, details: str | None) -> None:
        """Record the marker."""
        self._replay.marker(name, None if details is None else self._kept(details, 'marker', self._replay.run_id))

    def branch(self, name: str, run: Callable[[], Any]) -> Promise[Any]:
        """Start the branch."""
        return self._replay.branch(name, run)

    def next_signal(self, name: str) -> Promise[Any]:
        """Give the promise of the next signal."""
        return self._replay.next_signal(
            name, lambda event: self._stored(lambda: read_signal(attributes(event).get('input'))),
        )

    def wait(self, promises: Sequence[Promise[Any]]) -> None:
        """Wait until one of `promises` is known."""
        if not any(promise.is_ready for promise in promises):
            self._replay.program.wait(*(promise.awaited for promise in promises if isinstance(promise, AwaitedPromise)))

    def in_order(self, promises: Sequence[Promise[Any]]) -> list[Promise[Any]]:
        """Give them in the order of history; one that was settled by hand was so from the start."""
        return sorted(promises, key=lambda one: one.awaited.known_at if isinstance(one, AwaitedPromise) else (0, 0))

    @contextmanager
    def scope(self, seconds: float | None) -> Iterator[None]:
        """Let waits inside end when a timer of `seconds` fires, or behind a shield."""
        program = self._replay.program
        program.check()
        timer = None if seconds is None else self._replay.timer(seconds, lambda _: None)
        scope = Scope(None if timer is None else Interrupt(
            lambda: timer.awaited.known_at, lambda: DeadlineExceeded(f'the {seconds:g} seconds of a deadline are over'),
        ))
        scopes = program.branch.scopes
        scopes.append(scope)
        try:
            yield
        except UnfulfilledPromiseException:     # the halt: we are being thrown away
            raise
        except BaseException:
            self._leave(scopes, scope, timer)
            raise
        else:
            self._leave(scopes, scope, timer)

    def signal(self, workflow_id: str, run_id: str | None, name: str, text: str) -> Promise[None]:
        """Signal the execution."""
        target = {'workflowId': workflow_id} if run_id is None else {'workflowId': workflow_id, 'runId': run_id}
        kept = self._kept(text, 'signal', 'signals', workflow_id)
        return self._replay.signal(target, name, kept, lambda outcome: self._read(None, outcome))

    def request_cancel(self, workflow_id: str, run_id: str | None) -> Promise[None]:
        """Ask the execution to cancel."""
        target = {'workflowId': workflow_id} if run_id is None else {'workflowId': workflow_id, 'runId': run_id}
        return self._replay.request_cancel(target, lambda outcome: self._read(None, outcome))

    def continue_as_new(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NoReturn:
        """Close the execution, to be continued with these arguments and options."""
        self._replay.program.check()
        definition, call, others = split_options(self._definition, Arguments(args, kwargs), ('version',))
        if definition.key == self._definition.key and 'version' not in others:
            check_call(definition, call)
        with naming_arguments(definition):
            text = self._stored(lambda: definition.input.write_input(*call, (self._replay.run_id, 'continued')))
        changed = definition.start_attributes(None) if definition is not self._definition else {}
        unchanged = self._definition.start_attributes(None)
        options = {name: value for name, value in changed.items() if unchanged.get(name) != value}
        self._replay.program.end(lambda: self.continuing(text, **options, workflowTypeVersion=others.get('version')))

    def continuing(self, text: str | None, **options: Any) -> Decision:
        """Give the decision that continues this run with the input `text`, and the signals that were not read.

        Where there are more than the input has room for, the execution fails: none of them is lost in silence.
        """
        started = self._replay.history.started
        signals = [
            {'name': attributes(event)['signalName'], 'input': attributes(event).get('input')}
            for event in self._replay.signals.unread()
        ]
        try:
            text = self._stored(lambda: carrying(text, signals, (self._replay.run_id, 'continued'), self.headers))
        except PayloadTooLargeError as error:
            return failing(error, self._definition, self._replay)
        handed_on = {name: started.get(name) for name in _HANDED_ON}
        return decision('ContinueAsNewWorkflowExecution', input=text, **{**handed_on, **options})

    def now(self) -> float:
        """Give the time at which the current turn of the program started."""
        return self._replay.now()

    def random(self) -> Random:
        """Give the random numbers of the running branch."""
        return self._replay.random()

    def info(self) -> WorkflowInfo:
        """Give what the execution knows of itself where the program stands."""
        replay, started = self._replay, self._replay.history.started
        replay.program.check()
        parent = started.get('parentWorkflowExecution')
        seen = replay.history.turn_started[replay.program.turn].event_id
        return WorkflowInfo(
            workflow_id=replay.workflow_id,
            run_id=replay.run_id,
            name=self._definition.name,
            version=self._definition.version,
            task_list=started.get('taskList', {}).get('name'),
            tags=tuple(started.get('tagList', ())),
            parent=(parent['workflowId'], parent['runId']) if parent else None,
            continued_run_id=started.get('continuedExecutionRunId'),
            started_at=replay.history.now(1),
            history_length=seen,
            is_continuing_suggested=seen >= _SUGGESTED,
        )

    def is_replaying(self) -> bool:
        """Whether the program is where it has been before."""
        return self._replay.is_replaying

    def publish(self, text: str) -> None:
        """Let the value be in the execution context of the next answer."""
        self._replay.program.check()
        self._replay.published = self._stored(lambda: publication(text, (self._replay.run_id,)))

    def patched(self, name: str) -> bool:
        """Whether the execution takes the new way."""
        return self._replay.patched(name)

    def deprecate_patch(self, name: str) -> None:
        """Accept executions that took the new way."""
        self._replay.deprecate_patch(name)

    def heartbeat(self, details: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a decider has no heartbeat."""
        refuse('activity.heartbeat', 'an activity')

    def activity_info(self) -> NoReturn:
        """Refuse: a decider is no activity."""
        refuse('activity.info', 'an activity')

    def is_cancelled(self) -> NoReturn:
        """Refuse: a decider learns of a cancel by an exception."""
        refuse('activity.is_cancelled', 'an activity')

    def complete_later(self) -> NoReturn:
        """Refuse: a decider is no activity."""
        refuse('activity.complete_later', 'an activity')

    def _when_known(
        self,
        definition: ActivityType | WorkflowType,
        call: Arguments,
        make: Callable[[Arguments, str], Promise[T]],
    ) -> Promise[T]:
        """Make the call when the promises among its arguments are known; at once where there are none."""
        call_id = self._replay.next_id(definition.name)
        if next(promises_in(call), None) is None:
            return make(call, call_id)
        made: list[Promise[T]] = []

        def run() -> T:
            promise = make(with_results(call), call_id)
            made.append(promise)
            try:
                return promise.result
            except WorkflowCancelled:
                promise.cancel()
                return promise.result

        kind = Kind.ACTIVITY if isinstance(definition, ActivityType) else Kind.CHILD_WORKFLOW
        canceled = FAILURES[kind, State.CANCELED](*definition.key, call_id, None, State.CANCELED.value)
        return self._replay.when_known(call_id, run, canceled, made)

    def _leave(self, scopes: list[Scope], scope: Scope, timer: Any) -> None:
        scopes.remove(scope)
        if timer is None:
            return
        timer.cancel()
        if scope.deadline is not None and scope.deadline.was_raised:
            for cancel in scope.cancels:
                cancel()

    def _write_input(self, definition: ActivityType | WorkflowType, call: Arguments, call_id: str) -> str | None:
        key = (self._replay.run_id, call_id)
        with naming_arguments(definition):
            text = self._stored(lambda: definition.input.write_input(*call, key))
        return self._stored(lambda: carrying(text, (), key, self.headers)) if self.headers else text

    def _write_event(self, definition: ActivityType, call: Arguments) -> str:
        """Write the arguments as a Lambda function takes them: one object, by the names of the parameters."""
        receiver = (None,) if definition.has_receiver else ()
        bound_call = signature_of(definition.function).bind(*receiver, *call.args, **call.kwargs)
        event = {name: bound_call.arguments[name] for name in definition.parameters if name in bound_call.arguments}
        with naming_arguments(definition):
            return definition.input.serializer.serialize_event(event)

    def _read(self, definition: ActivityType | WorkflowType | None, outcome: Outcome) -> Any:
        if outcome.state is not State.COMPLETED:
            raise self._stored(lambda: task_failure(
                definition, outcome.kind, outcome.state, outcome.id, outcome.reason, outcome.text,
            ))
        if definition is None:
            return None
        return self._stored(lambda: definition.result.read_result(outcome.text))

    def _kept(self, text: str, name: str, *key: str) -> str:
        """Give what stands for a text in a field of a decision; history has it where the program has been before."""
        self._replay.program.check()
        payload = Payload()
        if self._replay.is_replaying and not payload.is_inline:
            return text
        return self._stored(lambda: payload.put(text, name, key))

    def _stored(self, use: Callable[[], T]) -> T:
        """Use a data store; where that fails no decision can be made, and the program does not see it."""
        try:
            return use()
        except (DataStoreError, UnreadablePayloadError) as error:
            self._replay.program.abort(error)


def failing(error: BaseException, definition: WorkflowType, replay: Replay) -> Decision:
    """Give the decision that fails the execution, with what can be said of `error`."""
    failed = Failure.of(error, definition.raises).written(definition.result, (replay.run_id,))
    return decision('FailWorkflowExecution', reason=failed.reason, details=failed.details)


def _retry_rule(policy: RetryPolicy | None, replay: Replay) -> RetryRule:
    """Give the rule of a policy; without one, only what SWF refused for its number alone is tried again."""

    def rule(attempts: Sequence[Outcome]) -> float | None:
        ended = [_ended(outcome, attempts[0].opened_at) for outcome in attempts]
        seed = f'{replay.run_id} {attempts[-1].id}'
        return throttle_delay(ended, seed) if policy is None else policy.delay(ended, seed)

    return rule


def _ended(outcome: Outcome, began: float) -> Ended:
    failure = Failure.read(outcome.reason or '', outcome.text)
    return Ended(outcome.state.value, failure, outcome.ended_at - began)
