"""One execution from outside: found by its id, described, and clear words where it is not there or not open."""

from datetime import UTC, datetime, timedelta

import pytest

from pyswfaws import (
    DefinitionError,
    PayloadTooLargeError,
    ResultTimeoutError,
    SerializationError,
    Signal,
    WorkflowFailed,
    WorkflowNotFoundError,
    WorkflowNotOpenError,
    WorkflowTerminated,
    activity_task,
    decision_task,
    workflow,
)
from pyswfaws.operations import executions
from pyswfaws.operations.executions import _Unserved


class CardError(Exception):
    """One that a decider declares."""


@activity_task
def double(number):
    return number * 2


@decision_task(raises=(CardError,))
def order(card):
    workflow.publish({'stage': 'waiting'})
    if Signal.get('approval').result:
        return {'paid': card}
    raise CardError(card)


@decision_task
def round_after_round(number):
    Signal.get('next').result
    if number < 3:
        workflow.continue_as_new(number + 1)
    return 'three'


@pytest.fixture
def shop(stage):
    stage.deciders(order, round_after_round)
    return stage


def test_an_execution_is_found_by_its_id_with_or_without_its_decider(shop):
    run = shop.start(order, 'visa', workflow_id='order 7')
    found = shop.starter.get('order 7')
    assert repr(found) == '<WorkflowRun order 7>'
    found.signal('approval', True)
    assert found.result(timeout=20) == {'paid': 'visa'}
    assert repr(found) == f'<WorkflowRun order 7 {run.run_id}>'
    again = shop.start(order, 'stolen', workflow_id='order 7')
    shop.starter.get('order 7').signal('approval', False)
    with pytest.raises(CardError, match='stolen'):
        shop.starter.get('order 7', decider=order).result(timeout=20)
    with pytest.raises(WorkflowFailed, match='CardError: stolen') as failed:
        shop.starter.get('order 7').result(timeout=20)
    assert not isinstance(failed.value, CardError)
    assert failed.value.run_id == again.run_id
    assert shop.starter.get('order 7', run.run_id).result() == {'paid': 'visa'}
    with pytest.raises(DefinitionError, match='workflow_id is a text of 1 to 256 characters, but it is'):
        shop.starter.get('')
    with pytest.raises(DefinitionError, match='what is started is a function with @decision_task'):
        shop.starter.get('order 7', decider=double)


def test_what_is_found_by_its_workflow_id_is_signalled_whichever_run_it_is(shop, until):
    shop.start(round_after_round, 1, workflow_id='w')
    found = shop.starter.get('w')
    first = found.describe()
    for number in range(3):
        until(lambda number=number: len(list(shop.starter.list(workflow_id='w', status='CLOSED'))) == number)
        found.signal('next')
    assert found.result(timeout=20) == 'three'
    assert found.run_id != first.run_id


def test_a_description_has_all_that_swf_shows(shop, until):
    before = datetime.now(UTC)
    run = shop.start(order, 'visa', tags=['a'], task_priority=3)
    until(lambda: run.published)
    detail = run.describe()
    assert (detail.name, detail.version, detail.status, detail.tags) == ('order', '1.0', 'OPEN', ('a',))
    assert (detail.workflow_id, detail.run_id, detail.parent) == (run.workflow_id, run.run_id, None)
    assert before.timestamp() - 1 < detail.started_at.timestamp() <= datetime.now(UTC).timestamp()
    assert (detail.task_list, detail.task_priority, detail.child_policy) == ('tests', 3, 'TERMINATE')
    assert (detail.execution_start_to_close_timeout, detail.task_start_to_close_timeout) == ('31536000', '60')
    assert (detail.open_activities, detail.open_timers, detail.open_children, detail.open_lambdas) == (0, 0, 0, 0)
    assert (detail.published, detail.latest_activity_at) == ({'stage': 'waiting'}, None)
    assert 'waiting' not in repr(detail), 'it may be private'
    run.terminate(child_policy='ABANDON')
    closed = run.describe()
    assert (closed.status, closed.is_open) == ('TERMINATED', False)
    assert closed.closed_at >= detail.started_at


def test_events_are_read_as_they_are_asked_for(stage, monkeypatch):
    stage.register(order)
    run = stage.start(order, 'visa')
    for _ in range(1100):
        stage.client.signal_workflow_execution(domain='tests', workflowId=run.workflow_id, signalName='s')
    asked = []
    monkeypatch.setattr(run.driver, 'carry_out', lambda step, carry=run.driver.carry_out: (
        asked.append(step) or carry(step)
    ))
    newest_first = run.events(reverse=True)
    newest = next(newest_first)
    assert len(asked) == 1
    assert [newest, *newest_first][::-1] == run.history() == list(run.events())


def test_what_has_closed_takes_nothing_and_says_so(shop):
    run = shop.start(order, 'visa')
    run.signal('approval', True)
    run.result(timeout=20)
    for act in (lambda: run.signal('approval'), run.cancel, run.terminate):
        with pytest.raises(WorkflowNotOpenError, match=r'\(run 22\S+\) is not open any more: COMPLETED') as refused:
            act()
        assert refused.value.status == 'COMPLETED'
    with pytest.raises(WorkflowNotOpenError):
        shop.starter.get(run.workflow_id).cancel()


@pytest.mark.parametrize('run_id', [None, 'of another'])
def test_what_is_not_there_is_said(shop, run_id):
    run = shop.starter.get('nobody', run_id)
    questions = [
        lambda: run.status, lambda: run.published, run.describe, run.history, lambda: list(run.events()), run.result,
        lambda: run.signal('approval'), run.cancel, run.terminate,
    ]
    for ask in questions:
        with pytest.raises(WorkflowNotFoundError, match="knows no execution with the workflow id 'nobody'") as missing:
            ask()
        assert missing.value.run_id == run_id


def test_what_a_termination_may_not_say(shop):
    run = shop.start(order, 'visa')
    with pytest.raises(DefinitionError, match='child_policy is one of TERMINATE, REQUEST_CANCEL, ABANDON'):
        run.terminate(child_policy='KEEP')
    with pytest.raises(PayloadTooLargeError, match=r'the reason is 300 characters, and SWF takes 256$'):
        run.terminate('x' * 300)
    with pytest.raises(DefinitionError, match=r'details is a text, but it is 5 \(int\)'):
        run.terminate('enough', 5)
    run.terminate('enough')
    with pytest.raises(WorkflowTerminated, match='enough'):
        run.result()


def test_what_is_sent_and_how_long_is_waited_is_checked(shop):
    run = shop.start(order, 'visa')
    with pytest.raises(SerializationError, match=r"value\['when'\] is \{1\} \(set\), which JSON cannot write"):
        run.signal('approval', {'when': {1}})
    for timeout in ('soon', -1, float('nan')):
        with pytest.raises(DefinitionError, match='timeout is seconds from 0 to'):
            run.result(timeout=timeout)
    with pytest.raises(ResultTimeoutError, match='has not closed within 0 seconds'):
        run.result(timeout=timedelta(0))


def test_a_task_that_nobody_takes_is_wondered_at_once():
    def event(number, kind):
        return {'eventId': number, 'eventType': kind, f'{kind[0].lower()}{kind[1:]}EventAttributes': {
            'taskList': {'name': 'orders'},
        }}

    unserved = _Unserved()
    assert unserved.look(event(2, 'DecisionTaskScheduled'), 100) is None
    assert unserved.look(event(2, 'DecisionTaskScheduled'), 109) is None
    assert unserved.look(event(5, 'ActivityTaskScheduled'), 110) is None
    assert unserved.look(event(5, 'ActivityTaskScheduled'), 121) == (
        "no worker has taken its activity task from the task list 'orders' for 11 seconds. Does one run, in the same "
        'domain, and poll that list?'
    )
    assert unserved.look(event(5, 'ActivityTaskScheduled'), 140) is None, 'once is enough'
    started = _Unserved()
    assert [started.look(event(3, 'DecisionTaskStarted'), now) for now in (0, 100)] == [None, None]


def test_who_waits_in_vain_reads_why_in_the_log(stage, monkeypatch, caplog):
    monkeypatch.setattr(executions, '_UNSERVED', 0.05)
    monkeypatch.setattr(executions, '_LAST_LOOK', 0.02)
    stage.register(order)
    with pytest.raises(TimeoutError):
        stage.start(order, 'visa').result(timeout=0.5)
    assert caplog.text.count("no worker has taken its decision task from the task list 'tests' for 0 seconds") == 1
