"""Executions: what can be asked of one execution, and done to it, from outside."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast

from botocore.exceptions import ClientError

from pyswfaws.binding.checks import check_text, in_seconds
from pyswfaws.binding.definitions import CHILD_POLICIES, WorkflowType
from pyswfaws.exceptions import (
    DataStoreError,
    DefinitionError,
    PayloadError,
    ResultTimeoutError,
    WorkflowCanceled,
    WorkflowException,
    WorkflowFailed,
    WorkflowNotFoundError,
    WorkflowNotOpenError,
    WorkflowTerminated,
    WorkflowTimedOut,
    describe_value,
)
from pyswfaws.failures import Failure, raised_as
from pyswfaws.operations.descriptions import ExecutionDetail
from pyswfaws.operations.listing import latest_of
from pyswfaws.operations.steps import NOW, Call, Give, Steps, Stream, UntilClosed, Wait, Work, next_given
from pyswfaws.payload import Payload, plain_text, published
from pyswfaws.protocol.events import CLOSE_STATUS, Event, attributes
from pyswfaws.protocol.limits import NAME, PAGE, REASON
from pyswfaws.serializers.plain import dump
from pyswfaws.workers.clients import FAULTS, fault_of, may_pass, was_retried

logger = logging.getLogger('pyswfaws')

T = TypeVar('T')

#: Which exception `result` raises, by the close status.
_FAILURES: Final[Mapping[str, type[WorkflowException]]] = {
    'FAILED': WorkflowFailed,
    'CANCELED': WorkflowCanceled,
    'TERMINATED': WorkflowTerminated,
    'TIMED_OUT': WorkflowTimedOut,
}

_FIRST_LOOK, _LAST_LOOK = 0.005, 2.0    # seconds between two looks at an open execution: growing from, up to
_UNSERVED: Final = 10.0     # seconds that a task waits for a worker before we wonder aloud

#: Events that put a task on a list, and what the task is called.
_SCHEDULED: Final[Mapping[str, str]] = {
    'DecisionTaskScheduled': 'decision task', 'ActivityTaskScheduled': 'activity task',
}


class Execution(Generic[T]):
    """One execution, by its workflow id and run id; T is the type of its result.

    Without a run id it is the open execution of its workflow id, or else the one that was started last; `run_id` is
    looked up when it is first needed, and empty until then. `definition` is what its decider's decorator recorded, None
    where that is not known: then results are read as JSON.
    """

    def __init__(
        self, domain: str, workflow_id: str, run_id: str | None = None, definition: WorkflowType | None = None,
    ) -> None:
        self.domain = domain
        self.workflow_id = check_text(workflow_id, 'workflow_id', NAME)
        self.run_id = run_id or ''
        self.definition = definition
        #: Signals and the like then go to whichever run is open, after a continue-as-new too.
        self.is_by_workflow_id = not run_id

    def __repr__(self) -> str:
        return f'<{type(self).__name__} {" ".join(filter(None, (self.workflow_id, self.run_id)))}>'

    @property
    def results(self) -> Payload:
        """How its result is written."""
        return Payload() if self.definition is None else self.definition.result


def status(execution: Execution[Any]) -> Steps[str]:
    """Give OPEN, or how it closed: COMPLETED, FAILED, CANCELED, TERMINATED, CONTINUED_AS_NEW or TIMED_OUT.

    Raises a WorkflowNotFoundError where SWF does not know the execution.
    """
    found = yield from _described(execution)
    return str(found['executionInfo'].get('closeStatus', 'OPEN'))


def latest_publication(execution: Execution[Any]) -> Steps[Any]:
    """Give what the decider published last (`workflow.publish`); None where it has published nothing.

    Raises a WorkflowNotFoundError where SWF does not know the execution.
    """
    found = yield from _described(execution)
    return (yield Work(lambda: published(found.get('latestExecutionContext'))))


def describe(execution: Execution[Any]) -> Steps[ExecutionDetail]:
    """Give all that SWF shows of the execution at once. See the SWF API, DescribeWorkflowExecution.

    Raises a WorkflowNotFoundError where SWF does not know the execution.
    """
    found = yield from _described(execution)
    return cast('ExecutionDetail', (yield Work(lambda: ExecutionDetail.of(found))))


def events(execution: Execution[Any], *, reverse: bool = False) -> Stream[Event]:
    """Give the events of the execution so far, one by one, as boto3 has them; the latest first where `reverse`.

    They are read page by page, a thousand at a time, as they are asked for. Raises a WorkflowNotFoundError where SWF
    does not know the execution. See the SWF API, GetWorkflowExecutionHistory.
    """
    more: dict[str, str] = {}
    while True:
        page = yield from _page(execution, reverseOrder=reverse, maximumPageSize=PAGE, **more)
        for event in page['events']:
            yield Give(event)
        if not page.get('nextPageToken'):
            return
        more = {'nextPageToken': page['nextPageToken']}


def history(execution: Execution[Any]) -> Steps[list[Event]]:
    """Give the events of the execution so far, in order, as boto3 has them.

    Raises a WorkflowNotFoundError where SWF does not know the execution.
    """
    found, stream = list[Event](), events(execution)
    while (given := (yield from next_given(stream))) is not None:
        found.append(given.item)
    return found


def signal(execution: Execution[Any], name: str, value: Any = None) -> Steps[None]:
    """Send the execution a signal; `value` is anything that JSON can write. See the SWF API, SignalWorkflowExecution.

    Raises a WorkflowNotOpenError where it has closed, a WorkflowNotFoundError where SWF does not know it, and a
    SerializationError or PayloadTooLargeError for a value that cannot be written. A signal whose answer was lost on the
    way is sent again, so in that case it may arrive twice.
    """
    check_text(name, 'name', NAME)
    text = yield Work(lambda: signal_text(execution.workflow_id, value))
    yield from _to_open(execution, 'signal_workflow_execution', signalName=name, input=text)


def cancel(execution: Execution[Any]) -> Steps[None]:
    """Ask the execution to cancel; what becomes of that is for its decider to say.

    Raises a WorkflowNotOpenError where it has closed, a WorkflowNotFoundError where SWF does not know it. See the SWF
    API, RequestCancelWorkflowExecution.
    """
    yield from _to_open(execution, 'request_cancel_workflow_execution')


def terminate(
    execution: Execution[Any], reason: str = '', details: str = '', *, child_policy: str | None = None,
) -> Steps[None]:
    """End the execution at once, without asking its decider; its children go by their child policy.

    `child_policy`, TERMINATE, REQUEST_CANCEL or ABANDON, goes ahead of that for this time. Raises a
    WorkflowNotOpenError where it has closed, a WorkflowNotFoundError where SWF does not know it, a PayloadTooLargeError
    for a reason of more than 256 characters, or details of more than 32,768. See the SWF API,
    TerminateWorkflowExecution.
    """
    if child_policy is not None and child_policy not in CHILD_POLICIES:
        raise DefinitionError(
            f'child_policy is one of {", ".join(CHILD_POLICIES)}, but it is {describe_value(child_policy)}'
        )
    policy = {} if child_policy is None else {'childPolicy': child_policy}
    members = {'reason': plain_text(reason, 'reason', REASON), 'details': plain_text(details, 'details'), **policy}
    try:
        yield from _to_open(execution, 'terminate_workflow_execution', **members)
    except WorkflowNotOpenError as error:
        # The answer of a first try may have been lost; it was carried out all the same.
        if not (error.status == 'TERMINATED' and error.__cause__ is not None and was_retried(error.__cause__)):
            raise


def result(execution: Execution[T], timeout: float | timedelta | None = None) -> Steps[T]:
    """Wait until the execution has closed, `timeout` seconds at most, and give its result.

    After a continue-as-new it goes on with the newest run. Raises a WorkflowFailed, WorkflowCanceled,
    WorkflowTerminated or WorkflowTimedOut where it has none, a ResultTimeoutError where it is still open after
    `timeout`, and a WorkflowNotFoundError where SWF does not know the execution. While SWF does not answer, it waits
    on. Where no worker takes a task of it for ten seconds, it says so in the log, once.
    """
    seconds = None if timeout is None else in_seconds(timeout, 'timeout')
    began = yield NOW
    unserved, pause = _Unserved(), _FIRST_LOOK
    while True:
        event = yield from _look(execution)
        closed = CLOSE_STATUS.get(event['eventType']) if event else None
        if event and closed == 'CONTINUED_AS_NEW':
            execution.run_id = attributes(event)['newExecutionRunId']
            continue
        if event and closed:
            return cast('T', (yield Work(partial(_outcome, execution, closed, event))))
        now = yield NOW
        if event and (wondering := unserved.look(event, now)):
            logger.warning('waiting for %r: %s', execution, wondering)
        longest = _LAST_LOOK if seconds is None else min(_LAST_LOOK, began + seconds - now)
        if longest <= 0:
            raise ResultTimeoutError(f'{execution!r} has not closed within {seconds:g} seconds')
        if event is None:
            yield Wait(longest)
        else:
            yield UntilClosed(
                execution.domain, execution.workflow_id, execution.run_id, min(pause, longest), longest,
            )
        pause = min(pause * 1.5, _LAST_LOOK)


def newest_event(execution: Execution[Any]) -> Steps[Event]:
    """Give the newest event; raises a WorkflowNotFoundError where SWF does not know the execution."""
    page = yield from _page(execution, reverseOrder=True, maximumPageSize=1)
    return cast('Event', page['events'][0])


def signal_text(workflow_id: str, value: Any) -> str:
    """Write the value of a signal; what does not fit into SWF goes into the data store."""
    return Payload().put(dump(value, 'value'), 'signal', ('signals', workflow_id))


class _Unserved:
    """Notices, of a history whose newest event stays a scheduled task, that nobody takes it."""

    def __init__(self) -> None:
        self._event_id: int | None = None
        self._since = 0.0
        self._has_wondered = False

    def look(self, event: Event, now: float) -> str | None:
        """Take note of the newest event; gives what is to be said, once."""
        if event['eventId'] != self._event_id:
            self._event_id, self._since = event['eventId'], now
        what = _SCHEDULED.get(event['eventType'])
        if what is None or self._has_wondered or now - self._since < _UNSERVED:
            return None
        self._has_wondered = True
        task_list = attributes(event)['taskList']['name']
        return (
            f'no worker has taken its {what} from the task list {task_list!r} for {now - self._since:.0f} seconds. '
            'Does one run, in the same domain, and poll that list?'
        )


def _outcome(execution: Execution[Any], closed: str, event: Event) -> Any:
    """Give the result that the last event of a history tells of, or raise what it tells of instead."""
    found = attributes(event)
    if closed == 'COMPLETED':
        return execution.results.read_result(found.get('result'))
    reason = found.get('reason', found.get('timeoutType', found.get('cause')))
    details = found.get('details')
    failure = Failure.read(reason, details)
    try:
        failure = failure.opened(execution.results)
    except (DataStoreError, PayloadError) as error:
        logger.warning('what is encrypted of the failure of %r cannot be read here: %s', execution, error)
    failed = _FAILURES[closed](execution.workflow_id, execution.run_id, failure.reason or None, details)
    raise raised_as(failed, failure, () if execution.definition is None else execution.definition.raises)


def _look(execution: Execution[Any]) -> Steps[Event | None]:
    """Give the newest event; None where SWF cannot be asked right now."""
    try:
        return (yield from newest_event(execution))
    except FAULTS as error:
        if not may_pass(error):
            raise
        logger.warning('waiting for %r: %s; trying on', execution, error)
        return None


def _to_open(execution: Execution[Any], method: str, **members: Any) -> Steps[None]:
    """Make a call that takes an open execution; raises what says clearly that there is none."""
    run = {} if execution.is_by_workflow_id else {'runId': execution.run_id}
    try:
        yield Call(method, {'domain': execution.domain, 'workflowId': execution.workflow_id, **run, **members})
    except ClientError as error:
        if fault_of(error) != 'UnknownResourceFault':
            raise
        closed = yield from status(execution)
        raise WorkflowNotOpenError(execution.workflow_id, execution.run_id, closed) from error


def _described(execution: Execution[Any]) -> Steps[dict[str, Any]]:
    return (yield from _asked(execution, 'describe_workflow_execution'))


def _page(execution: Execution[Any], **members: Any) -> Steps[dict[str, Any]]:
    return (yield from _asked(execution, 'get_workflow_execution_history', **members))


def _asked(execution: Execution[Any], method: str, **members: Any) -> Steps[dict[str, Any]]:
    """Ask SWF about the execution, whose run id is looked up where it is not known yet."""
    if not execution.run_id:
        found = yield from latest_of(execution.domain, execution.workflow_id)
        if found is None:
            raise WorkflowNotFoundError(execution.domain, execution.workflow_id)
        execution.run_id = found.run_id
    named = {'workflowId': execution.workflow_id, 'runId': execution.run_id}
    try:
        return cast('dict[str, Any]', (yield Call(method, {'domain': execution.domain, 'execution': named, **members})))
    except ClientError as error:
        if fault_of(error) != 'UnknownResourceFault':
            raise
        raise WorkflowNotFoundError(execution.domain, execution.workflow_id, execution.run_id) from error
