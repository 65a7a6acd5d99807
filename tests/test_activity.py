"""The activity as its function sees it: heartbeats, what the attempt before left, and cancels."""

import asyncio
import threading

import pytest

from pyswfaws import (
    ActivityCancelled,
    ActivityTaskCanceled,
    LocalDecisionWorker,
    PayloadTooLargeError,
    RetryPolicy,
    SerializationError,
    Signal,
    activity,
    activity_task,
    decision_task,
)
from pyswfaws.binding.context import ActivityInfo
from pyswfaws.datastores import DataStore
from pyswfaws.failures import Failure
from pyswfaws.protocol.events import attributes
from pyswfaws.replay.calls import Call, no_retry
from pyswfaws.replay.names import attempt_of
from pyswfaws.replay.outcomes import Kind
from pyswfaws.workers import heartbeats

TRIES = RetryPolicy(max_attempts=3, retry_states=('FAILED', 'TIMED_OUT', 'CANCELED'))


class Memory(DataStore):
    """Keeps texts in this process."""

    def __init__(self):
        self.kept = {}

    def put(self, message, key):
        self.kept[f'memory:{key}'] = message
        return f'memory:{key}'

    def get(self, key):
        return self.kept[key]


class Watched:
    """A client that says when a heartbeat was taken."""

    def __init__(self, client):
        self.client = client
        self.was_taken = threading.Event()

    def __getattr__(self, name):
        return getattr(self.client, name)

    def record_activity_task_heartbeat(self, **request):
        answer = self.client.record_activity_task_heartbeat(**request)
        self.was_taken.set()
        return answer


@pytest.fixture(params=['serial', 'distributed'])
def run(request):
    """Run a decider with its activities in one mode: its result."""
    if request.param == 'serial':
        return lambda decider, *_: LocalDecisionWorker(decider).start()
    stage = request.getfixturevalue('stage')

    def run(decider, *activities):
        stage.activities(*activities)
        stage.deciders(decider)
        return stage.run(decider)
    return run


def ended(run, how):
    return [attributes(event) for event in run.history() if event['eventType'] == f'ActivityTask{how}']


# What an attempt knows of itself.


def test_a_plain_call_beats_to_nobody():
    assert activity.heartbeat({'any': 'thing'}) is None
    assert activity.info() == ActivityInfo()
    assert (activity.info().attempt, activity.info().last_heartbeat, activity.is_cancelled()) == (1, None, False)


def test_a_decider_is_no_activity(run):
    @decision_task
    def decider():
        refused = []
        for ask in (activity.heartbeat, activity.info, activity.is_cancelled):
            with pytest.raises(RuntimeError, match='has a meaning only inside an activity'):
                ask()
            refused.append(ask.__name__)
        return refused

    @activity_task
    def unused():
        """Is there for the worker."""

    assert run(decider, unused) == ['heartbeat', 'info', 'is_cancelled']


def test_an_attempt_knows_what_it_is(stage):
    @activity_task(swf_task_type='Copy', swf_task_version='2', retry=TRIES)
    async def copy():
        found = activity.info()
        assert await asyncio.to_thread(activity.info) is found
        if found.attempt == 1:
            raise ValueError('once')
        return [found.name, found.version, found.activity_id, found.attempt, found.workflow_id, found.run_id]

    @decision_task
    def decider():
        return copy().result

    stage.activities(copy)
    stage.deciders(decider)
    run = stage.start(decider, workflow_id='order-7')
    assert run.result(timeout=20) == ['Copy', '2', 'Copy-1.2', 2, 'order-7', run.run_id]


@pytest.mark.parametrize('call_id', ['Double-1', 'b-1.Double-1', 'b-1.1-1', 'x-1~abc-2', 'ü\n-3'])
def test_the_number_of_an_attempt_is_in_its_id(call_id):
    call = Call(None, Kind.ACTIVITY, call_id, None, no_retry, 1, '')
    assert [attempt_of(call._attempt_id(number)) for number in (1, 2, 13)] == [
        (call_id, 1), (call_id, 2), (call_id, 13),
    ]


@pytest.mark.parametrize('activity_id', ['1', '1.2', 'a.2', '', 'x-y.2', '-'])
def test_another_deciders_id_is_a_first_attempt(activity_id):
    assert attempt_of(activity_id) == (activity_id, 1)


# What the attempt before left.


def test_the_next_attempt_finds_what_the_last_one_said_before_it_failed(run):
    @activity_task(retry=TRIES)
    def copy():
        start = activity.info().last_heartbeat or {'done': 0}
        activity.heartbeat({'done': start['done'] + 1})
        if start['done'] < 2:
            raise OSError('disk')
        return start

    @decision_task
    def decider():
        return copy().result

    assert run(decider, copy) == {'done': 2}


def test_an_attempt_that_says_nothing_hides_nothing(run):
    @activity_task(retry=TRIES)
    def copy():
        found = activity.info()
        if found.attempt == 1:
            activity.heartbeat('half')
        if found.attempt < 3:
            raise OSError('disk')
        return found.last_heartbeat

    @decision_task
    def decider():
        return [copy().result, copy().result]

    assert run(decider, copy) == ['half', 'half']


def test_the_next_attempt_finds_what_the_last_one_said_before_its_worker_died(stage):
    died, client = threading.Event(), Watched(stage.client)

    @activity_task(retry=TRIES, heartbeat_timeout=1)
    def copy():
        found = activity.info()
        if found.attempt == 1:
            activity.heartbeat(['half'])
            client.was_taken.wait(timeout=20)
            worker._heartbeats.close()      # as the death of its process does
            died.wait(timeout=20)
        return found.last_heartbeat

    @decision_task
    def decider():
        return copy().result

    worker = stage.activities(copy, client=client)
    stage.deciders(decider)
    run = stage.start(decider)
    assert run.result(timeout=20) == ['half']
    died.set()
    (timed_out,) = ended(run, 'TimedOut')
    assert timed_out['details'] == '["half"]'


def test_it_waits_while_swf_does_not_tell_what_the_last_attempt_said(stage, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')

    @activity_task(retry=TRIES)
    def copy():
        if activity.info().attempt == 1:
            stage.mishaps('throttle:GetWorkflowExecutionHistory')
            activity.heartbeat('half')
            raise OSError('disk')
        return activity.info().last_heartbeat

    @decision_task
    def decider():
        return copy().result

    stage.activities(copy)
    stage.deciders(decider)
    run = stage.start(decider)
    until(lambda: 'trying on' in caplog.text)
    stage.mishaps()
    assert run.result(timeout=20) == 'half'


def test_what_another_client_left_is_its_text(stage):
    @activity_task(retry=TRIES)
    def copy():
        return activity.info().last_heartbeat

    @decision_task
    def decider():
        return copy().result

    stage.register(copy, decider)
    stage.deciders(decider)
    run = stage.start(decider)
    task = stage.client.poll_for_activity_task(domain='tests', taskList={'name': 'tests'})
    failure = Failure('theirs', heartbeat='no JSON')
    stage.client.respond_activity_task_failed(
        taskToken=task['taskToken'], reason=failure.reason, details=failure.details,
    )
    stage.activities(copy)
    assert run.result(timeout=20) == 'no JSON'


def test_details_that_cannot_be_written_are_refused_where_they_are_said(run):
    @activity_task
    def copy():
        with pytest.raises(PayloadTooLargeError, match='the heartbeat is 3,002 characters, and SWF takes 2,048'):
            activity.heartbeat('x' * 3_000)
        with pytest.raises(SerializationError):
            activity.heartbeat(object())
        activity.heartbeat('x' * 2_046)
        return 'done'

    @decision_task
    def decider():
        return copy().result

    assert run(decider, copy) == 'done'


def test_a_store_keeps_details_that_do_not_fit(stage):
    @activity_task(retry=TRIES, result_data_store=Memory())
    def copy():
        found = activity.info().last_heartbeat
        if found is None:
            activity.heartbeat('x' * 3_000)
            raise OSError('disk')
        return len(found)

    @decision_task
    def decider():
        return copy().result

    stage.activities(copy)
    stage.deciders(decider)
    assert stage.run(decider) == 3_000


# Cancels.


class Scene:
    """An activity that runs until it is told to end, and what it saw."""

    def __init__(self, stage):
        self.running, self.go = threading.Event(), threading.Event()
        self.stage = stage

    def begin(self, work, **options):
        @decision_task
        def decider():
            promise = work()
            Signal.get('cancel').result
            promise.cancel()
            error = promise.exception
            return [type(error).__name__, error.details] if error else promise.result

        self.stage.activities(work, **options)
        self.stage.deciders(decider)
        run = self.stage.start(decider)
        assert self.running.wait(timeout=20)
        return run


@pytest.fixture
def scene(stage):
    scene = Scene(stage)
    yield scene
    scene.go.set()


def test_a_cancel_request_is_raised_at_a_heartbeat(scene):
    cleaned = []

    @activity_task(heartbeat_timeout=2)
    def work():
        try:
            while not scene.go.wait(0.01):
                activity.heartbeat('working')
                scene.running.set()
        except Exception:  # noqa: BLE001 - the test is that it is none
            return 'swallowed'
        finally:
            cleaned.append(True)

    run = scene.begin(work)
    run.signal('cancel')
    assert run.result(timeout=20) == ['ActivityTaskCanceled', 'a cancel of this activity was requested']
    assert cleaned == [True]


def test_a_coroutine_gets_it_too_also_in_a_task_group(scene):
    @activity_task(heartbeat_timeout=2)
    async def work():
        async def part():
            while True:
                await asyncio.sleep(0.01)
                activity.heartbeat()
                scene.running.set()

        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(part())

    run = scene.begin(work)
    run.signal('cancel')
    assert run.result(timeout=20) == ['ActivityTaskCanceled', 'a cancel of this activity was requested']


def test_an_activity_may_look_and_end_as_it_likes(scene):
    @activity_task(heartbeat_timeout=2)
    def work():
        while not activity.is_cancelled():
            scene.running.set()
            scene.go.wait(0.01)
        return 'so far'

    run = scene.begin(work)
    run.signal('cancel')
    assert run.result(timeout=20) == 'so far'


def test_without_a_heartbeat_timeout_a_cancel_is_seen_as_well(scene, monkeypatch):
    monkeypatch.setattr(heartbeats, '_PAUSE', 0.1)

    @activity_task(heartbeat_timeout='NONE')
    def work():
        while not scene.go.wait(0.01):
            activity.heartbeat()
            scene.running.set()

    run = scene.begin(work)
    run.signal('cancel')
    assert run.result(timeout=20) == ['ActivityTaskCanceled', 'a cancel of this activity was requested']


def test_what_the_exception_says_are_the_details(run):
    @activity_task
    def work():
        raise ActivityCancelled('three files are left')

    @decision_task
    def decider():
        with pytest.raises(ActivityTaskCanceled) as canceled:
            work().result
        error = canceled.value
        return [error.details, error.failure_status, error.failure_reason, error.remote, error.task_id]

    assert run(decider, work) == ['three files are left', 'CANCELED', None, None, 'work-1']


def test_a_cancel_is_tried_again_only_where_the_policy_says_so(run):
    @activity_task(retry=TRIES)
    def work():
        if activity.info().attempt < 3:
            raise ActivityCancelled
        return activity.info().attempt

    @decision_task
    def decider():
        return work().result

    assert run(decider, work) == 3


def test_a_cancel_that_cannot_say_what_it_is_is_one_all_the_same(run):
    class Stubborn(ActivityCancelled):
        def __str__(self):
            raise ZeroDivisionError

    @activity_task(retry=RetryPolicy(retry_on=(OSError,), retry_states=('CANCELED',), max_attempts=2))
    def work():
        activity.heartbeat('half')
        raise Stubborn

    @decision_task
    def decider():
        error = work().exception
        return [error.details, error.failure_status, error.task_id]

    assert run(decider, work) == ['(its message cannot be shown)', 'CANCELED', 'work-1.2']


def test_an_activity_whose_workflow_is_gone_is_told_and_answers_nothing(scene, until, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    lost = []

    @activity_task(heartbeat_timeout=2)
    def work():
        try:
            while not scene.go.wait(0.01):
                activity.heartbeat()
                scene.running.set()
        except ActivityCancelled as cancelled:
            lost.append(cancelled.is_lost)
            raise

    run = scene.begin(work)
    run.terminate()
    until(lambda: 'was canceled: nobody waits for this activity any more' in caplog.text)
    assert lost == [True]
    assert 'the answer was not taken' not in caplog.text


# An answer that comes later.


def test_an_activity_that_is_answered_later_is_not_answered_by_its_worker(stage, until):
    tokens = []

    @activity_task(heartbeat_timeout=3)
    async def ask():
        tokens.append(activity.info().task_token)
        async with asyncio.TaskGroup() as group:    # wraps it in a group, as it does with a cancel
            group.create_task(asyncio.to_thread(activity.complete_later))

    @decision_task
    def decider():
        return ask().result

    stage.activities(ask)
    stage.deciders(decider)
    run = stage.start(decider)
    until(lambda: tokens)
    assert tokens[0] not in repr(ActivityInfo(task_token=tokens[0]))
    stage.client.respond_activity_task_completed(taskToken=tokens[0], result='"by mail"')
    assert run.result(timeout=20) == 'by mail'


def test_nobody_waits_for_the_answer_of_a_plain_call():
    @activity_task
    def ask():
        activity.complete_later()

    with pytest.raises(RuntimeError, match='only inside an activity that a worker runs'):
        ask()
