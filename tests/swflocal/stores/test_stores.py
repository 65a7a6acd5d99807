"""What every store keeps, and what the file of SWF Local survives and refuses."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pyswfaws.swflocal.service.storage import ExecutionRow, Heartbeat, Page, Query, Task, TaskListKey, TypeKey
from pyswfaws.swflocal.stores import ForeignFileError, LockedError, MemoryStore, SqliteStore, StoreError, sqlite

LIST = TaskListKey('r', 'd', 'activity', 'l')


def row(key, workflow_id='w', started=0.0, **more):
    info = {'workflowType': {'name': 'W', 'version': '1'}}
    return ExecutionRow(key, 'r', 'd', workflow_id, f'run{key}', info, started, **more)


def everything(store):
    """All that can be read from a store in which the keys up to 3 were used."""
    keys, query = range(1, 4), Query('r', 'd', open=True, now=0.0)
    return [
        store.domains('r'),
        store.types('r', 'd', 'ActivityType', 'REGISTERED', None, Page(None, 10, descending=False)),
        [store.execution(key) for key in keys],
        [store.find_execution('r', 'd', 'w', run) for run in (None, 'run1', 'run2')],
        [store.executions(q, Page(None, 10, descending=True)) for q in (query, query._replace(open=False))],
        [store.events(key, 1, 100) for key in keys],
        [store.count_events(key) for key in keys],
        [list(store.heartbeats(key)) for key in keys],
        store.first_task(LIST), store.count_tasks(LIST), store.first_lambda(), store.first_due(),
    ]


def fill(store):
    with store.transaction():
        store.put_domain('r', 'd', {'status': 'REGISTERED'})
        store.put_type(TypeKey('r', 'd', 'ActivityType', 'A', '1'), {'status': 'REGISTERED'})
        store.add_execution(row(store.next_key()))
        store.append_events(1, [{'eventId': 1, 't': 1.25}, {'eventId': 2, 't': 'ä'}])
        store.append_events(1, [{'eventId': 3, 't': None}])
        store.add_task(Task(LIST, 0, 1, 2))
        store.add_task(Task(TaskListKey('r', 'd', 'lambda', 'f'), 0, 1, 3))
        store.put_heartbeat(1, Heartbeat(2, 5.0, 'd'))
        store.set_due(1, 9.0)


@pytest.fixture(params=['memory', 'sqlite'])
def store(request, tmp_path):
    opened = MemoryStore() if request.param == 'memory' else SqliteStore(tmp_path / 'swf.db')
    yield opened
    opened.close()


def test_what_is_written_is_read(store):
    fill(store)
    assert store.events(1, 2, 3) == [{'eventId': 2, 't': 'ä'}, {'eventId': 3, 't': None}]
    assert store.events(1, 3, 3) == [{'eventId': 3, 't': None}]
    assert store.events(7, 1, 3) == []
    assert store.first_due() == (9.0, 1)
    assert store.first_lambda() == Task(TaskListKey('r', 'd', 'lambda', 'f'), 0, 1, 3)
    assert store.execution(1) == row(1, due=9.0) == store.find_execution('r', 'd', 'w', None)


def test_a_transaction_that_fails_leaves_nothing(store):
    fill(store)
    before = everything(store)
    with pytest.raises(ZeroDivisionError):
        write_and_fail(store)
    assert everything(store) == before
    with store.transaction():
        store.add_task(Task(LIST, 0, 1, 9))
    assert store.first_task(LIST) == Task(LIST, 0, 1, 2)


def write_and_fail(store):
    with store.transaction():
        store.put_domain('r', 'd', {'status': 'DEPRECATED'})
        store.put_domain('r', 'e', {'status': 'REGISTERED'})
        store.delete_type(TypeKey('r', 'd', 'ActivityType', 'A', '1'))
        store.append_events(1, [{'eventId': 4}])
        store.mark_cancel_requested(1)
        store.remove_task(1, 2)
        store.add_task(Task(LIST, 5, 1, 4))
        store.put_heartbeat(1, Heartbeat(2, 6.0, None))
        store.set_due(1, 30.0)
        assert store.first_due() == (30.0, 1)
        store.add_execution(row(2, 'other'))
        store.append_events(2, [{'eventId': 1}])
        store.close_execution(1, 7.0, 'COMPLETED', 8.0)
        store.add_execution(row(3))
        store.forget_expired(100.0, 10)
        raise ZeroDivisionError


def test_an_inner_transaction_that_fails_before_it_writes_has_done_nothing(store):
    fill(store)
    with store.transaction():
        store.set_due(1, 20.0)
        with store.transaction():
            store.add_task(Task(LIST, 9, 1, 1))
        with pytest.raises(ZeroDivisionError), store.transaction():
            raise ZeroDivisionError
        store.append_events(1, [{'eventId': 4}])
    assert (store.count_events(1), store.first_due(), store.first_task(LIST).event_id) == (4, (20.0, 1), 1)


def test_an_inner_transaction_that_fails_before_it_reads_what_it_wrote_has_done_nothing(store):
    fill(store)
    with store.transaction():
        store.append_events(1, [{'eventId': 4}])
        with pytest.raises(ZeroDivisionError), store.transaction():
            change_and_fail(store)
        store.append_events(1, [{'eventId': 5, 'again': True}])
    assert store.events(1, 4, 9) == [{'eventId': 4}, {'eventId': 5, 'again': True}]
    assert (store.first_due(), store.first_task(LIST).event_id, store.count_tasks(LIST)) == ((9.0, 1), 2, 1)


def change_and_fail(store):
    store.append_events(1, [{'eventId': 5}])
    store.remove_task(1, 2)
    store.add_task(Task(LIST, 5, 1, 4))
    store.set_due(1, 20.0)
    raise ZeroDivisionError


def test_what_happens_in_a_transaction_keeps_its_order_however_much_it_is(store):
    with store.transaction():
        for key in range(1, 81):
            store.add_execution(row(key, f'w{key}'))
        for key in range(1, 81):
            store.set_due(key, float(key))
            store.add_task(Task(LIST, 0, key, 1))
            store.append_events(key, [{'eventId': 1}])
            store.remove_task(key, 1)
            store.append_events(key, [{'eventId': 2}])
            store.set_due(key, 100.0 - key)
    assert (store.first_due(), store.first_task(LIST), store.count_tasks(LIST)) == ((20.0, 80), None, 0)
    assert all(store.count_events(key) == len(store.events(key, 1, 9)) == 2 for key in range(1, 81))


def test_an_inner_transaction_that_fails_after_its_first_write_takes_the_outer_one_with_it(tmp_path):
    store = SqliteStore(tmp_path / 'swf.db')
    fill(store)
    before = everything(store)
    with pytest.raises(StoreError, match='in the middle of its writes'), store.transaction():
        write_and_fail(store)
    assert everything(store) == before
    store.close()


def test_an_inner_transaction_goes_with_the_outer_one(store):
    fill(store)
    before = everything(store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        write_inside_and_fail(store)
    assert everything(store) == before
    with store.transaction():
        store.set_due(1, 31.0)
    assert store.first_due() == (31.0, 1)


def write_inside_and_fail(store):
    with store.transaction():
        store.set_due(1, 30.0)
    raise ZeroDivisionError


def test_tasks_by_priority_then_first_come(store):
    with store.transaction():
        for event_id, priority in ((1, 0), (2, 5), (3, -3), (4, 5), (5, 0)):
            store.add_task(Task(LIST, priority, 1, event_id))
    order = []
    while (task := store.first_task(LIST)) is not None:
        order.append(task.event_id)
        with store.transaction():
            store.remove_task(1, task.event_id)
            store.remove_task(1, task.event_id)
    assert order == [2, 4, 1, 5, 3]


def test_a_close_takes_everything_that_waits_with_it(store):
    fill(store)
    with store.transaction():
        store.close_execution(1, 10.0, 'FAILED', 20.0)
    assert (store.first_task(LIST), store.first_lambda(), store.first_due()) == (None, None, None)
    assert store.find_execution('r', 'd', 'w', None) is None
    closed = store.find_execution('r', 'd', 'w', 'run1')
    assert (closed.closed, closed.close_status, closed.expires, closed.due) == (10.0, 'FAILED', 20.0, None)
    with store.transaction():
        assert store.forget_expired(19.0, 10) == 0
        assert store.forget_expired(20.0, 10) == 1
    assert (store.execution(1), store.events(1, 1, 10)) == (None, [])


def test_a_file_closed_and_opened_holds_the_same(tmp_path):
    first, memory = SqliteStore(tmp_path / 'swf.db'), MemoryStore()
    fill(first)
    fill(memory)
    first.close()
    second = SqliteStore(tmp_path / 'swf.db', durability='full')
    assert everything(second) == everything(memory)
    assert second.next_key() == 2
    second.close()


def test_a_full_disk_costs_the_transaction_and_no_more(tmp_path):
    store = SqliteStore(tmp_path / 'swf.db')
    fill(store)
    before = everything(store)
    store._execute('PRAGMA max_page_count = 40')
    with pytest.raises(StoreError, match='full'), store.transaction():
        store.append_events(1, [{'eventId': 4, 'input': 'x' * 1_000_000}])
    assert everything(store) == before
    with store.transaction():
        store.set_due(1, 10.0)
    assert store.first_due() == (10.0, 1)
    store.close()


def test_a_file_that_is_not_a_database(tmp_path):
    path = tmp_path / 'notes.txt'
    path.write_text('not a database, only a text that is long enough to be looked at ' * 20)
    with pytest.raises(ForeignFileError, match=r'notes\.txt is not a database of SWF Local; name another file'):
        SqliteStore(path)
    assert path.read_text().startswith('not a database')


def test_a_database_of_somebody_else(tmp_path):
    path = tmp_path / 'other.db'
    with sqlite3.connect(path) as other:
        other.execute('CREATE TABLE t (x)')
    other.close()
    with pytest.raises(ForeignFileError, match='is not a database of SWF Local'):
        SqliteStore(path)


def test_a_file_of_a_later_version(tmp_path):
    path = tmp_path / 'swf.db'
    SqliteStore(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute('PRAGMA user_version = 99')
    newer.close()
    with pytest.raises(ForeignFileError, match='later version of SWF Local'):
        SqliteStore(path)


def test_a_file_of_an_earlier_version_is_brought_up_step_by_step(tmp_path, monkeypatch):
    path = tmp_path / 'swf.db'
    older = SqliteStore(path)
    fill(older)
    before = everything(older)
    older.close()
    monkeypatch.setattr(sqlite, '_VERSION', 4)
    monkeypatch.setattr(sqlite, '_STEPS', {
        2: 'CREATE TABLE extra (execution INTEGER PRIMARY KEY); INSERT INTO extra SELECT key FROM execution;',
        3: 'ALTER TABLE extra ADD COLUMN note TEXT; UPDATE extra SET note = execution + 1;',
    })
    store = SqliteStore(path)
    assert everything(store) == before
    assert store._execute('SELECT * FROM extra').fetchall() == [(1, '2')]
    store.close()
    SqliteStore(path).close()       # no step is done twice
    monkeypatch.undo()
    with pytest.raises(ForeignFileError, match=r'schema 4, known is 2'):
        SqliteStore(path)


def test_a_step_that_fails_leaves_the_earlier_version(tmp_path, monkeypatch):
    path = tmp_path / 'swf.db'
    older = SqliteStore(path)
    fill(older)
    before = everything(older)
    older.close()
    monkeypatch.setattr(sqlite, '_VERSION', 3)
    monkeypatch.setattr(sqlite, '_STEPS', {2: 'DELETE FROM event; ALTER TABLE nowhere ADD COLUMN x;'})
    with pytest.raises(StoreError, match='no such table: nowhere'):
        SqliteStore(path)
    monkeypatch.undo()
    store = SqliteStore(path)
    assert everything(store) == before
    store.close()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match='is its folder there'):
        SqliteStore(tmp_path / 'no' / 'swf.db')


def test_a_file_in_use(tmp_path):
    path = tmp_path / 'swf.db'
    first = SqliteStore(path)
    with pytest.raises(LockedError, match='in use by another process; stop that one, or name another file'):
        SqliteStore(path)
    first.close()
    SqliteStore(path).close()


def test_every_transaction_that_ended_survives_a_kill(tmp_path):
    path = tmp_path / 'swf.db'
    program = textwrap.dedent(f"""
        from pyswfaws.swflocal.stores import SqliteStore
        store = SqliteStore({str(path)!r})
        for n in range(1, 100_000):
            with store.transaction():
                store.append_events(1, [{{'eventId': n}}])
            print(n, flush=True)
    """)
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, '-c', program], stdout=subprocess.PIPE, text=True, env={**os.environ, 'PYTHONPATH': root})
    acknowledged = [int(process.stdout.readline()) for _ in range(200)][-1]
    process.send_signal(signal.SIGKILL)
    acknowledged = max([acknowledged, *(int(line) for line in process.stdout.read().split('\n')[:-1] if line)])
    process.wait()
    process.stdout.close()
    store = SqliteStore(path)
    assert store.count_events(1) >= acknowledged
    assert [event['eventId'] for event in store.events(1, 1, 10**6)] == list(range(1, store.count_events(1) + 1))
    store.close()
