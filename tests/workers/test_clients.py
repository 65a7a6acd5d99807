import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from pyswfaws import ConfigurationError, DistributedDecisionWorker, UnreachableError, decision_task
from pyswfaws.workers.backoff import Backoff
from pyswfaws.workers.clients import check_domain, explaining_faults, fault_of, is_permanent, make_client


@decision_task
def idle():
    """Is never started."""


def fault(code):
    return ClientError({'Error': {'Code': code, 'Message': 'm'}}, 'Operation')


@pytest.fixture
def made():
    """Make clients, and close them."""
    clients = []

    def made(**options):
        clients.append(make_client(**options))
        return clients[-1]

    yield made
    for client in clients:
        client.close()


def test_a_client_that_polls_waits_longer_than_a_poll_and_others_notice_silence_soon(made):
    polling, other = made(region_name='eu-west-1', polling=True).meta, made(region_name='eu-west-1').meta
    assert (polling.config.read_timeout, other.config.read_timeout) == (70, 10)
    assert polling.config.retries['total_max_attempts'] == 1
    assert other.config.retries['total_max_attempts'] == 3


def test_a_worker_polls_by_one_client_and_calls_by_another_with_the_same_credentials(stage):
    options = {'default_task_list': 'l', 'swf_domain': 'd'}
    worker = DistributedDecisionWorker(idle, **options, session=boto3.Session('key', 'secret', region_name='eu-west-1'))
    assert worker.polls is not worker.client
    assert worker.polls.meta.config.read_timeout == 70
    assert worker.polls._request_signer._credentials is worker.client._request_signer._credentials
    worker.wait()   # closes what the worker made
    given = DistributedDecisionWorker(idle, **options, client=stage.client)
    assert given.polls is given.client is stage.client


def test_a_client_says_who_it_is(made):
    client = made(region_name='eu-west-1', connections=50)
    config = client.meta.config
    assert config.max_pool_connections == 50
    assert config.user_agent.startswith('pyswfaws/')
    assert client.meta.endpoint_url == 'https://swf.eu-west-1.amazonaws.com'


def credentials(client):
    found = client._request_signer._credentials
    return found and found.access_key


def test_swf_local_needs_neither_region_nor_credentials(made, monkeypatch):
    client = made(endpoint_url='http://localhost:8042')
    assert client.meta.region_name == 'us-east-1'
    assert credentials(client) == 'local'
    assert credentials(made(endpoint_url='http://[::1]:8042')) == 'local'
    assert credentials(made(endpoint_url='https://swf.example.com', region_name='us-east-1')) is None
    with monkeypatch.context() as here:
        here.setenv('AWS_ENDPOINT_URL_SWF', 'http://127.0.0.1:8042')
        found = made()
        assert (found.meta.endpoint_url, credentials(found)) == ('http://127.0.0.1:8042', 'local')
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', 'mine')
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'secret')
    assert credentials(made(endpoint_url='http://127.0.0.1:8042')) == 'mine'
    given = made(endpoint_url='http://127.0.0.1:8042', aws_access_key_id='given', aws_secret_access_key='s')
    assert credentials(given) == 'given'


def test_a_configuration_file_without_credentials_does_not_stand_in_the_way(made, monkeypatch, tmp_path):
    config = tmp_path / 'config'
    config.write_text('[default]\nregion = eu-central-1\n[profile other]\naws_access_key_id = o\n'
                      'aws_secret_access_key = s\n')
    monkeypatch.setenv('AWS_CONFIG_FILE', str(config))
    client = made(endpoint_url='http://127.0.0.1:8042')
    assert (credentials(client), client.meta.region_name) == ('local', 'eu-central-1')
    chosen = boto3.Session(profile_name='other', region_name='us-east-1')
    assert credentials(made(session=chosen, endpoint_url='http://127.0.0.1:8042')) == 'o'


def test_what_boto3_cannot_make_a_client_of_is_said(monkeypatch):
    with pytest.raises(UnreachableError, match='no AWS region is set: give --region'):
        make_client()
    with pytest.raises(UnreachableError, match='Invalid endpoint'):
        make_client(endpoint_url='nowhere', region_name='us-east-1')
    monkeypatch.setenv('AWS_PROFILE', 'unknown')
    with pytest.raises(UnreachableError, match='unknown'):
        make_client()


def test_faults_that_no_further_try_can_help():
    assert fault_of(fault('UnknownResourceFault')) == 'UnknownResourceFault'
    assert fault_of(ValueError()) == ''
    for error in (fault('UnknownResourceFault'), fault('ValidationException'), ParamValidationError(report='r')):
        assert is_permanent(error)
    for error in (fault('ThrottlingException'), fault('InternalFailure'), fault('ExpiredTokenException'),
                  ReadTimeoutError(endpoint_url='u'), NoCredentialsError(), OSError()):
        assert not is_permanent(error)


@pytest.mark.parametrize(('error', 'text'), [
    (NoCredentialsError(), 'no AWS credentials: Unable to locate credentials. Set AWS_ACCESS_KEY_ID'),
    (EndpointConnectionError(endpoint_url='http://u'), r'"http://u"\. Is the endpoint right, and does it run\?'),
    (fault('ExpiredTokenException'), 'AWS does not let us in: '),
])
def test_what_says_that_swf_cannot_be_reached_says_what_to_do(error, text):
    with pytest.raises(UnreachableError, match=text), explaining_faults():
        raise error


def test_other_faults_are_left_as_they_are():
    with pytest.raises(ClientError, match='DomainAlreadyExistsFault'), explaining_faults():
        raise fault('DomainAlreadyExistsFault')


def test_a_domain_is_checked(stage):
    stage.client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='1')
    check_domain(stage.client, 'd')
    with pytest.raises(ConfigurationError, match='pyswfaws register TARGET --domain other'):
        check_domain(stage.client, 'other')


def test_waits_double_with_jitter_up_to_the_longest_and_start_again():
    backoff = Backoff(first=1, longest=10)
    for most in (1, 2, 4, 8, 10, 10, *[10] * 100):
        assert most / 2 <= backoff.next() <= most
    assert backoff.reset() == 106
    assert backoff.reset() == 0
    assert backoff.next() <= 1


@pytest.mark.parametrize('code', ['ThrottlingException', 'LimitExceededFault'])
def test_waits_are_longer_from_the_first_where_swf_throttles(code):
    backoff = Backoff(first=1, longest=30)
    assert 5 <= backoff.next(fault(code)) <= 10
    assert 10 <= backoff.next(fault(code)) <= 20
    assert 2 <= backoff.next(fault('InternalFailure')) <= 4
    assert backoff.next(fault(code)) <= 30
