"""Colours and bars are for terminals; everywhere else what is written is plain."""

import os
import pty
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pyswfaws.cli import output
output._SOON = 0
print(output.painted('a loaf', 'bold green'))
with output.progress('baking', {length}) as step:
    for _ in range(3):
        step()
"""


def on_a_terminal(program, **environment):
    """Run a program at a terminal, and give what it showed."""
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != 'NO_COLOR'}
    with subprocess.Popen(
        [sys.executable, '-c', program], env=plain | environment,
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b''
        try:
            while found := os.read(ours, 65_536):
                shown += found
        except OSError:     # how Linux says that nobody has the other end any more
            pass
        os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()


@pytest.mark.parametrize(('length', 'position'), [(3, '3/3'), (None, '3')])
def test_on_a_terminal(length, position):
    shown = on_a_terminal(PROGRAM.format(length=length))
    assert '\x1b[32m\x1b[1ma loaf\x1b[0m' in shown
    assert 'baking' in shown
    assert position in shown


def test_without_colours():
    assert '\r\na loaf\r\n' in '\r\n' + on_a_terminal(PROGRAM.format(length=3), NO_COLOR='1')


def test_elsewhere():
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM.format(length=3)], capture_output=True, text=True, timeout=60, check=True,
    )
    assert (done.stdout, done.stderr) == ('a loaf\n', '')
