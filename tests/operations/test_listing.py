"""Executions listed and counted: whatever the filter, it is what a look at each of them would choose."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws import ConfigurationError, DefinitionError, ExecutionCount, WorkflowClient, decision_task
from pyswfaws.operations import listing
from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal import SwfLocal, VirtualClock

START = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = [('bake', '1'), ('bake', '2'), ('boil', '1')]
ENDS = {
    'COMPLETED': decision('CompleteWorkflowExecution'),
    'FAILED': decision('FailWorkflowExecution'),
    'CANCELED': decision('CancelWorkflowExecution'),
}


@decision_task(swf_workflow_type='bake', swf_workflow_version='2')
def bake():
    """Is never decided here."""


def after(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture(scope='module')
def kitchen():
    """A client of a domain with forty executions: one is started each minute, and each third minute one closes."""
    clock = VirtualClock(START.timestamp())
    with SwfLocal(clock=clock, poll_timeout=0) as swf:
        client = swf.direct_client()
        client.register_domain(name='tests', workflowExecutionRetentionPeriodInDays='7')
        for name, version in TYPES:
            client.register_workflow_type(domain='tests', name=name, version=version)
        for number in range(40):
            clock.jump_to(after(number).timestamp())
            name, version = TYPES[number % 3]
            client.start_workflow_execution(
                domain='tests', workflowId=f'dish-{number % 25}-{number // 25}', tagList=[f'cook-{number % 4}'],
                workflowType={'name': name, 'version': version}, taskList={'name': 'one' if number % 7 else 'never'},
                executionStartToCloseTimeout='86400', taskStartToCloseTimeout='60', childPolicy='ABANDON',
            )
            if number % 3 == 2:
                task = client.poll_for_decision_task(domain='tests', taskList={'name': 'one'})
                end = list(ENDS.values())[number % 2 + number % 5 // 4]
                client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=[end])
        yield WorkflowClient('tests', client=client)


def sample(kitchen):
    return sorted(kitchen.list(), key=lambda info: info.started_at)


moments = st.none() | st.integers(-1, 41).map(after)
filters = st.fixed_dictionaries({
    'status': st.sampled_from([None, 'OPEN', 'CLOSED', *ENDS, 'TERMINATED']),
    'workflow_id': st.sampled_from([None, None, 'dish-3-0', 'dish-0-1', 'nothing']),
    'workflow_type': st.sampled_from([None, 'bake', ('bake', '1'), bake, 'nothing']),
    'tag': st.sampled_from([None, 'cook-0', 'cook-3']),
    'started_after': moments, 'started_before': moments, 'closed_after': moments, 'closed_before': moments,
})


@given(wanted=filters, limit=st.none() | st.integers(1, 50), oldest_first=st.booleans(), page=st.integers(1, 7))
def test_a_list_is_what_a_look_at_each_would_choose(kitchen, wanted, limit, oldest_first, page):
    is_by_close = wanted['closed_after'] is not None or wanted['closed_before'] is not None
    if wanted['status'] == 'OPEN' and is_by_close:
        wanted = wanted | {'status': None}
    name, version = {None: (None, None), 'nothing': ('nothing', None), 'bake': ('bake', None), bake: ('bake', '2')}.get(
        wanted['workflow_type'], wanted['workflow_type'],
    )

    def is_between(oldest, moment, latest):
        return moment is not None and (oldest or START - timedelta(1)) <= moment <= (latest or after(10_000))

    expected = [
        info for info in sample(kitchen)
        if (wanted['status'] in (None, info.status) or (wanted['status'] == 'CLOSED' and info.closed_at))
        and wanted['workflow_id'] in (None, info.workflow_id)
        and name in (None, info.name) and version in (None, info.version)
        and (wanted['tag'] is None or wanted['tag'] in info.tags)
        and is_between(wanted['started_after'], info.started_at, wanted['started_before'])
        and (not is_by_close or is_between(wanted['closed_after'], info.closed_at, wanted['closed_before']))
    ]
    expected.sort(key=lambda info: info.closed_at if is_by_close else info.started_at, reverse=not oldest_first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, 'PAGE', page)
        found = list(kitchen.list(**wanted, limit=limit, oldest_first=oldest_first))
        assert [info.run_id for info in found] == [info.run_id for info in expected][:limit]
        assert kitchen.count(**wanted) == ExecutionCount(len(expected), is_truncated=False)


def test_what_is_listed_says_what_swf_knows_of_it(kitchen):
    info = sample(kitchen)[2]
    assert (info.workflow_id, info.name, info.version, info.tags) == ('dish-2-0', 'boil', '1', ('cook-2',))
    assert (info.started_at, info.parent, info.is_cancel_requested) == (after(2), None, False)
    assert (info.is_open, info.closed_at >= info.started_at) == (info.status == 'OPEN', True)
    assert kitchen.get(info.workflow_id).describe().run_id == info.run_id


def test_only_what_is_needed_is_asked_for(kitchen, monkeypatch):
    asked = []
    monkeypatch.setattr(kitchen.driver, 'carry_out', lambda step, carry=kitchen.driver.carry_out: (
        asked.append(step) or carry(step)
    ))
    next(kitchen.list(status='OPEN', tag='cook-1', limit=1))
    (step,) = asked
    assert step.method == 'list_open_workflow_executions'
    assert step.members['tagFilter'] == {'tag': 'cook-1'}
    assert step.members['maximumPageSize'] == 1


class Closing:
    """A client that has an execution closed between the list of the open ones and that of the closed."""

    def __init__(self, client, closes):
        self.client, self.closes = client, closes

    def __getattr__(self, name):
        if name == 'list_closed_workflow_executions':
            self.closes()
        return getattr(self.client, name)


def test_what_closes_between_the_lists_is_given_once(stage):
    stage.client.register_domain(name='tests', workflowExecutionRetentionPeriodInDays='7')
    stage.register(bake)
    runs = [stage.start(bake) for _ in range(3)]
    client = WorkflowClient('tests', client=Closing(stage.client, runs[1].terminate))
    assert [info.run_id for info in client.list(oldest_first=True)] == [run.run_id for run in runs]


def test_a_domain_that_is_not_there_is_said(stage):
    elsewhere = WorkflowClient('elsewhere', client=stage.client)
    for ask in (lambda: list(elsewhere.list()), elsewhere.count, lambda: elsewhere.get('w').status):
        with pytest.raises(ConfigurationError, match=r'Unknown domain: elsewhere\. Which domains and types there a'):
            ask()


def test_a_count_that_swf_did_not_end_says_so(stage):
    class Truncating:
        def count_open_workflow_executions(self, **request):
            return {'count': 5, 'truncated': True}

    assert WorkflowClient('tests', client=Truncating()).count(status='OPEN') == (5, True)


@pytest.mark.parametrize(('wanted', 'text'), [
    ({'status': 'RUNNING'}, "status is one of OPEN, CLOSED, CANCELED.*but it is 'RUNNING'"),
    ({'started_after': 5}, r'started_after is a datetime with a time zone, but it is 5 \(int\)'),
    ({'closed_before': datetime(2026, 1, 1)}, 'closed_before is a datetime with a time zone'),   # noqa: DTZ001
    ({'status': 'OPEN', 'closed_after': START}, 'what is OPEN has not closed'),
    ({'workflow_type': 5}, 'workflow_type is a name, a tuple of name and version, or a decider, but it is 5'),
    ({'limit': 0}, 'limit is an int of 1 or more'),
    ({'workflow_id': 5}, r'workflow_id is a text of 1 to 256 characters, but it is 5 \(int\)'),
    ({'tag': ''}, "tag is a text of 1 to 256 characters, but it is ''"),
])
def test_what_no_filter_can_be_is_said(kitchen, wanted, text):
    with pytest.raises(DefinitionError, match=text):
        kitchen.list(**wanted)
