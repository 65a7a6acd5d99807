"""Recorded histories are replayed to today's code: what is the same passes, what is not is named, turn by turn."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pyswfaws import (
    JsonSerializer,
    Marker,
    Promise,
    RetryPolicy,
    Signal,
    Timer,
    activity_task,
    any_of,
    branch,
    cached,
    continue_as_new,
    decision_task,
    deprecate_patch,
    gather,
    patched,
    shield,
    workflow,
)
from pyswfaws.exceptions import (
    ConfigurationError,
    DefinitionError,
    NonDeterminismError,
    UnreadablePayloadError,
    WorkflowCancelled,
    WorkflowException,
)
from pyswfaws.testing import WorkflowEnvironment, replay_history

RECORDED = Path(__file__).parents[3] / 'shared' / 'histories'


@activity_task
def double(value):
    return value * 2


@activity_task
def triple(value):
    return value * 3


@activity_task(retry=RetryPolicy(max_attempts=3, initial_interval=5))
def flaky():
    return 'at last'


@cached
def look():
    return 'seen'


@decision_task
def child(value):
    return double(value).result


def flow(function):
    return decision_task(swf_workflow_type='flow')(function)


def history_of(decider, *args, prepare=lambda _env, _run: None, seed=0):
    with WorkflowEnvironment(seed=seed) as env:
        run = env.start(decider, *args)
        prepare(env, run)
        with suppress(WorkflowException):
            run.result()
        return run.history()


def decided(replayed):
    return [decision['decisionType'] for decision in replayed.decisions]


# What has not changed.


@flow
def everything():
    """Every kind of call."""
    one, two = double(1), flaky()
    Marker('stage', {'n': 1})
    timer, other = Timer.get(seconds=3600), Timer.get(seconds=7200)
    first = any_of(timer, Signal.get('hurry'))
    other.cancel()
    left, right = branch(child_of, 5), branch(child_of, 6)
    noted = look()
    chosen = workflow.random().choice('abc')
    new = patched('new')
    workflow.signal('nobody', 'hello').exception
    return [one.result, two.result, left.result, right.result, noted, chosen, new, first is timer]


def child_of(value):
    found = child(value).result
    with shield():
        Timer.get(seconds=1).result
    return found


@pytest.mark.parametrize('seed', range(6))
@pytest.mark.parametrize('hurried', [False, True])
def test_a_history_replays_whole_and_cut_anywhere(seed, hurried):
    def prepare(env, run):
        env.fail(flaky, times=1)
        env.lose_decision(after=seed)
        env.stub(double, lambda value: value)
        if hurried:
            env.at(60, run.signal, 'hurry')

    events = history_of(everything, prepare=prepare, seed=seed)
    replayed = replay_history(everything, events)
    assert (replayed.status, replayed.events, replayed.waiting) == ('COMPLETED', len(events), ())
    assert decided(replayed) == ['CompleteWorkflowExecution']
    for until in range(1, len(events)):
        replayed = replay_history(everything, events, until=until)
        assert replayed.status == 'OPEN'
        assert replayed.events <= until
        assert bool(replayed.waiting) == (decided(replayed)[-1:] != ['CompleteWorkflowExecution'])


def test_a_cached_function_is_not_run_but_waited_for():
    def run_again():
        raise AssertionError

    events = history_of(everything, prepare=lambda env, _: env.stub(double, 1))
    recorded = next(event['eventId'] for event in events if event['eventType'] == 'MarkerRecorded'
                    and 'cached' in event['markerRecordedEventAttributes']['markerName'])
    look_again = cached(run_again)
    look_again.__wrapped__.__name__ = 'look'
    replayed = replay_history(everything, events, until=recorded - 1)
    assert any('cached call look-1 (not in history yet)' in wait.promises for wait in replayed.waiting)


def test_the_place_of_each_wait_is_told():
    @flow
    def waits():
        a, b = double(1), child(2)
        branch(Signal.get('go')._wait)
        any_of(a, b)
        b.result

    events = history_of(waits, prepare=lambda env, _: env.lose(double))
    began = next(event['eventId'] for event in events if event['eventType'] == 'ActivityTaskStarted')
    waiting = replay_history(waits, events, until=began).waiting
    assert [wait.promises for wait in waiting] == [
        (f'activity double-1 (STARTED, event {began})', waiting[0].promises[1]),
        ('signal go, number 1',),
    ]
    assert waiting[0].promises[1].startswith('child workflow child-1 (')
    assert str(waiting[0]).startswith(f'{__file__}:')
    assert ' waits for activity double-1 (STARTED' in str(waiting[0])


def test_a_history_that_has_hardly_begun_is_shown_what_comes():
    events = history_of(everything)
    replayed = replay_history(everything, events, until=1)
    assert replayed.turns == 1
    assert decided(replayed)[:3] == ['ScheduleActivityTask', 'ScheduleActivityTask', 'RecordMarker']


@pytest.mark.parametrize(('ends', 'status'), [
    (lambda env, run: env.at(5, run.terminate), 'TERMINATED'),
    (lambda env, run: env.at(5, run.cancel), 'CANCELED'),
    (lambda env, run: None, 'TIMED_OUT'),
])
def test_executions_that_end_otherwise_replay_too(ends, status):
    @decision_task(execution_start_to_close_timeout=60)
    def waits():
        double(1).result
        try:
            Signal.get('never').result
        except WorkflowCancelled:
            double(2).result
            raise

    replayed = replay_history(waits, history_of(waits, prepare=ends))
    assert replayed.status == status
    assert decided(replayed) == (['CancelWorkflowExecution'] if status == 'CANCELED' else [])


def test_one_that_fails_and_one_that_goes_on_replay_too():
    @flow
    def fails():
        double(1).result
        raise LookupError

    @decision_task
    def goes_on(left):
        if left:
            continue_as_new(left - 1)

    assert decided(replay_history(fails, history_of(fails))) == ['FailWorkflowExecution']
    with WorkflowEnvironment() as env:
        run = env.start(goes_on, 1)
        env.settle()
        replayed = replay_history(goes_on, run.history())
    assert (replayed.status, decided(replayed)) == ('CONTINUED_AS_NEW', ['ContinueAsNewWorkflowExecution'])


def test_more_than_one_answer_holds_replays():
    @flow
    def fan():
        return len(gather(*[double(number) for number in range(150)]))

    events = history_of(fan)
    for until in (3, 30, 105, 160, 300, None):
        replay_history(fan, events, until=until)


# What has changed.


@flow
def before():
    first = double(1)
    Timer.get(seconds=10).result
    second = triple(first.result)
    return second.result


EVENTS = history_of(before)


def without_the_first():
    Timer.get(seconds=10).result
    return triple(2).result


def with_one_more_at_the_start():
    triple(0)
    return before.__wrapped__()


def with_one_more_at_the_end():
    found = before.__wrapped__()
    double(9).result
    return found


def with_one_more_beside_the_end():
    found = before.__wrapped__()
    double(9)
    return found


def with_another_kind():
    first = child.options(workflow_id='c')(1)
    Timer.get(seconds=10).result
    return triple(first.result).result


def with_another_type():
    first = renamed(1)
    Timer.get(seconds=10).result
    return triple(first.result).result


@activity_task(swf_task_type='double', swf_task_version='2.0')
def renamed(value):
    return value


def sooner():
    first = double(1)
    second = triple(first)
    Timer.get(seconds=10).result
    return second.result


def all_at_once():
    first, timer, second = double(1), Timer.get(seconds=10), triple(2)
    timer.result
    return first.result + second.result


def later():
    Timer.get(seconds=10).result
    return triple(double(1).result).result


def fails_at_the_end():
    raise ValueError(before.__wrapped__())


def never_ends():
    before.__wrapped__()
    Signal.get('never').result


def ends_at_once():
    double(1)
    Timer.get(seconds=10)
    return 'too soon'


@pytest.mark.parametrize(('changed', 'says'), [
    (without_the_first, r'turn 1, event 5 history recorded activity double-1; .* nothing of that id; it waits at .*:'),
    (with_one_more_at_the_start, r'turn 1, .* recorded activity triple-1,? in turn 3; .* it .*, at .*:\d+'),
    (with_one_more_at_the_end, 'recorded an end by CompleteWorkflowExecution; .* no end; it waits at'),
    (with_one_more_beside_the_end, 'recorded nothing before the end; .* asks for ScheduleActivityTask as well'),
    (with_another_kind, r'turn 1 history recorded no child workflow child-1; .*:\d+'),
    (with_another_type, r'recorded activity double-1 of type double 1.0; .* of type double 2.0, at .*:\d+'),
    (sooner, r'turn 2, event \d+ history recorded activity triple-1,? in turn 3; .* asks for it .*, at .*:\d+'),
    (all_at_once, r'turn 1, event \d+ history recorded activity triple-1,? in turn 3; .* asks for it .*, at .*:\d+'),
    (later, r'turn 1, event 5 history recorded activity double-1; .* nothing of that id; it waits at .*:\d+'),
    (fails_at_the_end, 'recorded an end by CompleteWorkflowExecution; .* asks for FailWorkflowExecution'),
    (never_ends, 'recorded an end by CompleteWorkflowExecution; .* no end; it waits at'),
    (ends_at_once, 'recorded activity triple-1; .* nothing of that id; it has ended'),
])
def test_what_decides_otherwise_is_found(changed, says):
    with pytest.raises(NonDeterminismError, match=says):
        replay_history(flow(changed), EVENTS)


def in_another_order():
    timer, first = Timer.get(seconds=10), double(1)
    timer.result
    return triple(first.result).result


def in_other_words():
    def wait(promise: Promise):
        return promise.result

    first = double(value=1)
    wait(Timer.get(seconds=999))
    return wait(triple.options(task_priority=3)(wait(first)))


def patched_since():
    if patched('v2'):
        return child(5).result
    return before.__wrapped__()


@pytest.mark.parametrize('changed', [in_another_order, in_other_words, patched_since])
def test_what_decides_alike_passes(changed):
    assert replay_history(flow(changed), EVENTS).status == 'COMPLETED'


def test_a_patch_is_left_behind_in_steps():
    patched_events = history_of(flow(patched_since))

    @flow
    def since_then():
        deprecate_patch('v2')
        return child(5).result

    replay_history(flow(patched_since), patched_events)
    replay_history(since_then, patched_events)
    with pytest.raises(NonDeterminismError, match='patch:v2'):
        replay_history(flow(lambda: child(5).result), patched_events)


def test_a_change_after_the_end_of_an_open_history_is_none():
    timer_fired = next(event['eventId'] for event in EVENTS if event['eventType'] == 'TimerFired')
    replayed = replay_history(flow(with_one_more_at_the_end), EVENTS, until=timer_fired)
    assert decided(replayed) == ['ScheduleActivityTask']


# How histories come.


def as_the_cli_writes_them(events, timestamp):
    return {'events': [event | {'eventTimestamp': timestamp(event['eventTimestamp'])} for event in events]}


@pytest.mark.parametrize('timestamp', [
    datetime.timestamp,
    datetime.isoformat,
    lambda moment: moment.astimezone(UTC).isoformat().replace('+00:00', 'Z'),
], ids=['seconds', 'iso', 'zulu'])
def test_a_file_of_the_aws_command_is_read(tmp_path, timestamp):
    @flow
    def dated():
        double(workflow.now().isoformat()).result
        return workflow.now().isoformat()

    events = history_of(dated)
    found = as_the_cli_writes_them(events, timestamp)
    path = tmp_path / 'history.json'
    path.write_text(json.dumps(found))
    assert replay_history(dated, path) == replay_history(dated, str(path)) == replay_history(dated, found)
    assert replay_history(dated, found) == replay_history(dated, events)


def test_reversed_histories_are_turned_round():
    assert replay_history(before, EVENTS[::-1]) == replay_history(before, EVENTS)


@pytest.mark.parametrize(('history', 'says'), [
    ({}, 'the history holds no events'),
    ({'events': []}, 'the history holds no events'),
    ([{'eventId': 1, 'eventType': 'Unheard'}], 'the history holds no events'),
    ([1, 2], 'the history holds no events'),
    (EVENTS[1:], 'is not whole: event 1 is missing'),
    ([*EVENTS[:3], *EVENTS[4:]], 'is not whole: event 4 is missing'),
    ([EVENTS[0] | {'eventTimestamp': 'yesterday'}], "the time of event 1 is no ISO 8601: 'yesterday'"),
    ('nowhere.json', 'nowhere.json cannot be read: No such file'),
    (__file__, 'is no JSON'),
])
def test_what_is_no_history_is_refused(history, says):
    with pytest.raises(ConfigurationError, match=says):
        replay_history(before, history)


def test_what_is_no_decider_is_refused():
    with pytest.raises(DefinitionError, match='@decision_task above it'):
        replay_history(double, EVENTS)


def test_an_input_that_is_not_ours_is_an_error_of_its_own():
    events = json.loads(json.dumps(EVENTS, default=datetime.timestamp))
    events[0]['workflowExecutionStartedEventAttributes']['input'] = 'plain text'
    with pytest.raises(UnreadablePayloadError):
        replay_history(before, events)


@pytest.mark.skipif(not RECORDED.exists(), reason='the recorded histories are not here')
@pytest.mark.parametrize('name', ['garcon/decider-history-2014.json', 'misc/2013-unhandled-decision.json'])
def test_what_another_decider_decided_is_told_apart(name):
    @decision_task(input_data_serializer=Text())
    def knows_nothing_of_it(_text):
        """Does nothing."""

    with pytest.raises(NonDeterminismError, match='turn 1, event 5 history recorded activity'):
        replay_history(knows_nothing_of_it, RECORDED / name)


class Text(JsonSerializer):
    """Takes any input as it is."""

    def deserialize_input(self, text):
        return (text,), {}


