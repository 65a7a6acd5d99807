"""Affinity where a service, or botocore, does not know of it."""

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from pyswfaws import activity_task, decision_task
from pyswfaws.workers.affinity import Affinity

NEW = {
    'PollForDecisionTask': ['startAtPreviousStartedEvent'],
    'RespondDecisionTaskCompleted': ['taskList', 'taskListScheduleToStartTimeout'],
}
METHODS = {
    'PollForDecisionTask': 'poll_for_decision_task',
    'RespondDecisionTaskCompleted': 'respond_decision_task_completed',
}


@activity_task
def double(number):
    return number * 2


@decision_task
def one_by_one(steps):
    return sum(double(step).result for step in range(steps))


@pytest.fixture
def older(stage):
    """A client of a botocore that does not know the members of `NEW`, as far as it is told to."""
    client = stage.swf.client()

    def forget(*operations):
        for operation in operations:
            for member in NEW[operation]:
                client.meta.service_model.operation_model(operation).input_shape.members.pop(member)
        return client

    yield forget
    stage.end()
    client.close()


@pytest.mark.parametrize('operations', [['PollForDecisionTask'], ['RespondDecisionTaskCompleted'], list(NEW)])
def test_an_older_botocore_is_worked_with_without_affinity(stage, older, caplog, operations):
    worker = stage.deciders(one_by_one, client=older(*operations))
    stage.activities(double)
    assert stage.run(one_by_one, 30) == 30 * 29
    assert not worker._affinity.is_on
    (said,) = caplog.messages
    assert said.startswith('affinity is off: the service, or botocore, does not know it (')


def test_a_service_that_refuses_what_it_does_not_know_is_worked_with_too(stage, caplog, monkeypatch):
    for operation, members in NEW.items():
        known = getattr(stage.client, METHODS[operation])

        def strict(known=known, members=members, operation=operation, **request):
            if not request.keys().isdisjoint(members):
                raise ClientError({'Error': {'Code': 'ValidationException', 'Message': 'unknown member'}}, operation)
            return known(**request)

        monkeypatch.setattr(stage.client, METHODS[operation], strict)
    worker = stage.deciders(one_by_one)
    stage.activities(double)
    assert stage.run(one_by_one, 5) == 20
    assert not worker._affinity.is_on
    assert caplog.text.count('affinity is off') == 1


def test_a_request_that_is_wrong_without_affinity_too_leaves_it_on():
    affinity = Affinity(5)

    def wrong(**_):
        raise ParamValidationError(report='the decisions are wrong')

    with pytest.raises(ParamValidationError):
        affinity.tried(wrong, taskList={'name': 'l'})
    assert affinity.is_on
