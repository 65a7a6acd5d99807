"""Documented usage, as a type checker sees it: it must complain where a comment names its error, and nowhere else.

This file is never imported: `test_typing.py` has mypy read it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, assert_type

from pyswfaws import (
    ActivityHandle,
    AsyncWorkflowClient,
    AsyncWorkflowRun,
    ExecutionDetail,
    ExecutionInfo,
    JsonSerializer,
    LocalDecisionWorker,
    Marker,
    Promise,
    S3DataStore,
    Timer,
    Worker,
    WorkflowClient,
    WorkflowRun,
    activity,
    activity_task,
    any_of,
    as_completed,
    branch,
    cached,
    decision_task,
    wait,
)
from pyswfaws.decorators import Activity, DecisionTask, nondeterministic
from pyswfaws.promise import RecordedMarker
from pyswfaws.testing import WorkflowEnvironment, replay_history


@activity_task
def bare(number: int) -> str:
    return str(number)


@activity_task(swf_domain='example', input_data_serializer=JsonSerializer(), result_data_store=S3DataStore('bucket'))
def with_options(number: int, *, name: str = '') -> float:
    return number / 2


@activity_task
async def asynchronous(number: int) -> bytes:
    return bytes(number)


@activity_task(max_attempts=3)
async def asynchronous_with_options(number: int) -> bytes:
    return bytes(number)


@activity_task(raises=(KeyError, OSError), heartbeat_timeout=30)
def long(number: int) -> int:
    assert_type(activity.info().attempt, int)
    assert_type(activity.is_cancelled(), bool)
    activity.heartbeat({'done': number})
    return number


@cached
def noted(number: int) -> int:
    return number


@cached(result_data_store=S3DataStore('bucket'))
def noted_elsewhere() -> dict[str, int]:
    return {}


@nondeterministic
def noted_too() -> str:
    return ''


class Shop:
    @activity_task
    def sell(self, number: int) -> str:
        return str(number)

    @decision_task
    def decide(self, number: int) -> str:
        return self.sell(number).result

    @cached
    def price(self, number: int) -> float:
        return number


@decision_task
def decider(number: int) -> list[str]:
    assert_type(bare(number), Promise[str])
    assert_type(bare(number).result, str)
    assert_type(bare(number).exception, BaseException | None)
    assert_type(bare(number).is_ready, bool)
    assert_type(with_options(1, name='x').result, float)
    assert_type(asynchronous(1).result, bytes)
    assert_type(asynchronous_with_options(1).result, bytes)
    assert_type(long(1).result, int)
    assert_type(noted(1), int)
    assert_type(noted_elsewhere(), dict[str, int])
    assert_type(noted_too(), str)
    assert_type(Shop().sell(1).result, str)
    assert_type(Shop().price(1), float)
    assert_type(Timer.get(seconds=10), Promise[None])
    assert_type(Timer.get(timedelta(days=1)).is_ready, bool)
    assert_type(any_of(bare(number), Timer.get(seconds=10)), Promise[str | None])
    assert_type(next(as_completed([bare(number), bare(2)])).result, str)
    assert_type(wait([bare(number), bare(2)], timeout=5)[1], list[Promise[str]])
    assert_type(branch(noted, 1), Promise[int])
    assert_type(Marker(name='stage', details=1).result, RecordedMarker)
    assert_type(bare.options(task_list='gpu')(1).result, str)
    assert_type(decider(1).result, list[str])
    assert_type(Shop().decide(1).result, str)
    assert_type(decider.options(workflow_id='x')(1), Promise[list[str]])
    return [bare(number).result]


@decision_task
async def async_decider(number: int) -> str:
    assert_type(await bare(number), str)
    return await bare(number)


an_activity: Activity[..., str] = bare
a_decider: DecisionTask[..., str] = async_decider

bare('one')  # E: arg-type
bare()  # E: call-arg
with_options(1, nmae='x')  # E: call-arg
Shop().sell('one')  # E: arg-type
Shop().price('one')  # E: arg-type
noted('one')  # E: arg-type
total: int = bare(1)  # E: assignment
number: int = bare(1).result  # E: assignment
Timer.get('10')  # E: arg-type
activity_task(swf_domian='example')  # E: call-overload
activity_task(heartbeat_timeout='never')  # E: call-overload
activity_task(raises=KeyError)  # E: call-overload
activity_task(raises=(KeyboardInterrupt,))  # E: arg-type
activity.heartbeat(1, 2)  # E: call-arg
decision_task(child_policy=5)  # E: call-overload
another: Activity[..., int] = bare  # E: assignment

with WorkflowEnvironment(seed=4, guard='raise') as env:
    assert_type(env.run(decider, 3), list[str])
    run = env.start(async_decider, 3)
    assert_type(run.result(timeout=60), str)
    env.at(3, run.signal, 'go', value=4)
    env.at(3, run.signal, 5)  # E: arg-type
    env.stub(bare, 'stubbed')
WorkflowEnvironment(guard='loud')  # E: arg-type
assert_type(replay_history(decider, 'history.json', until=4).turns, int)
replay_history(bare, 'history.json')  # E: arg-type


def use_client(client: WorkflowClient, worker: LocalDecisionWorker) -> None:
    assert_type(client.start(decider, 3), WorkflowRun[list[str]])
    assert_type(client.start(decider.options(workflow_id='w'), 3, tags=['t']).result(timeout=5), list[str])
    assert_type(client.start(Shop().decide, 3).result(), str)
    assert_type(client.start(async_decider, 3).result(), str)
    assert_type(client.signal_with_start('go', {'any': 1}, decider, 3, workflow_id='w'), WorkflowRun[list[str]])
    assert_type(client.get('w'), WorkflowRun[Any])
    assert_type(client.get('w', 'r', decider=decider).result(), list[str])
    assert_type(client.list(status='OPEN', limit=5), Iterator[ExecutionInfo])
    assert_type(client.count(workflow_type=decider).number, int)
    run = client.get('w', decider=decider)
    assert_type(run.describe(), ExecutionDetail)
    assert_type(run.describe().closed_at, datetime | None)
    assert_type(run.run_id, str)
    run.signal('go', value=4)
    run.signal(4)  # E: arg-type
    run.result(timout=5)  # E: call-arg
    client.start(bare, 3)  # E: arg-type
    client.signal_with_start('go', decider, 3)  # E: arg-type
    client.list(state='OPEN')  # E: call-arg
    client.get('w', decider=bare)  # E: call-overload
    assert_type(client.activity('token', bare), ActivityHandle[str])
    assert_type(client.activity('token', bare).complete('x'), None)
    assert_type(client.activity('token', bare).heartbeat(), bool)
    assert_type(worker.activity('token', asynchronous), ActivityHandle[bytes])
    client.activity('token', bare).complete(5)  # E: arg-type
    client.activity('token', bare).fail('no')  # E: arg-type
    client.activity('token', decider)  # E: arg-type


async def use_async_client(client: AsyncWorkflowClient) -> int:
    run = await client.start(decider, 3)
    assert_type(run, AsyncWorkflowRun[list[str]])
    assert_type(await run.result(timeout=5), list[str])
    assert_type(await run.status(), str)
    assert_type(await client.get('w', decider=decider).result(), list[str])
    assert_type(await client.signal_with_start('go', 1, decider, 3), AsyncWorkflowRun[list[str]])
    async for info in client.list(oldest_first=True):
        assert_type(info, ExecutionInfo)
    async for event in run.events(reverse=True):
        assert_type(event['eventId'], Any)
    assert_type(await client.activity('token', bare).heartbeat('soon'), bool)
    await client.activity('token', bare).complete(5)  # E: arg-type
    await client.start(bare, 3)  # E: arg-type
    return await run.result()  # E: return-value


def workers() -> None:
    with Worker(['shop.flows', bare], kept=100, fail_after=5, register=True) as worker:
        assert_type(worker.wait(1.5), bool)
    Worker('shop', keep=100)    # E: call-arg
    Worker('shop', kept='all')  # E: arg-type
