"""Histories recorded from Amazon SWF itself fold, and answer as they should, at every prefix."""

import gzip
import json
from itertools import accumulate
from pathlib import Path

import pytest

from pyswfaws.protocol.events import CLOSE_STATUS, attributes
from pyswfaws.replay.history import History
from pyswfaws.replay.outcomes import NOT_KNOWN, OPEN, TRANSITIONS, Rule

RECORDED = Path(__file__).parents[3] / 'shared' / 'histories'
FILES = ('flowy/w.histories.json.gz', 'misc/2013-unhandled-decision.json', 'garcon/decider-history-2014.json',
         'aws-docs/getworkflowexecutionhistory-response.json', 'aws-docs/about-workflow-history.json')

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason='the recorded histories are not part of the project')


def histories_in(found):
    """Every list of events in a file, whatever it is wrapped in, oldest event first."""
    if isinstance(found, list) and found and isinstance(found[0], dict) and 'eventType' in found[0]:
        yield sorted(found, key=lambda event: event['eventId'])
    elif isinstance(found, dict | list):
        for inner in found.values() if isinstance(found, dict) else found:
            yield from histories_in(inner)


def recorded(name):
    raw = (RECORDED / name).read_bytes()
    return list(histories_in(json.loads(gzip.decompress(raw) if name.endswith('.gz') else raw)))


def folded(events):
    history = History()
    history.fold(events)
    return history


@pytest.mark.parametrize('name', FILES)
def test_every_prefix_folds(name):
    histories = recorded(name)
    assert histories
    for events in histories:
        grown = History()
        for upto, event in enumerate(events, 1):
            grown.fold([event])
            at_once = folded(events[:upto])
            assert {key: (o.state, o.known_at) for key, o in grown.outcomes.items()} == {
                key: (o.state, o.known_at) for key, o in at_once.outcomes.items()}
            assert grown.turn == at_once.turn


@pytest.mark.parametrize('name', FILES)
def test_what_is_known_is_known_in_the_first_turn_after_it(name):
    """Counted a second time, without the fold: a turn is one more than the decision tasks completed before it."""
    for events in recorded(name):
        types = [event['eventType'] for event in events]
        completed = list(accumulate(kind == 'DecisionTaskCompleted' for kind in types))
        started = [at for at, kind in enumerate(types) if kind == 'DecisionTaskStarted']
        at_event = {event['eventId']: at for at, event in enumerate(events)}
        for outcome in folded(events).outcomes.values():
            settled_at = at_event[outcome.event_id]
            following = next((at for at in started if at > settled_at), None)
            if following is None or not outcome.is_settled:
                assert outcome.known_at is NOT_KNOWN
            else:
                assert outcome.known_at == (completed[following] + 1, outcome.event_id)


@pytest.mark.parametrize('name', FILES)
def test_every_event_finds_the_outcome_that_it_speaks_of(name):
    for events in recorded(name):
        if events[0]['eventId'] != 1:
            continue    # an excerpt
        moves = [
            (rule, attributes(event)) for event in events if isinstance(rule := TRANSITIONS[event['eventType']], Rule)
        ]
        opened = sum(rule.name is not None and not found.get(rule.link) for rule, found in moves)
        ended = sum(rule.state not in OPEN for rule, _ in moves)
        history = folded(events)
        assert sum(history.open.values()) == opened - ended
        closing = {event['eventType'] for event in events} & set(CLOSE_STATUS)
        assert (history.closed is not None) == bool(closing)


def test_a_close_that_was_refused_is_known_by_its_turn():
    events, = recorded('misc/2013-unhandled-decision.json')
    assert list(folded(events).refused_closes) == [
        sum(event['eventType'] == 'DecisionTaskCompleted' for event in events)]
