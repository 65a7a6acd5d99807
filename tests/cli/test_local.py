"""What ``pyswfaws local`` says when it cannot start: one line that tells what to do, and no traceback."""

import os
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pyswfaws.cli.main import COMMANDS, main
from pyswfaws.swflocal import SwfLocal

COMMAND = [sys.executable, '-m', 'pyswfaws.cli.main', 'local', '--port', '0']


def refused(*options):
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == ''
    assert done.returncode == 1
    assert done.stderr.count('\n') == 1, done.stderr
    return done.stderr


def test_a_port_in_use_is_one_line():
    with SwfLocal() as swf, swf.serve() as url:
        port = url.rpartition(':')[2]
        assert f'port {port} of 127.0.0.1 is in use' in refused('--port', port)


def test_a_file_of_another_program_is_one_line(tmp_path):
    (tmp_path / 'notes.txt').write_text('not a database, and long enough to hold the header of one' * 100)
    assert 'notes.txt' in refused('--db', str(tmp_path / 'notes.txt'))
    database = sqlite3.connect(tmp_path / 'other.db')
    database.execute('CREATE TABLE theirs (id INTEGER)')
    database.close()
    assert 'other.db' in refused('--db', str(tmp_path / 'other.db'))


def test_a_file_in_use_is_one_line(tmp_path):
    path = tmp_path / 'swf.db'
    with SwfLocal(path):
        assert 'swf.db' in refused('--db', str(path))


def test_a_folder_that_does_not_exist_is_one_line(tmp_path):
    assert 'swf.db' in refused('--db', str(tmp_path / 'nowhere' / 'swf.db'))


def test_an_address_that_others_can_reach_is_refused():
    assert 'set a token' in refused('--host', '0.0.0.0')


@pytest.mark.parametrize(('options', 'reason'), [
    (['--inject', 'burn'], "mishap 'burn': mishap kind 'burn' is not known"),
    (['--refuse', 'StartTimer'], "'StartTimer' does not read DECISION:CAUSE[:TIMES]"),
    (['--refuse', 'StartTimer:X:many'], "'StartTimer:X:many' does not read DECISION:CAUSE[:TIMES]"),
    (['--lambda', 'f'], "'f' does not read NAME=COMMAND"),
    (['--durability', 'some'], "'some' is not one of"),
])
def test_an_option_that_cannot_be_read_is_named(options, reason):
    done = CliRunner().invoke(main, ['local', *options])
    assert done.exit_code == 2
    assert reason in done.output


def test_a_refusal_that_swf_does_not_know_is_one_line():
    assert "SWF does not refuse StartTimer with 'TOO_LATE'" in refused('--refuse', 'StartTimer:TOO_LATE')


def test_without_httptools_it_says_what_to_install(tmp_path):
    (tmp_path / 'httptools.py').write_text('raise ModuleNotFoundError')
    found_first = {**os.environ, 'PYTHONPATH': os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=30, check=False, env=found_first)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: SWF Local over HTTP needs httptools, which is not installed: pip install 'pyswfaws[server]'\n")


def test_every_command_of_the_table_can_be_imported():
    for name in COMMANDS:
        done = CliRunner().invoke(main, [name, '--help'])
        assert done.exit_code == 0, done.output
    assert CliRunner().invoke(main, ['make-coffee']).exit_code == 2
