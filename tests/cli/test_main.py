import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from pyswfaws.cli.main import COMMANDS, main


def test_every_command_has_a_help_page():
    listed = CliRunner().invoke(main, ['--help'])
    for name in COMMANDS:
        assert f'  {name} ' in listed.output
        page = CliRunner().invoke(main, [name, '-h'])
        assert page.exit_code == 0
        assert f'Usage: main {name}' in page.output


@pytest.mark.parametrize('name', COMMANDS)
def test_the_overview_says_what_a_command_says_of_itself(name):
    command = main.get_command(None, name)
    assert command.name == name
    assert ' '.join(command.help.split()).startswith(COMMANDS[name].help)


def test_an_unknown_command_is_wrong_usage():
    done = CliRunner().invoke(main, ['bake'])
    assert done.exit_code == 2
    assert "No such command 'bake'" in done.stderr


def test_the_version_is_the_packages():
    assert 'version 1.' in CliRunner().invoke(main, ['--version']).output


@pytest.mark.parametrize('command', [name for name in ('main', *COMMANDS) if name != 'demo'])
def test_a_help_page_loads_no_session_of_aws(command):
    arguments = [] if command == 'main' else [command]
    check = (
        'import sys; from pyswfaws.cli.main import main\n'
        f'main({[*arguments, "--help"]}, standalone_mode=False)\n'
        'print([name for name in ("boto3", "botocore.session", "httptools") if name in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', check], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == '[]'


def test_an_interrupt_ends_a_command_as_a_shell_expects(monkeypatch):
    @click.command()
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(main, 'get_command', lambda _context, _name: interrupted)
    done = CliRunner().invoke(main, ['interrupted'])
    assert (done.exit_code, done.stderr) == (130, 'interrupted\n')
