"""How much the service allows: its quotas, and its rates as token buckets.

Quotas are always on, with the figures of Amazon SWF; rates are off unless asked for. Source: the developer guide's page
on quotas.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pyswfaws.protocol import limits

from .tokens import decode_task


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many of a thing there may be; the figures of the service unless others are given, as tests do."""

    domains: int = limits.DOMAINS                       # of a region
    types: int = limits.TYPES                           # of a domain and kind
    resource_tags: int = limits.RESOURCE_TAGS           # of a domain
    open_executions: int = limits.OPEN_EXECUTIONS       # of a domain
    open_activities: int = limits.OPEN_ACTIVITIES       # of an execution, as all below
    open_timers: int = limits.OPEN_TIMERS
    open_children: int = limits.OPEN_CHILDREN
    open_lambdas: int = limits.OPEN_LAMBDAS
    events: int = limits.EVENTS


class Rate(NamedTuple):
    """A token bucket: how many requests at once, and how many a second in the long run."""

    bucket: float
    refill: float


_SLOW, _QUICK_START, _QUICK, _WORK = Rate(200, 6), Rate(2000, 6), Rate(1000, 1000), Rate(2000, 200)

#: Operation, or decision type -> its rate, for an account and region; those that end in ``/execution`` or ``/taskList``
#: hold for each of these.
RATES: Final[Mapping[str, Rate]] = {
    'CountClosedWorkflowExecutions': _QUICK_START,
    'CountOpenWorkflowExecutions': _QUICK_START,
    'CountPendingActivityTasks': _SLOW,
    'CountPendingDecisionTasks': _SLOW,
    'DeleteActivityType': _SLOW,
    'DeleteWorkflowType': _SLOW,
    'DeprecateActivityType': _SLOW,
    'DeprecateDomain': Rate(100, 6),
    'DeprecateWorkflowType': _SLOW,
    'DescribeActivityType': _QUICK_START,
    'DescribeDomain': _SLOW,
    'DescribeWorkflowExecution': _QUICK_START,
    'DescribeWorkflowType': _QUICK_START,
    'GetWorkflowExecutionHistory': Rate(2000, 60),
    'ListActivityTypes': _SLOW,
    'ListClosedWorkflowExecutions': _SLOW,
    'ListDomains': Rate(100, 6),
    'ListOpenWorkflowExecutions': Rate(200, 48),
    'ListTagsForResource': Rate(50, 30),
    'ListWorkflowTypes': _SLOW,
    'PollForActivityTask': _WORK,
    'PollForDecisionTask': _WORK,
    'RecordActivityTaskHeartbeat': Rate(2000, 160),
    'RegisterActivityType': Rate(200, 60),
    'RegisterDomain': Rate(100, 6),
    'RegisterWorkflowType': Rate(200, 60),
    'RequestCancelWorkflowExecution': Rate(2000, 30),
    'RespondActivityTaskCanceled': _WORK,
    'RespondActivityTaskCompleted': _WORK,
    'RespondActivityTaskFailed': _WORK,
    'RespondDecisionTaskCompleted': _WORK,
    'SignalWorkflowExecution': Rate(2000, 30),
    'StartWorkflowExecution': _WORK,
    'TagResource': Rate(50, 30),
    'TerminateWorkflowExecution': Rate(2000, 60),
    'UndeprecateActivityType': _SLOW,
    'UndeprecateDomain': Rate(100, 6),
    'UndeprecateWorkflowType': _SLOW,
    'UntagResource': Rate(50, 30),
    'RequestCancelExternalWorkflowExecution': Rate(1200, 120),
    'ScheduleActivityTask': Rate(1000, 200),
    'SignalExternalWorkflowExecution': Rate(1200, 120),
    'StartChildWorkflowExecution': Rate(500, 12),
    'StartTimer': _WORK,
    'GetWorkflowExecutionHistory/execution': Rate(400, 200),
    'RecordActivityTaskHeartbeat/execution': _QUICK,
    'RequestCancelWorkflowExecution/execution': Rate(200, 200),
    'SignalWorkflowExecution/execution': _QUICK,
    'ScheduleActivityTask/taskList': Rate(2000, 2000),
}

NO_RATES: Final[Mapping[str, Rate]] = {}


#: Operation with a rate for each execution -> what its request names the execution by.
_NAMES: Final[Mapping[str, Callable[[dict[str, Any]], Hashable]]] = {
    'GetWorkflowExecutionHistory': lambda request: (request['domain'], *request['execution'].values()),
    'RecordActivityTaskHeartbeat': lambda request: decode_task(request['taskToken'], 'activity').execution,
    'RequestCancelWorkflowExecution': lambda request: (request['domain'], request['workflowId']),
    'SignalWorkflowExecution': lambda request: (request['domain'], request['workflowId']),
}
_MOST_BUCKETS: Final = 10_000   # in memory, before those that are full again are dropped


class Buckets:
    """The token buckets of every region. They are filled at the start and forgotten with the process."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._levels: dict[tuple[str, Hashable], tuple[float, float]] = {}  # (what, of what) -> level, when

    def admit(self, region: str, operation: str, request: dict[str, Any], now: float) -> bool:
        """Take what a valid request takes: from the operation's bucket, and from that of its execution."""
        if not self.take(operation, region, now):
            return False
        each = f'{operation}/execution'
        return each not in self._rates or self.take(each, (region, _NAMES[operation](request)), now)

    def take(self, what: str, of: Hashable, now: float) -> bool:
        """Take one token of a rate's bucket for a region, execution or task list; tell whether there was one."""
        rate = self._rates.get(what)
        if rate is None:
            return True
        level = self._level(what, of, now)
        allowed = level >= 1
        self._levels[what, of] = (level - allowed, now)
        if len(self._levels) > _MOST_BUCKETS:
            self._levels = {
                key: level for key, level in self._levels.items()
                if self._level(*key, now) < self._rates[key[0]].bucket
            }
        return allowed

    def _level(self, what: str, of: Hashable, now: float) -> float:
        bucket, refill = self._rates[what]
        level, then = self._levels.get((what, of), (bucket, now))
        return min(bucket, level + (now - then) * refill)
