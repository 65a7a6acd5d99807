"""What a transaction of the SQLite store has yet to write, gathered so that one statement writes it.

The module `sqlite3` lets other threads run during each statement, and then waits for its turn again. Where many threads
work, the turns cost more than the statements do. So the changes that almost every request makes are gathered row by
row, a row for what becomes of one execution: events appended, a task gone, a task added, the moment at which it needs
attention. A trigger on a view takes the row apart, in that order. What is to come earlier in the order than what the
row has already begins a new row.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

#: Where the members of a row begin that belong together; the execution's key comes first.
EVENTS, GONE, TASK, DUE = 1, 4, 5, 12
_EMPTY: Final = (None,) * 12
_FULL: Final = DUE + 1

#: How many rows one statement takes.
_ROWS: Final = 32

VIEW: Final = """
CREATE TEMP VIEW change AS SELECT 0 AS key, 0 AS first, 0 AS last, 0 AS body, 0 AS gone, 0 AS event_id,
    0 AS region, 0 AS domain, 0 AS kind, 0 AS name, 0 AS priority, 0 AS sequence, 0 AS due;
CREATE TEMP TRIGGER write_change INSTEAD OF INSERT ON change BEGIN
    INSERT INTO event SELECT NEW.key, NEW.first, NEW.last, NEW.body WHERE NEW.first IS NOT NULL;
    DELETE FROM task WHERE execution = NEW.key AND event_id = NEW.gone;
    INSERT INTO task SELECT NEW.key, NEW.event_id, NEW.region, NEW.domain, NEW.kind, NEW.name, NEW.priority,
        NEW.sequence WHERE NEW.event_id IS NOT NULL;
    UPDATE execution SET due = NEW.due WHERE key = NEW.key AND NEW.due IS NOT NULL;
END;
"""


class Changes:
    """The rows that are not written yet. `written` counts what was written, by whatever statement."""

    def __init__(self) -> None:
        self.written = 0
        self._rows: list[list[Any]] = []
        self._free = _FULL      # from here on the last row can take more

    def __len__(self) -> int:
        return len(self._rows)

    def note(self, key: int, column: int, *values: Any) -> None:
        """Note for an execution what stands in a row from `column` on."""
        if column < self._free or self._rows[-1][0] != key:
            self._rows.append([key, *_EMPTY])
        self._free = column + len(values)
        self._rows[-1][column:self._free] = values

    def mark(self) -> int:
        """Begin an inner transaction, and give what `take_back` has to know to undo it."""
        self._free = _FULL
        return self.written + len(self._rows)

    def take_back(self, mark: int) -> bool:
        """Undo what was noted since; False if some of it is written already."""
        if self.written > mark:
            return False
        del self._rows[mark - self.written:]
        self._free = _FULL
        return True

    def clear(self) -> None:
        """Forget everything: the transaction has ended."""
        self.written = 0
        self._rows.clear()
        self._free = _FULL

    def statements(self) -> Iterator[tuple[str, list[Any]]]:
        """Give the statements that write the rows, which count as written then."""
        rows, self._rows = self._rows, []
        self.written += len(rows)
        self._free = _FULL
        for start in range(0, len(rows), _ROWS):
            part = rows[start:start + _ROWS]
            yield _insert(len(part)), [value for row in part for value in row]

    @property
    def is_one_statement(self) -> bool:
        """Whether the rows, if any, fit into one statement."""
        return len(self._rows) <= _ROWS


@cache
def _insert(rows: int) -> str:
    marks = f'({", ".join("?" * _FULL)})'
    return f'INSERT INTO change VALUES {", ".join([marks] * rows)}'  # noqa: S608 - nothing but question marks
