"""The sane way to use Amazon SWF: durable workflows written as plain Python programs.

Every public name is here. What needs AWS's libraries is loaded when it is first asked for, so that importing the
package stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pyswfaws import activity, workflow
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.codecs import AesGcmCodec, Codec, ZlibCodec, ZstdCodec
from pyswfaws.concurrency import any_of, as_completed, branch, deadline, gather, shield, wait
from pyswfaws.datadefaults import set_data_defaults
from pyswfaws.datastores import (
    DataStore,
    FileDataStore,
    FsspecDataStore,
    MemoryDataStore,
    OverflowDataStore,
    S3DataStore,
    SwfDataStore,
)
from pyswfaws.decorators import activity_task, cached, decision_task, nondeterministic
from pyswfaws.exceptions import (
    ActivityCancelled,
    ActivityNotOpenError,
    ActivityProcessDied,
    ActivityTaskCanceled,
    ActivityTaskException,
    ActivityTaskFailed,
    ActivityTaskNotScheduled,
    ActivityTaskTimedOut,
    BranchCanceled,
    CachedCallFailed,
    ChildWorkflowCanceled,
    ChildWorkflowException,
    ChildWorkflowFailed,
    ChildWorkflowNotStarted,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    CompletedLater,
    ConfigurationError,
    DataLostError,
    DataStoreError,
    DeadlineExceeded,
    DecisionError,
    DefinitionError,
    ExternalWorkflowException,
    MarkerException,
    NonDeterminismError,
    PayloadError,
    PayloadTooLargeError,
    PyswfawsError,
    RegistrationConflictError,
    RemoteError,
    ResultTimeoutError,
    SerializationError,
    TaskException,
    TimerException,
    UnfulfilledPromiseException,
    UnreachableError,
    UnreadablePayloadError,
    WorkflowAlreadyStartedError,
    WorkflowCanceled,
    WorkflowCancelled,
    WorkflowException,
    WorkflowFailed,
    WorkflowNotFoundError,
    WorkflowNotOpenError,
    WorkflowTerminated,
    WorkflowTimedOut,
)
from pyswfaws.middleware import Middleware, set_middleware
from pyswfaws.promise import Marker, Promise, Signal, Timer
from pyswfaws.serializers import JsonSerializer, ProtobufSerializer, PydanticSerializer, Serializer
from pyswfaws.workflow import continue_as_new, deprecate_patch, patched

if TYPE_CHECKING:
    from pyswfaws.activityworker import DistributedActivityWorker
    from pyswfaws.asyncclient import AsyncActivityHandle, AsyncWorkflowClient, AsyncWorkflowRun
    from pyswfaws.client import ActivityHandle, WorkflowClient, WorkflowRun
    from pyswfaws.decisionworker import DistributedDecisionWorker, LocalDecisionWorker
    from pyswfaws.embedding import embedded
    from pyswfaws.operations.descriptions import ExecutionDetail, ExecutionInfo
    from pyswfaws.operations.listing import ExecutionCount
    from pyswfaws.worker import Worker

_LATER = {
    'ActivityHandle': 'pyswfaws.client',
    'AsyncActivityHandle': 'pyswfaws.asyncclient',
    'AsyncWorkflowClient': 'pyswfaws.asyncclient',
    'AsyncWorkflowRun': 'pyswfaws.asyncclient',
    'DistributedActivityWorker': 'pyswfaws.activityworker',
    'DistributedDecisionWorker': 'pyswfaws.decisionworker',
    'ExecutionCount': 'pyswfaws.operations.listing',
    'ExecutionDetail': 'pyswfaws.operations.descriptions',
    'ExecutionInfo': 'pyswfaws.operations.descriptions',
    'LocalDecisionWorker': 'pyswfaws.decisionworker',
    'Worker': 'pyswfaws.worker',
    'WorkflowClient': 'pyswfaws.client',
    'WorkflowRun': 'pyswfaws.client',
    'embedded': 'pyswfaws.embedding',
}

__all__ = [
    'ActivityCancelled',
    'ActivityHandle',
    'ActivityNotOpenError',
    'ActivityProcessDied',
    'ActivityTaskCanceled',
    'ActivityTaskException',
    'ActivityTaskFailed',
    'ActivityTaskNotScheduled',
    'ActivityTaskTimedOut',
    'AesGcmCodec',
    'AsyncActivityHandle',
    'AsyncWorkflowClient',
    'AsyncWorkflowRun',
    'BranchCanceled',
    'CachedCallFailed',
    'ChildWorkflowCanceled',
    'ChildWorkflowException',
    'ChildWorkflowFailed',
    'ChildWorkflowNotStarted',
    'ChildWorkflowTerminated',
    'ChildWorkflowTimedOut',
    'Codec',
    'CompletedLater',
    'ConfigurationError',
    'DataLostError',
    'DataStore',
    'DataStoreError',
    'DeadlineExceeded',
    'DecisionError',
    'DefinitionError',
    'DistributedActivityWorker',
    'DistributedDecisionWorker',
    'ExecutionCount',
    'ExecutionDetail',
    'ExecutionInfo',
    'ExternalWorkflowException',
    'FileDataStore',
    'FsspecDataStore',
    'JsonSerializer',
    'LocalDecisionWorker',
    'Marker',
    'MarkerException',
    'MemoryDataStore',
    'Middleware',
    'NonDeterminismError',
    'OverflowDataStore',
    'PayloadError',
    'PayloadTooLargeError',
    'Promise',
    'ProtobufSerializer',
    'PydanticSerializer',
    'PyswfawsError',
    'RegistrationConflictError',
    'RemoteError',
    'ResultTimeoutError',
    'RetryPolicy',
    'S3DataStore',
    'SerializationError',
    'Serializer',
    'Signal',
    'SwfDataStore',
    'TaskException',
    'Timer',
    'TimerException',
    'UnfulfilledPromiseException',
    'UnreachableError',
    'UnreadablePayloadError',
    'Worker',
    'WorkflowAlreadyStartedError',
    'WorkflowCanceled',
    'WorkflowCancelled',
    'WorkflowClient',
    'WorkflowException',
    'WorkflowFailed',
    'WorkflowNotFoundError',
    'WorkflowNotOpenError',
    'WorkflowRun',
    'WorkflowTerminated',
    'WorkflowTimedOut',
    'ZlibCodec',
    'ZstdCodec',
    'activity',
    'activity_task',
    'any_of',
    'as_completed',
    'branch',
    'cached',
    'continue_as_new',
    'deadline',
    'decision_task',
    'deprecate_patch',
    'embedded',
    'gather',
    'nondeterministic',
    'patched',
    'set_data_defaults',
    'set_middleware',
    'shield',
    'wait',
    'workflow',
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
