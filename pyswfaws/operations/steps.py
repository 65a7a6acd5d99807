"""Steps: what an operation of a client wants done, without doing it.

An operation is written once, as a generator. It yields steps: call SWF, read or write a payload, wait; and is sent what
came of each, or has thrown into it what the step raised. So it holds all the logic, and no thread, socket or clock. Who
carries the steps out is a driver, and there are two: one blocks the thread that asks, the other lets an event loop go
on. An operation that gives many things one by one is a stream: it yields them between its steps.

`blocking` and `awaiting` make methods of operations. What a type checker sees of an operation, its parameters and what
it gives, it sees of the methods too.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import closing
from functools import update_wrapper
from inspect import Signature, signature
from typing import Any, Concatenate, Final, Generic, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar, cast

P = ParamSpec('P')
R = TypeVar('R')
S = TypeVar('S')


class Call(NamedTuple):
    """Call SWF: a method of boto3's client, and its keyword arguments. The answer is boto3's."""

    method: str
    members: dict[str, Any]


class Work(NamedTuple):
    """Call `do`, which may wait for a data store, or compute for a while, and answer what it gives."""

    do: Callable[[], Any]


class Wait(NamedTuple):
    """Let so many seconds pass."""

    seconds: float


class UntilClosed(NamedTuple):
    """Wait until a run has closed, `longest` seconds at the most; who is not told of that waits for `pause` seconds."""

    domain: str
    workflow_id: str
    run_id: str
    pause: float
    longest: float


class Now(NamedTuple):
    """Answer the time, in seconds of a clock that only ever goes on."""


NOW: Final = Now()


class Give(NamedTuple, Generic[R]):
    """The next thing that a stream has to give."""

    item: R


Step: TypeAlias = Call | Work | Wait | UntilClosed | Now
Steps: TypeAlias = Generator[Step, Any, R]
Stream: TypeAlias = Generator[Step | Give[R], Any, None]


def next_given(stream: Stream[R]) -> Steps[Give[R] | None]:
    """Go on with a stream up to the next thing that it gives; None at its end."""
    try:
        step = next(stream)
        while not isinstance(step, Give):
            try:
                answer = yield step
            except Exception as error:  # noqa: BLE001 - what a step raised is for the stream to deal with
                step = stream.throw(error)
            else:
                step = stream.send(answer)
    except StopIteration:
        return None
    return step


class Blocking(Protocol):
    """A driver that carries steps out in the thread that asks."""

    def carry_out(self, step: Step) -> Any:
        """Do what a step says, and give what comes of it."""


class Awaiting(Protocol):
    """A driver that carries steps out while the event loop goes on."""

    async def carry_out(self, step: Step) -> Any:
        """Do what a step says, and give what comes of it."""


def run(driver: Blocking, steps: Steps[R]) -> R:
    """Carry out an operation, and give its result."""
    with closing(steps):
        try:
            step = next(steps)
            while True:
                try:
                    answer = driver.carry_out(step)
                except Exception as error:  # noqa: BLE001 - what a step raised is for the operation to deal with
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return cast('R', end.value)


async def run_async(driver: Awaiting, steps: Steps[R]) -> R:
    """Carry out an operation, and give its result."""
    with closing(steps):
        try:
            step = next(steps)
            while True:
                try:
                    answer = await driver.carry_out(step)
                except Exception as error:  # noqa: BLE001 - what a step raised is for the operation to deal with
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return cast('R', end.value)


def blocking(operation: Callable[Concatenate[S, P], Steps[R]]) -> Callable[Concatenate[S, P], R]:
    """Make a method of an operation, for classes whose `driver` is a blocking one."""

    def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
        return run(self.driver, operation(self, *args, **kwargs))

    return cast('Callable[Concatenate[S, P], R]', named_after(operation, method))


def awaiting(
    operation: Callable[Concatenate[S, P], Steps[R]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Make a method of an operation, for classes whose `driver` is an awaiting one."""

    async def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
        return await run_async(self.driver, operation(self, *args, **kwargs))

    return cast('Callable[Concatenate[S, P], Coroutine[Any, Any, R]]', named_after(operation, method))


def blocking_stream(operation: Callable[Concatenate[S, P], Stream[R]]) -> Callable[Concatenate[S, P], Iterator[R]]:
    """Make a method that iterates over what a stream gives."""

    def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        return iterate(self.driver, operation(self, *args, **kwargs))

    return cast('Callable[Concatenate[S, P], Iterator[R]]', named_after(operation, method))


def awaiting_stream(
    operation: Callable[Concatenate[S, P], Stream[R]],
) -> Callable[Concatenate[S, P], AsyncIterator[R]]:
    """Make a method that iterates, by ``async for``, over what a stream gives."""

    def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Any]:
        return iterate_async(self.driver, operation(self, *args, **kwargs))

    return cast('Callable[Concatenate[S, P], AsyncIterator[R]]', named_after(operation, method))


def named_after(operation: Callable[..., Any], method: Any) -> Any:
    """Give a method the name, the docstring and the parameters of its operation; what it gives is not a generator."""
    update_wrapper(method, operation)
    method.__signature__ = signature(operation).replace(return_annotation=Signature.empty)
    return method


def iterate(driver: Blocking, stream: Stream[R]) -> Iterator[R]:
    """Give what a stream gives, one by one, carrying out no more of it than is asked for."""
    while (given := run(driver, next_given(stream))) is not None:
        yield given.item


async def iterate_async(driver: Awaiting, stream: Stream[R]) -> AsyncIterator[R]:
    """Give what a stream gives, one by one, carrying out no more of it than is asked for."""
    while (given := await run_async(driver, next_given(stream))) is not None:
        yield given.item
