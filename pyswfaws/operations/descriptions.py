"""Descriptions: what SWF shows of an execution from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from pyswfaws.payload import published
from pyswfaws.protocol.events import seconds


@dataclass(frozen=True, kw_only=True)
class ExecutionInfo:
    """What SWF lists of an execution. See the SWF API, WorkflowExecutionInfo.

    `name` and `version` are its type. `status` is OPEN, or how it closed: COMPLETED, FAILED, CANCELED, TERMINATED,
    CONTINUED_AS_NEW or TIMED_OUT. The times are in UTC; `closed_at` is None while it is open. `parent` is the workflow
    id and run id of the execution that started it as a child.
    """

    workflow_id: str
    run_id: str
    name: str
    version: str
    status: str
    started_at: datetime
    closed_at: datetime | None = None
    tags: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    is_cancel_requested: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it has not closed."""
        return self.status == 'OPEN'

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> 'ExecutionInfo':
        """Read what boto3 gives of a listed execution."""
        parent = info.get('parent')
        return ExecutionInfo(
            workflow_id=info['execution']['workflowId'],
            run_id=info['execution']['runId'],
            name=info['workflowType']['name'],
            version=info['workflowType']['version'],
            status=info.get('closeStatus', 'OPEN'),
            started_at=_utc(info['startTimestamp']),
            closed_at=_utc(info['closeTimestamp']) if 'closeTimestamp' in info else None,
            tags=tuple(info.get('tagList', ())),
            parent=(parent['workflowId'], parent['runId']) if parent else None,
            is_cancel_requested=info.get('cancelRequested', False),
        )


@dataclass(frozen=True, kw_only=True)
class ExecutionDetail(ExecutionInfo):
    """All that SWF shows of an execution at once. See the SWF API, WorkflowExecutionDetail.

    The timeouts are texts, as SWF has them: seconds, or ``NONE``. The `open_...` are counts; those of an execution that
    has closed are as they were then. `latest_activity_at` is when an activity was scheduled last. `published` is what
    the decider has shown last by `workflow.publish`, None where that is nothing.
    """

    task_list: str
    task_priority: int | None
    execution_start_to_close_timeout: str
    task_start_to_close_timeout: str
    child_policy: str
    lambda_role: str | None
    open_activities: int
    open_decisions: int
    open_timers: int
    open_children: int
    open_lambdas: int
    latest_activity_at: datetime | None
    published: Any = field(repr=False)

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> 'ExecutionDetail':
        """Read the answer of DescribeWorkflowExecution; what was published may have to be read from a data store."""
        info = ExecutionInfo.of(found['executionInfo'])
        configuration, counts = found['executionConfiguration'], found['openCounts']
        priority = configuration.get('taskPriority')
        latest = found.get('latestActivityTaskTimestamp')
        return cls(
            **{one.name: getattr(info, one.name) for one in fields(info)},
            task_list=configuration['taskList']['name'],
            task_priority=None if priority is None else int(priority),
            execution_start_to_close_timeout=configuration['executionStartToCloseTimeout'],
            task_start_to_close_timeout=configuration['taskStartToCloseTimeout'],
            child_policy=configuration['childPolicy'],
            lambda_role=configuration.get('lambdaRole'),
            open_activities=counts['openActivityTasks'],
            open_decisions=counts['openDecisionTasks'],
            open_timers=counts['openTimers'],
            open_children=counts['openChildWorkflowExecutions'],
            open_lambdas=counts.get('openLambdaFunctions', 0),
            latest_activity_at=None if latest is None else _utc(latest),
            published=published(found.get('latestExecutionContext')),
        )


def _utc(timestamp: datetime | float) -> datetime:
    return datetime.fromtimestamp(seconds(timestamp), UTC)
