"""SwfLocal as its users hold it: opening, closing, what goes wrong on purpose, and the user's own AWS settings."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, OperationNotPageableError

from pyswfaws.swflocal import RATES, Mishap, Quotas, Rate, SwfLocal
from pyswfaws.swflocal.service import TaskListKey
from pyswfaws.swflocal.service.faults import throttled

LIST = TaskListKey('us-east-1', 'd', 'decision', 'deciders')


def test_a_file_keeps_everything(tmp_path, play):
    with SwfLocal(tmp_path / 'swf.db') as swf:
        execution = play(swf.direct_client()).start()
    with SwfLocal(str(tmp_path / 'swf.db'), durability='full') as swf:
        task = swf.direct_client().poll_for_decision_task(domain='d', taskList={'name': 'deciders'})
        assert task['workflowExecution'] == execution


@pytest.mark.parametrize('path', [None, 'swf.db'])
def test_reset_forgets_everything(tmp_path, play, path):
    with SwfLocal(path and tmp_path / path) as swf:
        play(swf.direct_client()).start()
        swf.reset()
        assert swf.direct_client().list_domains(registrationStatus='REGISTERED')['domainInfos'] == []
        play(swf.direct_client()).start()


@pytest.mark.parametrize('kind', ['client', 'direct_client'])
def test_closing_answers_polls_empty_and_refuses_what_comes_later(play, kind):
    threads = threading.active_count()
    with SwfLocal(poll_timeout=30) as swf, ThreadPoolExecutor(2) as pool:
        scene = play(getattr(swf, kind)())
        polls = [pool.submit(scene.poll, 'decision'), pool.submit(scene.poll, 'activity')]
        while sum(1 for _ in swf._host._queues) < 2:
            assert not any(poll.done() for poll in polls)
        swf.close()
        assert ['taskToken' in poll.result() for poll in polls] == [False, False]
        with pytest.raises(ConnectionClosedError):
            scene.poll()
        swf.close()
    assert threading.active_count() == threads


def test_the_in_process_client_needs_nothing_of_the_users_aws_settings(monkeypatch, tmp_path):
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_DEFAULT_REGION'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('AWS_PROFILE', 'nobody')
    monkeypatch.setenv('AWS_CONFIG_FILE', str(tmp_path / 'nowhere'))
    monkeypatch.setenv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
    with SwfLocal() as swf:
        assert swf.client().list_domains(registrationStatus='REGISTERED')['domainInfos'] == []
        assert swf.client('eu-central-1').meta.region_name == 'eu-central-1'


def test_botocores_events_fire_for_the_in_process_client(play):
    bodies = []
    with SwfLocal() as swf:
        client = swf.client()
        client.meta.events.register('before-parse.swf', lambda response_dict, **_: bodies.append(response_dict['body']))
        client.list_domains(registrationStatus='REGISTERED')
    assert bodies == [b'{"domainInfos":[]}']


@pytest.mark.parametrize('kind', ['client', 'direct_client'])
def test_mishaps_happen_to_clients_in_this_process(kind):
    domain = {'name': 'd', 'workflowExecutionRetentionPeriodInDays': 'NONE'}
    mishaps = [
        Mishap('throttle', 'DescribeDomain'), Mishap('error', 'ListDomains'), Mishap('drop', 'RegisterDomain'),
        Mishap('delay', seconds=0.001),
    ]
    with SwfLocal(mishaps=mishaps) as swf:
        client = getattr(swf, kind)()
        with pytest.raises(ConnectionClosedError):
            client.register_domain(**domain)
        with pytest.raises(ClientError) as throttled:
            client.describe_domain(name='d')
        assert throttled.value.response['Error'] == {'Code': 'ThrottlingException', 'Message': 'Rate exceeded'}
        with pytest.raises(ClientError) as broken:
            client.list_domains(registrationStatus='REGISTERED')
        assert broken.value.response['Error']['Code'] == 'InternalFailure'
        assert broken.value.response['ResponseMetadata']['HTTPStatusCode'] == 500
        listed = client.list_workflow_types(domain='d', registrationStatus='REGISTERED')
        assert listed['typeInfos'] == []   # so the lost registration was carried out


def test_quotas_and_rates_are_adjustable():
    with SwfLocal(quotas=Quotas(domains=1), rates={**RATES, 'ListDomains': Rate(1, 0)}) as swf:
        client = swf.direct_client()
        client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='NONE')
        with pytest.raises(client.exceptions.LimitExceededFault):
            client.register_domain(name='e', workflowExecutionRetentionPeriodInDays='NONE')
        client.list_domains(registrationStatus='REGISTERED')
        with pytest.raises(ClientError, match='Rate exceeded'):
            client.list_domains(registrationStatus='REGISTERED')


def test_the_next_decisions_can_be_refused(play):
    with SwfLocal(poll_timeout=0) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        swf.refuse_next('ScheduleActivityTask', 'ACTIVITY_CREATION_RATE_EXCEEDED')
        scene.decide(scene.activity())
        scene.decide(scene.activity())
        assert [kind for kind in scene.types(execution) if 'Schedule' in kind and 'Decision' not in kind] == [
            'ScheduleActivityTaskFailed', 'ActivityTaskScheduled']
        with pytest.raises(ValueError, match="does not refuse StartTimer with 'TOO_LATE'; there is TIMER_ID_ALREADY"):
            swf.refuse_next('StartTimer', 'TOO_LATE')
        with pytest.raises(ValueError, match='there is CompleteWorkflowExecution, StartTimer'):
            swf.refuse_next('MakeCoffee', 'TOO_LATE')


def test_what_it_is_can_be_printed(tmp_path):
    with SwfLocal() as swf:
        assert repr(swf) == '<SwfLocal in memory>'
        assert repr(swf.direct_client('eu-west-1')) == '<DirectClient of SWF Local, eu-west-1>'
        assert 'poll_for_decision_task' in dir(swf.direct_client())
        assert swf.direct_client().meta.region_name == 'us-east-1'
        with pytest.raises(AttributeError, match="no attribute 'make_coffee'"):
            swf.direct_client().make_coffee()
        swf.direct_client().close()


def test_an_interrupted_poll_leaves_its_queue(play, monkeypatch):
    with SwfLocal(poll_timeout=30) as swf:
        scene = play(swf.direct_client())

        class Inbox:
            def get(self, timeout):
                raise KeyboardInterrupt

            def put(self, _):
                pass

        monkeypatch.setattr('queue.SimpleQueue', Inbox)
        with pytest.raises(KeyboardInterrupt):
            scene.poll()
        assert not swf._host._queues


def test_an_unusual_argument_is_left_to_botocore():
    with SwfLocal() as swf:
        client = swf.direct_client()
        client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='NONE')
        for oldest in ('2026-01-01T00:00:00Z', 1_767_225_600):
            counted = client.count_open_workflow_executions(domain='d', startTimeFilter={'oldestDate': oldest})
            assert counted['count'] == 0


def test_an_error_that_meets_a_poll_while_it_waits_is_its_answer_and_the_next_has_its_turn(play, monkeypatch):
    with SwfLocal(poll_timeout=30) as swf, ThreadPoolExecutor(3) as pool:
        scene = play(swf.direct_client())
        apply, refusals = swf._host._service.apply, [throttled(), OSError('the disk is full')]

        def throttling(now, operation, request, **region):
            if operation == 'PollForDecisionTask' and swf._host._store.first_task(LIST) and refusals:
                raise refusals.pop()
            return apply(now, operation, request, **region)

        monkeypatch.setattr(swf._host._service, 'apply', throttling)
        polls = [pool.submit(scene.poll) for _ in range(3)]
        while swf._host._queues.length(LIST) < 3:
            assert not any(poll.done() for poll in polls)
        scene.start()
        failures = [poll.exception() for poll in polls]
        assert {failure and failure.response['Error']['Code'] for failure in failures} == {
            'ThrottlingException', 'InternalFailure', None}


def test_only_pages_that_exist_can_be_asked_for():
    with SwfLocal() as swf:
        client = swf.direct_client()
        assert client.can_paginate('list_domains')
        assert not client.can_paginate('describe_domain')
        assert not client.can_paginate('make_coffee')
        with pytest.raises(OperationNotPageableError):
            client.get_paginator('describe_domain')
