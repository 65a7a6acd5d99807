"""The client: starts workflows, and waits for what becomes of them."""

import logging
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

from botocore.exceptions import ClientError

from pyswfaws.binding.calls import check_call, naming_arguments, split_options
from pyswfaws.binding.context import Arguments
from pyswfaws.binding.decorated import DecisionTask
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.exceptions import (
    ConfigurationError,
    DataStoreError,
    DefinitionError,
    PayloadError,
    ResultTimeoutError,
    WorkflowAlreadyStartedError,
    WorkflowCanceled,
    WorkflowException,
    WorkflowFailed,
    WorkflowTerminated,
    WorkflowTimedOut,
    describe_value,
)
from pyswfaws.failures import Failure, raised_as
from pyswfaws.payload import Payload, fitting, published
from pyswfaws.protocol.events import CLOSE_STATUS, Event, attributes
from pyswfaws.protocol.limits import PAGE, REASON
from pyswfaws.serializers import JsonSerializer
from pyswfaws.workers.clients import FAULTS, fault_of, make_client, may_pass
from pyswfaws.workers.place import TASK_LIST_VARIABLE, one_domain

__all__ = ['WorkflowClient', 'WorkflowRun']

logger = logging.getLogger('pyswfaws')

P = ParamSpec('P')
T = TypeVar('T')

#: Which exception `result` raises, by the close status.
_FAILURES: Final[dict[str, type[WorkflowException]]] = {
    'FAILED': WorkflowFailed,
    'CANCELED': WorkflowCanceled,
    'TERMINATED': WorkflowTerminated,
    'TIMED_OUT': WorkflowTimedOut,
}
_FIRST_LOOK, _LAST_LOOK = 0.005, 2.0    # seconds between two looks at an open execution: growing from, up to


class WorkflowRun(Generic[T]):
    """One execution of a workflow, as seen from outside.

    `workflow_id` and `run_id` name it; after a continue-as-new `result` follows to the newest run.
    """

    def __init__(self, client: Any, domain: str, definition: WorkflowType, workflow_id: str, run_id: str) -> None:
        self.workflow_id = workflow_id
        self.run_id = run_id
        self._client = client
        self._domain = domain
        self._definition = definition

    def __repr__(self) -> str:
        return f'<WorkflowRun {self.workflow_id} {self.run_id}>'

    @property
    def status(self) -> str:
        """OPEN, or how it closed: COMPLETED, FAILED, CANCELED, TERMINATED, CONTINUED_AS_NEW or TIMED_OUT."""
        found = self._client.describe_workflow_execution(domain=self._domain, execution=self._execution)
        return str(found['executionInfo'].get('closeStatus', 'OPEN'))

    @property
    def published(self) -> Any:
        """What the decider published last (`workflow.publish`); None where it has published nothing."""
        found = self._client.describe_workflow_execution(domain=self._domain, execution=self._execution)
        return published(found.get('latestExecutionContext'))

    def result(self, timeout: float | None = None) -> T:
        """Wait until the execution has closed, `timeout` seconds at most, and give its result.

        Raises a WorkflowFailed, WorkflowCanceled, WorkflowTerminated or WorkflowTimedOut where it has none, and a
        ResultTimeoutError where it is still open after `timeout`. While SWF does not answer, it waits on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        wait = getattr(self._client, 'wait_until_closed', None)     # SWF Local in this process tells of the end
        pause = _FIRST_LOOK if wait is None else _LAST_LOOK
        while True:
            event = self._newest_event()
            status = CLOSE_STATUS.get(event['eventType']) if event else None
            if event and status == 'CONTINUED_AS_NEW':
                self.run_id = attributes(event)['newExecutionRunId']
                continue
            if event and status:
                return self._outcome(status, event)
            if event is None:
                pause = _LAST_LOOK
            left = pause if deadline is None else min(pause, deadline - time.monotonic())
            if left <= 0:
                raise ResultTimeoutError(f'{self!r} has not closed within {timeout:g} seconds')
            if wait is None or event is None:
                time.sleep(left)
            else:
                wait(domain=self._domain, workflow_id=self.workflow_id, run_id=self.run_id, timeout=left)
            pause = min(pause * 1.5, _LAST_LOOK)

    def history(self) -> list[Event]:
        """Give the events of the execution so far, in order, as boto3 has them."""
        return list(self._events())

    def signal(self, name: str, value: Any = None) -> None:
        """Send the execution a signal; `value` is anything that JSON can write."""
        text = Payload().put(JsonSerializer().serialize_result(value), 'signal', ('signals', self.workflow_id))
        self._client.signal_workflow_execution(
            domain=self._domain, workflowId=self.workflow_id, runId=self.run_id, signalName=name, input=text,
        )

    def cancel(self) -> None:
        """Ask the execution to cancel; what becomes of that is for its decider to say."""
        self._client.request_cancel_workflow_execution(
            domain=self._domain, workflowId=self.workflow_id, runId=self.run_id,
        )

    def terminate(self, reason: str = '', details: str = '') -> None:
        """End the execution at once, without asking its decider; its children go by their child policy."""
        self._client.terminate_workflow_execution(
            domain=self._domain, workflowId=self.workflow_id, runId=self.run_id,
            reason=fitting(reason, 'reason', REASON), details=fitting(details, 'details'),
        )

    @property
    def _execution(self) -> dict[str, str]:
        return {'workflowId': self.workflow_id, 'runId': self.run_id}

    def _events(self, *, reverse: bool = False, page: int = PAGE) -> Iterator[Event]:
        more: dict[str, str] = {}
        while True:
            found = self._client.get_workflow_execution_history(
                domain=self._domain, execution=self._execution, reverseOrder=reverse, maximumPageSize=page, **more,
            )
            yield from found['events']
            if not found.get('nextPageToken'):
                return
            more = {'nextPageToken': found['nextPageToken']}

    def _newest_event(self) -> Event | None:
        """Give the newest event; None where SWF cannot be asked right now."""
        try:
            return next(self._events(reverse=True, page=1))
        except FAULTS as error:
            if not may_pass(error):
                raise
            logger.warning('waiting for %r: %s; trying on', self, error)
            return None

    def _outcome(self, status: str, event: Event) -> T:
        found = attributes(event)
        if status == 'COMPLETED':
            return cast('T', self._definition.result.read_result(found.get('result')))
        reason = found.get('reason', found.get('timeoutType', found.get('cause')))
        details = found.get('details')
        failure = Failure.read(reason, details)
        try:
            failure = failure.opened(self._definition.result)
        except (DataStoreError, PayloadError) as error:
            logger.warning('what is encrypted of the failure of %r cannot be read here: %s', self, error)
        failed = _FAILURES[status](self.workflow_id, self.run_id, failure.reason or None, details)
        raise raised_as(failed, failure, self._definition.raises)


class WorkflowClient:
    """Starts workflows in a domain.

    `domain` may be left to the environment (PYSWFAWS_DOMAIN). `client` is a boto3-shaped SWF client; without one, one
    is made from `region_name`, `endpoint_url` and `session`, which are boto3's. `task_list` is where deciders are
    decided that name no task list; it may be left to the environment (PYSWFAWS_TASK_LIST).
    """

    def __init__(
        self,
        domain: str | None = None,
        *,
        client: Any = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        session: Any = None,
        task_list: str | None = None,
    ) -> None:
        self.domain = one_domain(domain, ())
        self.client = client or make_client(session=session, region_name=region_name, endpoint_url=endpoint_url)
        self.task_list = task_list or os.environ.get(TASK_LIST_VARIABLE)

    def start(self, decider: DecisionTask[P, T], /, *args: Any, **kwargs: Any) -> WorkflowRun[T]:
        """Start a workflow: arguments as in a call of its decider, options by keyword.

        The options are `workflow_id` (made up unless given), `task_list`, `task_priority`,
        `execution_start_to_close_timeout`, `task_start_to_close_timeout`, `child_policy`, `tags` and `lambda_role`; for
        a decider that has a parameter of such a name use ``decider.options(...)``.

        Raises a WorkflowAlreadyStartedError where the workflow id is taken by an open execution, a ConfigurationError
        where SWF does not know the type or no task list is set, and what a call with these arguments would raise.
        """
        definition, arguments = _split(decider, Arguments(args, kwargs))
        check_call(definition, arguments)
        workflow_id = definition.workflow_id or f'{definition.name}-{uuid.uuid4()}'
        attributes = definition.start_attributes(self.task_list)
        if 'taskList' not in attributes:
            raise ConfigurationError(
                f'no task list for {definition.name!r}: give task_list= to the client or the start, swf_task_list= to '
                f'the decorator, or set {TASK_LIST_VARIABLE}'
            )
        with naming_arguments(definition):
            text = definition.input.write_input(*arguments, ('starts', workflow_id, uuid.uuid4().hex))
        try:
            started = self.client.start_workflow_execution(
                domain=self.domain,
                workflowId=workflow_id,
                workflowType={'name': definition.name, 'version': definition.version},
                input=text,
                **attributes,
            )
        except ClientError as error:
            raise self._explained(error, definition, workflow_id) from error
        return WorkflowRun(self.client, self.domain, definition, workflow_id, started['runId'])

    def _explained(self, error: ClientError, definition: WorkflowType, workflow_id: str) -> Exception:
        match fault_of(error):
            case 'WorkflowExecutionAlreadyStartedFault':
                return WorkflowAlreadyStartedError(f'a workflow with the id {workflow_id!r} is open in {self.domain!r}')
            case 'UnknownResourceFault':
                name, version = definition.key
                return ConfigurationError(
                    f'{error}. Register {name} {version} and its domain: pyswfaws register '
                    f'{definition.function.__module__} --domain {self.domain}'
                )
            case 'TypeDeprecatedFault':
                return ConfigurationError(f'{error}. Give the decider another version (swf_workflow_version=)')
        return error


def _split(decider: Any, call: Arguments) -> tuple[WorkflowType, Arguments]:
    definition = getattr(decider, 'definition', None)
    if not isinstance(definition, WorkflowType):
        raise DefinitionError(
            f'what is started is a function with @decision_task above it, but this is {describe_value(decider)}'
        )
    with_options, rest, _ = split_options(definition, call)
    return with_options, rest
