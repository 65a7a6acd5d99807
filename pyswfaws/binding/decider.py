"""Decider: a decorated function as the program of a replay, from its input to the decision that closes."""

from collections.abc import Callable
from typing import Any

from pyswfaws.binding.context import bound
from pyswfaws.binding.coroutines import drive, run_to_end
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.distributed import Distributed, failing
from pyswfaws.exceptions import (
    DataStoreError,
    UnfulfilledPromiseException,
    UnreadablePayloadError,
    WorkflowCancelled,
)
from pyswfaws.payload import carried
from pyswfaws.protocol.decisions import decision
from pyswfaws.replay.program import Ending
from pyswfaws.replay.replay import Replay


def program_of(
    definition: WorkflowType,
    function: Callable[..., Any],
    default_task_list: str | None = None,
    interceptor: Callable[[Replay, WorkflowType, str | None], Distributed] = Distributed,
) -> Callable[[Replay], Ending]:
    """Make the program that runs `function`, which is the plain one, bound to its object if it is a method.

    Activities and children that name no task list go to `default_task_list`, or else to the one on which the execution
    was started. `interceptor` makes what takes the calls in it.
    """

    def main(replay: Replay) -> Ending:
        program, started = replay.program, replay.history.started
        task_list = default_task_list or started.get('taskList', {}).get('name')
        distributed = interceptor(replay, definition, task_list)
        try:
            text, signals, headers = carried(started.get('input'))
            args, kwargs = definition.input.read_input(text)
        except (DataStoreError, UnreadablePayloadError) as error:
            program.abort(error)
        replay.signals.carry_in(signals)
        distributed.headers = headers
        try:
            with bound(distributed):
                value = run_to_end(function(*args, **kwargs), drive)
                program.join()
            if definition.continues_indefinitely:
                return lambda: distributed.continuing(text)
            close = decision('CompleteWorkflowExecution', result=_write(definition, value, replay))
        except (UnfulfilledPromiseException, KeyboardInterrupt):
            raise
        except WorkflowCancelled as cancelled:
            replay.cancel_branches()
            close = decision('CancelWorkflowExecution', details=str(cancelled) or None)
        except BaseException as error:  # noqa: BLE001 - user code: what it raises fails the execution
            close = failing(error, definition, replay)
        return lambda: close

    return main


def _write(definition: WorkflowType, value: Any, replay: Replay) -> str:
    try:
        return definition.result.write_result(value, (replay.run_id,))
    except DataStoreError as error:
        replay.program.abort(error)
