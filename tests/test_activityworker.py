import asyncio
import threading

import pytest

from pyswfaws import (
    ActivityTaskFailed,
    ConfigurationError,
    DefinitionError,
    DistributedActivityWorker,
    activity,
    activity_task,
    decision_task,
)
from pyswfaws.protocol.decisions import decision
from pyswfaws.protocol.events import attributes


class Stubborn(Exception):  # noqa: N818
    def __str__(self):
        raise RuntimeError('an exception that cannot say what it is')


class Harsh(BaseException):
    pass


RAISED = {
    'text': (ValueError('nö'), 'ValueError: nö'),
    'data': (ValueError({'a': 1}, 2), "ValueError: ({'a': 1}, 2)"),
    'nothing': (KeyError(), 'KeyError'),
    'stubborn': (Stubborn(), 'Stubborn: (its message cannot be shown)'),
    'exit': (SystemExit(3), 'SystemExit: 3'),
    'interrupt': (KeyboardInterrupt(), 'KeyboardInterrupt'),
    'canceled': (asyncio.CancelledError(), 'CancelledError'),
    'harsh': (Harsh('!'), 'Harsh: !'),
    'long': (ValueError('x' * 40_000), 'ValueError: ' + 'x' * 244),
}


@activity_task(max_attempts=1)
def raise_(name):
    raise RAISED[name][0]


@activity_task
def unwritable():
    return {1, 2}


@activity_task
def too_large():
    return 'x' * 40_000


@activity_task
def double(number):
    return number * 2


@decision_task
def reason_of(name):
    with pytest.raises(ActivityTaskFailed) as failed:
        raise_(name).result
    return failed.value.failure_reason


@decision_task
def doubled(number):
    return double(number).result


@decision_task
def doubled_all(numbers):
    return [promise.result for promise in [double(number) for number in numbers]]


def failures(run):
    return [attributes(event) for event in run.history() if event['eventType'] == 'ActivityTaskFailed']


def scheduled(stage, activity_type, text, **more):
    """Have an activity scheduled by a decider of another make: the run, when its decision was taken."""
    stage.register(double, doubled)
    run = stage.start(doubled, 1)
    task = stage.client.poll_for_decision_task(domain='tests', taskList={'name': 'tests'})
    stage.client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=[decision(
        'ScheduleActivityTask', activityId='a', activityType=activity_type, input=text, taskList={'name': 'tests'},
        scheduleToStartTimeout='NONE', scheduleToCloseTimeout='NONE', startToCloseTimeout='NONE',
        heartbeatTimeout='NONE', **more,
    )])
    return run


@pytest.mark.parametrize('name', RAISED)
def test_whatever_an_activity_raises_is_its_failure_and_the_worker_lives(stage, name):
    stage.activities(raise_, double)
    stage.deciders(reason_of, doubled)
    assert stage.run(reason_of, name) == RAISED[name][1]
    assert stage.run(doubled, 2) == 4


@pytest.mark.parametrize(('function', 'reason'), [
    (unwritable, 'SerializationError: '), (too_large, 'PayloadTooLargeError: the result is 40,002 characters'),
])
def test_a_result_that_cannot_be_sent_fails_at_once_and_for_good(stage, function, reason):
    @decision_task
    def decider():
        with pytest.raises(ActivityTaskFailed) as failed:
            function().result
        return failed.value.failure_reason

    stage.activities(function)
    stage.deciders(decider)
    run = stage.start(decider)
    assert run.result(timeout=20).startswith(reason)
    assert len(failures(run)) == 1, 'another attempt would not help'


def test_an_input_that_cannot_be_read_is_a_failure_with_a_reason(stage, until):
    run = scheduled(stage, {'name': 'double', 'version': '1.0'}, 'no JSON')
    stage.activities(double)
    (failure,) = until(lambda: failures(run))
    assert failure['reason'].startswith('UnreadablePayloadError: ')


def test_a_type_that_is_not_served_fails_with_what_is(stage, until, caplog):
    stage.register(raise_)
    run = scheduled(stage, {'name': 'raise_', 'version': '1.0'}, '[[],{}]')
    stage.activities(double, unwritable, identity='somebody')
    (failure,) = until(lambda: failures(run))
    assert failure['reason'].startswith('activity raise_ 1.0 (a of ')
    assert failure['reason'].endswith('is not served by somebody, which serves double 1.0, unwritable 1.0')
    assert 'is not served here' in caplog.text


def test_no_more_activities_run_than_the_concurrency_says(stage):
    meeting, running, most = threading.Barrier(2), [], []

    @activity_task
    def meet(number):
        running.append(number)
        most.append(len(running))
        meeting.wait(timeout=20)    # two do run at the same time
        running.remove(number)
        return number

    @decision_task
    def decider():
        return [promise.result for promise in [meet(number) for number in range(6)]]

    stage.activities(meet, concurrency=2, pollers=2)
    stage.deciders(decider)
    assert stage.run(decider) == list(range(6))
    assert max(most) == 2


def test_one_worker_serves_several_task_lists(stage):
    @activity_task(swf_task_list='left')
    def left():
        return 'left'

    @activity_task(swf_task_list='right')
    def right():
        return 'right'

    @decision_task
    def decider():
        return [left().result, right().result, double(1).result]

    worker = stage.activities(left, right, double)
    assert worker.task_lists == ('left', 'right', 'tests')
    stage.deciders(decider)
    assert stage.run(decider) == ['left', 'right', 2]


def test_what_the_worker_is_given_goes_before_the_decorator(stage, monkeypatch):
    @activity_task(swf_domain='theirs', swf_task_type='Theirs', swf_task_version='9', swf_task_list='theirs')
    def declared():
        """Is declared with everything."""

    monkeypatch.setenv('PYSWFAWS_DOMAIN', 'of the environment')
    monkeypatch.setenv('PYSWFAWS_TASK_LIST', 'of the environment')

    def worker(function, **options):
        made = DistributedActivityWorker(function, client=stage.client, **options)
        return made.domain, made.task_lists, list(made.activities)

    assert worker(declared) == ('theirs', ('theirs',), [('Theirs', '9')])
    assert worker(
        declared, swf_domain='ours', swf_task_list='ours', activity_type='Ours', activity_version='1',
    ) == ('ours', ('ours',), [('Ours', '1')])
    assert worker(declared, swf_task_list=['one', 'two', 'one'])[1] == ('one', 'two')
    assert worker(double) == ('of the environment', ('of the environment',), [('double', '1.0')])
    assert worker(double, default_task_list='default')[1] == ('default',)


def test_what_is_missing_or_wrong_is_said_with_what_to_do(stage):
    def worker(function=double, **options):
        return DistributedActivityWorker(function, client=stage.client, **options)

    def plain():
        """Is not decorated."""

    with pytest.raises(ConfigurationError, match=r'no domain: give swf_domain= .* PYSWFAWS_DOMAIN'):
        worker()
    with pytest.raises(ConfigurationError, match=r"no task list for 'double': give swf_task_list= .* PYSWFAWS_TASK"):
        worker(swf_domain='d')
    with pytest.raises(ConfigurationError, match=r'not decorated: put @activity_task .* above it \(line .*activityw'):
        worker(plain)
    with pytest.raises(ConfigurationError, match='nothing that is decorated with @activity_task'):
        worker(doubled)
    with pytest.raises(ConfigurationError, match='for one function only'):
        worker([double, unwritable], activity_type='Other')
    with pytest.raises(DefinitionError, match='concurrency is an int of 1 or more, but it is 0'):
        worker(swf_domain='d', swf_task_list='l', concurrency=0)
    with pytest.raises(DefinitionError, match='pollers is an int of 1 or more, but it is None'):
        worker(swf_domain='d', swf_task_list='l', pollers=None)
    with pytest.raises(DefinitionError, match='swf_domain is a text of 1 to 256'):
        worker(swf_domain='d' * 257)


def test_heartbeats_keep_a_long_activity_alive(stage):
    @activity_task(heartbeat_timeout=1, max_attempts=1)
    def long():
        threading.Event().wait(1.6)     # longer than the heartbeat timeout, in any case
        return 'done'

    @decision_task
    def decider():
        return long().result

    stage.activities(long)
    stage.deciders(decider)
    assert stage.run(decider) == 'done'


@pytest.mark.parametrize('way', ['boto3', 'http'])
def test_any_boto3_shaped_client_serves(stage, way):
    with stage.swf.serve() as url:
        if way == 'boto3':
            options = {'client': stage.swf.client()}
        else:
            options = {'client': None, 'endpoint_url': url, 'region_name': 'us-east-1'}
        stage.activities(double, **options)
        stage.deciders(doubled_all, **options)
        assert stage.run(doubled_all, [1, 2, 3]) == [2, 4, 6]
        stage.end()     # before the service


def test_an_answer_is_sent_until_it_is_taken(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    stage.activities(double)
    stage.deciders(doubled)
    stage.mishaps('error:RespondActivityTaskCompleted')
    run = stage.start(doubled, 4)
    until(lambda: 'Internal failure; trying on' in caplog.text)
    stage.mishaps()
    assert run.result(timeout=20) == 8
    until(lambda: 'done, at attempt' in caplog.text)
    assert caplog.text.count('trying on') == 1, 'an outage is said once'


def test_an_answer_whose_receipt_was_lost_counts_once(stage, types, until, caplog):
    worker = stage.activities(double)
    stage.deciders(doubled)
    stage.mishaps('drop:RespondActivityTaskCompleted')
    run = stage.start(doubled, 4)
    assert run.result(timeout=20) == 8
    until(lambda: worker.counts['lost'] == 1)
    assert not caplog.messages, 'it is no loss, so nobody is warned'
    assert types(run).count('ActivityTaskCompleted') == 1


def test_hooks_see_what_happens_and_may_end_the_worker(stage, until):
    class Hooked(DistributedActivityWorker):
        def __init__(self, *args, **kwargs):
            self.seen = []
            super().__init__(*args, **kwargs)

        def handle_exception(self, exception, task):
            self.seen.append((type(exception), task['activityId']))
            return True

    worker = stage.activities(raise_, worker=Hooked)
    stage.deciders(reason_of)
    assert stage.run(reason_of, 'exit') == 'SystemExit: 3'
    stage.swf.end_polls()
    until(lambda: worker.wait(0.1))
    assert worker.seen == [(SystemExit, 'raise_-1')]


def test_an_error_in_a_hook_ends_the_worker_loudly(stage, until):
    class Broken(DistributedActivityWorker):
        def handle_exception(self, exception, task):
            raise ZeroDivisionError('in the hook')

    worker = stage.activities(raise_, worker=Broken)
    stage.deciders(reason_of)
    stage.start(reason_of, 'text')
    until(worker._stopping.is_set)
    stage.swf.end_polls()
    with pytest.raises(ZeroDivisionError, match='in the hook'):
        until(lambda: worker.wait(0.1))
    stage.workers.remove(worker)


def test_coroutines_share_one_event_loop_and_each_has_its_own_context(stage):
    loops = set()

    @activity_task
    async def nap(number):
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0.01)
        return [number, activity.info().activity_id]

    @activity_task(max_attempts=1)
    async def leaving():
        raise SystemExit(3)

    @decision_task
    async def naps():
        taken = [nap(number) for number in range(4)]
        try:
            await leaving()
        except ActivityTaskFailed as failed:
            return [await one for one in taken], failed.failure_reason

    stage.deciders(naps)
    stage.activities(nap, leaving)
    assert stage.run(naps) == [[[number, f'nap-{number + 1}'] for number in range(4)], 'SystemExit: 3']
    assert len(loops) == 1
