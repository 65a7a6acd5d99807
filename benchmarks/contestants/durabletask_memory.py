"""The peer durabletask on its own backend in memory, over gRPC in one process: ``steps`` or ``latency``."""

import logging
import socket
from collections.abc import Callable, Generator
from typing import Any

from durabletask.client import TaskHubGrpcClient
from durabletask.task import ActivityContext, OrchestrationContext
from durabletask.testing import create_test_backend
from durabletask.worker import TaskHubGrpcWorker
from measures import measure

STEPS = 10


def add(_: ActivityContext, n: int) -> int:
    """Take one step."""
    return n + 1


def ten(context: OrchestrationContext, n: int) -> Generator[Any, Any, int]:
    """Take ten steps."""
    for _ in range(STEPS):
        n = yield context.call_activity(add, input=n)
    return n


def one(context: OrchestrationContext, n: int) -> Generator[Any, Any, int]:
    """Take one."""
    result: int = yield context.call_activity(add, input=n)
    return result


def free_port() -> int:
    """Give a port that nobody listens on; the backend cannot choose one itself."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        port: int = listener.getsockname()[1]
        return port


def calling(client: TaskHubGrpcClient, orchestrator: Any) -> Callable[[int], int]:
    """Make a function that runs an orchestration to its end."""

    def call(n: int) -> int:
        state = client.wait_for_orchestration_completion(
            client.schedule_new_orchestration(orchestrator, input=n), timeout=60)
        assert state is not None
        return int(state.serialized_output or '')

    return call


logging.disable()
port = free_port()
backend = create_test_backend(port)
address = f'127.0.0.1:{port}'
try:
    with TaskHubGrpcWorker(host_address=address) as worker, TaskHubGrpcClient(host_address=address) as client:
        worker.add_orchestrator(ten)
        worker.add_orchestrator(one)
        worker.add_activity(add)
        worker.start()
        measure(calling(client, ten), calling(client, one), steps=40, ones=100)
finally:
    backend.stop()
