"""What only HTTP has: dialects, connections, polls whose client is gone, sizes, tokens."""

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from pyswfaws.swflocal import SwfLocal
from pyswfaws.swflocal.service import TaskListKey

MODERN = {'Content-Type': 'application/x-amz-json-1.0'}
LEGACY = {'Content-Type': 'application/json; charset=UTF-8', 'Content-Encoding': 'amz-1.0'}
PREFIX = 'SimpleWorkflowService.'
LEGACY_PREFIX = 'com.amazonaws.swf.service.model.SimpleWorkflowService.'
POLL = {'domain': 'd', 'taskList': {'name': 'deciders'}}


@pytest.fixture
def connection(served):
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=10)
    yield connection
    connection.close()


def post(connection, operation, body, headers=MODERN, prefix=PREFIX, path='/'):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request('POST', path, body, {**headers, 'X-Amz-Target': prefix + operation})
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize(('headers', 'prefix', 'answered'), [
    (MODERN, PREFIX, 'application/x-amz-json-1.0'),
    (LEGACY, LEGACY_PREFIX, 'application/json'),
    (MODERN, LEGACY_PREFIX, 'application/x-amz-json-1.0'),
])
def test_both_dialects_are_spoken(connection, headers, prefix, answered):
    response, body = post(connection, 'RegisterDomain', {
        'name': 'd', 'workflowExecutionRetentionPeriodInDays': 'NONE', 'description': None}, headers, prefix)
    assert (response.status, body) == (200, b'')
    assert response.headers['Content-Length'] == '0'
    response, body = post(connection, 'DescribeDomain', {'name': 'd'}, headers, prefix)
    assert response.headers['Content-Type'] == answered
    assert len(response.headers['x-amzn-RequestId']) == 36
    assert body == (
        b'{"configuration":{"workflowExecutionRetentionPeriodInDays":"NONE"},'
        b'"domainInfo":{"arn":"arn:aws:swf:us-east-1:123456789012:/domain/d","name":"d","status":"REGISTERED"}}')
    response, body = post(connection, 'DescribeDomain', {'name': 'x'}, headers, prefix)
    assert response.status == 400
    assert response.headers['Content-Type'] == answered
    assert json.loads(body) == {
        '__type': 'com.amazonaws.swf.base.model#UnknownResourceFault', 'message': 'Unknown domain: x'}


@pytest.mark.parametrize(('operation', 'body', 'status', 'fault', 'member'), [
    ('DescribeDomain', {'name': 5}, 400, 'com.amazon.coral.service#SerializationException', 'Message'),
    ('DescribeDomain', b'{"name":', 400, 'com.amazon.coral.service#SerializationException', 'Message'),
    ('DescribeDomain', b'\xff', 400, 'com.amazon.coral.service#SerializationException', 'Message'),
    ('DescribeDomain', b'[' * 100_000, 400, 'com.amazon.coral.service#SerializationException', 'Message'),
    ('DescribeDomain', b'{"name":' + b'[' * 9_000 + b']' * 9_000 + b'}', 400,
     'com.amazon.coral.service#SerializationException', 'Message'),
    ('DescribeDomain', [], 400, 'com.amazon.coral.service#SerializationException', 'Message'),
    ('DescribeDomain', {}, 400, 'com.amazon.coral.validate#ValidationException', 'message'),
    ('PollForDecisionTask', {'domain': [], 'taskList': 5}, 400, 'com.amazon.coral.service#SerializationException',
     'Message'),
    ('RespondActivityTaskCompleted', {'taskToken': []}, 400, 'com.amazon.coral.service#SerializationException',
     'Message'),
    ('MakeCoffee', {}, 404, 'com.amazon.coral.service#UnknownOperationException', 'message'),
])
def test_what_cannot_be_read_is_refused(connection, operation, body, status, fault, member):
    response, text = post(connection, operation, body)
    assert response.status == status
    assert set(json.loads(text)) == {'__type', member}
    assert json.loads(text)['__type'] == fault


def test_the_region_is_the_one_that_the_request_was_signed_for(connection):
    scope = 'AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/swf/aws4_request, SignedHeaders=host, Signature=0'
    domain = {'name': 'd', 'workflowExecutionRetentionPeriodInDays': 'NONE'}
    post(connection, 'RegisterDomain', domain, {**MODERN, 'Authorization': scope})
    response, body = post(connection, 'DescribeDomain', {'name': 'd'}, {**MODERN, 'Authorization': scope})
    assert b'arn:aws:swf:eu-west-1:' in body
    response, _ = post(connection, 'DescribeDomain', {'name': 'd'})
    assert response.status == 400


def test_one_connection_carries_many_requests(served, connection):
    served.settle_in()
    connection.connect()
    first = connection.sock
    for _ in range(20):
        response, _ = post(connection, 'DescribeDomain', {'name': 'd'})
        assert response.status == 200
    assert connection.sock is first


def test_a_request_over_a_megabyte_is_too_large(connection):
    response, body = post(connection, 'DescribeDomain', {'name': 'x' * 1_048_576})
    assert response.status == 413
    assert b'RequestEntityTooLarge' in body


def test_other_paths_and_methods_are_unknown(connection):
    for method, path in (('GET', '/'), ('POST', '/other')):
        connection.request(method, path)
        response = connection.getresponse()
        assert (response.status, b'UnknownOperation' in response.read()) == (404, True)


def test_reset_empties_the_service(served, connection):
    served.settle_in()
    response, _ = post(connection, '', {}, path='/moto-api/reset')
    assert response.status == 200
    assert served.client.list_domains(registrationStatus='REGISTERED')['domainInfos'] == []


def test_reset_answers_polls_that_wait_empty(served, connection, until):
    served.settle_in()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(served.poll_decision)
        until(lambda: served.swf._host._queues)
        post(connection, '', {}, path='/moto-api/reset')
        assert 'taskToken' not in waiting.result()


def test_a_task_is_not_lost_to_a_client_that_hung_up(served, until):
    served.settle_in()
    address = urlsplit(served.url)
    body = json.dumps(POLL).encode()
    request = (
        f'POST / HTTP/1.1\r\nHost: {address.netloc}\r\nX-Amz-Target: {PREFIX}PollForDecisionTask\r\n'
        f'Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n').encode() + body
    for n in range(10):
        with socket.create_connection((address.hostname, address.port)) as gone:
            gone.sendall(request)
            until(lambda: served.swf._host._queues)
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(served.start, f'w{n}')   # in the very moment in which the other hangs up
            task = served.poll_decision()
            assert task['workflowExecution'] == started.result()


def test_hundreds_of_polls_wait_without_a_thread_each(served, until):
    served.settle_in()
    address = urlsplit(served.url)
    connections = [http.client.HTTPConnection(address.netloc, timeout=10) for _ in range(200)]
    key = TaskListKey('us-east-1', 'd', 'decision', 'deciders')
    threads = threading.active_count()
    for connection in connections:
        connection.request('POST', '/', json.dumps(POLL), {**MODERN, 'X-Amz-Target': PREFIX + 'PollForDecisionTask'})
    until(lambda: served.swf._host._queues.length(key) == len(connections))
    assert threading.active_count() == threads
    runs = [served.start(f'w{n}')['runId'] for n in range(len(connections))]
    tasks = [json.loads(connection.getresponse().read()) for connection in connections]
    assert sorted(task['workflowExecution']['runId'] for task in tasks) == sorted(runs)
    for connection in connections:
        connection.close()


def test_closing_the_server_answers_polls_empty(until):
    with SwfLocal(poll_timeout=30) as swf:
        swf.direct_client().register_domain(name='d', workflowExecutionRetentionPeriodInDays='NONE')
        with ThreadPoolExecutor(1) as pool:
            with swf.serve() as url:
                connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
                answered = pool.submit(post, connection, 'PollForDecisionTask', POLL)
                until(lambda: swf._host._queues)
            response, body = answered.result()
            connection.close()
    assert (response.status, json.loads(body)) == (200, {'previousStartedEventId': 0, 'startedEventId': 0})


def test_a_defect_is_a_500_for_one_client_and_not_the_end(served, connection, monkeypatch, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError
    monkeypatch.setattr(served.swf._host, 'apply_or_wait', broken)
    response, body = post(connection, 'ListDomains', {'registrationStatus': 'REGISTERED'})
    assert (response.status, json.loads(body)['__type']) == (500, 'com.amazon.coral.service#InternalFailure')
    assert 'ZeroDivisionError' in caplog.text
    monkeypatch.undo()
    response, _ = post(connection, 'ListDomains', {'registrationStatus': 'REGISTERED'})
    assert response.status == 200


def test_a_service_that_was_closed_before_its_server_is_unavailable():
    with SwfLocal() as swf, swf.serve() as url:
        swf.close()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        response, _ = post(connection, 'ListDomains', {'registrationStatus': 'REGISTERED'})
        connection.close()
    assert response.status == 503


def test_closing_the_service_under_its_server_answers_polls_empty(until):
    with SwfLocal(poll_timeout=30) as swf, swf.serve() as url, ThreadPoolExecutor(1) as pool:
        swf.direct_client().register_domain(name='d', workflowExecutionRetentionPeriodInDays='NONE')
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        answered = pool.submit(post, connection, 'PollForDecisionTask', POLL)
        until(lambda: swf._host._queues)
        swf.close()
        response, body = answered.result()
        connection.close()
    assert (response.status, json.loads(body)) == (200, {'previousStartedEventId': 0, 'startedEventId': 0})


def test_a_server_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr('asyncio.BaseEventLoop.create_server', lambda *_, **__: 1 / 0)
    with SwfLocal() as swf, pytest.raises(ZeroDivisionError), swf.serve():
        pass


def test_an_address_that_others_can_reach_wants_a_flag_and_a_token():
    with SwfLocal() as swf:
        with pytest.raises(ValueError, match='allow it explicitly'), swf.serve('0.0.0.0'):
            pass
        with pytest.raises(ValueError, match='set a token'), swf.serve('0.0.0.0', allow_remote=True):
            pass
        with swf.serve('0.0.0.0', allow_remote=True, token='secret') as url:
            connection = http.client.HTTPConnection('127.0.0.1', urlsplit(url).port, timeout=10)
            listing = {'registrationStatus': 'REGISTERED'}
            for token, status in (({}, 403), ({'X-Amz-Security-Token': 'wrong'}, 403),
                                  ({'X-Amz-Security-Token': 'secret'}, 200)):
                response, _ = post(connection, 'ListDomains', listing, {**MODERN, **token})
                assert response.status == status
            connection.close()


def test_a_port_in_use_is_told_in_one_line():
    with SwfLocal() as swf, swf.serve() as url:
        port = urlsplit(url).port
        with pytest.raises(OSError, match=f'port {port} of 127.0.0.1 is in use') as refused, swf.serve(port=port):
            pass
        assert '\n' not in refused.value.strerror


def test_an_address_of_another_machine_is_told_in_one_line():
    refused = pytest.raises(OSError, match=r'cannot listen on 192\.0\.2\.1 port 0: Cannot assign')
    with SwfLocal() as swf, refused, swf.serve('192.0.2.1', allow_remote=True, token='secret'):
        pass


def test_it_may_listen_by_name_and_on_the_sixth_version():
    with SwfLocal() as swf:
        with swf.serve('localhost') as url:
            assert url.startswith('http://127.0.0.1:')
        try:
            with swf.serve('::1') as url:
                assert url.startswith('http://[::1]:')
        except OSError:
            pytest.skip('this machine has no IPv6')
