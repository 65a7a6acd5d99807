"""Outbox: the decisions that were asked for and are not in history yet, and how many of them SWF can take now.

SWF takes an answer of up to a megabyte, deciders keep to a hundred decisions in it, and an execution may have a
thousand activities, timers, children and Lambda functions open at a time. A program need not know: what does not fit
waits here, in the order in which it was asked for, each kind by itself, and goes out in later turns. Where one answer
is too small, the last decision of it is a timer of no seconds, after which SWF asks again at once; where too many of a
kind are open, the end of one of them makes SWF ask.
"""

import json
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from pyswfaws.protocol.decisions import Decision
from pyswfaws.protocol.limits import DECISIONS, REQUEST
from pyswfaws.replay.calls import start_timer
from pyswfaws.replay.history import OPEN_LIMITS, History
from pyswfaws.replay.outcomes import MORE_TIMER, Kind

#: What a decision is about: an outcome that it opens, or one whose cancel it asks for.
Subject: TypeAlias = tuple[str, Kind, str]

_ROOM: Final = REQUEST // 2         # bytes for decisions; the rest is for the close and the execution context
_WIDEST: Final = 12                 # bytes that JSON needs for one character at the most


class _Asked(NamedTuple):
    order: tuple[int, int, int]     # the turn, what the program asked before further attempts, and which of those first
    subject: Subject
    decision: Decision


class Outbox:
    """Decisions by what they are about; asking twice is asking once."""

    def __init__(self) -> None:
        self._asked: dict[Subject, _Asked] = {}
        self._count = 0

    def ask(self, turn: int, subject: Subject, decision: Decision) -> None:
        """Take a decision that the program asks for in `turn`."""
        self._count += 1
        self._asked.setdefault(subject, _Asked((turn, 0, self._count), subject, decision))

    def follow(self, turn: int, event_id: int, subject: Subject, decision: Decision) -> None:
        """Take a decision that follows from the event of that id, which was known in `turn`: a further attempt."""
        self._asked.setdefault(subject, _Asked((turn, 1, event_id), subject, decision))

    def drop(self, opened: tuple[Kind, str] | None) -> None:
        """Forget the decision that would open this, if there is one; it will not be sent."""
        if opened is not None:
            self._asked.pop(('open', *opened), None)

    def forget_recorded(self, history: History) -> None:
        """Forget what history has."""
        for subject in [subject for subject in self._asked if _is_recorded(subject, history)]:
            del self._asked[subject]

    def fitting(self, history: History, *, closing: bool) -> tuple[list[Decision], bool]:
        """Give the decisions that SWF can take now, and whether one that still matters is left.

        With `closing`, another decision, the one that closes, is to follow them.
        """
        ready, held, room = [], set(), history.open.copy()
        for _, subject, decision in sorted(self._asked.values(), key=lambda asked: asked.order):
            what, kind, name = subject
            no_room = what == 'open' and kind in OPEN_LIMITS and room[kind] >= OPEN_LIMITS[kind]
            if no_room or (what == 'cancel' and ('open', kind, name) in held):     # not before what it cancels
                held.add(subject)
                continue
            ready.append(decision)
            room[kind] += what == 'open'
        cut = len(ready) if len(ready) + closing <= DECISIONS else DECISIONS - 1
        sizes = accumulate(map(_size_of, ready[:cut]))
        cut = next((n for n, size in enumerate(sizes) if size > _ROOM), cut)
        if cut == len(ready):
            return ready, any(kind is Kind.CHILD_WORKFLOW for _, kind, _ in held)   # without which the close may not go
        return [*ready[:cut], start_timer(f'{MORE_TIMER}{history.turn}', 0)], True


def _is_recorded(subject: Subject, history: History) -> bool:
    what, kind, name = subject
    return (kind, name) in (history.outcomes if what == 'open' else history.cancels)


def _size_of(decision: Decision) -> int:
    """Give the bytes of a decision, or for a small one, more than it has."""
    most = sum(len(value) for value in decision.values() if isinstance(value, str))
    for attributes in decision.values():
        if isinstance(attributes, dict):
            most += sum(_WIDEST * len(value) if isinstance(value, str) else 400 for value in attributes.values())
    return most if most < _ROOM // DECISIONS else len(json.dumps(decision))
