"""The journal of the SQLite store: what transactions changed, written down at once and put into its tables later.

Almost every request does the same few things to one execution: it appends events, a task is gone, a task is added, the
moment changes at which attention is needed. To put each into its table takes SQLite a handful of statements and twice
as many pages, and after each statement the module `sqlite3` has to wait for its turn among the threads. So a
transaction writes its changes into one row of the journal, which is one statement and most often one page, and
survives as much as any other. The tables follow when somebody asks them, or when there is enough: then most tasks have
come and gone and are never put there at all, and the events of an execution make one row.

A file that was not closed may have a journal. The tables are brought up to date when it is opened.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import msgspec

#: A change of one execution: its key, and what stands in the columns of the view below; absent members are None.
Row: TypeAlias = list[Any]

#: The columns where the members of a row begin that belong together.
EVENTS, GONE, TASK, DUE = 1, 4, 5, 12
_WIDTH: Final = DUE + 1
_NOTHING: Final = (None,) * (_WIDTH - 1)

#: How many rows, and how many bytes of events, may wait for being put into the tables.
_MOST_ROWS: Final = 1_000
_MOST_BYTES: Final = 2**20

#: How many rows one statement takes.
_ROWS: Final = 32

TRIGGERS: Final = """
CREATE TEMP VIEW change AS SELECT 0 AS key, 0 AS first, 0 AS last, 0 AS body, 0 AS gone, 0 AS event_id,
    0 AS region, 0 AS domain, 0 AS kind, 0 AS name, 0 AS priority, 0 AS sequence, 0 AS due;
CREATE TEMP TRIGGER put_change INSTEAD OF INSERT ON change BEGIN
    INSERT INTO event SELECT NEW.key, NEW.first, NEW.last, NEW.body WHERE NEW.first IS NOT NULL;
    DELETE FROM task WHERE execution = NEW.key AND event_id = NEW.gone;
    INSERT INTO task SELECT NEW.key, NEW.event_id, NEW.region, NEW.domain, NEW.kind, NEW.name, NEW.priority,
        NEW.sequence WHERE NEW.event_id IS NOT NULL;
    UPDATE execution SET due = NEW.due WHERE key = NEW.key AND NEW.due IS NOT NULL;
END;
CREATE TEMP TRIGGER end_execution AFTER UPDATE OF closed ON main.execution BEGIN
    DELETE FROM task WHERE execution = NEW.key;
    DELETE FROM heartbeat WHERE execution = NEW.key;
END;
"""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Row]).decode


class Journal:
    """The journal of an open file, and the transaction at hand.

    It takes `note` of changes; what else is to be written goes through `write`. Nothing is there before `commit`.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.execute = db.execute
        self._db = db
        self._kept: list[Row] = []      # in the journal, not in the tables
        self._bytes = 0                 # of their events
        self._dues: dict[int, float | None] = {}    # by execution; None if they do not say
        self._noted: list[Row] = []     # by the transaction at hand, and not written
        self._written = 0               # statements and rows of it that are written
        self._is_folded = False         # it has put into the tables what was kept
        self._free = _WIDTH             # from here on the last row that was noted can take more

    def recover(self) -> None:
        """Bring the tables of a file that was opened up to date."""
        self._kept = [
            row for (rows,) in self.execute('SELECT rows FROM journal ORDER BY number') for row in _decode(rows)]
        if self._kept:
            self.fold()
            self.commit()
            self.end()

    def note(self, key: int, column: int, *values: Any) -> None:
        """Note a change of an execution: what stands in the view from `column` on.

        The view takes a row apart from left to right, so what stands left of something noted begins a new row.
        """
        if column < self._free or self._noted[-1][0] != key:
            self._noted.append([key, *_NOTHING])
        self._free = column + len(values)
        self._noted[-1][column:self._free] = values

    def write(self, statement: str, parameters: Iterable[Any]) -> None:
        """Write something that no change touches."""
        self._begin()
        self.execute(statement, tuple(parameters))
        self._written += 1

    def dues(self) -> dict[int, float]:
        """Give the moments at which executions need attention, of those whose tables say something else."""
        found = {} if self._is_folded else {key: due for key, due in self._dues.items() if due is not None}
        found.update((row[0], row[DUE]) for row in self._noted if row[DUE] is not None)
        return found

    def events(self, key: int) -> list[Row]:
        """Give the rows with the events of an execution that its table does not have."""
        kept = self._kept if key in self._dues and not self._is_folded else []
        return [row for rows in (kept, self._noted) for row in rows if row[0] == key and row[EVENTS] is not None]

    def is_ahead(self, key: int | None = None) -> bool:
        """Whether it knows something that the tables do not, of one execution or of any."""
        kept = not self._is_folded and (bool(self._kept) if key is None else key in self._dues)
        return kept or any(key in {None, row[0]} for row in self._noted)

    def fold(self) -> None:
        """Put everything into the tables, as a part of the transaction at hand."""
        self._begin()
        kept = [] if self._is_folded else self._kept
        rows = coalesced([*kept, *self._noted])
        for start in range(0, len(rows), _ROWS):
            part = rows[start:start + _ROWS]
            self.execute(_insert(len(part)), [value for row in part for value in row])
        if kept:
            self.execute('DELETE FROM journal')
        self._is_folded = True
        self._written += len(self._noted)
        self._noted = []
        self._free = _WIDTH

    # The transaction.

    def mark(self) -> int:
        """Begin an inner transaction, and give what `take_back` has to know to undo it."""
        self._free = _WIDTH
        return self._written + len(self._noted)

    def take_back(self, mark: int) -> bool:
        """Undo what was noted since; False if some of it is written already."""
        if self._written > mark:
            return False
        del self._noted[mark - self._written:]
        self._free = _WIDTH
        return True

    def commit(self) -> None:
        """Keep all that the transaction did; one that only noted changes is a single statement."""
        noted_bytes = sum(len(row[EVENTS + 2]) for row in self._noted if row[EVENTS] is not None)
        is_full = len(self._kept) + len(self._noted) > _MOST_ROWS or self._bytes + noted_bytes > _MOST_BYTES
        if self._is_folded or (is_full and self._noted):
            self.fold()
        elif self._noted:
            self.execute('INSERT INTO journal (rows) VALUES (?)', (_encode(self._noted),))
        if self._db.in_transaction:
            self.execute('COMMIT')
        if self._is_folded:
            self._kept, self._bytes, self._dues = [], 0, {}
        else:
            self._kept.extend(self._noted)
            self._bytes += noted_bytes
            for row in self._noted:
                self._dues[row[0]] = self._dues.get(row[0]) if row[DUE] is None else row[DUE]

    def roll_back(self) -> None:
        """Undo what the transaction has written; after a commit that is nothing."""
        if self._db.in_transaction:     # a full disk may have rolled it back already
            self.execute('ROLLBACK')

    def end(self) -> None:
        """Be ready for the next transaction."""
        self._noted, self._written, self._is_folded, self._free = [], 0, False, _WIDTH

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self.execute('BEGIN')


class _Sum:
    """What several changes of one execution come to."""

    def __init__(self) -> None:
        self.events: list[Any] | None = None
        self.gone: list[int] = []
        self.tasks: dict[int, list[Any]] = {}
        self.due: float | None = None

    def add(self, row: Row) -> None:
        """Count a change in."""
        first, last, body = row[EVENTS:GONE]
        if self.events is None:
            self.events = None if first is None else [first, last, [body]]
        elif first is not None:
            self.events[1] = last
            self.events[2].append(body)
        if row[GONE] is not None and self.tasks.pop(row[GONE], None) is None:
            self.gone.append(row[GONE])
        if row[TASK] is not None:
            self.tasks[row[TASK]] = row[TASK:DUE]
        if row[DUE] is not None:
            self.due = row[DUE]

    def rows(self, key: int) -> Iterator[Row]:
        """Give rows that do the same."""
        events = [] if self.events is None else [(*self.events[:2], _joined(self.events[2]))]
        dues = [] if self.due is None else [self.due]
        for stretch, gone, task, due in zip_longest(events, self.gone, self.tasks.values(), dues):
            yield [key, *(stretch or _NOTHING[:3]), gone, *(task or _NOTHING[:DUE - TASK]), due]


def coalesced(rows: Iterable[Row]) -> list[Row]:
    """Give as few rows as do the same; a task that has come and gone is in none."""
    sums: dict[int, _Sum] = {}
    for row in rows:
        if row[0] not in sums:
            sums[row[0]] = _Sum()
        sums[row[0]].add(row)
    return [row for key, total in sums.items() for row in total.rows(key)]


def _joined(bodies: list[bytes]) -> bytes:
    """Make one array of several, none of them empty, as they stand in JSON."""
    return b'[' + b','.join(body[1:-1] for body in bodies) + b']'


@cache
def _insert(rows: int) -> str:
    marks = f'({", ".join("?" * _WIDTH)})'
    return f'INSERT INTO change VALUES {", ".join([marks] * rows)}'  # noqa: S608 - nothing but question marks
