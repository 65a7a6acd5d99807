"""Place: where a worker or client works, by what is given, what decorators say, and the environment."""

import os
from collections.abc import Iterable, Sequence
from typing import Final

from pyswfaws.binding.checks import check_name
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.protocol.limits import NAME

#: Where a worker or client looks for what neither it nor a decorator names.
DOMAIN_VARIABLE: Final = 'PYSWFAWS_DOMAIN'
TASK_LIST_VARIABLE: Final = 'PYSWFAWS_TASK_LIST'


def one_domain(given: str | None, declared: Iterable[str | None]) -> str:
    """Give the domain to work in: the one given, else the one that decorators name, else the environment's."""
    named = sorted({domain for domain in declared if domain})
    if given is None and len(named) > 1:
        raise ConfigurationError(
            f'the functions name several domains ({", ".join(named)}): give swf_domain= (--domain to a command)'
        )
    domain = given or (named[0] if named else os.environ.get(DOMAIN_VARIABLE))
    if not domain:
        raise ConfigurationError(
            f'no domain: give swf_domain= to the worker or the decorator (--domain to a command), or set '
            f'{DOMAIN_VARIABLE}'
        )
    return check_name(domain, 'swf_domain', NAME)


def all_task_lists(
    given: str | Sequence[str] | None, declared: Iterable[tuple[str, str | None]], default: str | None,
) -> tuple[str, ...]:
    """Give the task lists to poll: those given, else those that decorators name, by type, else the default."""
    if given is not None:
        names = (given,) if isinstance(given, str) else tuple(given)
        return tuple(dict.fromkeys(check_name(name, 'swf_task_list', NAME) for name in names))
    found = {}
    for type_name, task_list in declared:
        name = task_list or default or os.environ.get(TASK_LIST_VARIABLE)
        if not name:
            raise ConfigurationError(
                f'no task list for {type_name!r}: give swf_task_list= to the worker or the decorator (--task-list to a '
                f'command), or set {TASK_LIST_VARIABLE}'
            )
        found[name] = True
    return tuple(found)
