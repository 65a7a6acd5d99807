"""`pyswfaws demo` comes to the right result and leaves nothing behind, however it ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RESULT = {'cakes': 6, 'payment': '57.00 charged', 'delivered': ['a box of 3', 'a box of 3']}


@pytest.fixture
def demo(environment, tmp_path):
    """Start the demo, with a folder for temporary files that is its own."""
    started = []
    # A shell lets what it runs in the background ignore Ctrl-C, and that is handed on; here it is to be tried.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def demo(*options):
        process = subprocess.Popen(
            [sys.executable, '-m', 'pyswfaws.cli.main', 'demo', *options], env=environment | {'TMPDIR': str(tmp_path)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield demo
    for process in started:
        if process.poll() is None:
            process.terminate()     # and not kill: its processes would be left
        process.communicate(timeout=30)
    signal.signal(signal.SIGINT, before)


def left_behind(folder):
    """The processes that have a file in `folder` open, as far as Linux tells."""
    return {file.parts[2] for file in Path('/proc').glob('[0-9]*/fd/*') if str(folder) in target_of(file)}


def target_of(file):
    try:
        return str(file.readlink())
    except OSError:     # its process has just ended, or is not ours
        return ''


def test_the_result_is_right_and_nothing_is_left(demo, tmp_path):
    demos = [demo(), demo('--no-chaos')]    # at the same time, to be quick
    for process, chaos in zip(demos, (True, False), strict=True):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert json.loads(out) == RESULT
        assert ('kill -9' in err, 'timed out (HEARTBEAT)' in err) == (chaos, chaos)
        assert 'the same result in both modes' in err
    assert list(tmp_path.iterdir()) == []
    assert not left_behind(tmp_path)


@pytest.mark.parametrize(('numbers', 'status'), [
    ([signal.SIGINT], 130), ([signal.SIGTERM], 143), ([signal.SIGINT, signal.SIGINT], 130),
])
def test_an_interrupted_demo_takes_its_processes_with_it(demo, tmp_path, numbers, status):
    process = demo('--no-chaos')
    for line in process.stderr:
        if 'takes bake' in line:
            break
    assert len(left_behind(tmp_path)) >= 4
    for number in numbers:
        process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert 'Traceback' not in err
    assert list(tmp_path.iterdir()) == []
    assert not left_behind(tmp_path)
