"""Runs: executions in a test environment. To wait for one is to let its world go on."""

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from pyswfaws.binding.checks import in_seconds
from pyswfaws.client import WorkflowRun
from pyswfaws.exceptions import ResultTimeoutError, WorkflowException, WorkflowFailed
from pyswfaws.failures import Failure
from pyswfaws.operations.executions import newest_event
from pyswfaws.operations.steps import blocking
from pyswfaws.protocol.events import CLOSE_STATUS, attributes
from pyswfaws.testing.waiting import Waiting

if TYPE_CHECKING:
    from pyswfaws.testing.environment import WorkflowEnvironment

T = TypeVar('T')


class EnvironmentRun(WorkflowRun[T]):
    """One execution in a `WorkflowEnvironment`; all else is as in `WorkflowRun`."""

    def __init__(self, environment: 'WorkflowEnvironment', run: WorkflowRun[T]) -> None:
        super().__init__(run.driver, run.domain, run.workflow_id, run.run_id, run.definition)
        self._environment = environment

    def result(self, timeout: float | timedelta | None = None) -> T:
        """Let the environment go on until the execution has closed, and give its result.

        `timeout` is in seconds of the environment's clock. Errors are those of `WorkflowRun.result`, with notes that
        say where the decider failed, or where it waited when its time was over.
        """
        self._environment.drive(self._is_closed, None if timeout is None else in_seconds(timeout, 'timeout'))
        if not self._is_closed():
            raise ResultTimeoutError(f'{self!r} has not closed; {self._standing()}')
        try:
            return super().result()
        except WorkflowFailed as failed:
            failed.add_note(Failure.read(failed.reason, failed.details).traceback or 'its decider left no traceback')
            raise
        except WorkflowException as ended:
            ended.add_note(self._standing())
            raise

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What the decider waits for, and where; nothing where it has ended or not begun."""
        return self._environment.waits(self.run_id)

    _newest_event = blocking(newest_event)

    def _is_closed(self) -> bool:
        """Whether the execution has closed; after a continue-as-new, the one that goes on."""
        while True:
            last = self._newest_event()
            if CLOSE_STATUS.get(last['eventType']) != 'CONTINUED_AS_NEW':
                return last['eventType'] in CLOSE_STATUS
            self.run_id = attributes(last)['newExecutionRunId']

    def _standing(self) -> str:
        return '; '.join(map(str, self.waiting)) or 'its decider does not wait'
