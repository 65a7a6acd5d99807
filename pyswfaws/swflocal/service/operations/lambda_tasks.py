"""Lambda tasks, for the shell that invokes them: no operation of SWF, but what its own machinery does."""

from typing import TYPE_CHECKING, NamedTuple

from pyswfaws.swflocal.service import tokens

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.unit import Unit


class Invocation(NamedTuple):
    """A function to invoke: `name` is its name or ARN, `input` JSON text (``{}`` if the decision had none)."""

    token: str
    region: str
    domain: str
    workflow_id: str
    run_id: str
    id: str
    name: str
    input: str


def start_invocation(unit: 'Unit') -> Invocation | None:
    """Start the Lambda task that has waited longest, of any region and domain."""
    task = unit.store.first_lambda()
    if task is None:
        return None
    execution = unit.execution_at(task.execution)
    unit.region = execution.region
    attributes = execution.lambdas[task.event_id].attributes
    started_id = unit.record(execution, 'LambdaFunctionStarted', scheduledEventId=task.event_id)
    token = tokens.encode_task(tokens.TaskToken('lambda', execution.key, execution.run_id, task.event_id, started_id))
    return Invocation(
        token, execution.region, execution.domain, execution.workflow_id, execution.run_id,
        attributes['id'], attributes['name'], attributes.get('input', '{}'))


def finish_invocation(
    unit: 'Unit', token: str, result: str | None, reason: str | None, details: str | None,
) -> bool:
    """Record what became of an invocation; False if it timed out, or its execution closed, in the meantime."""
    task = tokens.decode_task(token, 'lambda')
    row = unit.store.execution(task.execution)
    if row is None or row.run_id != task.run_id or row.closed is not None:
        return False
    unit.region = row.region
    execution = unit.execution_at(task.execution)
    if task.scheduled_id not in execution.lambdas:
        return False
    ids = {'scheduledEventId': task.scheduled_id, 'startedEventId': task.started_id}
    if reason is None:
        unit.record(execution, 'LambdaFunctionCompleted', result=result, **ids)
    else:
        unit.record(execution, 'LambdaFunctionFailed', reason=reason, details=details, **ids)
    return True
