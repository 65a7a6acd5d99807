"""The direct client's conversions are botocore's: held against botocore's own serializer and parser."""

import json
from datetime import UTC, datetime, timedelta, timezone

import botocore.model
import botocore.parsers
import botocore.serialize
import pytest

from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.shapes import Misfit, request_converter, response_converter

MODEL = botocore.model.ServiceModel(service_model(), 'swf')
OPERATIONS = sorted(service_model()['operations'])


def example(shape, *, wire):
    """A value of the shape in which every member is present."""
    kind = shape.type_name
    if kind == 'structure':
        return {name: example(member, wire=wire) for name, member in shape.members.items()}
    if kind == 'list':
        return [example(shape.member, wire=wire)] * 2
    if kind == 'timestamp':
        return 1_500_000_000.125 if wire else datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    return {'string': shape.enum[0] if getattr(shape, 'enum', None) else 'text', 'integer': 5, 'long': 5,
            'boolean': True}[kind]


@pytest.mark.parametrize('name', OPERATIONS)
def test_a_request_is_what_botocore_sends(name):
    operation = MODEL.operation_model(name)
    arguments = example(operation.input_shape, wire=False)
    sent = botocore.serialize.create_serializer('json').serialize_to_request(arguments, operation)['body']
    assert request_converter(service_model(), name)(arguments) == json.loads(sent)


@pytest.mark.parametrize('name', OPERATIONS)
def test_a_response_is_what_botocore_reads(name):
    operation = MODEL.operation_model(name)
    if operation.output_shape is None:
        assert response_converter(service_model(), name)({}) == {}
        return
    answered = example(operation.output_shape, wire=True)
    read = botocore.parsers.create_parser('json').parse(
        {'status_code': 200, 'headers': {}, 'body': json.dumps(answered).encode()}, operation.output_shape)
    del read['ResponseMetadata']
    assert response_converter(service_model(), name)(answered) == read


@pytest.mark.parametrize('arguments', [
    {}, {'name': None}, {'name': 5}, {'name': ''}, {'name': 'n', 'other': 1}, {'name': b'n'},
])
def test_what_botocore_refuses_does_not_fit(arguments):
    with pytest.raises(Misfit):
        request_converter(service_model(), 'DescribeDomain')(arguments)


def test_the_caller_and_the_service_share_nothing_mutable():
    tags = ['one']
    request = request_converter(service_model(), 'StartWorkflowExecution')({
        'domain': 'd', 'workflowId': 'w', 'workflowType': {'name': 'W', 'version': '1'}, 'tagList': tags})
    assert request['tagList'] is not tags
    answered = {'events': [{
        'eventId': 1, 'eventType': 'WorkflowExecutionStarted', 'eventTimestamp': 0.5,
        'workflowExecutionStartedEventAttributes': {'tagList': tags},
    }]}
    event = response_converter(service_model(), 'GetWorkflowExecutionHistory')(answered)['events'][0]
    assert event['workflowExecutionStartedEventAttributes']['tagList'] is not tags
    assert event['eventTimestamp'] == datetime(1970, 1, 1, microsecond=500_000, tzinfo=UTC)


def test_the_model_has_no_shape_of_a_kind_that_is_not_converted():
    kinds = {shape['type'] for shape in service_model()['shapes'].values()}
    assert kinds == {'structure', 'list', 'string', 'integer', 'long', 'boolean', 'timestamp'}
