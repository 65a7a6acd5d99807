"""A store in an SQLite file, for one process at a time.

What survives: with ``durability='normal'`` (a write-ahead log, synced when it is folded back into the file) a
transaction that ended survives the death of the process at any point; a power cut or a crash of the system may cost the
last moments, but never leaves half a transaction. With ``'full'`` each transaction is synced and survives those too, at
some twenty times the cost. The file is locked for as long as it is open, which also spares SQLite its shared memory.
"""
# ruff: noqa: S608 - only names of tables and columns that stand in this file are put into statements

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from pyswfaws.swflocal.service.storage import (
    Event,
    ExecutionRow,
    Heartbeat,
    Page,
    Query,
    Record,
    Task,
    TaskListKey,
    TypeKey,
)

from .base import ForeignFileError, LockedError, StoreError
from .heads import Entry, Heads
from .journal import DUE, EVENTS, GONE, TASK, TRIGGERS, Journal

_APPLICATION_ID: Final = 0x53574661     # "SWFa"
_VERSION: Final = 2     # of the schema
#: Version -> the statements that make a file of that version one of the next.
_STEPS: Final[Mapping[int, str]] = {1: 'CREATE TABLE journal (number INTEGER PRIMARY KEY, rows BLOB NOT NULL);'}
_LOG_PAGES: Final = 4000                # of the write-ahead log, 4 kB each, before it is folded back
_CACHE_KIB: Final = 65_536

_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode
_from_json_events = msgspec.json.Decoder(list[dict[str, Any]]).decode

_COLUMNS: Final = (
    'key, region, domain, workflow_id, run_id, info, started, closed, close_status, expires, cancel_requested, due')


class SqliteStore:
    """See `service.storage.Store`. `path` is the file, made if it is not there; ``':memory:'`` keeps none.

    Raises `ForeignFileError` for a file that is not ours, `LockedError` for one that another process uses, and their
    base `StoreError` for one that cannot be opened.
    """

    def __init__(self, path: str | Path, durability: Literal['normal', 'full'] = 'normal') -> None:
        self._path = str(path)
        try:
            self._db = sqlite3.connect(self._path, timeout=0.2, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(f'{self._path}: {error}; is its folder there, and may you write to it?') from error
        self._journal = Journal(self._db)
        try:
            self._prepare(durability)
            self._journal.recover()
        except sqlite3.OperationalError as error:
            self._db.close()
            if 'locked' in str(error):
                raise LockedError(f'{self._path} is in use by another process; stop that one, or name another file'
                                  ) from error
            raise StoreError(f'{self._path}: {error}; is its folder there, and may you write to it?') from error
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise ForeignFileError(f'{self._path} is not a database of SWF Local; name another file') from error
        except StoreError:
            self._db.close()
            raise
        self._writing = False       # in a transaction
        self._heads = Heads(self._first_tasks)
        self._last_key = self._number('SELECT max(key) FROM execution')
        self._sequence = self._number('SELECT max(sequence) FROM task')

    def _prepare(self, durability: str) -> None:
        """Lock the file, see that it is ours, and bring a new one, or one of an earlier version, up to today's."""
        db = self._db
        db.execute('PRAGMA locking_mode = EXCLUSIVE')
        mark, version, tables = (db.execute(query).fetchone()[0] for query in (
            'PRAGMA application_id', 'PRAGMA user_version', 'SELECT count(*) FROM sqlite_schema'))
        if mark != _APPLICATION_ID and (mark or version or tables):
            raise ForeignFileError(f'{self._path} is not a database of SWF Local; name another file')
        if version > _VERSION:
            raise ForeignFileError(
                f'{self._path} was written by a later version of SWF Local (schema {version}, known is {_VERSION}); '
                'upgrade pyswfaws, or name another file')
        db.execute('PRAGMA journal_mode = WAL')
        db.execute(f'PRAGMA synchronous = {durability.upper()}')
        db.execute(f'PRAGMA wal_autocheckpoint = {_LOG_PAGES}')
        db.execute(f'PRAGMA cache_size = -{_CACHE_KIB}')
        script = ''.join(_STEPS[step] for step in range(version, _VERSION)) if version else _schema()
        # Even where there is nothing to do this takes the lock, which EXCLUSIVE mode then keeps.
        db.executescript(f'BEGIN EXCLUSIVE; {script} PRAGMA application_id = {_APPLICATION_ID}; '
                         f'PRAGMA user_version = {_VERSION}; COMMIT;')
        db.executescript(TRIGGERS)

    def _execute(self, query: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._journal.execute(query, parameters)

    def _number(self, query: str, *parameters: Any) -> int:
        return self._execute(query, parameters).fetchone()[0] or 0

    def _catch_up(self, key: int | None = None) -> None:
        """See that the tables know all of an execution, or everything, before they are asked for it."""
        if self._journal.is_ahead(key):
            with self.transaction():
                self._journal.fold()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep every write of the block, or on an exception none.

        SQLite itself begins one only where a single statement does not do.
        """
        if self._writing:
            mark = self._journal.mark()
            try:
                yield
            except BaseException as error:
                if isinstance(error, sqlite3.Error) or not self._journal.take_back(mark):
                    raise StoreError(f'{self._path}: a request failed in the middle of its writes: {error}') from error
                self._heads.forget()
                raise
            return
        self._writing = True
        try:
            yield
            self._journal.commit()
        except BaseException as error:
            self._heads.forget()
            self._journal.roll_back()
            if isinstance(error, sqlite3.Error):
                raise StoreError(f'{self._path}: {error}') from error
            raise
        finally:
            self._journal.end()
            self._writing = False

    def close(self) -> None:
        """Bring the tables up to date, fold the log back into the file and give the file up."""
        with suppress(StoreError):      # a full disk, for one: the next who opens the file tries again
            self._catch_up()
        self._db.close()

    # The registry.

    def domain(self, region: str, name: str) -> Record | None:
        """Give the record of a domain."""
        row = self._execute('SELECT record FROM domain WHERE region = ? AND name = ?', (region, name)).fetchone()
        return None if row is None else _from_json(row[0])

    def put_domain(self, region: str, name: str, record: Record) -> None:
        """Write the record of a domain."""
        self._journal.write('REPLACE INTO domain VALUES (?, ?, ?)', (region, name, _text(record)))

    def domains(self, region: str) -> list[tuple[str, Record]]:
        """Give all domains of a region, ascending by name."""
        found = self._execute('SELECT name, record FROM domain WHERE region = ? ORDER BY name', (region,))
        return [(name, _from_json(record)) for name, record in found]

    def type(self, key: TypeKey) -> Record | None:
        """Give the record of a type."""
        row = self._execute(
            'SELECT record FROM type WHERE region = ? AND domain = ? AND kind = ? AND name = ? AND version = ?',
            key).fetchone()
        return None if row is None else _from_json(row[0])

    def put_type(self, key: TypeKey, record: Record) -> None:
        """Write the record of a type."""
        self._journal.write('REPLACE INTO type VALUES (?, ?, ?, ?, ?, ?, ?)', (*key, record['status'], _text(record)))

    def delete_type(self, key: TypeKey) -> None:
        """Forget a type."""
        self._journal.write(
            'DELETE FROM type WHERE region = ? AND domain = ? AND kind = ? AND name = ? AND version = ?', key)

    def types(
        self, region: str, domain: str, kind: str, status: str, name: str | None, page: Page,
    ) -> list[tuple[str, str, Record]]:
        """List types ordered by name and version."""
        where, given = ['region = ?', 'domain = ?', 'kind = ?', 'status = ?'], [region, domain, kind, status]
        if name is not None:
            where.append('name = ?')
            given.append(name)
        found = self._listed('name, version, record', 'type', where, given, ('name', 'version'), page)
        return [(named, version, _from_json(record)) for named, version, record in found]

    def count_types(self, region: str, domain: str, kind: str) -> int:
        """Count the types of any status."""
        return self._number(
            'SELECT count(*) FROM type WHERE region = ? AND domain = ? AND kind = ?', region, domain, kind)

    # Executions.

    def next_key(self) -> int:
        """Give the key that the next execution is to have."""
        self._last_key += 1
        return self._last_key

    def add_execution(self, row: ExecutionRow) -> None:
        """Add an open execution."""
        self._journal.write(
            f'INSERT INTO execution ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
            (*row[:5], _text(row.info), *row[6:]))

    def close_execution(self, key: int, closed: float, status: str, expires: float) -> None:
        """Mark an execution closed."""
        self._catch_up(key)
        self._journal.write(
            'UPDATE execution SET closed = ?, close_status = ?, expires = ?, due = NULL WHERE key = ?',
            (closed, status, expires, key))
        self._heads.remove_all(key)

    def mark_cancel_requested(self, key: int) -> None:
        """Remember that the execution was asked to cancel."""
        self._journal.write('UPDATE execution SET cancel_requested = 1 WHERE key = ?', (key,))

    def execution(self, key: int) -> ExecutionRow | None:
        """Give the execution of that key."""
        return self._row(self._execute(f'SELECT {_COLUMNS} FROM execution WHERE key = ?', (key,)).fetchone())

    def find_execution(self, region: str, domain: str, workflow_id: str, run_id: str | None) -> ExecutionRow | None:
        """Give that run, or with no run id the open one."""
        where = 'region = ? AND domain = ? AND workflow_id = ?'
        if run_id is None:
            found = self._execute(
                f'SELECT {_COLUMNS} FROM execution WHERE {where} AND closed IS NULL', (region, domain, workflow_id))
        else:
            found = self._execute(
                f'SELECT {_COLUMNS} FROM execution WHERE {where} AND run_id = ?', (region, domain, workflow_id, run_id))
        return self._row(found.fetchone())

    def executions(self, query: Query, page: Page) -> list[ExecutionRow]:
        """List executions ordered by the query's time, then key."""
        where, given = _conditions(query)
        time = 'closed' if query.by_close else 'started'
        found = self._listed(_COLUMNS, 'execution', where, given, (time, 'key'), page)
        return [row for values in found if (row := self._row(values)) is not None]

    def count_executions(self, query: Query) -> int:
        """Count executions."""
        where, given = _conditions(query)
        return self._number(f'SELECT count(*) FROM execution WHERE {" AND ".join(where)}', *given)

    def forget_expired(self, now: float, limit: int) -> int:
        """Delete executions whose retention has ended."""
        self._catch_up()
        expired = self._execute('SELECT key FROM execution WHERE expires <= ? LIMIT ?', (now, limit)).fetchall()
        for key in expired:
            self._journal.write('DELETE FROM event WHERE execution = ?', key)
            self._journal.write('DELETE FROM execution WHERE key = ?', key)
        return len(expired)

    def _row(self, values: tuple[Any, ...] | None) -> ExecutionRow | None:
        if values is None:
            return None
        due = self._journal.dues().get(values[0], values[11])
        return ExecutionRow._make((
            *values[:5], _from_json(values[5]), *values[6:10], bool(values[10]), due))

    # What belongs to an execution.

    def append_events(self, key: int, events: Sequence[Event]) -> None:
        """Append events."""
        self._journal.note(key, EVENTS, events[0]['eventId'], events[-1]['eventId'], _to_json(events))

    def events(self, key: int, first: int, last: int) -> list[Event]:
        """Give the events from id `first` to id `last`."""
        start = self._number('SELECT max(first) FROM event WHERE execution = ? AND first <= ?', key, first)
        rows = self._execute(
            'SELECT body FROM event WHERE execution = ? AND first BETWEEN ? AND ? ORDER BY first', (key, start, last))
        bodies = [body for (body,) in rows] + [row[EVENTS + 2] for row in self._journal.events(key)]
        found = [event for body in bodies for event in _from_json_events(body)]
        before = first - found[0]['eventId'] if found else 0
        return found[max(before, 0):last - first + before + 1]

    def count_events(self, key: int) -> int:
        """Give the id of the last event."""
        if rows := self._journal.events(key):
            last: int = rows[-1][EVENTS + 1]
            return last
        row = self._execute(
            'SELECT last FROM event WHERE execution = ? ORDER BY first DESC LIMIT 1', (key,)).fetchone()
        return 0 if row is None else row[0]

    def put_heartbeat(self, key: int, heartbeat: Heartbeat) -> None:
        """Write the last heartbeat of an activity."""
        self._journal.write('REPLACE INTO heartbeat VALUES (?, ?, ?, ?)', (key, *heartbeat))

    def heartbeats(self, key: int) -> Iterable[Heartbeat]:
        """Give the last heartbeats of an execution's activities."""
        return [Heartbeat(*row) for row in self._execute(
            'SELECT scheduled_event_id, at, details FROM heartbeat WHERE execution = ?', (key,))]

    # Tasks.

    def add_task(self, task: Task) -> None:
        """Put a task at the end of its list's priority."""
        self._sequence += 1
        self._journal.note(task.execution, TASK, task.event_id, *task.task_list, task.priority, self._sequence)
        self._heads.add((-task.priority, self._sequence, task))

    def remove_task(self, execution: int, event_id: int) -> None:
        """Take a task out of its list, if it is there."""
        self._journal.note(execution, GONE, event_id)
        self._heads.remove(execution, event_id)

    def first_task(self, task_list: TaskListKey) -> Task | None:
        """Give the waiting task of the highest priority, of those the first that came."""
        return self._heads.first(task_list)

    def _first_tasks(self, task_list: TaskListKey, limit: int) -> list[Entry]:
        self._catch_up()
        rows = self._execute(
            'SELECT sequence, priority, execution, event_id FROM task WHERE region = ? AND domain = ? AND kind = ? AND '
            'name = ? ORDER BY priority DESC, sequence LIMIT ?', (*task_list, limit))
        return [(-row[1], row[0], Task(task_list, *row[1:])) for row in rows]

    def first_lambda(self) -> Task | None:
        """Give the Lambda task that has waited longest."""
        self._catch_up()
        row = self._execute(
            "SELECT region, domain, kind, name, priority, execution, event_id FROM task WHERE kind = 'lambda' "
            'ORDER BY sequence LIMIT 1').fetchone()
        return None if row is None else Task(TaskListKey(*row[:4]), *row[4:])

    def count_tasks(self, task_list: TaskListKey) -> int:
        """Count the tasks that wait in a list."""
        self._catch_up()
        return self._number(
            'SELECT count(*) FROM task WHERE region = ? AND domain = ? AND kind = ? AND name = ?', *task_list)

    # Attention.

    def set_due(self, key: int, due: float) -> None:
        """Set the moment at which an open execution needs attention."""
        self._journal.note(key, DUE, due)

    def first_due(self) -> tuple[float, int] | None:
        """Give the earliest such moment."""
        dues = self._journal.dues()
        rows = self._execute(
            'SELECT due, key FROM execution WHERE due IS NOT NULL ORDER BY due, key LIMIT ?', (len(dues) + 1,))
        return min(
            [(due, key) for due, key in rows if key not in dues] + [(due, key) for key, due in dues.items()],
            default=None)

    def _listed(
        self, columns: str, table: str, where: list[str], given: list[Any], order: tuple[str, str], page: Page,
    ) -> list[tuple[Any, ...]]:
        """Select a page in the order of two columns."""
        direction, beyond = ('DESC', '<') if page.descending else ('ASC', '>')
        if page.after is not None:
            where = [*where, f'({order[0]}, {order[1]}) {beyond} (?, ?)']
            given = [*given, *page.after]
        return self._execute(
            f'SELECT {columns} FROM {table} WHERE {" AND ".join(where)} '
            f'ORDER BY {order[0]} {direction}, {order[1]} {direction} LIMIT ?', (*given, page.limit)).fetchall()


def _schema() -> str:
    return files(__package__).joinpath('schema.sql').read_text(encoding='utf-8')


def _conditions(query: Query) -> tuple[list[str], list[Any]]:
    """Give the conditions that executions of a query meet, and their parameters."""
    time = 'closed' if query.by_close else 'started'
    optional = (
        (f'{time} >= ?', query.oldest),
        (f'{time} <= ?', query.latest),
        ('workflow_id = ?', query.workflow_id),
        ("info ->> '$.workflowType.name' = ?", query.type_name),
        ("info ->> '$.workflowType.version' = ?", query.type_version),
        ("EXISTS (SELECT 1 FROM json_each(info, '$.tagList') WHERE value = ?)", query.tag),
        ('close_status = ?', query.close_status),
    )
    met = [(condition, value) for condition, value in optional if value is not None]
    where = ['region = ?', 'domain = ?', 'closed IS NULL' if query.open else 'closed IS NOT NULL AND expires > ?']
    given = [query.region, query.domain, *([] if query.open else [query.now])]
    return where + [condition for condition, _ in met], given + [value for _, value in met]


def _text(record: Record) -> str:
    return _to_json(record).decode()
