"""Decider: a decorated function as the program of a replay, from its input to the decision that closes."""

from collections.abc import Callable
from typing import Any

from pyswfaws.binding.context import bound
from pyswfaws.binding.coroutines import drive, run_to_end
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.interceptors import Distributed
from pyswfaws.exceptions import DataStoreError, UnfulfilledPromiseException, UnreadablePayloadError
from pyswfaws.payload import Failure
from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.replay.replay import Replay

#: What a run that continues hands on as it was started with: SWF would take the type's defaults otherwise.
_HANDED_ON = (
    'input', 'executionStartToCloseTimeout', 'taskList', 'taskPriority', 'taskStartToCloseTimeout', 'childPolicy',
    'tagList', 'lambdaRole',
)


def program_of(
    definition: WorkflowType, function: Callable[..., Any], default_task_list: str | None = None,
) -> Callable[[Replay], Decision]:
    """Make the program that runs `function`, which is the plain one, bound to its object if it is a method."""

    def main(replay: Replay) -> Decision:
        started = replay.history.started
        try:
            args, kwargs = definition.input.read_input(started.get('input'))
        except (DataStoreError, UnreadablePayloadError) as error:
            replay.program.abort(error)
        try:
            with bound(Distributed(replay, default_task_list)):
                value = run_to_end(function(*args, **kwargs), drive)
            if definition.continues_indefinitely:
                handed_on = {name: started.get(name) for name in _HANDED_ON}
                return decision('ContinueAsNewWorkflowExecution', **handed_on)
            return decision('CompleteWorkflowExecution', result=_write(definition, value, replay))
        except (UnfulfilledPromiseException, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - user code: what it raises fails the execution
            failure = Failure.of(error)
            return decision('FailWorkflowExecution', reason=failure.reason, details=failure.details)

    return main


def _write(definition: WorkflowType, value: Any, replay: Replay) -> str:
    try:
        return definition.result.write_result(value, (replay.run_id,))
    except DataStoreError as error:
        replay.program.abort(error)
