"""The hello world of the peer AWS durable execution, as its documentation has it, under its local runner."""

import json

from aws_durable_execution_sdk_python.context import DurableContext, durable_step
from aws_durable_execution_sdk_python.execution import durable_execution
from aws_durable_execution_sdk_python.types import StepContext
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner


@durable_step
def greet(_: StepContext, name: str) -> str:
    """Do it."""
    return f'Hello, {name}!'


@durable_execution
def hello(name: str, context: DurableContext) -> str:
    """Call it."""
    return context.step(greet(name))


with DurableFunctionTestRunner(handler=hello) as runner:
    print(json.loads(str(runner.run(input=json.dumps('world'), execution_timeout=60).result)))
