"""The hello world of the peer durabletask, as its documentation has it, on its backend in memory."""

import socket
from collections.abc import Generator
from typing import Any

from durabletask.client import TaskHubGrpcClient
from durabletask.task import ActivityContext, OrchestrationContext
from durabletask.testing import create_test_backend
from durabletask.worker import TaskHubGrpcWorker


def greet(_: ActivityContext, name: str) -> str:
    """Do it."""
    return f'Hello, {name}!'


def hello(context: OrchestrationContext, name: str) -> Generator[Any, Any, str]:
    """Call it."""
    greeting: str = yield context.call_activity(greet, input=name)
    return greeting


with socket.socket() as listener:   # the backend cannot choose a port itself
    listener.bind(('127.0.0.1', 0))
    port = listener.getsockname()[1]
backend = create_test_backend(port)
address = f'127.0.0.1:{port}'
with TaskHubGrpcWorker(host_address=address) as worker, TaskHubGrpcClient(host_address=address) as client:
    worker.add_orchestrator(hello)
    worker.add_activity(greet)
    worker.start()
    state = client.wait_for_orchestration_completion(
        client.schedule_new_orchestration(hello, input='world'), timeout=60)
    assert state is not None
    print(state.get_output())
backend.stop()
