"""Open tasks: in serial mode, activities that leave their answer to somebody else (`activity.complete_later`).

`OpenTasks` stands where SWF stands in the distributed mode: it takes the answer by the token of the task, from any
thread. What comes of the answer, such as another attempt, happens where the promise is looked at or waited for.
"""

from collections.abc import Callable, Generator
from threading import Condition
from typing import Any, NamedTuple
from uuid import uuid4

from pyswfaws.exceptions import ActivityNotOpenError
from pyswfaws.failures import Failure
from pyswfaws.replay.outcomes import State
from pyswfaws.replay.promise import Promise


class Answer(NamedTuple):
    """How an attempt ended: with its result, as it stands in SWF's field, or with a failure.

    `error` is what the failure tells of, where it was raised here.
    """

    state: State
    result: str | None = None
    failure: Failure = Failure('')
    error: BaseException | None = None


class OpenTask:
    """An attempt that can be answered by its token; `changed` is notified of the answer."""

    def __init__(self, changed: Condition) -> None:
        self.changed = changed
        self.token = f'serial-{uuid4().hex}'
        self.answer: Answer | None = None
        self.is_cancel_requested = False


class OpenTasks:
    """The attempts that can be answered, and the methods of a boto3 client that answer them.

    Each raises an ActivityNotOpenError where nothing waits for the answer.
    """

    def __init__(self) -> None:
        self._open: dict[str, OpenTask] = {}

    def open(self, changed: Condition) -> OpenTask:
        """Open a task."""
        task = OpenTask(changed)
        self._open[task.token] = task
        return task

    def close(self, task: OpenTask) -> Answer | None:
        """Take no answer any more, and give the one that was taken."""
        with task.changed:
            self._open.pop(task.token, None)
            return task.answer

    def close_all(self, changed: Condition) -> None:
        """Close all tasks of a workflow, which has ended: those of which `changed` would be notified."""
        for task in list(self._open.values()):
            if task.changed is changed:
                self.close(task)

    def respond_activity_task_completed(self, *, taskToken: str, result: str) -> None:  # noqa: N803 - boto3's names
        """Answer with a result."""
        self._answer(taskToken, Answer(State.COMPLETED, result))

    def respond_activity_task_failed(self, *, taskToken: str, reason: str, details: str) -> None:  # noqa: N803
        """Answer with a failure."""
        self._answer(taskToken, Answer(State.FAILED, failure=Failure.read(reason, details)))

    def respond_activity_task_canceled(self, *, taskToken: str, details: str = '') -> None:  # noqa: N803
        """Answer that it was canceled."""
        self._answer(taskToken, Answer(State.CANCELED, failure=Failure('', details)))

    def record_activity_task_heartbeat(self, *, taskToken: str, details: str = '') -> dict[str, bool]:  # noqa: ARG002, N803
        """Say whether a cancel was requested."""
        return {'cancelRequested': self._found(taskToken).is_cancel_requested}

    def _answer(self, token: str, answer: Answer) -> None:
        task = self._found(token)
        with task.changed:
            self._found(token)      # still: nobody was quicker
            task.answer = answer
            del self._open[token]
            task.changed.notify_all()

    def _found(self, token: str) -> OpenTask:
        if token not in self._open:
            raise ActivityNotOpenError(
                'no activity waits for this answer: it was answered, or its workflow has ended, or it is another token'
            )
        return self._open[token]


class CallPromise(Promise[Any]):
    """What comes of a call in serial mode.

    `course` makes one attempt after another. It yields the task of an attempt that is answered by somebody else, to be
    run on when the answer is there, and returns the result of the call, or raises its failure. `sleep_until` waits, or
    raises what ends the wait.
    """

    def __init__(
        self, course: Generator[OpenTask, None, Any], sleep_until: Callable[[Callable[[], bool]], None],
    ) -> None:
        self._course = course
        self._sleep_until = sleep_until
        self._task: OpenTask | None = None
        self._run_on()

    @property
    def is_ready(self) -> bool:
        """Whether the result is known; looking lets what was answered run on."""
        while not self._settled and self.has_news:
            self._run_on()
        return self._settled

    @property
    def has_news(self) -> bool:
        """Whether it is worth looking at."""
        return self._settled or self._task is None or self._task.answer is not None

    def cancel(self) -> None:
        """Ask for an end of what is not known yet, which is for whoever has the token."""
        if self._task is not None:
            self._task.is_cancel_requested = True

    def _wait(self) -> None:
        while not self.is_ready:
            self._sleep_until(lambda: self.has_news)

    def _run_on(self) -> None:
        try:
            self._task = next(self._course)
        except StopIteration as end:
            self.result = end.value
        except Exception as failure:  # noqa: BLE001 - it is for whoever reads the result
            self.settle_failure(failure)
