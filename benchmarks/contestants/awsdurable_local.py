"""The peer AWS durable execution under the local runner of its testing SDK, on SQLite: ``steps`` or ``latency``."""

import itertools
import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_durable_execution_sdk_python.context import DurableContext, durable_step
from aws_durable_execution_sdk_python.execution import durable_execution
from aws_durable_execution_sdk_python.types import StepContext
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner
from aws_durable_execution_sdk_python_testing.stores.sqlite import SQLiteExecutionStore
from measures import measure

STEPS = 10


@durable_step
def add(_: StepContext, n: int) -> int:
    """Take one step."""
    return n + 1


@durable_execution
def ten(n: int, context: DurableContext) -> int:
    """Take ten steps."""
    for _ in range(STEPS):
        n = context.step(add(n))
    return n


@durable_execution
def one(n: int, context: DurableContext) -> int:
    """Take one."""
    return context.step(add(n))


def calling(runner: DurableFunctionTestRunner) -> Callable[[int], int]:
    """Make a function that runs an execution to its end."""
    numbers = itertools.count()

    def call(n: int) -> int:
        result = runner.run(input=str(n), execution_timeout=60, execution_name=f'run-{next(numbers)}')
        return int(str(result.result))

    return call


logging.disable()
with TemporaryDirectory() as folder:
    store = SQLiteExecutionStore.create_and_initialize(Path(folder) / 'executions.db')
    with DurableFunctionTestRunner(ten, store=store) as tens, DurableFunctionTestRunner(one, store=store) as ones:
        measure(calling(tens), calling(ones), steps=40, ones=100)
