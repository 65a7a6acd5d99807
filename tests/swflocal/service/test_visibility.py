"""Executions and histories as they are found again: filters, order, pages, retention."""

import pytest

from pyswfaws.protocol.decisions import decision

W = {'name': 'W', 'version': '1'}
ALWAYS = {'startTimeFilter': {'oldestDate': 0.0}}


@pytest.fixture
def many(swf):
    """Five executions, started at 1 to 5; the first three closed at 10, 9 and 8."""
    swf('RegisterWorkflowType', name='V', version='2')
    for n in range(1, 6):
        swf.now = float(n)
        swf.start(f'w{n}', tagList=['odd' if n % 2 else 'even', 'all'])
    for at, n in ((8.0, 3), (9.0, 2), (10.0, 1)):
        swf.now = at
        swf('TerminateWorkflowExecution', workflowId=f'w{n}')
    return swf


def ids(answer):
    return [info['execution']['workflowId'] for info in answer['executionInfos']]


def test_open_ones_the_latest_started_first(many):
    assert ids(many('ListOpenWorkflowExecutions', **ALWAYS)) == ['w5', 'w4']
    assert ids(many('ListOpenWorkflowExecutions', **ALWAYS, reverseOrder=True)) == ['w4', 'w5']


def test_closed_ones_by_the_time_that_is_filtered_by(many):
    assert ids(many('ListClosedWorkflowExecutions', **ALWAYS)) == ['w3', 'w2', 'w1']
    by_close = {'closeTimeFilter': {'oldestDate': 8.0, 'latestDate': 9.0}}
    assert ids(many('ListClosedWorkflowExecutions', **by_close)) == ['w2', 'w3']
    assert many('CountClosedWorkflowExecutions', **by_close) == {'count': 2, 'truncated': False}


@pytest.mark.parametrize(('filters', 'found'), [
    ({'tagFilter': {'tag': 'odd'}}, ['w5']),
    ({'tagFilter': {'tag': 'Odd'}}, []),
    ({'executionFilter': {'workflowId': 'w4'}}, ['w4']),
    ({'typeFilter': {'name': 'W'}}, ['w5', 'w4']),
    ({'typeFilter': {'name': 'W', 'version': '2'}}, []),
    ({'startTimeFilter': {'oldestDate': 5.0}}, ['w5']),
    ({'startTimeFilter': {'oldestDate': 0.0, 'latestDate': 4.0}}, ['w4']),
])
def test_filters(many, filters, found):
    assert ids(many('ListOpenWorkflowExecutions', **{**ALWAYS, **filters})) == found
    assert many('CountOpenWorkflowExecutions', **{**ALWAYS, **filters})['count'] == len(found)


def test_close_status_filter(many):
    terminated, failed = ({'closeStatusFilter': {'status': s}} for s in ('TERMINATED', 'FAILED'))
    assert len(ids(many('ListClosedWorkflowExecutions', **ALWAYS, **terminated))) == 3
    assert ids(many('ListClosedWorkflowExecutions', **ALWAYS, **failed)) == []


def test_filters_that_exclude_each_other(many):
    many.refuses('ValidationException', 'Must specify time filter', 'ListClosedWorkflowExecutions')
    many.refuses('ValidationException', 'Cannot specify both a startTimeFilter and a closeTimeFilter',
                 'CountClosedWorkflowExecutions', **ALWAYS, closeTimeFilter={'oldestDate': 0.0})
    many.refuses('ValidationException',
                 'Cannot specify more than one exclusive filters in the same query: [executionFilter, tagFilter]',
                 'ListOpenWorkflowExecutions', **ALWAYS, tagFilter={'tag': 'x'}, executionFilter={'workflowId': 'w'})


@pytest.mark.parametrize('reverse', [False, True])
def test_pages_hold_everything_once(many, reverse):
    options = {**ALWAYS, 'maximumPageSize': 2, 'reverseOrder': reverse}
    found, token = [], {}
    while True:
        page = many('ListClosedWorkflowExecutions', **options, **token)
        found += ids(page)
        if 'nextPageToken' not in page:
            break
        token = {'nextPageToken': page['nextPageToken']}
    assert found == (['w1', 'w2', 'w3'] if reverse else ['w3', 'w2', 'w1'])


def test_a_page_token_is_bound_to_its_request_and_lives_for_a_day(many):
    token = many('ListClosedWorkflowExecutions', **ALWAYS, maximumPageSize=1)['nextPageToken']
    many.refuses('ValidationException', 'Invalid token',
                 'ListClosedWorkflowExecutions', **ALWAYS, reverseOrder=True, nextPageToken=token)
    many.refuses('ValidationException', 'Invalid token',
                 'ListOpenWorkflowExecutions', **ALWAYS, nextPageToken=token)
    many.at(10.0 + 86_401)
    many.refuses('ValidationException', 'Specified token has exceeded its maximum lifetime',
                 'ListClosedWorkflowExecutions', **ALWAYS, nextPageToken=token)


def test_info_of_a_closed_execution(many):
    info = many('ListClosedWorkflowExecutions', **ALWAYS, executionFilter={'workflowId': 'w1'})['executionInfos'][0]
    assert info == {
        'execution': {'workflowId': 'w1', 'runId': many.runs('w1')[0]}, 'workflowType': W, 'startTimestamp': 1.0,
        'closeTimestamp': 10.0, 'executionStatus': 'CLOSED', 'closeStatus': 'TERMINATED', 'cancelRequested': False,
        'tagList': ['odd', 'all']}


def test_history_pages_in_both_orders(swf):
    run = {'workflowId': 'w', 'runId': swf.start()}
    swf.decide(*[decision('RecordMarker', markerName='m')] * 5)
    for closed in (False, True):
        if closed:
            swf('TerminateWorkflowExecution', workflowId='w')
        total = 10 if closed else 9
        for reverse in (False, True):
            found, token = [], {}
            while True:
                page = swf('GetWorkflowExecutionHistory', execution=run, maximumPageSize=5, reverseOrder=reverse,
                           **token)
                found += [event['eventId'] for event in page['events']]
                if 'nextPageToken' not in page:
                    break
                token = {'nextPageToken': page['nextPageToken']}
            assert found == (list(range(total, 0, -1)) if reverse else list(range(1, total + 1)))


def test_a_full_last_page_has_no_token(swf):
    run = {'workflowId': 'w', 'runId': swf.start()}
    assert 'nextPageToken' not in swf('GetWorkflowExecutionHistory', execution=run, maximumPageSize=2)


@pytest.mark.parametrize('operation', ['GetWorkflowExecutionHistory', 'DescribeWorkflowExecution'])
def test_an_unknown_run(swf, operation):
    swf.start()
    swf.refuses('UnknownResourceFault', 'Unknown execution: WorkflowExecution=[workflowId=w, runId=x]',
                operation, execution={'workflowId': 'w', 'runId': 'x'})


def test_retention(swf):
    run = {'workflowId': 'w', 'runId': swf.start()}
    swf('TerminateWorkflowExecution', workflowId='w')
    swf.at(7 * 86_400 - 1.0)
    assert swf.history(run_id=run['runId'])
    swf.at(7 * 86_400.0)
    swf.refuses('UnknownResourceFault', f'Unknown execution: WorkflowExecution=[workflowId=w, runId={run["runId"]}]',
                'GetWorkflowExecutionHistory', execution=run)
    assert ids(swf('ListClosedWorkflowExecutions', **ALWAYS)) == []
    swf.at(8 * 86_400.0)
    assert swf.store.execution(1) is None
    assert swf.service.next_deadline() is None


@pytest.mark.parametrize('days', ['0', 'NONE'])
def test_no_retention(make, days):
    swf = make()
    swf('RegisterDomain', name='d', workflowExecutionRetentionPeriodInDays=days)
    swf('RegisterWorkflowType', **W, defaultTaskList={'name': 'x'}, defaultChildPolicy='ABANDON',
        defaultExecutionStartToCloseTimeout='1', defaultTaskStartToCloseTimeout='1')
    run = {'workflowId': 'w', 'runId': swf.start()}
    swf('TerminateWorkflowExecution', workflowId='w')
    swf.refuses('UnknownResourceFault', f'Unknown execution: WorkflowExecution=[workflowId=w, runId={run["runId"]}]',
                'DescribeWorkflowExecution', execution=run)
