"""Decider: a decorated function as the program of a replay, from its input to the decision that closes."""

from collections.abc import Callable
from typing import Any

from pyswfaws.binding.context import bound
from pyswfaws.binding.coroutines import drive, run_to_end
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.distributed import Distributed
from pyswfaws.exceptions import (
    DataStoreError,
    UnfulfilledPromiseException,
    UnreadablePayloadError,
    WorkflowCancelled,
)
from pyswfaws.failures import Failure
from pyswfaws.payload import carried
from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.replay.replay import Replay


def program_of(
    definition: WorkflowType, function: Callable[..., Any], default_task_list: str | None = None,
) -> Callable[[Replay], Decision]:
    """Make the program that runs `function`, which is the plain one, bound to its object if it is a method."""

    def main(replay: Replay) -> Decision:
        program, distributed = replay.program, Distributed(replay, definition, default_task_list)
        try:
            text, signals = carried(replay.history.started.get('input'))
            args, kwargs = definition.input.read_input(text)
        except (DataStoreError, UnreadablePayloadError) as error:
            program.abort(error)
        replay.carry_in(signals)
        try:
            with bound(distributed):
                value = run_to_end(function(*args, **kwargs), drive)
                program.join()
            if definition.continues_indefinitely:
                return distributed.continuing(text)
            return decision('CompleteWorkflowExecution', result=_write(definition, value, replay))
        except (UnfulfilledPromiseException, KeyboardInterrupt):
            raise
        except WorkflowCancelled as cancelled:
            replay.cancel_branches()
            return decision('CancelWorkflowExecution', details=str(cancelled) or None)
        except BaseException as error:  # noqa: BLE001 - user code: what it raises fails the execution
            failed = Failure.of(error, definition.raises).written(definition.result, (replay.run_id,))
            return decision('FailWorkflowExecution', reason=failed.reason, details=failed.details)

    return main


def _write(definition: WorkflowType, value: Any, replay: Replay) -> str:
    try:
        return definition.result.write_result(value, (replay.run_id,))
    except DataStoreError as error:
        replay.program.abort(error)
