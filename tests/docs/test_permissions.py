"""The policies in the documentation allow what each role really calls, and nothing else.

Each role works with a client that refuses what its policy does not allow, as IAM would. What is refused would fail the
work; what is allowed and never used is too much.
"""

import contextlib
import json
import time
from pathlib import Path
from queue import SimpleQueue

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from pyswfaws import (
    DistributedActivityWorker,
    DistributedDecisionWorker,
    RetryPolicy,
    Timer,
    WorkflowClient,
    WorkflowFailed,
    activity,
    activity_task,
    cached,
    continue_as_new,
    decision_task,
    workflow,
)
from pyswfaws.binding.registry import scanned
from pyswfaws.cli.connection import Connection
from pyswfaws.cli.main import main
from pyswfaws.exceptions import TaskException, WorkflowCanceled
from pyswfaws.protocol.decisions import REFUSALS
from pyswfaws.swflocal import SwfLocal
from pyswfaws.workers.registration import register

POLICIES = Path(__file__).parents[2] / 'docs' / 'policies'


class Role:
    """A client for SWF that may do what the policy of that name allows. `used` and `refused` are actions."""

    def __init__(self, client, name):
        policy = json.loads((POLICIES / f'{name}.json').read_text())
        actions = [statement['Action'] for statement in policy['Statement'] if statement['Effect'] == 'Allow']
        flat = [action for some in actions for action in ([some] if isinstance(some, str) else some)]
        self.allowed = {action.removeprefix('swf:') for action in flat}
        self.used, self.refused = set(), set()
        self._client = client

    def __getattr__(self, name):
        found = getattr(self._client, name)
        operation = self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return found

        def call(**members):
            decided = {one['decisionType'] for one in members.get('decisions', ())}
            for action in (operation, *decided):
                if action not in self.allowed:
                    self.refused.add(action)
                    error = {'Code': 'AccessDeniedException', 'Message': f'not authorized to perform: swf:{action}'}
                    raise ClientError({'Error': error}, operation)
                self.used.add(action)
            return found(**members)

        return call


@activity_task(swf_task_list='work')
def double(number):
    return number * 2


@activity_task(swf_task_list='work', heartbeat_timeout=3, retry=RetryPolicy(max_attempts=2))
def go_on(number):
    """Fail once, and go on where the first attempt was."""
    if activity.info().last_heartbeat is None:
        activity.heartbeat(number)
        raise ConnectionError('once')
    return activity.info().last_heartbeat


@activity_task(swf_task_list='work', heartbeat_timeout=3)
def work_on():
    while True:
        activity.heartbeat()
        time.sleep(0.05)


@cached
def lot():
    return 4


@decision_task(swf_task_list='decide')
def listener():
    Timer.get(seconds=3600).result


@decision_task(swf_task_list='decide')
def failing():
    raise LookupError('it is not there')


@decision_task(swf_task_list='decide')
def counting(number):
    if number:
        continue_as_new(number - 1)
    return 'counted'


@decision_task(swf_task_list='decide')
def everything():
    long, short = Timer.get(seconds=3600), Timer.get(seconds=0)
    long.cancel()
    short.result
    child = listener.options(workflow_id='child')()
    child.started.result
    workflow.signal('child', 'hello', None).result
    workflow.cancel('child').result
    working = work_on()
    Timer.get(seconds=1).result
    working.cancel()
    for one in (child, working):
        with contextlib.suppress(TaskException):
            one.result
    return [double(lot()).result, go_on(7).result]


TOKENS = SimpleQueue()
FUNCTIONS = [double, go_on, work_on, listener, failing, counting, everything]


@pytest.fixture(name='swf')
def swf_():
    with SwfLocal(poll_timeout=0.2) as swf:
        yield swf.client()


def run_everything(starter):
    client = WorkflowClient('example', client=starter)
    runs = [client.start(decider, *arguments) for decider, *arguments in ((everything,), (counting, 2), (failing,))]
    assert runs[0].result(timeout=60) == [8, 7]
    assert runs[1].result(timeout=60) == 'counted'
    with pytest.raises(WorkflowFailed):
        runs[2].result(timeout=60)
    stopped, ended = client.start(listener), client.start(listener)
    stopped.signal('hello')
    stopped.cancel()
    with pytest.raises(WorkflowCanceled):
        stopped.result(timeout=60)
    ended.terminate()
    assert ended.status == 'TERMINATED'
    for status in ('OPEN', 'COMPLETED'):
        assert client.count(status=status).number == len(list(client.list(status=status)))


def test_each_role_is_allowed_what_it_calls_and_nothing_else(swf):
    roles = {name: Role(swf, name) for name in ('register', 'activities', 'decider', 'starter')}
    assert {one.outcome for one in register(roles['register'], 'example', scanned(FUNCTIONS))} == {'registered'}
    list(register(roles['register'], 'example', scanned(FUNCTIONS)))    # there they are, and are compared
    workers = [
        DistributedActivityWorker(FUNCTIONS, swf_domain='example', client=roles['activities']),
        DistributedDecisionWorker(FUNCTIONS, swf_domain='example', client=roles['decider'], pollers=1, kept=1),
    ]
    for worker in workers:
        worker.begin()
    try:
        run_everything(roles['starter'])
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.wait()
    for role in roles.values():
        assert role.refused == set()
        assert role.allowed == role.used


@activity_task(swf_task_list='work', heartbeat_timeout='NONE', retry=RetryPolicy(max_attempts=1))
def ask():
    TOKENS.put(activity.info().task_token)
    activity.complete_later()


@decision_task(swf_task_list='decide')
def inquiry():
    return [str(promise.exception or promise.result) for promise in (ask(), ask(), ask())]


def test_whoever_answers_later_is_allowed_to_answer(swf):
    list(register(swf, 'example', scanned([ask, inquiry])))
    role = Role(swf, 'answerer')
    workers = [DistributedActivityWorker(ask, swf_domain='example', client=swf),
               DistributedDecisionWorker(inquiry, swf_domain='example', client=swf)]
    for worker in workers:
        worker.begin()
    try:
        run = WorkflowClient('example', client=swf).start(inquiry)
        first, second, third = (WorkflowClient('example', client=role).activity(TOKENS.get(timeout=60), ask)
                                for _ in range(3))
        first.heartbeat('soon')
        first.complete('yes')
        second.fail(ValueError('no'))
        third.cancel()
        assert len(run.result(timeout=60)) == 3
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.wait()
    assert (role.refused, role.allowed) == (set(), role.used)


def test_whoever_looks_is_allowed_to_look(swf, monkeypatch):
    list(register(swf, 'example', scanned(FUNCTIONS)))
    client = WorkflowClient('example', client=swf)
    ended, _ = client.start(listener, workflow_id='ended'), client.start(listener, workflow_id='open')
    ended.terminate()
    role = Role(swf, 'console')
    monkeypatch.setattr(Connection, 'client', lambda _: role)
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', 'console')
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'console')
    monkeypatch.syspath_prepend(str(POLICIES.parents[1] / 'examples'))
    list(register(swf, 'example', scanned('photos'), default_task_list='photos'))
    for arguments in (['list'], ['list', '--status', 'TERMINATED'], ['describe', 'open'], ['describe', 'ended'],
                      ['history', 'ended'], ['doctor', 'photos', '--task-list', 'photos']):
        found = CliRunner().invoke(main, [*arguments, '--domain', 'example', '--region', 'us-east-1'])
        assert found.exit_code == 0, (arguments, found.output)
    assert role.refused == set()
    assert role.allowed == role.used


def test_a_decider_may_make_every_decision_but_that_of_a_lambda():
    decider = Role(None, 'decider').allowed
    assert set(REFUSALS) - decider == {'ScheduleLambdaFunction'}


@pytest.mark.parametrize('path', sorted(POLICIES.glob('*.json')), ids=lambda path: path.stem)
def test_a_policy_names_one_domain_wherever_iam_can(path):
    page = (POLICIES.parent / 'permissions.rst').read_text()
    assert f'policies/{path.name}' in page
    for statement in json.loads(path.read_text())['Statement']:
        everywhere = {'swf:RegisterDomain', 'swf:ListDomains'}
        actions = {statement['Action']} if isinstance(statement['Action'], str) else set(statement['Action'])
        assert (statement['Resource'] == '*') == bool(actions <= everywhere)
