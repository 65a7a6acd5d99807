"""What transactions changed is the same in the file as in memory, wherever it stands, and after a crash as well."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.swflocal.service.storage import ExecutionRow, Heartbeat, Page, Query, Task, TaskListKey
from pyswfaws.swflocal.stores import MemoryStore, SqliteStore
from pyswfaws.swflocal.stores.journal import coalesced

LIST = TaskListKey('r', 'd', 'activity', 'l')
KEYS = range(1, 4)
DAY = 86_400.0
INFO = {'workflowType': {'name': 'W', 'version': '1'}}

#: What a transaction may do, to the execution of a key, with a number.
CHANGES = ('add', 'events', 'task', 'gone', 'due', 'beat', 'cancel', 'close', 'forget')
#: What may be asked in the middle of one.
QUESTIONS = ('first_due', 'first_task', 'count_tasks', 'events')

change = st.tuples(st.sampled_from(CHANGES), st.sampled_from(KEYS), st.integers(1, 9))
question = st.tuples(st.sampled_from(QUESTIONS), st.sampled_from(KEYS), st.integers(1, 9))
inner = st.tuples(st.booleans(), st.lists(change, max_size=5))
transaction = st.tuples(st.booleans(), st.lists(st.one_of(change, change, change, question, inner), max_size=8))


class FailedError(Exception):
    """A transaction that is to fail."""


class Program:
    """Does the same to a store whatever kind it is; what it may do next follows from what it did."""

    def __init__(self, store):
        self.store = store
        self.answers = []
        self.lengths, self.open, self.tasks, self.next_task = {}, set(), {}, 1

    def run(self, transaction):
        fails, steps = transaction
        before = dict(self.lengths), set(self.open), dict(self.tasks)
        with suppress(FailedError):
            try:
                with self.store.transaction():
                    for step in steps:
                        self.take(step)
                    if fails:
                        raise FailedError    # noqa: TRY301 - inside the block, to undo it
            except FailedError:
                self.lengths, self.open, self.tasks = before
                raise

    def take(self, step):
        if len(step) == 2:
            if not step[0] or all(name in {'events', 'task', 'gone', 'due'} for name, *_ in step[1]):
                self.run(step)      # one that fails in the middle of other writes takes the outer one with it
            return
        name, key, number = step
        if name in QUESTIONS:
            self.answers.append(self.ask(name, key))
        elif name == 'add' and key not in self.lengths:
            self.store.add_execution(ExecutionRow(key, 'r', 'd', f'w{key}', f'run{key}', INFO, 0.0))
            self.lengths[key] = 0
            self.open.add(key)
        elif key in self.open:
            getattr(self, name, lambda *_: None)(key, number)

    def ask(self, name, key):
        if name == 'events':
            return self.store.events(key, 1, 100), self.store.events(key, 3, 5), self.store.count_events(key)
        return getattr(self.store, name)(*(() if name == 'first_due' else (LIST,)))

    def events(self, key, number):
        first = self.lengths[key] + 1
        self.store.append_events(key, [{'eventId': n, 'text': 'ä]['} for n in range(first, first + number)])
        self.lengths[key] += number

    def task(self, key, number):
        self.store.add_task(Task(LIST, number % 3, key, self.next_task))
        self.tasks[self.next_task] = key
        self.next_task += 1

    def gone(self, key, number):
        mine = [event_id for event_id, of in self.tasks.items() if of == key]
        if mine:
            event_id = mine[number % len(mine)]
            self.store.remove_task(key, event_id)
            del self.tasks[event_id]

    def due(self, key, number):
        self.store.set_due(key, float(number))

    def beat(self, key, number):
        self.store.put_heartbeat(key, Heartbeat(number, float(number), 'd'))

    def cancel(self, key, _):
        self.store.mark_cancel_requested(key)

    def close(self, key, number):
        self.store.close_execution(key, float(number), 'COMPLETED', number * DAY)
        self.open.discard(key)
        self.tasks = {event_id: of for event_id, of in self.tasks.items() if of != key}

    def forget(self, _, number):
        """Delete what has expired."""
        self.store.forget_expired(number * DAY, 10)


def everything(store):
    query, page = Query('r', 'd', open=True, now=0.0), Page(None, 10, descending=False)
    return [
        [(store.execution(key), store.events(key, 1, 1000), store.count_events(key), store.events(key, 4, 7),
          sorted(store.heartbeats(key))) for key in KEYS],
        [store.executions(query._replace(open=is_open), page) for is_open in (True, False)],
        store.first_due(), store.first_task(LIST), store.count_tasks(LIST),
    ]


@given(st.lists(transaction, max_size=8), st.integers(0, 8))
def test_a_file_holds_what_memory_does_and_a_crash_loses_nothing(transactions, crash):
    with tempfile.TemporaryDirectory() as folder:
        path, copy = Path(folder, 'swf.db'), Path(folder, 'crashed.db')
        memory, file = Program(MemoryStore()), Program(SqliteStore(path))
        for number, each in enumerate(transactions):
            memory.run(each)
            file.run(each)
            if number == crash:
                for suffix in ('', '-wal'):
                    shutil.copy(f'{path}{suffix}', f'{copy}{suffix}')
                crashed = SqliteStore(copy)
                assert everything(crashed) == everything(memory.store)
                crashed.close()
        assert file.answers == memory.answers
        assert everything(file.store) == everything(memory.store)
        file.store.close()
        reopened = SqliteStore(path)
        assert everything(reopened) == everything(memory.store)
        reopened.close()


def test_what_came_and_went_is_not_put_into_the_tables():
    nothing = [None] * 7
    rows = [
        [1, 1, 2, b'[1,2]', None, 2, 'r', 'd', 'activity', 'l', 0, 1, 5.0],
        [2, None, None, None, 7, *nothing, None],
        [1, 3, 3, b'[3]', 2, *nothing, 4.0],
    ]
    assert coalesced(rows) == [[1, 1, 3, b'[1,2,3]', None, *nothing, 4.0], rows[1]]


def test_a_long_journal_is_put_into_the_tables_by_itself(tmp_path):
    store = SqliteStore(tmp_path / 'swf.db')
    lengths = set()
    for number in range(1, 2_500):
        with store.transaction():
            store.append_events(1, [{'eventId': number}])
        lengths.add(store._execute('SELECT count(*) FROM journal').fetchone()[0])
    assert max(lengths) == 1_000
    assert store.count_events(1) == 2_499
    store.close()
