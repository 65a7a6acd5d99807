from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from pyswfaws import activity_task, decision_task
from pyswfaws.binding.registry import scanned
from pyswfaws.swflocal import Mishap, SwfLocal
from pyswfaws.workers.registration import register


@activity_task(swf_task_type='Work')
def work():
    """Is an activity."""


@activity_task(swf_task_type='Work', heartbeat_timeout=5, task_priority=2)
def other_work():
    """Is one of the same name and version, but with other defaults."""


@decision_task(swf_task_list='deciders')
def decide():
    """Is a decider."""


@pytest.fixture
def client():
    with SwfLocal() as swf:
        yield swf.direct_client()


def outcomes(client, *functions, **options):
    return [one[:3] for one in register(client, 'd', scanned(functions), **options)]


def test_what_is_new_is_registered_once(client):
    whats = ('domain d', 'activity Work 1.0', 'workflow decide 1.0')
    assert outcomes(client, work, decide, dry_run=True) == [(what, 'missing', ()) for what in whats]
    assert outcomes(client, work, decide) == [(what, 'registered', ()) for what in whats]
    assert outcomes(client, work, decide) == [(what, 'unchanged', ()) for what in whats]
    assert outcomes(client, work, decide, dry_run=True) == [(what, 'unchanged', ()) for what in whats]


def test_what_is_registered_otherwise_is_named(client):
    outcomes(client, work)
    differences = (
        'defaultTaskList: registered None, the code has list',
        'defaultTaskPriority: registered None, the code has 2',
        'defaultTaskHeartbeatTimeout: registered 60, the code has 5',
    )
    assert outcomes(client, other_work, default_task_list='list')[1:] == [('activity Work 1.0', 'differs', differences)]


def test_a_deprecated_type_differs(client):
    outcomes(client, decide)
    client.deprecate_workflow_type(domain='d', workflowType={'name': 'decide', 'version': '1.0'})
    assert outcomes(client, decide)[1:] == [
        ('workflow decide 1.0', 'differs', ('status: registered DEPRECATED, the code has REGISTERED',)),
    ]


def test_any_other_fault_is_let_through(client):
    with pytest.raises(ClientError, match='ValidationException'):
        outcomes(client, work, retention_days=-1)


def test_many_register_at_the_same_time(client):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: outcomes(client, work, decide), range(8)))
    for one in zip(*found, strict=True):
        assert sorted(outcome for _, outcome, *_ in one) == ['registered'] + ['unchanged'] * 7


def test_it_goes_on_where_swf_throttles():
    throttling = {'mishaps': [Mishap.parse('throttle:Register*:0.5')], 'seed': 3}
    with SwfLocal(**throttling) as swf, pytest.raises(ClientError, match='Rate exceeded'):
        swf.direct_client().register_domain(name='d', workflowExecutionRetentionPeriodInDays='1')
    with SwfLocal(**throttling) as swf:
        assert [one[1] for one in outcomes(swf.direct_client(), work)] == ['registered'] * 2
