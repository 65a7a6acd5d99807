"""Pages: their sizes, their order, their tokens."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from pyswfaws.protocol.decisions import decision

EVER = {'oldestDate': datetime.fromtimestamp(0, UTC)}


@pytest.fixture(autouse=True)
def _types(way):
    way.settle_in()


def ids(events):
    return [event['eventId'] for event in events]


def test_a_history_is_read_in_pages_in_both_orders(way):
    execution = way.start()
    way.decide(*(decision('RecordMarker', markerName=str(n)) for n in range(6)))
    for reverse in (False, True):
        pages = way.client.get_paginator('get_workflow_execution_history').paginate(
            domain='d', execution=execution, reverseOrder=reverse, PaginationConfig={'PageSize': 4})
        read = [ids(page['events']) for page in pages]
        in_order = list(range(10, 0, -1)) if reverse else list(range(1, 11))
        assert read == [in_order[:4], in_order[4:8], in_order[8:]]


def test_the_last_page_has_no_token_even_when_it_is_full(way):
    execution = way.start()
    page = way.client.get_workflow_execution_history(domain='d', execution=execution, maximumPageSize=2)
    assert ids(page['events']) == [1, 2]
    assert 'nextPageToken' not in page


def test_a_decision_task_comes_in_pages_of_a_hundred_that_end_at_its_own_start(way):
    way.start()
    way.decide(*(decision('RecordMarker', markerName=str(n)) for n in range(150)))
    way.client.signal_workflow_execution(domain='d', workflowId='w', signalName='go')
    first = way.poll_decision(maximumPageSize=1000)
    assert ids(first['events']) == list(range(1, 101))
    way.client.signal_workflow_execution(domain='d', workflowId='w', signalName='too late for this task')
    second = way.poll_decision(maximumPageSize=1000, nextPageToken=first['nextPageToken'])
    assert ids(second['events']) == list(range(101, first['startedEventId'] + 1))
    assert second['startedEventId'] == first['startedEventId']
    assert second['previousStartedEventId'] == first['previousStartedEventId'] == 3
    assert second['workflowExecution'] == first['workflowExecution']
    assert 'nextPageToken' not in second
    way.client.respond_decision_task_completed(taskToken=second['taskToken'])


def test_a_warm_decider_asks_for_what_is_new(way):
    way.start()
    first = way.decide(way.schedule())
    way.work()
    task = way.poll_decision(startAtPreviousStartedEvent=True)
    assert ids(task['events'])[0] == task['previousStartedEventId'] == first['startedEventId']


def test_a_garbled_page_token_is_refused(way):
    with pytest.raises(ClientError, match='Invalid token'):
        way.client.list_domains(registrationStatus='REGISTERED', nextPageToken='garbled')


def test_executions_are_listed_newest_first_and_filtered_by_time(way):
    runs = [way.start(f'w{n}') for n in range(5)]
    lists = [
        page['executionInfos'] for page in way.client.get_paginator('list_open_workflow_executions').paginate(
            domain='d', startTimeFilter=EVER, PaginationConfig={'PageSize': 2})
    ]
    assert [len(page) for page in lists] == [2, 2, 1]
    listed = [info['execution'] for page in lists for info in page]
    assert sorted(listed, key=str) == sorted(runs, key=str)
    assert listed[0] != listed[-1]
    future = {'oldestDate': datetime.now(UTC) + timedelta(hours=1)}
    assert way.client.count_open_workflow_executions(domain='d', startTimeFilter=future)['count'] == 0
    assert way.client.count_open_workflow_executions(domain='d', startTimeFilter=EVER)['count'] == 5


def test_domains_are_listed_by_name(way):
    for name in ('b', 'a', 'C'):
        way.client.register_domain(name=name, workflowExecutionRetentionPeriodInDays='NONE')
    listed = way.client.list_domains(registrationStatus='REGISTERED')['domainInfos']
    assert [info['name'] for info in listed] == ['C', 'a', 'b', 'd']


def test_the_same_name_in_another_region_is_another_domain(way):
    elsewhere = way.make_client('eu-west-1')
    assert elsewhere.list_domains(registrationStatus='REGISTERED')['domainInfos'] == []
    way.settle_in(elsewhere)
    here = way.client.describe_domain(name='d')['domainInfo']['arn']
    there = elsewhere.describe_domain(name='d')['domainInfo']['arn']
    assert here == 'arn:aws:swf:us-east-1:123456789012:/domain/d'
    assert there == 'arn:aws:swf:eu-west-1:123456789012:/domain/d'
    way.start()
    assert elsewhere.count_open_workflow_executions(domain='d', startTimeFilter=EVER)['count'] == 0
    assert 'taskToken' not in elsewhere.poll_for_decision_task(domain='d', taskList={'name': 'deciders'})
