"""Four ways into SWF Local, and one judge over every history that a test leaves behind."""

import importlib.util
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal import SwfLocal

RULES = Path(__file__).parents[3] / 'shared' / 'histories' / 'check_history.py'
POLL_TIMEOUT = 0.2
SESSION = boto3.Session()   # reads botocore's model once


#: Every default that a type can have, generous ones.
WORKFLOW_DEFAULTS = {
    'defaultTaskList': {'name': 'deciders'},
    'defaultExecutionStartToCloseTimeout': '3600',
    'defaultTaskStartToCloseTimeout': '60',
    'defaultChildPolicy': 'TERMINATE',
}
ACTIVITY_DEFAULTS = {
    'defaultTaskList': {'name': 'workers'},
    'defaultTaskScheduleToStartTimeout': '600',
    'defaultTaskScheduleToCloseTimeout': '600',
    'defaultTaskStartToCloseTimeout': '600',
    'defaultTaskHeartbeatTimeout': 'NONE',
}


class Way:
    """One service, how to make clients of it, and what a decider and a worker say most often."""

    def __init__(self, swf, make_client):
        self.swf = swf
        self.make_client = make_client
        self.client = make_client()

    def settle_in(self, client=None):
        """Register domain d, workflow type W and activity type A."""
        client = client or self.client
        client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='7')
        client.register_workflow_type(domain='d', name='W', version='1', **WORKFLOW_DEFAULTS)
        client.register_activity_type(domain='d', name='A', version='1', **ACTIVITY_DEFAULTS)

    def start(self, workflow_id='w', **kwargs):
        started = self.client.start_workflow_execution(
            domain='d', workflowId=workflow_id, workflowType={'name': 'W', 'version': '1'}, **kwargs)
        return {'workflowId': workflow_id, 'runId': started['runId']}

    def poll_decision(self, **kwargs):
        return self.client.poll_for_decision_task(domain='d', taskList={'name': 'deciders'}, **kwargs)

    def poll_activity(self, **kwargs):
        return self.client.poll_for_activity_task(domain='d', taskList={'name': 'workers'}, **kwargs)

    def decide(self, *decisions, **kwargs):
        """Poll for a decision task and answer it."""
        task = self.poll_decision()
        assert 'taskToken' in task, 'no decision task'
        self.client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=list(decisions), **kwargs)
        return task

    def work(self, result='done'):
        """Poll for an activity task and complete it."""
        task = self.poll_activity()
        assert 'taskToken' in task, 'no activity task'
        self.client.respond_activity_task_completed(taskToken=task['taskToken'], result=result)
        return task

    @staticmethod
    def schedule(activity_id='a', **attributes):
        """Decide for an activity."""
        return decision(
            'ScheduleActivityTask', activityId=activity_id, activityType={'name': 'A', 'version': '1'}, **attributes)

    def history(self, execution):
        return history(self.client, execution)

    def types(self, execution):
        return [event['eventType'] for event in self.history(execution)]


@contextmanager
def http_client(url, region='us-east-1'):
    """An ordinary boto3 client that waits long enough, and never tries again."""
    config = Config(
        retries={'total_max_attempts': 1}, read_timeout=10, user_agent='conformance', max_pool_connections=200)
    client = SESSION.client(
        'swf', region, endpoint_url=url, config=config, aws_access_key_id='any', aws_secret_access_key='any')
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(params=['direct', 'boto3', 'boto3 on sqlite', 'boto3 over http'])
def way(request, tmp_path):
    """The service in memory or in a file, and the client that the parameter names."""
    with ExitStack() as stack:
        if request.param == 'boto3 over http':
            swf, url = request.getfixturevalue('lasting_server')
            swf.reset()
            swf._host.poll_timeout = POLL_TIMEOUT
            yield Way(swf, lambda region='us-east-1': stack.enter_context(http_client(url, region)))
        else:
            path = tmp_path / 'swf.db' if request.param == 'boto3 on sqlite' else None
            swf = stack.enter_context(SwfLocal(path, poll_timeout=POLL_TIMEOUT))
            yield Way(swf, swf.direct_client if request.param == 'direct' else swf.client)
        judge(swf)


@pytest.fixture(scope='session')
def lasting_server():
    """One server for all tests of the suite, emptied before each: to stop one takes a fifth of a second."""
    with SwfLocal() as swf, swf.serve() as url:
        yield swf, url


@pytest.fixture
def served():
    """The service in memory, served over HTTP: its `url`, `make_client`, and everything that a way has."""
    with ExitStack() as stack:
        swf = stack.enter_context(SwfLocal(poll_timeout=5))
        url = stack.enter_context(swf.serve(allow_reset=True))
        way = Way(swf, lambda region='us-east-1': stack.enter_context(http_client(url, region)))
        way.url = url
        yield way
        judge(swf)


@pytest.fixture
def way_to():
    """Make a way to an endpoint in another process."""
    @contextmanager
    def way_to(url):
        with http_client(url) as client:
            yield Way(None, lambda: client)
    return way_to


@pytest.fixture
def until():
    """Wait until a condition holds; the test's own time limit ends a wait for nothing."""
    def until(condition):
        while not condition():
            time.sleep(0.002)
    return until


@pytest.fixture(name='judge')
def judge_():
    return judge


def judge(swf):
    """Hold the rules of recorded histories against every history of a service."""
    rules = load_rules()
    if rules is None:
        pytest.skip(f'histories were not judged: there is no {RULES.name} beside the project')
    for region in ('us-east-1', 'eu-west-1'):
        client = swf.direct_client(region)
        for history in all_histories(client):
            assert rules.check(history) == [], history


def load_rules():
    if not RULES.exists():
        return None
    spec = importlib.util.spec_from_file_location('check_history', RULES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def all_histories(client):
    ever = {'oldestDate': datetime.fromtimestamp(0, UTC)}
    for status in ('REGISTERED', 'DEPRECATED'):
        for info in client.list_domains(registrationStatus=status)['domainInfos']:
            for method in (client.list_open_workflow_executions, client.list_closed_workflow_executions):
                for page in pages(method, domain=info['name'], startTimeFilter=ever):
                    for execution in page['executionInfos']:
                        yield history(client, execution['execution'], info['name'])


def pages(method, **kwargs):
    while True:
        page = method(**kwargs)
        yield page
        if 'nextPageToken' not in page:
            return
        kwargs['nextPageToken'] = page['nextPageToken']


def history(client, execution, domain='d'):
    return [
        event
        for page in pages(client.get_workflow_execution_history, domain=domain, execution=execution)
        for event in page['events']
    ]
