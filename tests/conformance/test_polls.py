"""Long polls: they wait, they are woken at once, and no task is lost between them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from pyswfaws.protocol.decisions import decision


@pytest.fixture(autouse=True)
def _types(way):
    way.settle_in()


def test_a_poll_without_a_task_is_answered_empty_and_without_a_token(way):
    decision_task = way.poll_decision()
    assert {**decision_task, 'ResponseMetadata': None} == {
        'startedEventId': 0, 'previousStartedEventId': 0, 'ResponseMetadata': None}
    activity_task = way.poll_activity()
    assert {**activity_task, 'ResponseMetadata': None} == {'startedEventId': 0, 'ResponseMetadata': None}


def test_polls_that_wait_are_woken_each_with_a_task_of_its_own(way):
    way.swf._host.poll_timeout = 30   # longer than any test may take: only waking ends it in time
    waiting = 8
    with ThreadPoolExecutor(waiting) as pool:
        polls = [pool.submit(way.poll_decision, identity=str(n)) for n in range(waiting)]
        runs = [way.start(f'w{n}') for n in range(waiting)]
        tasks = [poll.result() for poll in polls]
    assert sorted(task['workflowExecution']['runId'] for task in tasks) == sorted(run['runId'] for run in runs)


def test_many_workers_and_deciders_share_the_work(way, until):
    executions, steps, done = 12, 3, threading.Event()

    def decider():
        while not done.is_set():
            task = way.poll_decision()
            if 'taskToken' in task:
                finished = sum(event['eventType'] == 'ActivityTaskCompleted' for event in task['events'])
                step = way.schedule(f'a{finished}') if finished < steps else decision('CompleteWorkflowExecution')
                way.client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=[step])

    def worker():
        while not done.is_set():
            task = way.poll_activity()
            if 'taskToken' in task:
                way.client.respond_activity_task_completed(taskToken=task['taskToken'])

    with ThreadPoolExecutor(6) as pool:
        loops = [pool.submit(loop) for loop in (decider, worker, decider, worker)]
        runs = [way.start(f'w{n}') for n in range(executions)]
        until(lambda: any(loop.done() for loop in loops) or all(
            way.types(run)[-1] == 'WorkflowExecutionCompleted' for run in runs))
        done.set()
        for loop in loops:
            loop.result()


def test_a_list_takes_no_more_polls_than_the_quota(way, monkeypatch, until):
    monkeypatch.setattr('pyswfaws.swflocal.host.POLLERS', 1)
    way.swf._host.poll_timeout = 30
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(way.poll_decision)
        until(lambda: way.swf._host._queues)
        with pytest.raises(ClientError) as refused:
            way.poll_decision()
        assert refused.value.response['Error']['Code'] == 'LimitExceededFault'
        way.start()
        assert 'taskToken' in first.result()
