"""The options by which a command that runs for long says what it logs, and how."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from pyswfaws.logs import LEVELS, configure

F = TypeVar('F', bound=Callable[..., Any])


def logging_from(level: str) -> Callable[[F], F]:
    """Give a command ``--log-level``, which is `level` unless given, and ``--log-format``; it logs to stderr."""

    def decorate(command: F) -> F:
        @click.option('--log-level', type=click.Choice(LEVELS, case_sensitive=False), default=level, show_default=True,
                      help='Log what is as grave as this.')
        @click.option('--log-format', type=click.Choice(['text', 'json']), default='text', show_default=True,
                      help='Log lines for people, or lines of JSON.')
        @wraps(command)
        def with_logs(log_level: str, log_format: str, **arguments: Any) -> Any:
            configure(log_level, json=log_format == 'json')
            return command(**arguments)

        return with_logs  # type: ignore[return-value]

    return decorate
