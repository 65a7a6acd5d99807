"""Steps: what a generator of them wants is done by a driver, and what goes wrong is thrown back into it."""

import asyncio
import inspect

import pytest

from pyswfaws import AsyncWorkflowClient, AsyncWorkflowRun, WorkflowClient, WorkflowRun
from pyswfaws.operations.steps import Give, Work, awaiting, awaiting_stream, blocking, blocking_stream


class Recorder:
    """A driver that does work, and notes it. With `awaits` it is one for coroutines."""

    def __init__(self):
        self.done = []

    def carry_out(self, step):
        value = step.do()
        self.done.append(value)
        return value


class AsyncRecorder(Recorder):
    async def carry_out(self, step):
        await asyncio.sleep(0)
        return super().carry_out(step)


def fail():
    raise LookupError('as meant')


def add(holder, first, second=1):
    """Add two numbers, in steps."""
    one = yield Work(lambda: first)
    try:
        yield Work(fail)
    except LookupError:
        two = yield Work(lambda: second)
    return one + two


def give(holder, count):
    """Give numbers, each of which is work."""
    for number in range(count):
        value = yield Work(lambda number=number: number)
        try:
            yield Work(fail)
        except LookupError:
            yield Give(value)
    if count > 2:
        raise OverflowError('too many')


class Holder:
    add = blocking(add)
    give = blocking_stream(give)

    def __init__(self):
        self.driver = Recorder()


class AsyncHolder:
    add = awaiting(add)
    give = awaiting_stream(give)

    def __init__(self):
        self.driver = AsyncRecorder()


async def collected(stream):
    return [item async for item in stream]


def test_an_operation_is_carried_out_by_either_driver():
    assert Holder().add(2, second=3) == 5
    assert asyncio.run(AsyncHolder().add(2, second=3)) == 5


def test_a_stream_is_carried_out_no_further_than_it_is_asked_for():
    holder = Holder()
    numbers = holder.give(2)
    assert holder.driver.done == []
    assert next(numbers) == 0
    assert holder.driver.done == [0]
    assert list(numbers) == [1]
    assert asyncio.run(collected(AsyncHolder().give(2))) == [0, 1]


def test_what_an_operation_raises_goes_to_the_caller():
    numbers = Holder().give(3)
    assert [next(numbers), next(numbers), next(numbers)] == [0, 1, 2]
    with pytest.raises(OverflowError):
        next(numbers)
    with pytest.raises(OverflowError):
        asyncio.run(collected(AsyncHolder().give(3)))


def test_a_wait_that_is_interrupted_closes_the_operation():
    ended = []

    def endless(holder):
        try:
            yield Work(interrupt)
        finally:
            ended.append(True)

    def interrupt():
        raise KeyboardInterrupt

    class Interrupted(Holder):
        run = blocking(endless)

    with pytest.raises(KeyboardInterrupt):
        Interrupted().run()
    assert ended == [True]


def test_a_method_is_documented_as_its_operation_is():
    assert Holder.add.__doc__ == 'Add two numbers, in steps.'
    assert str(inspect.signature(Holder().add)) == '(first, second=1)'
    assert inspect.iscoroutinefunction(AsyncHolder.add)


@pytest.mark.parametrize(('ours', 'theirs'), [(WorkflowClient, AsyncWorkflowClient), (WorkflowRun, AsyncWorkflowRun)])
def test_both_kinds_of_client_have_the_same_methods(ours, theirs):
    def public(cls):
        return {name for name in dir(cls) if not name.startswith('_')}

    assert public(ours) == public(theirs)
    for name in public(ours):
        one, other = (list(inspect.signature(getattr(found, 'fget', found)).parameters)
                      for found in (getattr(ours, name), getattr(theirs, name)))
        assert one == other
