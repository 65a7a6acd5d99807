"""A law: whatever it is asked, the direct client answers and refuses as an ordinary boto3 client does."""

import functools
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from pyswfaws.swflocal import SwfLocal, VirtualClock
from pyswfaws.swflocal.direct import method_name
from pyswfaws.swflocal.model import service_model

SHAPES = service_model()['shapes']
#: Shape -> names that mean something, or nearly do.
KNOWN = {
    'DomainName': ['d', 'd', 'e'],
    'Name': ['W', 'A', 'l'],
    'Version': ['1'],
    'WorkflowId': ['w', 'x'],
    'DurationInDays': ['1', 'NONE'],
    'Arn': ['arn:aws:swf:us-east-1:123456789012:/domain/d', 'arn:bar'],
}
ODD = st.sampled_from([None, '', 5, True, b'bytes', [], {}, {'name': 'd'}, 1.5, datetime(2026, 1, 1, tzinfo=UTC)])


def mostly(right):
    """One value in forty is odd."""
    return st.integers(0, 39).flatmap(lambda number: right if number else ODD)


def structure(shape):
    required = set(shape.get('required', ()))
    members = {member: values(of['shape']) for member, of in shape['members'].items()}
    return st.fixed_dictionaries(
        {member: of for member, of in members.items() if member in required},
        optional={member: of for member, of in members.items() if member not in required})


@functools.cache
def values(name):
    """Values of a shape, most of them right: known names, so that requests meet what earlier ones made."""
    shape = SHAPES[name]
    if shape['type'] == 'structure':
        return mostly(structure(shape))
    if shape['type'] == 'list':
        return mostly(st.lists(values(shape['member']['shape']), max_size=2))
    if shape['type'] == 'timestamp':
        return mostly(st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)]))
    if shape['type'] == 'string':
        return mostly(st.sampled_from(shape.get('enum') or KNOWN.get(name, ['d', '1', '60'])))
    return mostly(st.booleans() if shape['type'] == 'boolean' else st.integers(0, 3))


def requests():
    def of(operation):
        shape = SHAPES[service_model()['operations'][operation]['input']['shape']]
        return st.tuples(st.just(method_name(operation)), structure(shape))
    return st.sampled_from(sorted(service_model()['operations'])).flatmap(of)


def outcome(client, method, arguments):
    try:
        answer = getattr(client, method)(**arguments)
    except ParamValidationError as error:
        return 'not sent', str(error)
    except ClientError as error:
        return 'refused', type(error).__name__, {**error.response, 'ResponseMetadata': None}, error.operation_name
    return 'answered', without_ids({**answer, 'ResponseMetadata': None})


def without_ids(value):
    """Run ids and tokens are the service's own choice."""
    if isinstance(value, dict):
        return {name: without_ids(item) for name, item in value.items() if name not in {'runId', 'taskToken'}}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope='module')
def pair():
    with SwfLocal(clock=VirtualClock(), poll_timeout=0) as one, SwfLocal(clock=VirtualClock(), poll_timeout=0) as other:
        clients = one.direct_client(), other.client()
        for client in clients:
            client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='1')
            client.register_workflow_type(domain='d', name='W', version='1')
            client.register_activity_type(domain='d', name='A', version='1')
        yield clients


@settings(max_examples=300, deadline=None, derandomize=True)
@given(request_=requests())
def test_the_direct_client_is_as_good_as_boto3(pair, request_):
    direct, boto3 = pair
    assert outcome(direct, *request_) == outcome(boto3, *request_)
