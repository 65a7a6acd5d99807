"""Where activities run: in threads, in processes that crash and are killed, and on one event loop."""

import logging
import os
import random
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from pyswfaws import (
    ActivityTaskException,
    ConfigurationError,
    DefinitionError,
    DistributedActivityWorker,
    FileDataStore,
    OverflowDataStore,
    Signal,
    SwfDataStore,
    activity_task,
    decision_task,
    set_data_defaults,
    set_middleware,
)

TARGETS = str(Path(__file__).parent / 'targets')
sys.path.insert(0, TARGETS)
import crafts  # noqa: E402 - processes import it too, by this name

sys.path.remove(TARGETS)

MODES = ('threads', 'processes', 'asyncio')


@decision_task
def ended(name, *args):
    """Give the result of an activity, or how it failed."""
    try:
        return getattr(crafts, name)(*args).result
    except ActivityTaskException as failed:
        known = None if failed.remote is None else failed.remote.types[0]
        return [failed.failure_status, failed.failure_reason or failed.details, known]


@decision_task
def cancelled(name, *args):
    """Cancel an activity when told to: how it ended."""
    promise = getattr(crafts, name)(*args)
    Signal.get('cancel').result
    promise.cancel()
    try:
        return promise.result
    except ActivityTaskException as failed:
        return [failed.failure_status, failed.details]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(TARGETS)


@pytest.fixture
def serve(stage):
    """Serve some of the activities, and the deciders: the worker of activities."""
    def serve(*names, **options):
        stage.deciders(ended, cancelled)
        return stage.activities(*(getattr(crafts, name) for name in names), **{'execution': 'processes'} | options)
    return serve


class Watched:
    """A client that keeps what SWF answers to heartbeats."""

    def __init__(self, client):
        self.client = client
        self.answers = []

    def __getattr__(self, name):
        return getattr(self.client, name)

    def record_activity_task_heartbeat(self, **request):
        self.answers.append(self.client.record_activity_task_heartbeat(**request))
        return self.answers[-1]


def cancel_when_begun(run, until, path):
    """Cancel the activity of a run of `cancelled` when it has written a file: how it ended."""
    until(lambda: path.exists() and path.read_text())
    run.signal('cancel')
    return run.result(timeout=30)


def is_alive(process):
    """Whether there is such a process, and it is no zombie."""
    try:
        return Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0] not in 'ZX'
    except FileNotFoundError:
        return False


def children():
    """The processes that threads of this one have started, and have not seen the end of."""
    found = set()
    for task in Path('/proc/self/task').iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):   # the thread has just ended
            found.update((task / 'children').read_text().split())
    return found


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = children()
    yield
    assert children() <= before


def test_a_process_runs_one_activity_after_the_other_and_ends_with_the_worker(stage, serve):
    serve('process', 'double')
    first = stage.run(ended, 'process')
    assert stage.run(ended, 'double', 21) == 42
    assert stage.run(ended, 'process') == first
    assert first[1] == os.getpid()
    stage.end()
    assert not is_alive(first[0])


@pytest.mark.parametrize(('how', 'reason', 'known'), [
    ('segfault', 'ActivityProcessDied: the process that ran it was killed by SIGSEGV', 'ActivityProcessDied'),
    ('exit', 'ActivityProcessDied: the process that ran it ended with exit status 3', 'ActivityProcessDied'),
    ('SIGKILL', 'ActivityProcessDied: the process that ran it was killed by SIGKILL (out of memory?)', None),
    ('SIGABRT', 'ActivityProcessDied: the process that ran it was killed by SIGABRT', None),
    ('sys.exit', 'SystemExit: 4', 'SystemExit'),
    ('memory', 'MemoryError: no more', 'MemoryError'),
])
def test_what_kills_a_process_fails_one_activity_and_says_why(stage, serve, how, reason, known):
    worker = serve('crash', 'double')
    status, said, found = stage.run(ended, 'crash', how)
    assert (status, said) == ('FAILED', reason)
    assert known is None or found.endswith(known)
    assert stage.run(ended, 'double', 2) == 4, 'the slot has a new process'
    assert worker.counts['crashed'] == (known not in ('SystemExit', 'MemoryError'))


def test_what_an_activity_said_before_its_process_died_is_found_by_the_next_attempt(stage, serve):
    serve('crash_once')
    assert stage.run(ended, 'crash_once', 'x') == {'done': 7}


def test_what_is_declared_and_what_an_object_is_called_on_go_along(stage):
    @decision_task
    def decider():
        try:
            crafts.spoil('milk').result
        except crafts.Spoilt as spoilt:
            return [spoilt.remote.message, crafts.Shop('Bob').sell('bread').result]

    stage.deciders(decider)
    stage.activities(crafts.spoil, crafts.Shop.sell, activity_object=crafts.Shop('Ann'), execution='processes')
    assert stage.run(decider) == ['milk', 'bread of Ann']


def test_the_store_that_the_program_chose_is_the_processes_too(stage, serve, tmp_path):
    set_data_defaults(OverflowDataStore(SwfDataStore(), FileDataStore(tmp_path)))
    try:
        serve('double')
        assert stage.run(ended, 'double', 'x' * 20_000) == 'x' * 40_000
    finally:
        set_data_defaults()


@pytest.mark.parametrize('own', [True, False])
def test_middleware_stands_around_activities_in_processes(stage, serve, own):
    given = crafts.Marked('loud')
    set_middleware(*() if own else (given,))
    try:
        serve('mark', **{'middleware': [given]} if own else {})
        assert stage.run(ended, 'mark') == 'loud mark-1'
    finally:
        set_middleware()


def test_logs_of_a_process_are_the_workers_by_its_levels(stage, serve, caplog):
    logging.getLogger('crafts.quiet').setLevel(logging.ERROR)
    caplog.set_level(logging.INFO)
    serve('say')
    stage.run(ended, 'say', 'hello')
    (record,) = [record for record in caplog.records if record.name.startswith('crafts')]
    assert (record.getMessage(), record.levelname) == ('hello is said', 'WARNING')
    assert record.process != os.getpid()
    assert (record.shop.startswith('<crafts.Shop object'), record.number) == (True, 7)
    assert (type(record.word), record.word) == (str, 'bread-butter')


def test_heartbeats_never_wait_and_the_main_thread_runs_the_activity(stage, serve):
    serve('count')
    assert stage.run(ended, 'count', 1_000) is True


@pytest.mark.parametrize('execution', ['threads', 'processes'])
def test_a_cancel_reaches_an_activity_that_listens(stage, serve, until, tmp_path, execution):
    path = tmp_path / 'begun'
    worker = serve('wait_until_cancelled', execution=execution)
    run = stage.start(cancelled, 'wait_until_cancelled', str(path), False)
    assert cancel_when_begun(run, until, path) == ['CANCELED', 'a cancel of this activity was requested']
    assert worker.counts['killed'] == 0


def test_what_does_not_listen_is_killed_after_its_time(stage, serve, until, tmp_path):
    worker = serve('wait_until_cancelled', kill_after=0.1)
    run = stage.start(cancelled, 'wait_until_cancelled', str(tmp_path / 'begun'), True)
    status, details = cancel_when_begun(run, until, tmp_path / 'begun')
    assert status == 'CANCELED'
    assert details.startswith('a cancel of this activity was requested; it did not end within 0.1 s, and its process')
    assert worker.counts['killed'] == 1
    assert not is_alive(int((tmp_path / 'begun').read_text()))


def test_what_a_process_has_started_dies_with_it(stage, serve, until, tmp_path):
    serve('start_another', kill_after=0)
    run = stage.start(cancelled, 'start_another', str(tmp_path / 'begun'))
    assert cancel_when_begun(run, until, tmp_path / 'begun')[0] == 'CANCELED'
    until(lambda: not is_alive(int((tmp_path / 'begun').read_text())))


@pytest.mark.parametrize('wear', [{}, {'max_tasks': 1}])
def test_what_a_process_has_left_running_ends_with_it(stage, serve, until, wear):
    serve('leave_another', **wear)
    another = stage.run(ended, 'leave_another')
    assert wear or is_alive(another)
    stage.end()
    until(lambda: not is_alive(another))


def test_what_is_over_its_time_is_killed_and_no_answer_is_sent(stage, serve, until, tmp_path, caplog):
    caplog.set_level('INFO', 'pyswfaws')
    worker = serve('hang', kill_after=0)
    assert stage.run(ended, 'hang', str(tmp_path / 'begun'))[:2] == ['TIMED_OUT', 'START_TO_CLOSE']
    until(lambda: not is_alive(int((tmp_path / 'begun').read_text())))
    stage.end()
    assert (worker.counts['lost'], worker.counts['killed']) == (1, 1)
    assert caplog.text.count('is not waited for any more') == 1
    assert 'the answer was not taken' not in caplog.text


@pytest.mark.parametrize('execution', ['threads', 'processes'])
def test_a_worker_finds_out_by_itself_what_is_over_its_time(stage, serve, until, tmp_path, execution):
    worker = serve('look_now_and_then', execution=execution)
    assert stage.run(ended, 'look_now_and_then', str(tmp_path / 'end'))[:2] == ['TIMED_OUT', 'START_TO_CLOSE']
    until(lambda: (tmp_path / 'end').exists() and (tmp_path / 'end').read_text() == 'True')
    assert worker.counts['lost'] == 1


def test_a_call_that_was_given_more_time_than_its_type_has_gets_it(stage, serve, until):
    client = Watched(stage.client)

    @activity_task(start_to_close_timeout=1, max_attempts=1)
    def slow():
        until(lambda: client.answers)       # SWF was asked, once the type's timeout was over
        return 'slow'

    @decision_task
    def decider():
        return slow.options(start_to_close_timeout=60)().result

    stage.deciders(decider)
    worker = stage.activities(slow, client=client)
    assert stage.run(decider) == 'slow'
    assert worker.counts['lost'] == 0
    assert [answer['cancelRequested'] for answer in client.answers] == [False]


def test_a_start_that_fails_leaves_no_process(stage):
    stage.register(crafts.double)
    worker = DistributedActivityWorker(
        crafts.double, client=stage.client, swf_domain='nowhere', swf_task_list='l', execution='processes',
    )
    with pytest.raises(ConfigurationError, match="no domain 'nowhere'"):
        worker.start()


PROGRAM = """
from pyswfaws import DistributedActivityWorker, activity_task
from pyswfaws.swflocal import SwfLocal
from pyswfaws.binding.registry import scanned
from pyswfaws.workers.registration import register

@activity_task
def nothing(): pass

def main():
    with SwfLocal(poll_timeout=0) as swf:
        client = swf.direct_client()
        list(register(client, 'd', scanned(nothing), default_task_list='l'))
        worker = DistributedActivityWorker(
            nothing, client=client, swf_domain='d', swf_task_list='l', execution='processes',
        )
        worker.begin()
        worker.stop()
        worker.wait()
        print('served')

"""


@pytest.mark.parametrize(('end', 'status', 'text'), [
    ("if __name__ == '__main__':\n    main()\n", 0, 'served'),
    ('main()\n', 1, "put if __name__ == '__main__': around what the program does"),
])
def test_functions_of_the_program_that_was_started(tmp_path, end, status, text):
    (tmp_path / 'program.py').write_text(PROGRAM + end)
    done = subprocess.run(
        [sys.executable, str(tmp_path / 'program.py')], capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {'PYTHONPATH': os.pathsep.join(sys.path)},
    )
    assert done.returncode == status, done.stderr
    assert text in done.stdout + done.stderr


def test_functions_of_an_interactive_session_are_refused(tmp_path):
    done = subprocess.run(
        [sys.executable], input=f'{PROGRAM}main()\n', capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {'PYTHONPATH': os.pathsep.join(sys.path)},
    )
    assert 'these were defined in an interactive session: write them into a file' in done.stderr


def test_a_coroutine_that_is_over_its_time_is_cancelled(stage, serve, until, tmp_path):
    worker = serve('linger', execution='asyncio')
    assert stage.run(ended, 'linger', str(tmp_path / 'begun'))[:2] == ['TIMED_OUT', 'START_TO_CLOSE']
    until(lambda: (tmp_path / 'begun').read_text() == 'cancelled')
    assert worker.counts['lost'] == 1


@pytest.mark.parametrize('execution', MODES)
def test_a_task_that_exits_does_not_end_the_event_loop(stage, serve, execution):
    serve('leave', 'halve', execution=execution)
    assert stage.run(ended, 'leave')[:2] == ['FAILED', 'SystemExit: 3']
    assert stage.run(ended, 'halve', 4) == [2, 1]


def test_a_thousand_coroutines_run_at_a_time_in_a_few_threads(stage):
    together, threads = [], []

    @activity_task
    async def meet():
        together.append(True)
        threads.append(threading.active_count())
        while len(together) < 1_000:
            await crafts.asyncio.sleep(0.01)

    @decision_task
    def decider():
        for promise in [meet() for _ in range(1_000)]:
            promise.result

    stage.deciders(decider)
    before = threading.active_count()
    stage.activities(meet, execution='asyncio', concurrency=1_000, pollers=4)
    stage.start(decider).result(timeout=120)
    assert max(threads) < before + 30


def test_what_cannot_be_run_there_is_refused_with_what_to_do(stage):
    def begin(*functions, **options):
        stage.activities(*functions, **options)

    with pytest.raises(ConfigurationError, match=r"'asyncio' is for 'async def' functions, .* 'double' \(.*crafts.py"):
        begin(crafts.halve, crafts.double, execution='asyncio')
    with pytest.raises(ConfigurationError, match=r"'nowhere' .* is not crafts:_make.<locals>.nowhere: define it at"):
        begin(crafts.nowhere, execution='processes')
    with pytest.raises(ConfigurationError, match='needs activity_object in other processes, but it cannot be pickled'):
        begin(crafts.Shop.sell, activity_object=crafts.Shop(threading.Lock()), execution='processes')
    with pytest.raises(DefinitionError, match="execution is one of threads, processes, asyncio, but it is 'process'"):
        begin(crafts.double, execution='process')
    for name, value in {'max_tasks': 0, 'max_memory': 0, 'max_per_second': -1, 'kill_after': -1}.items():
        with pytest.raises(DefinitionError, match=f'{name} is '):
            begin(crafts.double, **{name: value})


@pytest.mark.parametrize('wear', [{'max_tasks': 1}, {'max_memory': 1}])
def test_a_process_that_is_worn_is_replaced(stage, serve, wear):
    worker = serve('process', **wear)
    first, second = stage.run(ended, 'process'), stage.run(ended, 'process')
    assert first[0] != second[0]
    assert worker.counts['recycled'] == 2
    assert worker.retired is None


@pytest.mark.parametrize('wear', [{'max_tasks': 2}, {'max_memory': 1}])
def test_a_worker_that_is_worn_ends_to_be_replaced(stage, serve, until, wear):
    worker = serve('double', execution='threads', **wear)
    runs = [stage.start(ended, 'double', number) for number in range(2)]
    until(lambda: worker.retired)
    stage.swf.end_polls()
    until(lambda: worker.wait(0.1))
    assert worker.retired in ('it has run 2 tasks', worker.retired if 'max_memory' in wear else None)
    assert 'max_memory' in wear or [run.result(timeout=20) for run in runs] == [0, 2]
    serve('double')
    assert [run.result(timeout=20) for run in runs] == [0, 2]


def test_a_module_that_cannot_be_imported_there_is_said_at_the_start(stage, tmp_path, monkeypatch):
    (tmp_path / 'fickle.py').write_text(
        'import os\nfrom pyswfaws import activity_task\n'
        'if "PYSWFAWS_BROKEN" in os.environ: raise ValueError("not here")\n'
        '@activity_task\ndef once(): pass\n',
    )
    monkeypatch.syspath_prepend(tmp_path)
    import fickle  # noqa: PLC0415
    monkeypatch.setenv('PYSWFAWS_BROKEN', '1')
    with pytest.raises(ConfigurationError, match=r'(?s)cannot import them:.*ValueError: not here'):
        stage.activities(fickle.once, execution='processes')


def test_generated_work_gives_the_same_in_every_mode(stage, serve):
    dice = random.Random(5)
    work = [dice.choice([('halve', dice.randrange(100)), ('spoil', 'x'), ('double', 3), ('crash', 'memory')])
            for _ in range(30)]
    expected = {'halve': lambda n: [n // 2, 1], 'double': lambda n: n * 2,
                'spoil': lambda t: ['FAILED', f'Spoilt: {t}', 'crafts.Spoilt'],
                'crash': lambda _: ['FAILED', 'MemoryError: no more', 'MemoryError']}
    stage.swf._host.poll_timeout = 0.2
    stage.deciders(ended)
    for execution in MODES:
        mine = [(name, argument) for name, argument in work if execution != 'asyncio' or name == 'halve']
        worker = stage.activities(
            *{getattr(crafts, name) for name, _ in mine}, execution=execution, concurrency=3, pollers=2,
        )
        runs = [stage.start(ended, *each) for each in mine]
        assert [run.result(timeout=60) for run in runs] == [expected[name](argument) for name, argument in mine]
        worker.stop()
        worker.wait()
