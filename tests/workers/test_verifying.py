"""A sample of what kept deciders decide is compared with what a replay from the start decides."""

import logging

import pytest

from pyswfaws import (
    DefinitionError,
    DistributedDecisionWorker,
    activity_task,
    cached,
    decision_task,
    workflow,
)
from pyswfaws.workers.verifying import difference


@activity_task
def double(number):
    return number * 2


def test_a_decider_that_holds_the_law_is_verified_and_nobody_notices(stage, caplog):
    caplog.set_level('INFO')
    drawn = []

    @cached
    def draw():
        drawn.append(len(drawn))
        return drawn[-1]

    @decision_task
    def lawful(steps):
        total = 0
        for step in range(steps):
            total += double(step).result + draw()
            logging.getLogger().info('step %s', step)
            workflow.publish(step)
        return total, workflow.random().random() < 2

    worker = stage.deciders(lawful, verify=1)
    stage.activities(double)
    assert stage.run(lawful, 5) == [30, True]
    assert worker.counts['hits'] == worker.counts['verified'] == 5
    assert not worker.counts['differing']
    assert drawn == [0, 1, 2, 3, 4], 'nothing is computed twice'
    assert [text for text in caplog.messages if text.startswith('step')] == [f'step {n}' for n in range(5)]


@pytest.fixture
def mood():
    return ['calm']


def test_where_they_differ_it_is_said_and_counted_and_the_replay_from_the_start_counts(stage, until, mood, caplog):
    @decision_task
    def moody():
        """Remembers what it read outside, as long as it is kept."""
        at_first = mood[0]
        double(1).result
        return at_first, double(2).result

    worker = stage.deciders(moody, verify=1)
    stage.register(double)
    run = stage.start(moody)
    until(lambda: 'ActivityTaskScheduled' in [event['eventType'] for event in run.history()])
    mood[0] = 'upset'
    stage.activities(double)
    assert run.result(timeout=30) == ['upset', 4]
    assert worker.counts['verified'] == 2
    assert worker.counts['differing'] == 1
    (said,) = (text for text in caplog.messages if 'decides otherwise than a replay from the start' in text)
    assert f'{run.workflow_id} {run.run_id}' in said
    assert 'calm' in said
    assert 'upset' in said


def test_where_a_replay_from_the_start_cannot_decide_the_task_is_left(stage, until, mood, caplog):
    @decision_task(task_start_to_close_timeout=1)
    def moody():
        return double(len(mood)).result if mood == ['calm'] else workflow.sleep(1)

    worker = stage.deciders(moody, verify=1)
    stage.register(double)
    run = stage.start(moody)
    until(lambda: 'ActivityTaskScheduled' in [event['eventType'] for event in run.history()])
    mood[0] = 'upset'
    stage.activities(double)
    until(lambda: worker.counts['differing'])
    until(lambda: 'no decision, the task is left to its timeout' in caplog.text)
    assert 'but a replay from the start cannot' in caplog.text
    assert run.status == 'OPEN'


def test_only_a_share_is_verified(stage):
    @decision_task
    def long():
        return sum(double(step).result for step in range(60))

    worker = stage.deciders(long, verify=0.5)
    stage.activities(double)
    assert stage.run(long) == 60 * 59
    assert 0 < worker.counts['verified'] < 60, 'odds of 1 to 2**60 against'
    assert not worker.counts['differing']


def test_a_difference_is_told_by_its_place():
    assert difference(['a', 'b'], ['a', 'b']) is None
    assert difference(['a', 'b'], ['a', 'c']) == 'the 2. decision is b, and from the start c'


@pytest.mark.parametrize('share', [-0.1, 1.1, 'all', True])
def test_the_share_is_checked(share, stage):
    with pytest.raises(DefinitionError, match='verify is a share from 0 to 1, but it is'):
        DistributedDecisionWorker(double_it, swf_domain='d', swf_task_list='l', client=stage.client, verify=share)


@decision_task
def double_it():
    return double(1).result
