"""Serving: activities, and Lambda functions, in the thread of the test."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar

from pyswfaws.activityworker import DistributedActivityWorker
from pyswfaws.binding.attempts import Attempt
from pyswfaws.binding.decorated import Activity
from pyswfaws.workers.executors.job import at_once
from pyswfaws.workers.heartbeats import Heartbeats, Pulse

DOMAIN: Final = 'testing'
TASK_LIST: Final = 'default'
IDENTITY: Final = 'WorkflowEnvironment'

P = ParamSpec('P')
T = TypeVar('T')


class ActivityHand(DistributedActivityWorker):
    """An activity worker that polls nothing: tasks are handed to it, and it runs them where it is told to."""

    def __init__(self, client: Any, activity: Activity[..., Any]) -> None:
        super().__init__(
            activity, client=client, swf_domain=DOMAIN, swf_task_list=TASK_LIST, identity=IDENTITY, concurrency=1,
        )
        self._heartbeats = _NoHeartbeats(client)
        self._answers = 1

    def serve(self, task: Any, answers: int = 1) -> None:
        """Run the activity of `task`, and answer it so many times."""
        self._answers = answers
        at_once(self._serve(task, TASK_LIST))

    def _send(self, token: str, outcome: Any) -> None:
        for _ in range(self._answers):
            super()._send(token, outcome)

    def handle_exception(self, exception: BaseException, task: Any) -> bool:  # noqa: ARG002 - as the worker has it
        """Let Ctrl-C end the test; all else is the activity's failure."""
        if isinstance(exception, KeyboardInterrupt):
            raise exception
        return False


class _NoHeartbeats(Heartbeats):
    """Time stands still while an activity runs, so nothing has to beat."""

    @contextmanager
    def beating(
        self, token: str, attempt: Attempt, timeout: float | None, limit: float | None = None,
    ) -> Iterator[Pulse]:
        yield Pulse(token, attempt, timeout, limit)


class Later(Executor):
    """Runs what was submitted when it is told to, in the thread that tells it."""

    def __init__(self) -> None:
        self._submitted: deque[Callable[[], None]] = deque()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Take a call for later."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - it is for whoever holds the future
                future.set_exception(error)

        self._submitted.append(run)
        return future

    def run_next(self) -> bool:
        """Run what was submitted first; False if there is nothing."""
        if not self._submitted:
            return False
        self._submitted.popleft()()
        return True
