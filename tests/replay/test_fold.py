"""The fold: any event, in any order, with any of its optional attributes missing, never an error."""

import weakref
from itertools import pairwise

import botocore.loaders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.protocol.events import ATTRIBUTES_MEMBER, EVENT_TYPES
from pyswfaws.replay.history import History
from pyswfaws.replay.outcomes import NOT_KNOWN, Kind, State, control, id_in_control

SHAPES = botocore.loaders.Loader().load_service_model('swf', 'service-2')['shapes']
IDS = st.integers(0, 12)    # so that many links lead somewhere, also to events of the wrong kind
TEXTS = st.sampled_from(['Double-1', 'stage', control('child-1'), '{"pyswfaws":', '{"pyswfaws":[', 'ü', ''])

VALUES = {'string': TEXTS, 'list': st.just([]), 'structure': st.just({'name': 'n', 'version': '1'})}


def attribute_values(shape):
    if shape == 'EventId':
        return IDS
    return VALUES[SHAPES[shape]['type']]


def events_of(event_type):
    """Events of a type, required attributes or not: whatever is absent is absent."""
    member = ATTRIBUTES_MEMBER[event_type]
    members = SHAPES[SHAPES['HistoryEvent']['members'][member]['shape']]['members']
    attributes = st.fixed_dictionaries({}, optional={
        name: attribute_values(found['shape']) for name, found in members.items()
    })
    return st.fixed_dictionaries({'eventType': st.just(event_type)}, optional={member: attributes})


def numbered(found):
    return [{'eventId': number, 'eventTimestamp': float(number), **event} for number, event in enumerate(found, 1)]


ANY_HISTORY = st.lists(st.one_of(*map(events_of, sorted(EVENT_TYPES))), max_size=30).map(numbered)


def state_of(history):
    """All that a fold keeps, in a form that can be compared."""
    return (
        {key: (o.state, o.known_at, o.opened_in, o.opening_id, o.event_id)
         for key, o in history.outcomes.items()},
        list(history.unclaimed), history.turn, history.completed_turns, history.turn_started,
        history.started_event_id, [outcome.id for outcome in history.known_now], history.started,
        {name: [(a.event['eventId'], a.known_at) for a in arrived] for name, arrived in history.signals.items()},
        [(a.event['eventId'], a.known_at) for a in history.cancel_requests], history.cancels, history.open,
        [outcome.id for outcome in history.known_when_full], history.execution_context,
        history.refused_closes, history.timed_out_turns, history.closed, history.last_event_id,
    )


@pytest.mark.parametrize('event_type', sorted(EVENT_TYPES))
def test_every_event_can_come_first_and_bare(event_type):
    history = History()
    history.fold([{'eventId': 1, 'eventType': event_type}])
    assert history.last_event_id == 1


def test_an_event_type_of_the_future_is_noted():
    history = History()
    history.fold([{'eventId': 1, 'eventType': 'WorkflowExecutionPaused'}])
    assert history.last_event_id == 1


@given(ANY_HISTORY)
def test_any_events_fold_in_any_order(events):
    history = History()
    history.fold(events)
    for (kind, name), outcome in history.outcomes.items():
        assert (outcome.kind, outcome.id) == (kind, name)
        assert outcome.known_at is NOT_KNOWN or (outcome.is_settled and outcome.known_at[0] <= history.turn)
        assert repr(outcome)


@given(ANY_HISTORY, st.lists(st.integers(0, 30)))
def test_fed_in_chunks_it_is_what_it_is_at_once(events, cuts):
    whole, parts = History(), History()
    whole.fold(events)
    edges = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    for start, end in pairwise(edges):
        parts.fold(iter(events[start:end]))
    assert state_of(parts) == state_of(whole)


@given(ANY_HISTORY, ANY_HISTORY)
def test_settled_is_settled(events, more):
    history = History()
    history.fold(events)
    settled = [(o, (o.state, o.event_id, o.known_at)) for o in history.outcomes.values() if o.known_at is not NOT_KNOWN]
    history.fold([{**event, 'eventId': event['eventId'] + len(events)} for event in more])
    assert all((outcome.state, outcome.event_id, outcome.known_at) == before for outcome, before in settled)


def test_the_first_end_of_an_activity_stands(new_world):
    world = new_world()
    scheduled = world.event('ActivityTaskScheduled', activityId='a-1')
    world.event('ActivityTaskCompleted', scheduledEventId=scheduled, result='1')
    world.start_task()
    world.event('ActivityTaskTimedOut', scheduledEventId=scheduled)
    world.complete_task([])
    world.start_task()
    history = History()
    history.fold(world.events)
    outcome = history.outcomes[Kind.ACTIVITY, 'a-1']
    assert (outcome.state, outcome.known_at[0], history.known_now) == (State.COMPLETED, 1, [])


def test_a_refused_duplicate_does_not_replace_what_is_open(new_world):
    world = new_world()
    first = world.event('ActivityTaskScheduled', activityId='a-1')
    world.event('ScheduleActivityTaskFailed', activityId='a-1', cause='ACTIVITY_ID_ALREADY_IN_USE')
    world.event('ActivityTaskCompleted', scheduledEventId=first, result='1')
    history = History()
    history.fold(world.events)
    outcome = history.outcomes[Kind.ACTIVITY, 'a-1']
    assert (outcome.state, outcome.text) == (State.COMPLETED, '1')


def test_what_has_ended_is_not_opened_again(new_world):
    world = new_world()
    initiated = world.event('StartChildWorkflowExecutionInitiated', workflowId='c', control=control('c-1'))
    world.event('StartChildWorkflowExecutionFailed', initiatedEventId=initiated, workflowId='c', cause='FIRST')
    world.event('StartChildWorkflowExecutionFailed', initiatedEventId=initiated, workflowId='c', cause='SECOND')
    history = History()
    history.fold(world.events)
    outcome, = history.outcomes.values()
    assert (outcome.id, outcome.state, outcome.reason) == ('c-1', State.REFUSED, 'FIRST')


class Noted(dict):
    """An event, or attributes of one, that can be seen to go."""


def test_events_go_and_what_can_be_asked_of_them_stays(new_world):
    """What was started, and what nobody can have read yet, is kept as it is."""
    world = new_world()
    scheduled = world.event(
        'ActivityTaskScheduled', activityId='a-1', activityType={'name': 'a', 'version': '1'}, input='[]',
    )
    world.start_task()
    world.complete_task([])
    world.event('ActivityTaskStarted', scheduledEventId=scheduled)
    ended = world.event('ActivityTaskTimedOut', scheduledEventId=scheduled, timeoutType='HEARTBEAT', details='d')
    world.event('TimerStarted', timerId='timer-1')
    world.start_task()
    events = [Noted({name: Noted(of) if isinstance(of, dict) else of for name, of in e.items()}) for e in world.events]
    held = [weakref.ref(part) for event in events for part in (event, *event.values()) if isinstance(part, Noted)]
    history = History()
    history.fold(events)
    del events[:]
    assert [ref() for ref in held if ref() is not None] == [history.started]
    outcome = history.outcomes[Kind.ACTIVITY, 'a-1']
    assert (outcome.type, outcome.input, outcome.reason, outcome.text, outcome.opening_id, outcome.event_id) == (
        {'name': 'a', 'version': '1'}, '[]', 'HEARTBEAT', 'd', scheduled, ended)
    assert outcome.opened_at < outcome.begun_at < outcome.ended_at


@pytest.mark.parametrize('text', [
    None, '', 'free text', '{"id":"x"}', '{"pyswfaws":1', '{"pyswfaws":1}', '{"pyswfaws":1,"id":7}',
    '{"pyswfaws":' + '[' * 20_000,
])
def test_a_control_that_is_not_ours_holds_no_id(text):
    assert id_in_control(text) is None


@given(st.text(min_size=1))
def test_a_control_of_ours_holds_the_id(outcome_id):
    assert id_in_control(control(outcome_id)) == outcome_id
