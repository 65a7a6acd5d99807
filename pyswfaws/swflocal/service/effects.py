"""What one execution brings about in others, carried out after its own write.

A decision leaves its Initiated event behind; the answer (started, delivered, refused) follows as an event of its own.
If the source has closed meanwhile, by the same list of decisions, the effect is carried out all the same, and no event
is written into its history. The close of an execution is told to its parent, and its child policy reaches its children.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyswfaws.protocol.events import ATTRIBUTES_MEMBER

from .execution import Attributes, Child, Execution
from .starting import start_execution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .unit import Effect, Unit

#: The close of a child, as its parent records it; and which attributes of the close it repeats.
_CHILD_CLOSED: Final = {
    'COMPLETED': ('ChildWorkflowExecutionCompleted', ('result',)),
    'FAILED': ('ChildWorkflowExecutionFailed', ('reason', 'details')),
    'CANCELED': ('ChildWorkflowExecutionCanceled', ('details',)),
    'TERMINATED': ('ChildWorkflowExecutionTerminated', ()),
    'TIMED_OUT': ('ChildWorkflowExecutionTimedOut', ('timeoutType',)),
}

#: Close statuses that bring the child policy to bear.
_POLICY_APPLIES: Final = frozenset({'TERMINATED', 'TIMED_OUT'})


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start the child that an Initiated event describes; `initiated` are its attributes."""

    source: Execution
    initiated_id: int
    initiated: Attributes

    def carry_out(self, unit: 'Unit') -> None:
        """Start it, or record that its workflow id is taken."""
        source, initiated = self.source, self.initiated
        if unit.find_open(source.domain, initiated['workflowId']) is not None:
            if source.open:
                unit.record(
                    source, 'StartChildWorkflowExecutionFailed',
                    workflowType=initiated['workflowType'], workflowId=initiated['workflowId'],
                    cause='WORKFLOW_ALREADY_RUNNING', initiatedEventId=self.initiated_id,
                    decisionTaskCompletedEventId=initiated['decisionTaskCompletedEventId'],
                    control=initiated.get('control'))
            return
        child = start_execution(
            unit, unit.next_run(source.domain, initiated['workflowId']), initiated,
            parentWorkflowExecution=source.names, parentInitiatedEventId=self.initiated_id)
        if source.open:
            unit.record(
                source, 'ChildWorkflowExecutionStarted',
                workflowExecution=child.names, workflowType=initiated['workflowType'],
                initiatedEventId=self.initiated_id)


@dataclass(frozen=True, slots=True)
class ReachOut:
    """Signal another execution, or ask it to cancel, as an Initiated event describes."""

    source: Execution
    initiated_id: int
    initiated: Attributes
    received: str       # the event in the target
    delivered: str      # the events in the source
    failed: str

    def carry_out(self, unit: 'Unit') -> None:
        """Deliver it, or record that there is no such open execution."""
        source, initiated = self.source, self.initiated
        target = unit.find_open(source.domain, initiated['workflowId'], initiated.get('runId'))
        if target is None:
            if source.open:
                unit.record(
                    source, self.failed,
                    workflowId=initiated['workflowId'], runId=initiated.get('runId'),
                    cause='UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION', initiatedEventId=self.initiated_id,
                    decisionTaskCompletedEventId=initiated['decisionTaskCompletedEventId'],
                    control=initiated.get('control'))
            return
        unit.record(
            target, self.received,
            signalName=initiated.get('signalName'), input=initiated.get('input'),
            externalWorkflowExecution=source.names, externalInitiatedEventId=self.initiated_id)
        if source.open:
            unit.record(source, self.delivered, workflowExecution=target.names, initiatedEventId=self.initiated_id)


@dataclass(frozen=True, slots=True)
class RefuseLambda:
    """A Lambda task of an execution without a role cannot be started."""

    source: Execution
    scheduled_id: int

    def carry_out(self, unit: 'Unit') -> None:
        """Record it."""
        if self.source.open:
            unit.record(
                self.source, 'StartLambdaFunctionFailed', scheduledEventId=self.scheduled_id,
                cause='ASSUME_ROLE_FAILED', message='No IAM role is attached to the current workflow execution.')


@dataclass(frozen=True, slots=True)
class TellParent:
    """The parent, if that run of it is still open, records how its child closed."""

    child: Execution

    def carry_out(self, unit: 'Unit') -> None:
        """Record it."""
        child, start = self.child, self.child.start
        named = start['parentWorkflowExecution']
        parent = unit.find_open(child.domain, named['workflowId'], named['runId'])
        if parent is None:
            return
        assert child.close_status is not None
        started_id = parent.children[start['parentInitiatedEventId']].started_id
        event_type, repeated = _CHILD_CLOSED[child.close_status]
        unit.record(
            parent, event_type, workflowExecution=child.names, workflowType=start['workflowType'],
            initiatedEventId=start['parentInitiatedEventId'], startedEventId=started_id,
            **{name: value for name, value in _close_attributes(child).items() if name in repeated})


@dataclass(frozen=True, slots=True)
class ApplyChildPolicy:
    """The child policy of a terminated or timed-out execution reaches one of its children."""

    parent: Execution
    child: Child
    policy: str

    def carry_out(self, unit: 'Unit') -> None:
        """Terminate the child's current run, or ask it to cancel."""
        child = unit.find_open(self.parent.domain, self.child.attributes['workflowId'])
        if child is None or child.start.get('parentWorkflowExecution') != self.parent.names:
            return
        if self.policy == 'TERMINATE':
            unit.record(
                child, 'WorkflowExecutionTerminated',
                cause='CHILD_POLICY_APPLIED', childPolicy=child.start['childPolicy'])
        else:
            unit.record(
                child, 'WorkflowExecutionCancelRequested', cause='CHILD_POLICY_APPLIED',
                externalWorkflowExecution=self.parent.names, externalInitiatedEventId=0)


def after_close(execution: Execution) -> 'Iterator[Effect]':
    """Give what the close of an execution brings about in its parent and its children."""
    status = execution.close_status
    if 'parentWorkflowExecution' in execution.start and status != 'CONTINUED_AS_NEW':
        yield TellParent(execution)
    if status in _POLICY_APPLIES:
        policy = _close_attributes(execution)['childPolicy']
        if policy != 'ABANDON':
            for child in execution.children.values():
                yield ApplyChildPolicy(execution, child, policy)


def _close_attributes(execution: Execution) -> dict[str, Any]:
    event = execution.history[-1]
    attributes: dict[str, Any] = event[ATTRIBUTES_MEMBER[event['eventType']]]
    return attributes
