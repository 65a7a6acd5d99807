"""The protocol's tables against botocore's service model: a test fails when Amazon SWF renames or adds something."""

import botocore.loaders
import pytest

from pyswfaws.binding.definitions import CHILD_POLICIES
from pyswfaws.protocol import decisions, events, limits


@pytest.fixture(scope='module')
def shapes():
    return botocore.loaders.Loader().load_service_model('swf', 'service-2')['shapes']


def test_there_are_the_events_of_the_service_and_no_others(shapes):
    assert set(shapes['EventType']['enum']) == events.EVENT_TYPES
    assert set(events.ATTRIBUTES_MEMBER) == events.EVENT_TYPES


def test_every_event_has_its_attributes_where_the_service_has_them(shapes):
    ours = set(events.ATTRIBUTES_MEMBER.values())
    assert ours == set(shapes['HistoryEvent']['members']) - {'eventTimestamp', 'eventType', 'eventId'}


def test_every_event_type_stands_in_one_table_only():
    tables = (events.TRIGGERS, events.QUIET, frozenset(events.CLOSE_STATUS))
    assert sum(map(len, tables)) == len(events.EVENT_TYPES)


def test_close_statuses_are_those_of_the_service(shapes):
    assert sorted(events.CLOSE_STATUS.values()) == sorted(shapes['CloseStatus']['enum'])


def test_there_are_the_decisions_of_the_service_and_no_others(shapes):
    assert set(shapes['DecisionType']['enum']) == set(decisions.DECISION_TYPES)
    assert set(decisions.ATTRIBUTES_MEMBER.values()) == set(shapes['Decision']['members']) - {'decisionType'}


@pytest.mark.parametrize('decision_type', decisions.DECISION_TYPES)
def test_a_refusal_names_the_event_and_the_causes_of_the_service(decision_type, shapes):
    refusal = decisions.REFUSALS[decision_type]
    found = shapes[f'{refusal.event_type}EventAttributes']['members']['cause']['shape']
    assert refusal.event_type in events.EVENT_TYPES
    assert sorted(refusal.causes) == sorted(shapes[found]['enum'])


def test_close_decisions_are_those_whose_refusal_the_events_know():
    refused = {decisions.REFUSALS[kind].event_type: kind for kind in decisions.CLOSE_DECISIONS}
    assert refused == events.CLOSE_FAILED


@pytest.mark.parametrize(('shape', 'limit'), [
    ('Data', limits.DATA),
    ('FunctionInput', limits.DATA),
    ('LimitedData', limits.LIMITED_DATA),
    ('FailureReason', limits.REASON),
    ('TerminateReason', limits.REASON),
    ('Identity', limits.IDENTITY),
    ('DomainName', limits.NAME),
    ('Name', limits.NAME),
    ('WorkflowId', limits.NAME),
    ('ActivityId', limits.NAME),
    ('TimerId', limits.NAME),
    ('FunctionId', limits.NAME),
    ('MarkerName', limits.NAME),
    ('SignalName', limits.NAME),
    ('Tag', limits.NAME),
    ('Version', limits.VERSION),
    ('TagList', limits.TAGS),
    ('PageSize', limits.PAGE),
])
def test_a_limit_is_that_of_the_service(shape, limit, shapes):
    assert shapes[shape]['max'] == limit


def test_child_policies_are_those_of_the_service(shapes):
    assert set(CHILD_POLICIES) == set(shapes['ChildPolicy']['enum'])
