"""How a run begins: by a request, as a child, or as the continuation of another.

What the starter does not say comes from the type's defaults, and from nothing else: a child inherits nothing from its
parent, a continuation nothing from the run that it continues.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from .execution import Attributes, Execution
    from .unit import Unit


class Default(NamedTuple):
    """Where a member comes from if it is not given, and the cause that a decision is refused with if it is nowhere."""

    member: str
    cause: str


#: What every run must have; in the order in which decisions are checked for it.
REQUIRED: Final[Mapping[str, Default]] = {
    'childPolicy': Default('defaultChildPolicy', 'DEFAULT_CHILD_POLICY_UNDEFINED'),
    'executionStartToCloseTimeout': Default(
        'defaultExecutionStartToCloseTimeout', 'DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED'),
    'taskList': Default('defaultTaskList', 'DEFAULT_TASK_LIST_UNDEFINED'),
    'taskStartToCloseTimeout': Default(
        'defaultTaskStartToCloseTimeout', 'DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED'),
}

#: What a run may have, and the default that it comes from.
OPTIONAL: Final[Mapping[str, str]] = {'taskPriority': 'defaultTaskPriority', 'lambdaRole': 'defaultLambdaRole'}


def resolve(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Give the members of a new run's configuration, each given or a default; what is neither is absent."""
    resolved = {name: given.get(name, defaults.get(default.member)) for name, default in REQUIRED.items()}
    resolved.update({name: given.get(name, defaults.get(default)) for name, default in OPTIONAL.items()})
    return {name: value for name, value in resolved.items() if value is not None}


def start_execution(
    unit: 'Unit', execution: 'Execution', attributes: 'Attributes', *,
    parentInitiatedEventId: int = 0,  # noqa: N803 - attributes of the event, by their names
    parentWorkflowExecution: Mapping[str, str] | None = None,  # noqa: N803
    continuedExecutionRunId: str | None = None,  # noqa: N803
) -> 'Execution':
    """Open a run that `unit.next_run` made, of a workflow id that no open run has, and write its first event; give it.

    `attributes` holds the resolved configuration, ``workflowType``, and if given ``input`` and ``tagList``.
    """
    info: dict[str, Any] = {'workflowType': attributes['workflowType']}
    if parentWorkflowExecution is not None:
        info['parent'] = parentWorkflowExecution
    if 'tagList' in attributes:
        info['tagList'] = attributes['tagList']
    unit.add_execution(execution, info)
    members = ('workflowType', 'input', 'tagList', *REQUIRED, *OPTIONAL)
    unit.record(
        execution, 'WorkflowExecutionStarted',
        **{name: attributes[name] for name in members if name in attributes},
        parentInitiatedEventId=parentInitiatedEventId,
        parentWorkflowExecution=parentWorkflowExecution,
        continuedExecutionRunId=continuedExecutionRunId)
    return execution
