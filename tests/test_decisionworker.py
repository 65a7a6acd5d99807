import asyncio

import pytest

from pyswfaws import (
    ActivityTaskException,
    ActivityTaskNotScheduled,
    ConfigurationError,
    DefinitionError,
    DistributedDecisionWorker,
    LocalDecisionWorker,
    Timer,
    WorkflowFailed,
    activity_task,
    decision_task,
)
from pyswfaws.protocol.events import attributes

RAISED = {
    'text': (ValueError('nö'), 'ValueError: nö'),
    'exit': (SystemExit(3), 'SystemExit: 3'),
    'canceled': (asyncio.CancelledError(), 'CancelledError'),
    'group': (ExceptionGroup('several', [KeyError('a')]), 'ExceptionGroup: several (1 sub-exception)'),
}


@activity_task
def double(number):
    return number * 2


@decision_task
def doubled(number):
    return double(number).result


@decision_task
def one_by_one(count):
    total = 0
    for number in range(count):
        total += double(number).result
    return total


@decision_task
def raise_(name):
    raise RAISED[name][0]


@decision_task
def interrupt():
    raise KeyboardInterrupt


@decision_task
def unwritable():
    return {1, 2}


@decision_task
def too_large():
    return 'x' * 40_000


@pytest.mark.parametrize('name', RAISED)
def test_what_a_decider_raises_fails_its_execution_and_the_worker_lives(stage, name):
    stage.deciders(raise_, doubled)
    stage.activities(double)
    with pytest.raises(WorkflowFailed) as failed:
        stage.run(raise_, name)
    assert failed.value.reason == RAISED[name][1]
    assert stage.run(doubled, 2) == 4


def test_a_decider_that_raises_an_interrupt_does_not_take_the_worker_with_it(stage, until, caplog):
    stage.deciders(interrupt, doubled, pollers=1)
    stage.activities(double)
    stage.start(interrupt)
    until(lambda: 'KeyboardInterrupt' in caplog.text)
    assert stage.run(doubled, 2) == 4


@pytest.mark.parametrize(('decider', 'reason'), [
    (unwritable, 'SerializationError: '), (too_large, 'PayloadTooLargeError: the result is 40,002 characters'),
])
def test_a_result_that_cannot_be_sent_fails_the_execution(stage, decider, reason):
    stage.deciders(decider)
    with pytest.raises(WorkflowFailed) as failed:
        stage.run(decider)
    assert failed.value.reason.startswith(reason)


def test_a_type_that_is_not_served_is_left_to_a_worker_that_does(stage, until, caplog):
    stage.register(doubled)
    run = stage.start(doubled.options(task_start_to_close_timeout=1), 4)
    other = stage.deciders(raise_, pollers=1)
    until(lambda: 'does not serve that type; it serves raise_ 1.0' in caplog.text)
    other.stop()
    assert run.status == 'OPEN'
    stage.activities(double)
    stage.deciders(doubled)
    assert run.result(timeout=20) == 8


def test_an_input_that_cannot_be_read_leaves_the_task_unanswered_with_one_line(stage, until, caplog):
    stage.deciders(doubled)
    started = stage.client.start_workflow_execution(
        domain='tests', workflowId='w', workflowType={'name': 'doubled', 'version': '1.0'}, input='<xml/>')
    until(lambda: 'no decision' in caplog.text)
    (record,) = (record for record in caplog.records if record.levelname == 'ERROR')
    assert record.exc_info is None
    assert f'workflow doubled 1.0 (w {started["runId"]}, decision task 3)' in record.message
    assert 'the task is left to its timeout: no JSON: ' in record.message
    info = stage.client.describe_workflow_execution(
        domain='tests', execution={'workflowId': 'w', 'runId': started['runId']})
    assert info['executionInfo']['executionStatus'] == 'OPEN'


def test_a_history_of_several_pages_is_read_to_its_end_though_pages_fail(stage, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    stage.deciders(one_by_one, kept=0)
    stage.activities(double)
    stage.mishaps('throttle:PollForDecisionTask:0.1', 'error:PollForDecisionTask:0.05')
    run = stage.start(one_by_one, 50)
    assert run.result(timeout=60) == 50 * 49
    assert len(run.history()) > 250
    asked_again = [one for one in caplog.messages if ', decision task ' in one and one.endswith('; trying on')]
    assert asked_again, 'no page has failed'


def test_a_page_that_cannot_be_had_never_looks_like_the_end(stage, until, caplog):
    """The token of the second page is good for one execution only, and the execution is gone when it is asked for."""
    class Forgetful(DistributedDecisionWorker):
        def _poll(self, task_list):
            task = super()._poll(task_list)
            return {**task, 'nextPageToken': 'of another'} if task.get('nextPageToken') else task

    stage.deciders(one_by_one, worker=Forgetful, kept=0)
    stage.activities(double)
    run = stage.start(one_by_one, 50)
    until(lambda: 'no decision, the task is left to its timeout' in caplog.text)
    assert run.status == 'OPEN'
    assert len(run.history()) > 100


def test_answers_are_sent_until_they_are_taken(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    stage.deciders(doubled)
    stage.activities(double)
    stage.mishaps('error:RespondDecisionTaskCompleted')
    run = stage.start(doubled, 4)
    until(lambda: 'Internal failure; trying on' in caplog.text)
    stage.mishaps()
    assert run.result(timeout=20) == 8


def test_a_task_without_a_time_limit_is_answered_too(stage):
    @decision_task(task_start_to_close_timeout='NONE')
    def unlimited():
        return 'done'

    stage.deciders(unlimited)
    assert stage.run(unlimited) == 'done'


def test_an_answer_whose_receipt_was_lost_counts_once(stage, types):
    stage.deciders(doubled)
    stage.activities(double)
    stage.mishaps('drop:RespondDecisionTaskCompleted')
    run = stage.start(doubled, 4)
    assert run.result(timeout=20) == 8
    assert types(run).count('ActivityTaskScheduled') == 1


def test_an_activity_type_that_swf_does_not_know_fails_with_the_cause(stage):
    @decision_task
    def decider():
        with pytest.raises(ActivityTaskNotScheduled) as refused:
            double(1).result
        return str(refused.value)

    stage.deciders(decider)
    assert stage.run(decider) == 'double 1.0 (double-1.5) FAILED_TO_SCHEDULE: ACTIVITY_TYPE_DOES_NOT_EXIST'


def test_an_exception_may_end_the_worker(stage, until):
    class Hooked(DistributedDecisionWorker):
        def handle_exception(self, exception, task):
            self.seen = exception
            return True

    worker = stage.deciders(interrupt, worker=Hooked)
    stage.start(interrupt)
    until(worker._stopping.is_set)
    stage.swf.end_polls()
    until(lambda: worker.wait(0.1))
    assert isinstance(worker.seen, KeyboardInterrupt)


def test_what_the_worker_is_given_goes_before_the_decorator(stage):
    @decision_task(swf_domain='theirs', swf_workflow_type='Theirs', swf_workflow_version='9', swf_task_list='theirs')
    def declared():
        """Is declared with everything."""

    def worker(**options):
        made = DistributedDecisionWorker(declared, client=stage.client, **options)
        return made.domain, made.task_lists, list(made.deciders)

    assert worker() == ('theirs', ('theirs',), [('Theirs', '9')])
    assert worker(
        swf_domain='ours', swf_task_list='ours', workflow_type='Ours', workflow_version='1',
    ) == ('ours', ('ours',), [('Ours', '1')])


def test_what_is_missing_or_wrong_is_said_with_what_to_do(stage):
    def worker(function=doubled, **options):
        return DistributedDecisionWorker(function, client=stage.client, **options)

    with pytest.raises(ConfigurationError, match='no domain: give swf_domain='):
        worker()
    with pytest.raises(ConfigurationError, match="no task list for 'doubled'"):
        worker(swf_domain='d')
    with pytest.raises(ConfigurationError, match='nothing that is decorated with @decision_task'):
        worker(double)
    with pytest.raises(DefinitionError, match='pollers is an int of 1 or more, but it is 0'):
        worker(swf_domain='d', swf_task_list='l', pollers=0)


def test_several_domains_need_a_choice(stage):
    @decision_task(swf_domain='one')
    def one():
        """Is of one domain."""

    @decision_task(swf_domain='two')
    def two():
        """Is of another."""

    with pytest.raises(ConfigurationError, match=r'several domains \(one, two\): give swf_domain='):
        DistributedDecisionWorker([one, two], swf_task_list='l', client=stage.client)


class Till:
    def __init__(self, rate):
        self.rate = rate

    @decision_task
    def total(self, price):
        return double(price).result * self.rate


def test_a_method_is_decided_on_the_object_given(stage):
    stage.activities(double)
    stage.register(Till.total)
    stage.deciders(Till.total, decision_object=Till(3))
    assert stage.run(Till.total, 2) == 12
    with pytest.raises(ConfigurationError, match=r'Till.total is a method: give the worker the object to call it on'):
        DistributedDecisionWorker(Till.total, swf_domain='d', swf_task_list='l', client=stage.client)


# Serial mode.


def test_serial_mode_runs_one_workflow():
    assert LocalDecisionWorker(doubled).start(4) == 8
    assert LocalDecisionWorker(Till.total, Till(3)).start(price=2) == 12
    with pytest.raises(ConfigurationError, match='has several: doubled, one_by_one'):
        LocalDecisionWorker([doubled, one_by_one])
    with pytest.raises(ConfigurationError, match='is not decorated'):
        LocalDecisionWorker(lambda: None)
    with pytest.raises(TypeError, match='doubled'):
        LocalDecisionWorker(doubled).start()


def test_serial_mode_raises_what_the_decider_raises():
    with pytest.raises(ValueError, match='nö'):
        LocalDecisionWorker(raise_).start('text')


def test_serial_mode_waits_for_timers():
    @decision_task
    def waits():
        waited = Timer.get(seconds=0.01)
        return [waited.is_ready, waited.result, waited.is_ready]

    assert LocalDecisionWorker(waits).start() == [False, None, True]


def test_the_history_names_the_worker(stage):
    stage.deciders(doubled, identity='i' * 300)
    stage.activities(double)
    run = stage.start(doubled, 1)
    run.result(timeout=20)
    started = next(event for event in run.history() if event['eventType'] == 'DecisionTaskStarted')
    assert attributes(started)['identity'] == 'i' * 256


def test_a_decision_that_keeps_failing_is_counted(stage, until, caplog):
    """Each time that SWF gives the task out again, the log says how many were lost before it."""
    is_changed = []

    @decision_task(task_start_to_close_timeout=1)
    def fickle():
        if is_changed:
            Timer.get(seconds=1).result
        return double(2).result

    stage.register(double)
    stage.deciders(fickle, kept=0)
    run = stage.start(fickle)
    until(lambda: any(event['eventType'] == 'ActivityTaskScheduled' for event in run.history()))
    is_changed.append(True)
    stage.activities(double)
    until(lambda: 'left to its timeout, as 1 before it' in caplog.text)
    assert run.status == 'OPEN'


def test_the_start_of_a_child_can_be_waited_for_in_both_modes(stage):
    @decision_task
    def refused(number):
        raise ValueError(number)

    @decision_task
    def parent():
        plain, later, failing = doubled(1), doubled(double(2)), refused(3)
        starts = [one.started.result for one in (plain, later, failing, double(4), Timer.get(seconds=0))]
        return starts, plain.result, later.result, failing.exception.failure_reason

    stage.deciders(parent, doubled, refused)
    stage.activities(double)
    expected = [[None] * 5, 2, 8, 'ValueError: 3']
    assert stage.run(parent) == expected
    assert LocalDecisionWorker(parent).start() == expected


def test_a_child_that_was_refused_has_no_start(stage):
    @decision_task
    def unknown():
        """Is not registered."""

    @decision_task
    def parent():
        raised = []
        for promise in (unknown(), doubled(unknown())):
            try:
                promise.started.result
            except ActivityTaskException as error:
                raised.append(error.failure_reason)
        return raised

    stage.deciders(parent)
    assert stage.run(parent) == ['WORKFLOW_TYPE_DOES_NOT_EXIST'] * 2
