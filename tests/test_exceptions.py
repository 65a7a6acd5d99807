"""Exceptions: what a user catches together, and what gets through what he catches."""

import pickle

import pytest

from pyswfaws import exceptions
from pyswfaws.exceptions import (
    ActivityCancelled,
    ActivityTaskException,
    ActivityTaskFailed,
    ChildWorkflowFailed,
    CompletedLater,
    PyswfawsError,
    SerializationError,
    UnfulfilledPromiseException,
    WorkflowCancelled,
    WorkflowFailed,
    describe_value,
)

ALL = [found for found in vars(exceptions).values() if isinstance(found, type)]


def test_all_but_what_must_get_through_user_code_have_one_base():
    others = [found for found in ALL if issubclass(found, BaseException) and not issubclass(found, PyswfawsError)]
    assert others == [WorkflowCancelled, ActivityCancelled, CompletedLater, UnfulfilledPromiseException]
    assert not any(issubclass(found, Exception) for found in others)


def test_activities_and_children_can_be_caught_as_the_predecessor_did():
    assert issubclass(ActivityTaskFailed, ActivityTaskException)
    assert issubclass(ChildWorkflowFailed, ActivityTaskException)


@pytest.mark.parametrize(('error', 'text'), [
    (ActivityTaskFailed('Double', '1.0', 'Double-1', 'ValueError: v', 'FAILED'),
     'Double 1.0 (Double-1) FAILED: ValueError: v'),
    (ActivityTaskException('Double'), 'Double failed'),
    (WorkflowFailed('order-7', 'run', 'ValueError: v'), "workflow 'order-7' (run run) Failed: ValueError: v"),
    (WorkflowFailed('order-7', 'run'), "workflow 'order-7' (run run) Failed"),
])
def test_they_say_what_happened(error, text):
    assert str(error) == text
    assert str(pickle.loads(pickle.dumps(error))) == text


def test_a_payload_error_is_what_python_has_for_it():
    assert issubclass(SerializationError, TypeError)
    assert issubclass(SerializationError, ValueError)


def test_the_predecessors_spelling_stays():
    assert ActivityTaskException('a', failure_status='FAILED').failure_stats == 'FAILED'


def test_a_value_is_described_briefly():
    assert describe_value('x' * 200) == f"'{'x' * 76}... (str)"
    assert describe_value(None) == 'None (NoneType)'
