"""What is wanted at the same time shares a commit, and no answer leaves before it."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from botocore.exceptions import ClientError

from pyswfaws.swflocal import SwfLocal
from pyswfaws.swflocal.batches import Batches, Work


class Desk:
    """Carries out batches, each only when it is allowed to; `sizes` has how many works each of them had."""

    def __init__(self):
        self.allowed, self.sizes = threading.Semaphore(0), []

    def carry_out(self, works):
        self.sizes.append(len(works))
        assert self.allowed.acquire(timeout=10)
        for work in works:
            work.carry_out()
            work.finish()


def test_what_arrives_during_a_batch_is_done_together_in_the_next():
    desk = Desk()
    batches = Batches(desk.carry_out)

    def ask(n):
        work = Work(lambda: n)
        batches.do([work])
        return work.result()

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(ask, 0)
        while desk.sizes != [1]:
            assert not first.done()
        others = [pool.submit(ask, n) for n in range(1, 9)]
        while len(batches._waiting) < 8:
            assert not first.done()
        desk.allowed.release()
        assert first.result() == 0
        assert not any(other.done() for other in others)    # their batch has not been carried out
        desk.allowed.release()
        assert [other.result() for other in others] == list(range(1, 9))
    assert desk.sizes == [1, 8]


def test_a_leader_that_is_interrupted_leaves_the_lead_to_the_next():
    def interrupt(works):
        for work in works:
            work.finish()
        raise KeyboardInterrupt

    batches = Batches(interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            batches.do([Work(int)])


class Interrupted(Work):
    def sleep(self):
        raise KeyboardInterrupt


def test_who_is_interrupted_while_waiting_for_a_batch_has_nothing_done_and_holds_up_nobody():
    desk, done = Desk(), []
    batches = Batches(desk.carry_out)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(batches.do, [Work(lambda: done.append('first'))])
        while desk.sizes != [1]:
            assert not first.done()
        with pytest.raises(KeyboardInterrupt):
            batches.do([Interrupted(lambda: done.append('interrupted'))])
        last = pool.submit(batches.do, [Work(lambda: done.append('last'))])
        desk.allowed.release(2)
        first.result()
        last.result()
    assert done == ['first', 'last']


def signal(client, workflow_id, text=''):
    client.signal_workflow_execution(domain='d', workflowId=workflow_id, signalName='s', input=text)


POLL = ('PollForActivityTask', {'domain': 'd', 'taskList': {'name': 'nobody'}})
START = ('StartWorkflowExecution', {
    'domain': 'd', 'workflowId': 'w', 'workflowType': {'name': 'W', 'version': '1'}})


def fill(scene):
    while True:
        signal(scene.client, 'w', 'x' * 32_000)


def test_many_callers_at_once_each_get_their_own_answer(play, tmp_path):
    with SwfLocal(tmp_path / 'swf.db', durability='full') as swf, ThreadPoolExecutor(8) as pool:
        scene = play(swf.direct_client())
        executions = list(pool.map(scene.start, map(str, range(8))))
        refused = [pool.submit(signal, scene.client, 'nobody') for _ in range(8)]
        list(pool.map(lambda n: signal(scene.client, str(n % 8)), range(80)))
        assert [scene.types(execution).count('WorkflowExecutionSignaled') for execution in executions] == [10] * 8
        assert {one.exception().response['Error']['Code'] for one in refused} == {'UnknownResourceFault'}


def test_what_the_disk_cannot_take_is_an_internal_failure_and_has_not_happened(play, tmp_path, caplog):
    with SwfLocal(tmp_path / 'swf.db') as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        swf._store._execute('PRAGMA max_page_count = 45')
        with pytest.raises(ClientError, match='InternalFailure') as failed:
            fill(scene)
        before = scene.history(execution)
        assert failed.value.response['ResponseMetadata']['HTTPStatusCode'] == 500
        (line,) = [record.getMessage() for record in caplog.records]
        assert 'nothing of 1 requests was kept' in line
        assert 'disk is full' in line
        assert [event['eventId'] for event in before] == list(range(1, len(before) + 1))
        swf._store._execute('PRAGMA max_page_count = 100000')
        signal(scene.client, 'w', 'x' * 32_000)
        assert len(scene.history(execution)) == len(before) + 1


def test_a_task_that_the_disk_could_not_keep_was_given_to_nobody(play, tmp_path, caplog):
    with SwfLocal(tmp_path / 'swf.db', poll_timeout=30) as swf, ThreadPoolExecutor(1) as pool:
        scene = play(swf.direct_client())
        execute = swf._store._journal.execute

        def full(statement, *parameters):
            if statement.startswith(('INSERT INTO journal', 'COMMIT')):
                raise sqlite3.OperationalError('database or disk is full')
            return execute(statement, *parameters)

        waiting, starting = (Work(partial(swf._host.apply_or_wait, operation, request, 'us-east-1', summon=int))
                             for operation, request in (POLL, START))
        swf._store._journal.execute = full
        swf._host.do_all([waiting, starting])
        assert not waiting.succeeded
        assert not starting.succeeded
        assert not swf._host._queues    # the poll does not wait, and no task is lost to it
        swf._store._journal.execute = execute
        polling = pool.submit(scene.poll)
        while not swf._host._queues:
            assert not polling.done()
        swf._store._journal.execute = full
        with pytest.raises(ClientError, match='InternalFailure'):
            scene.start()
        swf._store._journal.execute = execute
        with pytest.raises(ClientError, match='InternalFailure'):
            polling.result()
        execution = scene.start()
        assert scene.poll()['workflowExecution'] == execution
        assert 'nothing of 1 requests was kept' in caplog.text
