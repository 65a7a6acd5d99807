"""What a history says to people: the story, the episodes and the timeline, from histories of real runs."""

from collections import Counter
from contextlib import suppress

import pytest

from pyswfaws import (
    Marker,
    RetryPolicy,
    Signal,
    Timer,
    activity_task,
    branch,
    cached,
    decision_task,
    workflow,
)
from pyswfaws.episodes import episodes_of
from pyswfaws.exceptions import TaskException
from pyswfaws.protocol.events import CLOSE_STATUS, EVENT_TYPES
from pyswfaws.replay.outcomes import TRANSITIONS
from pyswfaws.story import Story, duration
from pyswfaws.testing import WorkflowEnvironment
from pyswfaws.timeline import ASCII, timeline

ATTEMPTS = []


@activity_task(retry=RetryPolicy(max_attempts=2, initial_interval=5))
def charge(card):
    ATTEMPTS.append(card)
    if len(ATTEMPTS) == 1:
        raise ConnectionError('the bank is away')
    return 'charged'


@cached
def price():
    return 42


@decision_task
def deliver(parcel):
    Timer.get(seconds=60).result
    return f'{parcel} delivered'


@decision_task
def refuse():
    raise ValueError('not at home')


@decision_task
def order(card):
    Marker('stage', 'details of the stage')
    price()
    paid = charge(card)
    failing = refuse()
    delivered = deliver('parcel')
    with suppress(TaskException):
        failing.result
    Signal.get('thanks').result
    return f'{paid.result}, {delivered.result}'


@pytest.fixture
def events():
    """The history of an order, of which the first charge fails."""
    ATTEMPTS.clear()
    with WorkflowEnvironment() as env:
        run = env.start(order, 'a secret card')
        env.sleep(90)
        run.signal('thanks', 'a secret word')
        assert run.result(timeout=10) == 'charged, parcel delivered'
        return run.history()


def texts(events):
    return [line.text for line in Story().lines(events)]


def test_the_story_of_an_order(events):
    told = texts(events)
    worker = next(line for line in told if ' takes charge-1 ' in line).split(' takes')[0]
    assert told[0].startswith('the workflow order 1.0 starts, on the task list ')
    assert told[-1] == 'the workflow is done'
    for line in [
        'marker stage',
        'the value of price-1 is remembered',
        'charge-1 is scheduled, on the task list ',
        f'{worker} fails at charge-1 after 0.00 s: ConnectionError: the bank is away (at {__file__}:',
        '5.0 s pass before attempt 2 of charge-1',
        f'{worker} finishes attempt 2 of charge-1 after 0.00 s',
        'child refuse-1 failed after 0.00 s: ValueError: not at home',
        'child deliver-1 is done after 1 min',
        'the signal thanks arrives',
    ]:
        assert any(one.startswith(line) for one in told), line


def test_data_stands_apart_from_the_text(events):
    lines = list(Story().lines(events))
    assert 'secret' not in ' '.join(line.text for line in lines)
    data = [line.data for line in lines if line.data]
    assert '[["a secret card"],{}]' in data
    assert '"a secret word"' in data
    assert '"charged, parcel delivered"' in data


def test_a_story_in_parts_is_the_story(events):
    whole = list(Story().lines(events))
    story = Story()
    parts = [line for n in range(len(events) + 1) for line in story.lines(events[:n])]
    assert parts == whole
    assert [line.at for line in whole] == sorted(line.at for line in whole)


def test_episodes_know_who_waited_and_ran(events):
    by_id = {one.id: one for one in episodes_of(events)}
    assert by_id['charge-1'].state == 'FAILED'
    assert by_id['charge-1.2'].state == 'COMPLETED'
    assert by_id['charge-1.2'].asked_at - by_id['charge-1'].ended_at == pytest.approx(5, abs=0.1)
    child = by_id['deliver-1']
    assert child.ended_at - child.taken_at == pytest.approx(60, abs=0.1)
    assert not any(one.is_open for one in by_id.values())


def test_what_others_wrote_stays_in_its_line():
    attributes = {'reason': 'two\nlines', 'details': '\x1b[2J\u2028'}
    event = {'eventId': 1, 'eventType': 'WorkflowExecutionFailed', 'eventTimestamp': 1.0}
    assert texts([event | {'workflowExecutionFailedEventAttributes': attributes}]) == [
        r'the workflow failed: two\nlines (\x1b[2J\u2028)',
    ]


def test_an_open_execution_has_open_episodes(events):
    cut = next(n for n, event in enumerate(events) if event['eventType'] == 'TimerFired')
    (open_one,) = [one for one in episodes_of(events[:cut]) if one.is_open and one.kind == 'timer']
    assert (open_one.id, open_one.ended_at) == ('charge-1.2.backoff', None)


def test_lost_decisions_are_counted_from_the_last_that_was_made():
    def event(number, kind, **attributes):
        member = f'decisionTask{kind}EventAttributes'
        return {'eventId': number, 'eventType': f'DecisionTask{kind}', 'eventTimestamp': number, member: attributes}

    lost = {'timeoutType': 'START_TO_CLOSE'}
    history = [event(1, 'Completed'), event(2, 'Started', identity='w'), event(3, 'TimedOut', **lost)]
    assert episodes_of(history).lost_in_a_row == 1
    history += [event(4, 'Started', identity='w'), event(5, 'TimedOut', **lost)]
    assert texts(history)[-1] == 'a decision task timed out (START_TO_CLOSE): w did not decide in time; 2 in a row'
    history.append(event(6, 'TimedOut', timeoutType='SCHEDULE_TO_START'))
    assert episodes_of(history).lost_in_a_row == 2, 'what no worker has taken, no worker failed at'
    assert episodes_of([*history, event(7, 'Completed')]).lost_in_a_row == 0


def test_each_event_type_can_be_told_without_its_attributes():
    """SWF leaves out what is empty, and AWS may add what we do not know."""
    for number, kind in enumerate(sorted(EVENT_TYPES), 1):
        event = {'eventId': number, 'eventType': kind, 'eventTimestamp': 1.0}
        assert len(list(Story().lines([event]))) <= 1
    assert set(TRANSITIONS) == EVENT_TYPES
    assert texts([{'eventId': 1, 'eventType': 'SomethingNew', 'eventTimestamp': 1.0}]) == []


def test_the_timeline_of_an_order(events):
    rows = [row.text for row in timeline(events, 0.0, 80, ASCII)]
    assert max(map(len, rows)) <= 80
    by_label = {row.split('  ')[0]: row for row in rows}
    assert 'x' in by_label['charge-1']
    assert set(by_label['before attempt 2 of charge-1'][28:-12]) == {' ', '-'}
    bar = by_label['deliver-1'][28:-12].strip()
    assert set(bar) == {'#'}
    assert len(bar) == pytest.approx((80 - 28 - 12 - 4) * 60 / 90, abs=2)
    assert by_label['deliver-1'].endswith('1 min')


def test_a_timeline_of_an_open_execution_goes_up_to_now(events):
    begin = events[0]['eventTimestamp'].timestamp()
    cut = next(n for n, event in enumerate(events) if event['eventType'] == 'TimerFired')
    rows = [row.text for row in timeline(events[:cut], begin + 1000, 60, ASCII)]
    assert any('>' in row and 'deliver-1' in row for row in rows)
    assert '16 min 40 s' in rows[0]
    assert list(timeline([], 0.0, 80)) == []


@pytest.mark.parametrize('width', [1, 20, 500])
def test_a_timeline_fits_any_width_that_leaves_room_for_a_bar(events, width):
    rows = [row.text for row in timeline(events, 0.0, width)]
    assert max(len(row) for row in rows[:-1]) <= max(width, 32 + 10 + 12 + 4)


def test_durations_keep_two_units():
    assert [duration(span) for span in (0, 59.94, 60, 3600, 86_400, 86_399)] == [
        '0.00 s', '59.9 s', '1 min', '1 h', '1 d', '23 h 59 min',
    ]


def test_what_an_execution_does_to_others_is_told():
    @activity_task
    def nothing():
        pass

    @decision_task
    def listener():
        Signal.get('hello').result

    @decision_task
    def speaker():
        other = listener.options(workflow_id='the listener')()
        other.started.result
        workflow.signal('the listener', 'hello').result
        with suppress(TaskException):
            workflow.cancel('nobody').result
        branch(nothing).result

    with WorkflowEnvironment() as env:
        run = env.start(speaker)
        run.result(timeout=10)
        told = texts(run.history())
        assert Counter(told)['the signal hello is sent to the listener'] == 1
        assert 'signal signal-1 has reached the listener' in told
        assert 'nobody is asked to cancel' in told
        assert 'cancel cancel-1 is refused: UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION' in told
        assert run.history()[-1]['eventType'] in CLOSE_STATUS
