"""Names: how the ids in a history are made, and what is said where history and program part."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from pyswfaws.exceptions import NonDeterminismError
from pyswfaws.protocol.limits import FORBIDDEN_IN_NAMES

_LONGEST_ID: Final = 160    # leaves room for an attempt's number and a run id (of at most 64) within SWF's 256


def clean(name: str) -> str:
    """Give `name` with the characters that SWF forbids in ids replaced."""
    return FORBIDDEN_IN_NAMES.sub('_', name)


def id_base(name: str, path: str = '') -> str:
    """Give what the ids of the calls of `name` start with; where it would leave no room, cut, but as unique."""
    base = path + clean(name).replace('.', '_')
    if len(base) <= _LONGEST_ID:
        return base
    digest = hashlib.sha256(base.encode()).hexdigest()[:16]
    return f'{base[: _LONGEST_ID - len(digest) - 1]}~{digest}'


def attempt_of(activity_id: str) -> tuple[str, int]:
    """Give the id of the call that an attempt is of, and its number.

    >>> attempt_of('Double-1'), attempt_of('b-1.Double-1.12')
    (('Double-1', 1), ('b-1.Double-1', 12))
    """
    found = re.fullmatch(r'(.*-\d+)\.(\d+)', activity_id, re.DOTALL)
    return (found[1], int(found[2])) if found else (activity_id, 1)


def type_text(found: Mapping[str, str]) -> str:
    """Give a type as a message shows it."""
    return f'{found.get("name")} {found.get("version")}'


def non_determinism(turn: int, event_id: int | None, recorded: str, asked: str) -> NonDeterminismError:
    """Make the error that says where history and program part."""
    where = f'turn {turn}' if event_id is None else f'turn {turn}, event {event_id}'
    return NonDeterminismError(
        f'at {where} history recorded {recorded}; the decider now asks for {asked}. '
        'The likely cause: the code was changed under a running execution, or depends on something that differs '
        'between two replays (time, randomness, environment, the order of a set).'
    )
