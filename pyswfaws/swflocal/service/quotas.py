"""How much the service allows: its quotas, and its rates as token buckets.

Quotas are always on, with the figures of Amazon SWF; rates are off unless asked for. Source: the developer guide's page
on quotas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pyswfaws.protocol import limits


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


_SLOW, _QUICK_START, _WORK = Rate(200, 6), Rate(2000, 6), Rate(2000, 200)

#: Operation, or decision type -> its rate, for an account and region.
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
}

NO_RATES: Final[Mapping[str, Rate]] = {}


class Buckets:
    """The token buckets of every region. They are filled at the start and forgotten with the process."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}    # (region, what) -> level, when

    def take(self, region: str, what: str, now: float) -> bool:
        """Take one token, if there is one; tell whether there was."""
        rate = self._rates.get(what)
        if rate is None:
            return True
        level, then = self._levels.get((region, what), (rate.bucket, now))
        level = min(rate.bucket, level + (now - then) * rate.refill)
        allowed = level >= 1
        self._levels[region, what] = (level - allowed, now)
        return allowed
