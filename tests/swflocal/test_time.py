"""Laws of time: deadlines strike when no call comes, and a virtual clock jumps only when nobody could use the time."""

import sqlite3
import threading

import pytest

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal import SkippingClock, SwfLocal, VirtualClock

DONE = decision('CompleteWorkflowExecution')


def test_a_poll_that_waits_is_woken_by_a_deadline(play):
    with SwfLocal(poll_timeout=30) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        scene.decide(scene.timer(0))
        scene.decide(DONE)
        assert 'TimerFired' in scene.types(execution)


def test_a_virtual_clock_jumps_over_a_year_when_all_who_are_there_wait(play):
    with SwfLocal(clock=VirtualClock(1000.0), poll_timeout=30) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        scene.decide(scene.timer(30_000_000))
        scene.decide(DONE)
        first, *_, last = scene.history(execution)
        assert first['eventTimestamp'].timestamp() == 1000.0
        assert last['eventTimestamp'].timestamp() == 30_001_000.0


def test_a_virtual_clock_stands_still_while_a_worker_holds_a_task(play):
    clock = VirtualClock()
    with SwfLocal(clock=clock, poll_timeout=0.05) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        scene.decide(scene.timer(100), scene.activity())
        held = scene.poll('activity')['taskToken']
        assert 'taskToken' not in scene.poll()
        assert clock.now() == 0.0
        swf.direct_client().respond_activity_task_completed(taskToken=held)
        scene.decide()
        scene.decide(DONE)
        assert clock.now() == 100.0
        assert 'ActivityTaskTimedOut' not in scene.types(execution)


def test_a_virtual_clock_stands_still_while_a_worker_is_on_its_way_to_a_task(play):
    clock = VirtualClock()
    with SwfLocal(clock=clock, poll_timeout=0.05) as swf:
        scene = play(swf.direct_client())
        scene.start()
        swf._host.poll_timeout = 0
        scene.poll('activity')     # the list is served, though its worker is busy now
        swf._host.poll_timeout = 0.05
        scene.decide(scene.activity())
        assert 'taskToken' not in scene.poll()
        assert clock.now() == 0.0
        assert 'taskToken' in scene.poll('activity')


def test_a_virtual_clock_jumps_to_the_timeout_of_a_task_that_nobody_serves(play):
    clock = VirtualClock()
    with SwfLocal(clock=clock, poll_timeout=30) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        scene.decide(scene.activity())
        scene.decide(DONE)
        assert clock.now() == 60.0
        assert 'ActivityTaskTimedOut' in scene.types(execution)


def test_its_owner_may_move_a_virtual_clock_at_any_time(play):
    clock = VirtualClock()
    with SwfLocal(clock=clock, poll_timeout=0) as swf:
        scene = play(swf.direct_client())
        scene.start()
        scene.decide(scene.timer(10))
        assert swf.skip()
        assert clock.now() == 10.0
        assert scene.decide(DONE)['events'][-3]['eventType'] == 'TimerFired'
        while swf.skip():
            pass   # a deadline that was averted may still be looked at
        assert not swf.skip()


def test_a_real_clock_cannot_be_moved():
    with SwfLocal() as swf, pytest.raises(TypeError, match='only a virtual clock can be moved'):
        swf.skip()


def test_a_skipping_clock_runs_and_jumps():
    clock = SkippingClock()
    before = clock.now()
    clock.jump_to(before + 1000)
    assert clock.now() >= before + 1000
    clock.jump_to(before)
    assert clock.now() >= before + 1000


def test_deadlines_that_cannot_be_fired_are_tried_again(play, monkeypatch, caplog):
    monkeypatch.setattr('pyswfaws.swflocal.host._TRY_AGAIN', 0.01)
    with SwfLocal(poll_timeout=30) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        service, failed = swf._host._service, threading.Event()
        advance = service.advance

        def full_disk(now):
            if threading.current_thread().name == 'swflocal-deadlines' and not failed.is_set():
                failed.set()
                raise OSError('the disk is full')
            advance(now)

        monkeypatch.setattr(service, 'advance', full_disk)
        scene.decide(scene.timer(1))
        scene.decide(DONE)
        assert failed.is_set()
        assert 'the disk is full' in caplog.text
        assert 'TimerFired' in scene.types(execution)


def test_a_deadline_that_cannot_be_read_is_asked_for_again(play, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr('pyswfaws.swflocal.host._TRY_AGAIN', 0.01)
    with SwfLocal(tmp_path / 'swf.db', poll_timeout=30) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        execute, failed = swf._store._journal.execute, threading.Event()

        def unreadable(query, *parameters):
            if query.startswith('SELECT due') and threading.current_thread() is swf._host._timekeeper:
                failed.set()
                raise sqlite3.OperationalError('disk I/O error')
            return execute(query, *parameters)

        swf._store._journal.execute = unreadable
        with swf._host._lock:
            swf._host._service._world.forget_all()
            swf._host._alarm.notify()
        assert failed.wait(10)
        swf._store._journal.execute = execute
        scene.decide(scene.timer(0))
        scene.decide(DONE)
        assert 'TimerFired' in scene.types(execution)
        assert 'the next deadline is not known' in caplog.text


@pytest.mark.parametrize('clock', [VirtualClock(5.0), SkippingClock()])
def test_a_clock_can_be_printed(clock):
    assert 'Clock' in repr(clock)
