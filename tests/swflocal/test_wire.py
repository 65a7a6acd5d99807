import json

import pytest

from pyswfaws.swflocal.server import wire
from pyswfaws.swflocal.service import Fault


def test_a_request_names_its_operation_and_region():
    headers = {
        'x-amz-target': 'SimpleWorkflowService.DescribeDomain',
        'authorization': 'AWS4-HMAC-SHA256 Credential=A/20260101/ap-southeast-2/swf/aws4_request, SignedHeaders=host',
    }
    assert wire.read(headers, b'{"name":"d"}') == ('DescribeDomain', {'name': 'd'}, 'ap-southeast-2')


def test_without_a_signature_the_region_is_us_east_1():
    assert wire.read({'x-amz-target': 'SimpleWorkflowService.ListDomains'}, b'').region == 'us-east-1'


@pytest.mark.parametrize('target', [None, 'DynamoDB.ListTables', 'SimpleWorkflowServiceListDomains'])
def test_a_target_that_is_not_of_swf_is_unknown(target):
    with pytest.raises(Fault) as refused:
        wire.read({'x-amz-target': target} if target else {}, b'{}')
    assert (refused.value.name, refused.value.status) == ('UnknownOperationException', 404)


def test_members_stand_in_alphabetical_order_without_spaces():
    response = wire.answer({'b': [1.5], 'a': {'d': 'é', 'c': False}}, {}, has_output=True)
    assert response.body == '{"a":{"c":false,"d":"é"},"b":[1.5]}'.encode()
    assert response.headers['Content-Length'] == str(len(response.body))


def test_a_fault_is_its_type_and_message():
    response = wire.refusal(Fault('com.amazonaws.swf.base.model#TypeDeprecatedFault', 'W'))
    assert response.status == 400
    assert json.loads(response.body) == {'__type': 'com.amazonaws.swf.base.model#TypeDeprecatedFault', 'message': 'W'}
