"""TRANSITIONS against botocore's service model: every event has its place, and refers to others as the service does."""

import botocore.loaders
import pytest

from pyswfaws.protocol.events import ATTRIBUTES_MEMBER, EVENT_TYPES
from pyswfaws.replay.outcomes import OPEN, TRANSITIONS, CancelAsked, Kind, Rule, State

RULES = {event_type: rule for event_type, rule in TRANSITIONS.items() if isinstance(rule, Rule)}


@pytest.fixture(scope='module')
def members():
    """Event type -> the members of its attributes, with their shapes' names."""
    shapes = botocore.loaders.Loader().load_service_model('swf', 'service-2')['shapes']
    holders = {member: found['shape'] for member, found in shapes['HistoryEvent']['members'].items()}
    return {
        event_type: {name: found['shape'] for name, found in shapes[holders[member]]['members'].items()}
        for event_type, member in ATTRIBUTES_MEMBER.items()
    }


def test_every_event_has_its_place():
    assert set(TRANSITIONS) == EVENT_TYPES


@pytest.mark.parametrize('event_type', RULES)
def test_a_rule_reads_attributes_that_the_event_has(event_type, members):
    rule = RULES[event_type]
    assert rule.link is None or members[event_type][rule.link] == 'EventId'
    assert rule.name is None or rule.name in members[event_type]
    assert rule.link or rule.name


@pytest.mark.parametrize('kind', Kind)
def test_a_kind_is_opened_by_one_event_and_all_others_speak_of_it_in_one_way(kind):
    rules = [rule for rule in RULES.values() if rule.kind is kind]
    assert len([rule for rule in rules if rule.link is None and rule.state is not State.REFUSED]) == 1
    assert len({rule.name for rule in rules} - {None}) == 1
    assert len({rule.link for rule in rules} - {None}) <= 1


def test_what_moves_an_outcome_that_is_open_has_a_link():
    assert all(rule.link for rule in RULES.values() if rule.state not in OPEN and rule.name is None)


def test_what_records_that_a_cancel_was_asked_for_moves_nothing(members):
    """What was to be cancelled has an end of its own, whatever becomes of the cancel."""
    asked = {event_type: rule for event_type, rule in TRANSITIONS.items() if isinstance(rule, CancelAsked)}
    assert set(asked) == {'ActivityTaskCancelRequested', 'RequestCancelActivityTaskFailed', 'CancelTimerFailed'}
    for event_type, rule in asked.items():
        opening = {found.name for found in RULES.values() if found.kind is rule.kind} - {None}
        assert {rule.name} == opening & members[event_type].keys()
