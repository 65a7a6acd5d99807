import json

import pytest

from pyswfaws import DistributedActivityWorker, DistributedDecisionWorker
from pyswfaws.workers.clients import make_client
from pyswfaws.workers.running import run

pytestmark = pytest.mark.usefixtures('registered')


@pytest.fixture
def registered(call):
    call('register', 'bakery')


@pytest.fixture
def client(url):
    client = make_client(endpoint_url=url)
    yield client
    client.close()


@pytest.fixture
def served(registered, client, domain):
    """Workers for what is started."""
    workers = [
        worker('bakery', swf_domain=domain, swf_task_list='bakery', client=client)
        for worker in (DistributedActivityWorker, DistributedDecisionWorker)
    ]
    for worker in workers:
        worker.begin()
    yield
    for worker in workers:
        worker.stop()
    run(workers)


def input_of(client, domain, started):
    execution = {'workflowId': started['workflowId'], 'runId': started['runId']}
    history = client.get_workflow_execution_history(domain=domain, execution=execution)
    return history['events'][0]['workflowExecutionStartedEventAttributes']


@pytest.mark.usefixtures('served')
def test_the_result_is_waited_for_and_printed(call):
    done = call('start', 'bakery:order', '"apple"', 'size=2', '--wait', '--timeout', '20')
    assert done.exit_code == 0
    assert done.stdout == '"apple cakeapple cake"\n'
    assert done.stderr.startswith('started order-')

    done = call('start', 'bakery:order', '"apple"', '--wait', '--timeout', '20', '--format', 'json')
    assert json.loads(done.stdout)['result'] == 'apple cake'

    done = call('start', 'bakery:fail', '--wait', '--timeout', '20', '--workflow-id', 'w')
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("Error: workflow 'w' (run ")
    assert done.stderr.endswith(' Failed: LookupError: no flour\n')


def test_a_started_workflow_is_named(call, client, domain):
    done = call('start', 'bakery:order', '"Zürich"', '--workflow-id', 'w', '--tag', 'a', '--tag', 'b',
                '--task-list', 'other', '--format', 'json')
    started = json.loads(done.stdout)
    assert started['workflowId'] == 'w'
    found = input_of(client, domain, started)
    assert (found['input'], found['tagList'], found['taskList']) == ('[["Zürich"],{}]', ['a', 'b'], {'name': 'other'})
    assert call('start', 'bakery:rest', '-5').stdout.startswith('started rest-')


@pytest.mark.parametrize(('arguments', 'status', 'text'), [
    (['bakery:order', 'apple'], 2, "'apple' is no JSON (Expecting value"),
    (['bakery:order', 'size={'], 2, "'size={' is no JSON"),
    (['bakery:order'], 2, "order(): missing a required argument: 'cake'"),
    (['bakery:order', '1', '2', '3'], 2, 'order(): too many positional arguments'),
    (['bakery:order', '1', 'colour=2'], 2, "order(): got an unexpected keyword argument 'colour'"),
    (['bakery:bake', '1'], 2, 'bakery:bake is no decider: name one with @decision_task above it'),
    (['bakery', '1'], 2, 'bakery is no decider'),
    (['nowhere:order', '1'], 2, "there is no module 'nowhere'"),
    (['bakery:order', '1', '--workflow-id', 'a/b'], 2, 'workflow_id may not hold'),
    (['bakery:order', f'"{"x" * 40_000}"'], 1, 'the input is 40,009 characters'),
    (['bakery:rest', '1', '--wait', '--timeout', '0.01'], 1, 'has not closed within 0.01 seconds'),
])
def test_what_cannot_be_started_is_said(call, arguments, status, text):
    done = call('start', *arguments)
    assert done.exit_code == status
    assert text in done.stderr
    assert done.stderr.splitlines()[-1].startswith('Error: ')


def test_what_swf_does_not_take_is_said_in_one_line(call):
    call('start', 'bakery:rest', '1', '--workflow-id', 'w')
    for arguments, environment, status, text in [
        (['--workflow-id', 'w'], {}, 1, "a workflow with the id 'w' is open in "),
        (['--domain', 'other'], {}, 4, 'Register rest 1.0 and its domain: pyswfaws register bakery --domain other'),
        ([], {'PYSWFAWS_TASK_LIST': None}, 2, "no task list for 'rest': give task_list= to the client"),
        ([], {'PYSWFAWS_DOMAIN': None}, 2, 'no domain: '),
        ([], {'AWS_ENDPOINT_URL_SWF': 'http://127.0.0.1:1'}, 3, 'Is the endpoint right, and does it run? SWF Local'),
        ([], {'AWS_ENDPOINT_URL_SWF': None, 'AWS_DEFAULT_REGION': 'us-east-1'}, 3, 'no AWS credentials: '),
        ([], {'AWS_ENDPOINT_URL_SWF': None}, 3, 'no AWS region is set: give --region'),
        (['--profile', 'nobody'], {}, 3, 'The config profile (nobody) could not be found'),
    ]:
        done = call('start', 'bakery:rest', '1', *arguments, **environment)
        assert (done.exit_code, done.stderr.count('\n')) == (status, 1), done.stderr
        assert text in done.stderr
