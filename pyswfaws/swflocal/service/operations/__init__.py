"""The 39 operations, one line each; the files beside this one have them by what they are about."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pyswfaws.swflocal.service.unit import Unit

from . import activity_tasks, decision_tasks, domains, executions, history, tags, types, visibility

#: Takes the unit of work and the validated request; gives the answer.
Operation: TypeAlias = Callable[[Unit, dict[str, Any]], dict[str, Any]]

OPERATIONS: Final[Mapping[str, Operation]] = {
    'RegisterDomain': domains.register,
    'DeprecateDomain': domains.deprecate,
    'UndeprecateDomain': domains.undeprecate,
    'DescribeDomain': domains.describe,
    'ListDomains': domains.list_domains,
    'TagResource': tags.tag,
    'UntagResource': tags.untag,
    'ListTagsForResource': tags.list_tags,
    'RegisterActivityType': types.ACTIVITY.register,
    'DeprecateActivityType': types.ACTIVITY.deprecate,
    'UndeprecateActivityType': types.ACTIVITY.undeprecate,
    'DeleteActivityType': types.ACTIVITY.delete,
    'DescribeActivityType': types.ACTIVITY.describe,
    'ListActivityTypes': types.ACTIVITY.list_types,
    'RegisterWorkflowType': types.WORKFLOW.register,
    'DeprecateWorkflowType': types.WORKFLOW.deprecate,
    'UndeprecateWorkflowType': types.WORKFLOW.undeprecate,
    'DeleteWorkflowType': types.WORKFLOW.delete,
    'DescribeWorkflowType': types.WORKFLOW.describe,
    'ListWorkflowTypes': types.WORKFLOW.list_types,
    'StartWorkflowExecution': executions.start,
    'SignalWorkflowExecution': executions.signal,
    'RequestCancelWorkflowExecution': executions.request_cancel,
    'TerminateWorkflowExecution': executions.terminate,
    'DescribeWorkflowExecution': executions.describe,
    'GetWorkflowExecutionHistory': history.get_history,
    'ListOpenWorkflowExecutions': visibility.list_open,
    'ListClosedWorkflowExecutions': visibility.list_closed,
    'CountOpenWorkflowExecutions': visibility.count_open,
    'CountClosedWorkflowExecutions': visibility.count_closed,
    'PollForDecisionTask': decision_tasks.poll,
    'RespondDecisionTaskCompleted': decision_tasks.respond_completed,
    'CountPendingDecisionTasks': decision_tasks.count_pending,
    'PollForActivityTask': activity_tasks.poll,
    'RecordActivityTaskHeartbeat': activity_tasks.heartbeat,
    'RespondActivityTaskCompleted': activity_tasks.respond_completed,
    'RespondActivityTaskFailed': activity_tasks.respond_failed,
    'RespondActivityTaskCanceled': activity_tasks.respond_canceled,
    'CountPendingActivityTasks': activity_tasks.count_pending,
}
