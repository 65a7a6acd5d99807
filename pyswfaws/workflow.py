"""The workflow as its decider sees it: its time, its dice, its identity, and other executions.

These answer the same in every replay. Outside a decider they are Python's own, as far as that has a meaning.
"""

import logging
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, NoReturn
from uuid import UUID

from pyswfaws.binding.checks import check_name, check_text, in_seconds
from pyswfaws.binding.context import WorkflowInfo, current
from pyswfaws.binding.passthrough import PASS_THROUGH
from pyswfaws.promise import Timer
from pyswfaws.protocol.limits import NAME
from pyswfaws.replay.promise import Promise
from pyswfaws.serializers.plain import dump

__all__ = [
    'WorkflowInfo', 'cancel', 'continue_as_new', 'deprecate_patch', 'info', 'is_replaying', 'logger', 'now', 'patched',
    'publish', 'random', 'signal', 'sleep', 'uuid4',
]

_LONGEST_PATCH: Final = 200     # characters of a patch's name, which stands in a marker's

#: A logger that says nothing while the decider is replayed: what it says is said once.
logger: Final = logging.getLogger('pyswfaws.workflow')


class _OncePerRun(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - it is the moment that counts
        return not is_replaying()


logger.addFilter(_OncePerRun())


def now() -> datetime:
    """Give the time, in UTC, at which the decision that runs now was begun; it stands still until the next wait."""
    return datetime.fromtimestamp(current(PASS_THROUGH).now(), UTC)


def random() -> Random:
    """Give random numbers, of which every replay draws the same; each branch has its own."""
    return current(PASS_THROUGH).random()


def uuid4() -> UUID:
    """Make a random UUID, the same in every replay: as a key for what must happen once."""
    return UUID(int=random().getrandbits(128), version=4)


def sleep(seconds: float | timedelta) -> None:
    """Wait; SWF counts whole seconds, so a fraction is rounded up."""
    _ = Timer.get(in_seconds(seconds, 'seconds')).result


def info() -> WorkflowInfo:
    """Give what the execution knows of itself. Raises a RuntimeError outside a decider."""
    return current(PASS_THROUGH).info()


def is_replaying() -> bool:
    """Whether what runs now has run before, and is run again to come back to where it stood."""
    return current(PASS_THROUGH).is_replaying()


def signal(workflow_id: str, name: str, value: Any = None, *, run_id: str | None = None) -> Promise[None]:
    """Send another execution a signal, with a value that JSON can write.

    The promise is known when it has arrived, and raises an ExternalWorkflowException where there is no such execution.
    """
    check_name(workflow_id, 'workflow_id', NAME)
    check_text(name, 'name', NAME)
    return current(PASS_THROUGH).signal(workflow_id, run_id, name, dump(value, 'value'))


def cancel(workflow_id: str, *, run_id: str | None = None) -> Promise[None]:
    """Ask another execution to cancel; the promise is as that of `signal`."""
    check_name(workflow_id, 'workflow_id', NAME)
    return current(PASS_THROUGH).request_cancel(workflow_id, run_id)


def publish(value: Any) -> None:
    """Show a value, which JSON can write, to whoever describes the execution: its latestExecutionContext.

    It is there when the decision that runs now is answered, and costs no event of the history.
    """
    current(PASS_THROUGH).publish(dump(value, 'value'))


def continue_as_new(*args: Any, **kwargs: Any) -> NoReturn:
    """End this execution, and begin it anew with these arguments, and an empty history.

    Options, as those of a start, may be given by keyword, and `version` for another version of the type; what is not
    given stays as it is. Signals that were not read go along; what is open in this run is left behind.
    """
    current(PASS_THROUGH).continue_as_new(args, kwargs)


def patched(name: str) -> bool:
    """Whether to take the new way: False for executions that were here before the code was changed.

    Give each change a name, and keep the old way in the ``else`` until the last execution that takes it has closed;
    then put `deprecate_patch` in place of the test.
    """
    return current(PASS_THROUGH).patched(check_text(name, 'name', _LONGEST_PATCH))


def deprecate_patch(name: str) -> None:
    """Stand where `patched` stood, while executions are open that took the new way."""
    current(PASS_THROUGH).deprecate_patch(check_text(name, 'name', _LONGEST_PATCH))
