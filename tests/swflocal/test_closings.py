"""The end of an execution is told to those who wait for it, however it comes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ConnectionClosedError

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal import SwfLocal, VirtualClock

DONE = decision('CompleteWorkflowExecution')


@pytest.fixture
def swf():
    with SwfLocal(poll_timeout=0) as swf:
        yield swf


@pytest.fixture
def scene(swf, play):
    return play(swf.direct_client())


def wait(scene, execution, timeout=None):
    return scene.client.wait_until_closed(
        domain='d', workflow_id=execution['workflowId'], run_id=execution['runId'], timeout=timeout)


def terminate(scene, _):
    scene.client.terminate_workflow_execution(domain='d', workflowId='w')


def complete(scene, _):
    scene.decide(DONE)


def reset(_, swf):
    swf.reset()


@pytest.mark.parametrize('close', [terminate, complete, reset])
def test_however_it_closes_those_who_wait_are_told(swf, scene, close):
    execution = scene.start()
    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(wait, scene, execution) for _ in range(2)]
        while sum(map(len, swf._host._closings._waiting.values())) < 2:
            assert not any(waiting.done() for waiting in told)
        close(scene, swf)
        assert [waiting.result() for waiting in told] == [True, True]
    assert not swf._host._closings


def test_one_that_closed_before_is_not_waited_for(scene):
    execution = scene.start()
    scene.decide(DONE)
    assert wait(scene, execution)
    assert wait(scene, {'workflowId': 'w', 'runId': 'unknown'})


def test_one_that_stays_open_is_given_up_after_the_timeout(swf, scene):
    execution = scene.start()
    scene.decide()
    assert not wait(scene, execution, 0.01)
    assert not swf._host._closings


@pytest.mark.parametrize('by', ['skip', 'poll'])
def test_a_deadline_that_closes_it_is_noticed(play, by):
    clock = VirtualClock()
    with SwfLocal(clock=clock, poll_timeout=0) as swf, ThreadPoolExecutor(1) as pool:
        scene = play(swf.direct_client())
        execution = scene.start()
        told = pool.submit(wait, scene, execution)
        while not swf._host._closings:
            assert not told.done()
        if by == 'skip':
            while swf.skip():
                pass
        else:
            clock.jump_to(40_000_000)
            assert 'taskToken' not in scene.poll()
        assert told.result()
        assert scene.types(execution)[-1] == 'WorkflowExecutionTimedOut'


def test_the_timekeeper_notices_it_too(scene):
    execution = scene.client.start_workflow_execution(
        domain='d', workflowId='w', workflowType={'name': 'W', 'version': '1'}, executionStartToCloseTimeout='1')
    assert wait(scene, {'workflowId': 'w', 'runId': execution['runId']}, 20)


def test_ending_all_polls_does_not_end_the_wait(swf, scene):
    execution = scene.start()
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(wait, scene, execution)
        while not swf._host._closings:
            assert not told.done()
        swf.end_polls()
        assert swf._host._closings
        scene.decide(DONE)
        assert told.result()


def test_closing_the_service_ends_the_wait(play):
    with SwfLocal(poll_timeout=0) as swf, ThreadPoolExecutor(1) as pool:
        scene = play(swf.direct_client())
        execution = scene.start()
        told = pool.submit(wait, scene, execution)
        while not swf._host._closings:
            assert not told.done()
        threading.Thread(target=swf.close).start()
        with pytest.raises(ConnectionClosedError):
            told.result()
        with pytest.raises(ConnectionClosedError):
            wait(scene, execution)
