"""The client for asyncio: the same operations, on an event loop, over HTTP and in process."""

import asyncio
import threading
from queue import SimpleQueue

import pytest

from pyswfaws import (
    AsyncWorkflowClient,
    DefinitionError,
    PyswfawsError,
    ResultTimeoutError,
    Signal,
    WorkflowFailed,
    WorkflowNotFoundError,
    activity,
    activity_task,
    decision_task,
)

TOKENS = SimpleQueue()


@activity_task(heartbeat_timeout='NONE')
def ask(question):
    TOKENS.put(activity.info().task_token)
    activity.complete_later()


@decision_task
def inquiry(question):
    return ask(question).result


@decision_task
def lasting(number):
    if number < 0:
        raise ValueError(number)
    return number + Signal.get('add').result


@pytest.fixture
def town(stage):
    stage.activities(ask)
    stage.deciders(inquiry, lasting)
    return stage


async def everything(client):
    """Go through all that a client can do."""
    runs = [await client.start(lasting, number, workflow_id=f'w-{number}', tags=['t']) for number in range(20)]
    assert [await run.status() for run in runs[:2]] == ['OPEN', 'OPEN']
    assert (await client.count(status='OPEN', tag='t')) == (20, False)
    listed = [info async for info in client.list(workflow_type=lasting, oldest_first=True)]
    assert [info.run_id for info in listed] == [run.run_id for run in runs]
    waiting = asyncio.gather(*(run.result(timeout=20) for run in runs))
    await asyncio.gather(*(run.signal('add', 100) for run in runs))
    assert await waiting == [100 + number for number in range(20)]
    assert (await client.get('w-3').describe()).status == 'COMPLETED'
    assert await client.get('w-3', decider=lasting).result() == 103
    assert await client.get('w-3').published() is None
    history = await runs[0].history()
    assert [event async for event in runs[0].events(reverse=True)] == history[::-1]
    with_signal = await client.signal_with_start('add', 1, lasting, 1, workflow_id='w-1')
    assert await with_signal.result(timeout=20) == 2
    failing = await client.start(lasting, -1)
    with pytest.raises(WorkflowFailed, match='ValueError: -1'):
        await failing.result(timeout=20)
    with pytest.raises(WorkflowNotFoundError):
        await client.get('nobody').cancel()
    endless = await client.start(lasting, 5)
    with pytest.raises(ResultTimeoutError):
        await endless.result(timeout=0.05)
    await endless.terminate('enough')
    asked = await client.start(inquiry, 'is it?')
    token = await asyncio.to_thread(TOKENS.get, timeout=20)
    handle = client.activity(token, ask)
    assert await handle.heartbeat('soon') is False
    await handle.complete('it is')
    assert await asked.result(timeout=20) == 'it is'


@pytest.mark.parametrize('way', ['in process', 'boto3 in process', 'http'])
def test_all_that_a_client_does_can_be_awaited(town, way):
    async def main(**access):
        async with AsyncWorkflowClient('tests', task_list='tests', **access) as client:
            await everything(client)

    if way == 'http':
        with town.swf.serve() as url:
            asyncio.run(main(endpoint_url=url, concurrency=4))
    else:
        asyncio.run(main(client=town.client if way == 'in process' else town.swf.client()))


def test_a_wait_can_be_cancelled(town):
    async def main():
        async with AsyncWorkflowClient('tests', task_list='tests', client=town.client) as client:
            run = await client.start(lasting, 1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(run.result(), 0.05)
            await run.signal('add', 2)
            return await run.result(timeout=20)

    assert asyncio.run(main()) == 3


class Slow:
    """A client whose calls take as long as they are let."""

    def __init__(self):
        self.began = threading.Event()
        self.gate = threading.Event()

    def describe_workflow_execution(self, **request):
        self.began.set()
        assert self.gate.wait(timeout=20)
        return {'executionInfo': {}}


def test_the_loop_goes_on_while_a_call_is_made_and_closing_waits_for_it():
    before = set(threading.enumerate())

    async def main():
        slow = Slow()
        client = AsyncWorkflowClient('tests', client=slow)
        asking = asyncio.create_task(client.get('w', 'r').status())
        await asyncio.to_thread(slow.began.wait, 20)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        slow.gate.set()
        await closing
        await client.close()
        with pytest.raises(PyswfawsError, match='the client is closed'):
            await client.get('w', 'r').status()

    asyncio.run(main())
    assert set(threading.enumerate()) == before


def test_wrong_arguments_are_said(stage):
    with pytest.raises(DefinitionError, match='concurrency is an int of 1 or more'):
        AsyncWorkflowClient('tests', client=stage.client, concurrency=0)

    async def main():
        async with AsyncWorkflowClient('tests', client=stage.client, task_list='tests') as client:
            with pytest.raises(TypeError, match="missing a required argument: 'number'"):
                await client.start(lasting)
            with pytest.raises(DefinitionError, match='status is one of'):
                client.list(status='RUNNING')

    asyncio.run(main())
