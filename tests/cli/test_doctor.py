"""`pyswfaws doctor` finds what is missing, says what to do, and changes nothing."""

import json
import time

import pytest

from pyswfaws.cli import checkups
from pyswfaws.workers.clients import make_client


def findings(done):
    """What was found, by what was looked at; of the task lists, by these."""
    found = json.loads(done.stdout)
    return {
        f'{one["check"]} {one["found"].split(":")[0]}' if ' tasks' in one['check'] else one['check']:
        (one['outcome'], one['found'], one['advice']) for one in found
    }


def test_where_nothing_is_wrong(call, tmp_path):
    call('register', 'bakery')
    done = call('doctor', 'bakery', '--format', 'json', PYSWFAWS_STORE=tmp_path.as_uri())
    assert done.exit_code == 0, done.output
    found = findings(done)
    assert {outcome for outcome, _, _ in found.values()} == {'ok'}
    assert list(found) == [
        'versions', 'settings', 'credentials', 'endpoint', 'clock', 'domain', 'permissions', 'types',
        'activity tasks on bakery', 'decision tasks on bakery', 'store',
    ]
    assert 'boto3 1.' in found['versions'][1]
    assert found['types'][1] == '4 are registered as the code has them'
    assert found['store'][1] == f'{tmp_path.as_uri()} answers; nothing was written'
    assert list(tmp_path.iterdir()) == []


def test_a_table_says_what_to_do(call, domain):
    call('register', 'bakery')
    lines = call('doctor', 'bakery_next_door', '--domain', domain).stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith('warn  type '))
    assert 'activity bake 1.0: ' in lines[at]
    assert lines[at + 1].strip().startswith("-> it stays as it is registered: leave it so, or give the code's")


def test_what_waits_and_who_takes_it(call):
    call('register', 'bakery')
    call('start', 'bakery:rest', '1')
    outcome, found, advice = findings(call('doctor', 'bakery', '--format', 'json'))['decision tasks on bakery']
    assert (outcome, found) == ('warn', 'on bakery: 1 waiting; nobody was seen to take one')
    assert advice == 'is a worker running for it, with room? pyswfaws worker TARGET --task-list bakery'


def test_who_took_a_task_lately(call, url, domain):
    call('register', 'bakery')
    call('start', 'bakery:rest', '1')
    call('start', 'bakery:rest', '1')
    client = make_client(endpoint_url=url)
    client.poll_for_decision_task(domain=domain, taskList={'name': 'bakery'}, identity='the baker')
    client.close()
    outcome, found, _ = findings(call('doctor', '--format', 'json'))['decision tasks on bakery']
    assert outcome == 'ok'
    assert found.startswith('on bakery: 1 waiting; the baker took one ')


def test_what_is_not_registered(call, domain):
    done = call('doctor', 'bakery')
    assert done.exit_code == 1
    assert f'fail  domain          there is no domain {domain}\n' in done.stdout
    assert f'-> pyswfaws register TARGET --domain {domain}' in done.stdout
    call('register', 'bakery:order')
    done = call('doctor', 'bakery')
    assert done.exit_code == 1
    assert 'fail  type            workflow rest 1.0 is not registered' in done.stdout
    call('deprecate', 'domain', domain)
    assert findings(call('doctor', '--format', 'json'))['domain'] == (
        'warn', f'{domain} is deprecated: nothing new can start in it', f'pyswfaws deprecate domain {domain} --undo')


@pytest.mark.parametrize(('environment', 'what', 'status', 'says'), [
    ({'PYSWFAWS_DOMAIN': None}, 'domain', 1, 'none is named'),
    ({'AWS_ENDPOINT_URL_SWF': 'http://127.0.0.1:1'}, 'endpoint', 3, 'Could not connect to the endpoint URL'),
    ({'AWS_ENDPOINT_URL_SWF': None}, 'credentials', 3, 'none'),
    ({'AWS_ENDPOINT_URL_SWF': None, 'AWS_ACCESS_KEY_ID': 'a', 'AWS_SECRET_ACCESS_KEY': 'b'}, 'region', 3,
     'no AWS region is set: give --region'),
    ({'AWS_ENDPOINT_URL_SWF': None, 'AWS_ACCESS_KEY_ID': 'a'}, 'credentials', 3, 'Partial credentials found in env'),
    ({'PYSWFAWS_STORE': 'nowhere'}, 'store', 1, "'nowhere' is no address of a data store"),
])
def test_what_is_missing(call, environment, what, status, says):
    done = call('doctor', '--format', 'json', **environment)
    outcome, found, _ = findings(done)[what]
    assert (done.exit_code, outcome) == (status, 'fail'), done.output
    assert says in found


def test_permissions(call, gateway):
    call('register', 'bakery')
    with gateway('CountPendingActivityTasks', 'ListDomains', 'DescribeDomain') as (endpoint, _):
        done = call('doctor', 'bakery', '--format', 'json', AWS_ENDPOINT_URL_SWF=endpoint)
        assert done.exit_code == 0, done.output
        found = findings(done)
        assert found['endpoint'][0] == 'ok'     # to be denied is an answer
        assert found['permissions'][:2] == ('warn', 'denied: swf:CountPendingActivityTasks')
        assert 'not authorized to perform: swf:CountPendingActivityTasks' in found['task lists'][1]
        denied = call('register', 'bakery', AWS_ENDPOINT_URL_SWF=endpoint)
        assert denied.exit_code == 3
    with gateway('ListOpenWorkflowExecutions') as (endpoint, _):
        done = call('list', AWS_ENDPOINT_URL_SWF=endpoint)
    assert done.exit_code == 3
    assert done.stderr == (
        'Error: User: me is not authorized to perform: swf:ListOpenWorkflowExecutions. Which calls are denied: '
        'pyswfaws doctor. The policies that are needed stand in the documentation\n'
    )


@pytest.mark.parametrize(('wrong', 'outcome', 'says'), [
    (0, 'ok', 'as that of SWF'), (-600, 'fail', '10 min behind that of SWF'), (600, 'fail', 'ahead of that of SWF'),
])
def test_the_clock(url, wrong, outcome, says):
    client = make_client(endpoint_url=url)
    *_, check = checkups.of_answers(client, None, lambda: time.time() + wrong)
    client.close()
    assert (check.what, check.outcome) == ('clock', outcome)
    assert says.split(' min')[-1] in check.found
