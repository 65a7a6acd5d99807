"""The sane way to use Amazon SWF: durable workflows written as plain Python programs.

Every public name is here. What needs AWS's libraries is loaded when it is first asked for, so that importing the
package stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pyswfaws.binding.definitions import RetryPolicy
from pyswfaws.datastores import DataStore, S3DataStore, SwfDataStore
from pyswfaws.decorators import activity_task, cached, decision_task, nondeterministic
from pyswfaws.exceptions import (
    ActivityTaskCanceled,
    ActivityTaskException,
    ActivityTaskFailed,
    ActivityTaskNotScheduled,
    ActivityTaskTimedOut,
    CachedCallFailed,
    ChildWorkflowCanceled,
    ChildWorkflowException,
    ChildWorkflowFailed,
    ChildWorkflowNotStarted,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    ConfigurationError,
    DataStoreError,
    DecisionError,
    DefinitionError,
    MarkerException,
    NonDeterminismError,
    PayloadError,
    PayloadTooLargeError,
    PyswfawsError,
    RegistrationConflictError,
    ResultTimeoutError,
    SerializationError,
    TaskException,
    TimerException,
    UnfulfilledPromiseException,
    UnreachableError,
    UnreadablePayloadError,
    WorkflowAlreadyStartedError,
    WorkflowCanceled,
    WorkflowException,
    WorkflowFailed,
    WorkflowTerminated,
    WorkflowTimedOut,
)
from pyswfaws.promise import Marker, Promise, Timer
from pyswfaws.serializers import JsonSerializer, Serializer

if TYPE_CHECKING:
    from pyswfaws.activityworker import DistributedActivityWorker
    from pyswfaws.client import WorkflowClient, WorkflowRun
    from pyswfaws.decisionworker import DistributedDecisionWorker, LocalDecisionWorker
    from pyswfaws.embedding import embedded

_LATER = {
    'DistributedActivityWorker': 'pyswfaws.activityworker',
    'DistributedDecisionWorker': 'pyswfaws.decisionworker',
    'LocalDecisionWorker': 'pyswfaws.decisionworker',
    'WorkflowClient': 'pyswfaws.client',
    'WorkflowRun': 'pyswfaws.client',
    'embedded': 'pyswfaws.embedding',
}

__all__ = [
    'ActivityTaskCanceled',
    'ActivityTaskException',
    'ActivityTaskFailed',
    'ActivityTaskNotScheduled',
    'ActivityTaskTimedOut',
    'CachedCallFailed',
    'ChildWorkflowCanceled',
    'ChildWorkflowException',
    'ChildWorkflowFailed',
    'ChildWorkflowNotStarted',
    'ChildWorkflowTerminated',
    'ChildWorkflowTimedOut',
    'ConfigurationError',
    'DataStore',
    'DataStoreError',
    'DecisionError',
    'DefinitionError',
    'DistributedActivityWorker',
    'DistributedDecisionWorker',
    'JsonSerializer',
    'LocalDecisionWorker',
    'Marker',
    'MarkerException',
    'NonDeterminismError',
    'PayloadError',
    'PayloadTooLargeError',
    'Promise',
    'PyswfawsError',
    'RegistrationConflictError',
    'ResultTimeoutError',
    'RetryPolicy',
    'S3DataStore',
    'SerializationError',
    'Serializer',
    'SwfDataStore',
    'TaskException',
    'Timer',
    'TimerException',
    'UnfulfilledPromiseException',
    'UnreachableError',
    'UnreadablePayloadError',
    'WorkflowAlreadyStartedError',
    'WorkflowCanceled',
    'WorkflowClient',
    'WorkflowException',
    'WorkflowFailed',
    'WorkflowRun',
    'WorkflowTerminated',
    'WorkflowTimedOut',
    'activity_task',
    'cached',
    'decision_task',
    'embedded',
    'nondeterministic',
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
