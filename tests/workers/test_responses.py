"""What a worker reads of SWF's answers: the same as botocore's parser gives, or botocore's parser gives it."""

import json
from datetime import datetime
from unittest.mock import ANY

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws import Timer, activity_task, decision_task, workflow
from pyswfaws.protocol.events import ATTRIBUTES_MEMBER
from pyswfaws.replay.outcomes import TRANSITIONS, Role
from pyswfaws.workers import responses
from pyswfaws.workers.responses import TYPES, Reader

MODEL = ServiceModel(Loader().load_service_model('swf', 'service-2'), 'swf')
PLAIN = {
    'string': st.text(), 'integer': st.integers(-2**31, 2**31), 'long': st.integers(-2**63, 2**63 - 1),
    'boolean': st.booleans(),
}
TIMES = st.floats(0, 2**32) | st.integers(0, 2**32)
NOTHING = st.nothing()
ODD = st.none() | st.text(max_size=3) | st.integers() | st.just([]) | st.just({})     # what the model does not foresee


def bodies(shape, odd=NOTHING):
    """What may come for a shape: any of its members, and one that it does not know; or `odd`, in any place."""
    if shape.type_name == 'structure':
        members = {name: bodies(member, odd) for name, member in shape.members.items()}
        return st.fixed_dictionaries({}, optional={**members, 'unknown': ODD}) | odd
    if shape.type_name == 'list':
        return st.lists(bodies(shape.member, odd), max_size=3) | odd
    if getattr(shape, 'enum', None):
        return st.sampled_from(shape.enum) | odd
    return (TIMES if shape.type_name == 'timestamp' else PLAIN[shape.type_name]) | odd


def parse(operation, answer):
    return create_parser('json').parse(answer, MODEL.operation_model(operation).output_shape)


def stock(operation, body):
    return parse(operation, {'status_code': 200, 'headers': {}, 'body': body})


def read(operation, body, status=200):
    """What a worker is given, as botocore puts it together, and whether it was read here."""
    answer, ours = {'status_code': status, 'headers': {}, 'body': body}, {}
    token = responses._is_ours.set(True)
    try:
        responses._decode(MODEL.operation_model(operation), answer, ours)
    finally:
        responses._is_ours.reset(token)
    parsed = parse(operation, answer)
    if ours:
        parsed.update(ours)
    return parsed, answer['body'] == b''


def only(value, read_type):
    """What of `value` the type names, with times as numbers."""
    if isinstance(value, datetime):
        return pytest.approx(value.timestamp(), abs=1e-3)
    if hasattr(read_type, '__annotations__'):
        names = read_type.__annotations__
        return {name: only(one, names[name]) for name, one in value.items() if name in names}
    if isinstance(value, list):
        return [only(one, read_type.__args__[0]) for one in value]
    return value


@pytest.mark.parametrize('operation', TYPES)
@given(data=st.data())
def test_whatever_is_read_is_what_botocore_reads(operation, data):
    body = json.dumps(data.draw(bodies(MODEL.operation_model(operation).output_shape))).encode()
    found, is_ours = read(operation, body)
    assert is_ours
    assert found.pop('ResponseMetadata')['HTTPStatusCode'] == 200
    assert found == only(stock(operation, body), TYPES[operation])


@pytest.mark.parametrize('operation', TYPES)
@given(data=st.data())
def test_what_is_odd_is_left_to_botocore_or_comes_out_alike(operation, data):
    body = json.dumps(data.draw(bodies(MODEL.operation_model(operation).output_shape, ODD))).encode()
    try:
        expected = stock(operation, body)
    except Exception as error:  # noqa: BLE001 - whatever botocore makes of nonsense
        with pytest.raises(type(error)):
            read(operation, body)
        return
    found, is_ours = read(operation, body)
    assert found == ({**only(expected, TYPES[operation]), 'ResponseMetadata': ANY} if is_ours else expected)


@pytest.mark.parametrize('body', [b'', b'[', b'"', b'\xff', b'{"taskToken": "\\ud800"}', b'{"nextPageToken": NaN}'])
def test_a_body_that_is_no_json_of_ours_is_left_to_botocore(body):
    try:
        expected = stock('PollForDecisionTask', body)
    except (ValueError, AttributeError) as error:
        with pytest.raises(type(error)):
            read('PollForDecisionTask', body)
    else:
        assert read('PollForDecisionTask', body) == (expected, body == b'')


def test_a_fault_is_left_to_botocore():
    body = b'{"__type":"com.amazonaws.swf.base.model#UnknownResourceFault","message":"Unknown domain"}'
    found, is_ours = read('PollForDecisionTask', body, 400)
    assert not is_ours
    assert found['Error'] == {'Code': 'UnknownResourceFault', 'Message': 'Unknown domain'}


def test_all_is_read_that_the_replay_looks_up():
    """Each attribute that the transitions name, where SWF's model has it, is among those that are read."""
    events = MODEL.shape_for('HistoryEvent').members
    for event_type, rule in TRANSITIONS.items():
        if isinstance(rule, Role):
            continue
        named = {rule.name, getattr(rule, 'link', None)} - {None}
        assert named <= events[ATTRIBUTES_MEMBER[event_type]].members.keys()
        assert named <= responses._Attributes.__annotations__.keys()


@activity_task
def double(number):
    return number * 2


@decision_task(tags=['even'])
def waits_and_doubles(number):
    Timer.get(seconds=1).result
    return double(number).result, workflow.info().tags


def test_a_worker_on_a_users_client_reads_for_itself_and_leaves_the_user_what_boto3_has(stage):
    client = stage.swf.client()
    try:
        stage.activities(double, client=client)
        worker = stage.deciders(waits_and_doubles, client=client, kept=0)
        seen = []
        polls = worker._histories._polls
        decoded, polls.poll_for_decision_task = polls.poll_for_decision_task, lambda **asked: (
            seen.append(decoded(**asked)) or seen[-1])
        run = stage.start(waits_and_doubles, 4)
        assert run.result(timeout=30) == [8, ['even']]
        assert {type(event['eventTimestamp']) for task in seen for event in task.get('events', ())} == {float}
        found = client.get_workflow_execution_history(
            domain='tests', execution={'workflowId': run.workflow_id, 'runId': run.run_id})
        assert {type(event['eventTimestamp']) for event in found['events']} == {datetime}
        assert 'identity' in found['events'][2]['decisionTaskStartedEventAttributes']
    finally:
        stage.end()
        client.close()


def test_where_the_event_never_comes_botocore_reads_for_the_worker_too(stage, monkeypatch):
    """As before botocore 1.35.16."""
    client = stage.swf.client()
    monkeypatch.setattr(client.meta.events, 'register', lambda *_, **__: None)
    try:
        stage.activities(double, client=client)
        stage.deciders(waits_and_doubles, client=client, kept=0)
        assert stage.run(waits_and_doubles, 4) == [8, ['even']]
    finally:
        stage.end()
        client.close()


def test_a_client_without_events_is_used_as_it_is(stage):
    reader = Reader(stage.client)
    assert reader.poll_for_activity_task == stage.client.poll_for_activity_task
    assert reader.meta is stage.client.meta
