"""Every block of the README is what it says: the programs run, the sessions give what is shown, the commands work."""

import doctest
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / 'README.rst').read_text()
EXAMPLES = ROOT / 'examples'
LOCAL = 'Local: several processes, on your own machine'


def blocks(language, text=README):
    """Give the code blocks of a language."""
    found = re.findall(rf'^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)', text, flags=re.MULTILINE)
    return [textwrap.dedent(block).strip() + '\n' for block in found]


def section(title):
    return re.search(rf'^{re.escape(title)}\n-+\n(.*?)(?=^\S[^\n]*\n----|\Z)', README, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize('name', ['hello.py', 'photos.py'])
def test_a_program_of_the_readme_is_a_file_among_the_examples(name):
    assert (EXAMPLES / name).read_text() in blocks('python')


@pytest.mark.parametrize('block', blocks('python'))
def test_a_program_runs(block, tmp_path):
    program = tmp_path / 'program.py'
    program.write_text(block)
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')


def test_hello_world_is_ten_lines_and_says_so_and_nothing_else():
    program = EXAMPLES / 'hello.py'
    assert len([line for line in program.read_text().splitlines() if line]) == 10
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ('Hello, world!\n', '')


def test_the_workflow_in_ten_lines_has_no_more():
    assert len([line for line in (EXAMPLES / 'photos.py').read_text().splitlines() if line]) <= 10


def test_a_session_gives_what_is_shown(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    failed, tried = doctest.testfile(str(ROOT / 'README.rst'), module_relative=False)
    assert (failed, tried > 0) == (0, True)


def test_two_commands_are_two_lines():
    assert len(re.findall(r'^ +\$ .+$', section('Two commands'), flags=re.MULTILINE)) == 2


@contextmanager
def terminal(command, env, folder):
    """Run a command in a shell in the background, as in a terminal of its own; kill it at the end."""
    with subprocess.Popen(
        ['bash', '-ec', command], env=env, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as shell:
        try:
            yield shell
        finally:
            os.killpg(shell.pid, signal.SIGKILL)


def test_the_three_terminals_work_together(tmp_path):
    exports, service, worker, start = blocks('sh', section(LOCAL))
    shutil.copy(EXAMPLES / 'photos.py', tmp_path)
    port = free_port()
    env = {
        **os.environ,
        'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
        **dict(re.findall(r'([A-Z_]+)=(\S+)', exports.replace('8042', port))),
    }
    with terminal(f'{service.strip()} --port {port}', env, tmp_path) as local:
        assert local.stdout.readline() == f'http://127.0.0.1:{port}\n'
        with terminal(worker, env, tmp_path):
            register = subprocess.run(
                ['bash', '-ec', worker.splitlines()[0]], env=env, cwd=tmp_path, capture_output=True, check=False)
            assert register.returncode == 0     # the first terminal's worker may still be about to
            done = subprocess.run(
                ['bash', '-ec', start], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == '["cat.jpg@320","cat.jpg@640","cat.jpg@1280"]\n', done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return str(probe.getsockname()[1])
