"""Exits: the exit status of every command, in one table, and the one line that is said of what went wrong.

What SWF answered counts for more than that something is not set up as it should be: a domain that is not there is not
found, also where our error about it was raised from SWF's.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Final, NoReturn

import click
from botocore.exceptions import BotoCoreError, ClientError

from pyswfaws.exceptions import (
    ConfigurationError,
    DefinitionError,
    NonDeterminismError,
    PyswfawsError,
    UnreachableError,
    WorkflowNotFoundError,
)
from pyswfaws.workers.clients import explaining_faults, fault_of


class Exit(IntEnum):
    """How a command ended, as a shell sees it."""

    DONE = 0
    FAILED = 1              # the operation: a workflow failed, SWF refused, a registered type differs
    USAGE = 2               # wrong arguments or settings, or a target that cannot be imported
    UNREACHABLE = 3         # no credentials, no access, no region, no answer
    NOT_FOUND = 4           # no such domain, execution or type
    NON_DETERMINISM = 5     # the code decides otherwise than a history recorded
    INTERRUPTED = 130       # Ctrl-C


#: Faults of SWF -> status.
BY_FAULT: Final[Mapping[str, Exit]] = {
    'UnknownResourceFault': Exit.NOT_FOUND,
    'OperationNotPermittedFault': Exit.UNREACHABLE,
    'AccessDeniedException': Exit.UNREACHABLE,
}

#: Exceptions -> status; the first that fits counts.
BY_CLASS: Final[Mapping[type[Exception], Exit]] = {
    UnreachableError: Exit.UNREACHABLE,
    WorkflowNotFoundError: Exit.NOT_FOUND,
    NonDeterminismError: Exit.NON_DETERMINISM,
    ConfigurationError: Exit.USAGE,
    DefinitionError: Exit.USAGE,
    PyswfawsError: Exit.FAILED,
    BotoCoreError: Exit.FAILED,
    ClientError: Exit.FAILED,
}

#: What a fault of SWF says, as far as it is known -> what to do next.
_NEXT: Final[Mapping[str, str]] = {
    'Unknown domain': 'Which domains and types there are: pyswfaws doctor. To make one: pyswfaws register TARGET',
    'Unknown execution': 'It is not there, or it has closed. Which executions there are: pyswfaws list',
    'Unknown type': 'Register it: pyswfaws register TARGET',
    'AccessDenied': 'Which calls are denied: pyswfaws doctor. The policies that are needed stand in the documentation',
    'OperationNotPermitted': 'Which calls are denied: pyswfaws doctor',
}


@contextmanager
def exit_statuses() -> Iterator[None]:
    """Turn what went wrong into one line on stderr and an exit status."""
    try:
        with explaining_faults():
            yield
    except tuple(BY_CLASS) as error:
        _end(error)


def status_of(error: Exception) -> Exit:
    """Give the exit status for `error`, one of those in `BY_CLASS`."""
    by_class = next(status for cls, status in BY_CLASS.items() if isinstance(error, cls))
    if isinstance(error, ClientError):
        return BY_FAULT.get(fault_of(error), by_class)
    if by_class is Exit.USAGE and error.__cause__ is not None:
        return BY_FAULT.get(fault_of(error.__cause__), by_class)
    return by_class


def message_of(error: Exception) -> str:
    """Give what is said of `error`: one line, with what to do next where that is known."""
    if not isinstance(error, ClientError):      # our own errors say it themselves
        return str(error)
    advice = next((advice for words, advice in _NEXT.items() if words in str(error)), None)
    return f'{error.response["Error"]["Message"].rstrip(".")}. {advice}' if advice else str(error)


def _end(error: Exception) -> NoReturn:
    click.echo(f'Error: {message_of(error)}', err=True)
    raise SystemExit(status_of(error)) from error
