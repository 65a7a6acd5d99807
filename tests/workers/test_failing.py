"""A decision that keeps failing: tried again at growing distances, counted, and the end of its execution if wanted."""

import re

import pytest

from pyswfaws import DataStoreError, MemoryDataStore, Timer, WorkflowFailed, activity_task, decision_task
from pyswfaws.protocol.events import attributes
from pyswfaws.workers.failing import Failing
from pyswfaws.workers.parking import Execution

ONE, OTHER = Execution('one', 'r'), Execution('other', 'r')


@activity_task
def double(number):
    return number * 2


@decision_task
def doubled(number):
    return double(number).result


def test_each_failure_doubles_the_wait_which_begins_at_half_the_timeout():
    failing = Failing()
    assert failing.wait(ONE, 0) == 0
    now = 100
    for wait in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        failing.failed(ONE, '60', now)
        assert failing.wait(ONE, now) == wait
        assert failing.wait(ONE, now + wait) == 0
        assert failing.wait(OTHER, now) == 0, 'one never holds up another'
    assert failing.times(ONE) == 9


def test_a_decision_forgets_the_failures_before_it():
    failing = Failing()
    failing.failed(ONE, 'NONE', 0)
    assert failing.wait(ONE, 0) == 30
    failing.decided(ONE)
    failing.decided(OTHER)
    assert (failing.wait(ONE, 0), failing.times(ONE)) == (0, 0)


def test_the_memory_of_failures_is_bounded():
    failing = Failing(capacity=2)
    for execution in (ONE, OTHER, ONE, Execution('third', 'r')):
        failing.failed(execution, '60', 0)
    assert [failing.times(execution) for execution in (ONE, OTHER)] == [2, 0], 'who failed longest ago is forgotten'


def fickle_one():
    """A decider that decides otherwise from its second decision task on, and what turns that on."""
    changed = []

    @decision_task(task_start_to_close_timeout=1)
    def fickle():
        if changed:
            Timer.get(seconds=1).result
        return double(2).result

    return fickle, changed


@pytest.fixture
def broken(stage, until, types):
    """A run whose decider has decided once, and never will again."""
    fickle, changed = fickle_one()

    def broken(**options):
        stage.register(double)
        worker = stage.deciders(fickle, doubled, kept=0, pollers=1, **options)
        run = stage.start(fickle)
        until(lambda: 'ActivityTaskScheduled' in types(run))
        changed.append(True)
        stage.activities(double)
        return worker, run

    return broken


def test_it_is_left_alone_for_longer_and_longer_and_holds_up_nobody(stage, until, types, broken):
    worker, run = broken()
    until(lambda: types(run).count('DecisionTaskTimedOut') >= 2)
    assert stage.run(doubled, 4) == 8
    until(lambda: worker.counts['put off'] >= 1)
    assert worker.counts['decision failures'] >= 2
    assert run.status == 'OPEN'


def test_another_process_tries_at_once(stage, until, types, broken):
    """One with repaired code, in earnest: it remembers no failure."""
    worker, run = broken()
    until(lambda: types(run).count('DecisionTaskTimedOut') >= 1)
    worker.stop()
    stage.swf._host._dismiss()
    until(lambda: worker.wait(0.1))
    repaired = stage.deciders(fickle_one()[0], kept=0)
    assert run.result(timeout=20) == 4
    assert not repaired.counts['put off']
    assert not repaired.counts['decision failures']


def test_its_execution_may_fail_after_so_many(stage, broken, caplog):
    worker, run = broken(fail_after=2)
    with pytest.raises(WorkflowFailed) as failed:
        run.result(timeout=20)
    assert failed.value.reason.startswith('DecisionError: 3 decision tasks in a row could not be decided: ')
    assert failed.value.remote.__cause__.types[0] == 'pyswfaws.exceptions.NonDeterminismError'
    lost = [attributes(event)['timeoutType'] for event in run.history() if event['eventType'] == 'DecisionTaskTimedOut']
    assert lost == ['START_TO_CLOSE'] * 2
    assert 'no decision, and the execution fails: ' in caplog.text
    assert worker.counts['decision failures'] == 3


class Garbling:
    """A client that lets an activity have a priority that no service takes."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        return getattr(self.client, name)

    def respond_decision_task_completed(self, *, decisions, **members):
        for one in decisions:
            one.get('scheduleActivityTaskDecisionAttributes', {})['taskPriority'] = 'highest'
        return self.client.respond_decision_task_completed(decisions=decisions, **members)


@decision_task(task_start_to_close_timeout=1)
def hasty(number):
    return double(number).result


def test_what_the_service_never_takes_is_a_failure_too(stage, until):
    stage.activities(double)
    worker = stage.deciders(hasty, client=Garbling(stage.client))
    run = stage.start(hasty, 4)
    until(lambda: worker.counts['decision failures'] >= 2)
    assert run.status == 'OPEN'
    worker.stop()
    stage.swf._host._dismiss()
    until(lambda: worker.wait(0.1))
    stage.deciders(hasty)
    assert run.result(timeout=20) == 8


def test_and_its_execution_may_fail_after_so_many(stage):
    stage.deciders(hasty, client=Garbling(stage.client), fail_after=1)
    said = r'^DecisionError: 2 decision tasks in a row could not be decided: .* \(ValidationException\)'
    with pytest.raises(WorkflowFailed) as failed:
        stage.start(hasty, 4).result(timeout=20)
    assert re.match(said, failed.value.reason)


class Shaky(MemoryDataStore):
    is_down = False

    def get(self, key):
        if self.is_down:
            raise DataStoreError('the store is down')
        return super().get(key)


def test_an_outage_is_no_failure(stage, until, caplog):
    """What a data store, or SWF, does not give at the moment says nothing of the code."""
    store = Shaky()

    @decision_task(task_start_to_close_timeout=1, input_data_store=store)
    def stored(number):
        return double(number).result

    stage.activities(double)
    worker = stage.deciders(stored)
    store.is_down = True
    run = stage.start(stored, 4)
    until(lambda: worker.counts['decision failures'] >= 2)
    assert worker.counts['put off'] == 0
    store.is_down = False
    assert run.result(timeout=20) == 8
    assert worker.counts['put off'] == 0
