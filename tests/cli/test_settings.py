"""Where an option's value comes from: the command line, the environment, pyproject.toml, in this order."""

import json

import click
import pytest
from click.testing import CliRunner

from pyswfaws.cli.main import COMMANDS, main
from pyswfaws.cli.settings import SHARED, settings_of

TABLE = """
[tool.pyswfaws]
format = 'json'
domain = 'of-the-file'
endpoint-url = '{url}'

[tool.pyswfaws.list]
limit = 1

[tool.pyswfaws.start]
workflow-id = 'from-the-file'
tag = ['a', 'b']
"""


@pytest.fixture
def run(url, tmp_path, monkeypatch):
    """Write a pyproject.toml, and run a command in a folder below its own."""
    (tmp_path / 'below').mkdir()
    monkeypatch.chdir(tmp_path / 'below')

    def run(text, *arguments, **environment):
        (tmp_path / 'pyproject.toml').write_text(text.replace('{url}', url))
        settings = dict.fromkeys(('AWS_ENDPOINT_URL_SWF', 'PYSWFAWS_DOMAIN', 'PYSWFAWS_TASK_LIST')) | environment
        return CliRunner().invoke(main, arguments, env=settings, catch_exceptions=False)

    return run


@pytest.fixture
def _executions(url, call, domain):
    for name in ('of-the-file', 'of-the-environment'):
        call('register', 'bakery', '--domain', name)
        for number in range(2):
            call('start', 'bakery:rest', '1', '--workflow-id', f'{name}-{number}', '--domain', name)


@pytest.mark.usefixtures('_executions')
def test_the_command_line_comes_before_the_environment_and_that_before_the_file(run):
    def listed(*arguments, **environment):
        return [found['workflowId'] for found in json.loads(run(TABLE, 'list', *arguments, **environment).stdout)]

    of_environment = {'PYSWFAWS_DOMAIN': 'of-the-environment'}
    assert listed() == ['of-the-file-1']
    assert listed(PYSWFAWS_LIST_LIMIT='2') == ['of-the-file-1', 'of-the-file-0']
    assert listed('--limit', '2', PYSWFAWS_LIST_LIMIT='1') == ['of-the-file-1', 'of-the-file-0']
    assert listed(**of_environment) == ['of-the-environment-1']
    assert listed('--domain', 'of-the-file', **of_environment) == ['of-the-file-1']
    assert run(TABLE, 'list', PYSWFAWS_FORMAT='jsonl').stdout.count('\n') == 1


def test_lists_are_for_what_may_be_given_several_times(run):
    done = run(TABLE, 'start', 'nowhere:order')
    assert done.stderr.startswith("Error: there is no module 'nowhere'")
    assert run(TABLE.replace("['a', 'b']", "'a'"), 'start', 'nowhere:order').stderr.endswith(
        "pyproject.toml: tag is a list of texts, but it is set to 'a'\n")


def test_the_doctor_looks_at_the_tables_of_all_commands(run):
    done = run("[tool.pyswfaws]\nendpoint-url = '{url}'\n[tool.pyswfaws.worker]\nconcurency = 3\n", 'doctor')
    assert done.exit_code == 1
    assert 'fail  settings ' in done.stdout
    assert "[tool.pyswfaws.worker] has an unknown key 'concurency'; did you mean concurrency?" in done.stdout


def test_a_group_has_tables_for_its_commands(run):
    table = "[tool.pyswfaws]\nendpoint-url = '{url}'\n[tool.pyswfaws.store.gc]\n"
    done = run(table + 'older-than = 0.5', 'store', 'gc', 'file:///nowhere')
    assert done.exit_code == 2
    assert '0.5 is not in the range x>=1. It is set in pyproject.toml, under [tool.pyswfaws]' in done.stderr
    assert run(table + 'delete = true\nolder_than = 2', 'store', 'gc', 'file:///nowhere').stderr.endswith(
        "[tool.pyswfaws.store.gc] has an unknown key 'older_than'; did you mean older-than?\n")
    assert run(table.replace('gc', 'rm'), 'store', 'gc', 'file:///nowhere').stderr.endswith(
        "[tool.pyswfaws.store] has an unknown key 'rm'; did you mean gc?\n")


@pytest.mark.parametrize(('text', 'says'), [
    ("[tool.pyswfaws]\ndomian = 'x'", "[tool.pyswfaws] has an unknown key 'domian'; did you mean domain?"),
    ('[tool.pyswfaws.lists]\nlimit = 1', "[tool.pyswfaws] has an unknown key 'lists'; did you mean list?"),
    ('[tool.pyswfaws.list]\nlimits = 1', "[tool.pyswfaws.list] has an unknown key 'limits'; did you mean limit?"),
    ('[tool.pyswfaws.list]\ndomain = "x"', "[tool.pyswfaws.list] has an unknown key 'domain'"),
    ('[tool.pyswfaws]\nlist = 5', 'pyswfaws.list is no table: write [tool.pyswfaws.list]'),
    ('tool.pyswfaws = 5', 'pyproject.toml: pyswfaws is no table: write [tool.pyswfaws]'),
    ('[tool.pyswfaws]\ndomain = 5', 'domain is a text, but it is set to 5'),
    ('[tool.pyswfaws.list]\nlimit = "5"', "limit is a whole number, but it is set to '5'"),
    ('[tool.pyswfaws.list]\nlimit = true', 'limit is a whole number, but it is set to True'),
    ('[tool.pyswfaws.list]\nlimit = 0', 'It is set in pyproject.toml, under [tool.pyswfaws].'),
    ('[tool.pyswfaws', 'pyproject.toml cannot be read: '),
])
def test_a_wrong_file_is_said(run, text, says):
    done = run(text, 'list')
    assert (done.exit_code, says in done.stderr) == (2, True), done.stderr


def test_a_wrong_variable_is_said(run):
    done = run('', 'list', PYSWFAWS_LIST_LIMIT='many')
    assert done.exit_code == 2
    assert "'many' is not a valid integer range. It is set by PYSWFAWS_LIST_LIMIT." in done.stderr


def test_what_boto3_reads_from_the_environment_stays_before_the_file(run):
    table = "[tool.pyswfaws]\ndomain = 'x'\nprofile = 'nobody'\n"
    assert 'The config profile (nobody) could not be found' in run(table, 'list').stderr
    keys = {'AWS_ACCESS_KEY_ID': 'a', 'AWS_SECRET_ACCESS_KEY': 'b'}
    assert 'no AWS region is set' in run(table, 'list', **keys).stderr
    assert 'profile (other) could not be found' in run(table, 'list', AWS_PROFILE='other').stderr


def test_a_file_without_our_table_is_passed_over(run, tmp_path):
    (tmp_path / 'below' / 'pyproject.toml').write_text('[tool.other]\n')
    assert 'did you mean domain?' in run("[tool.pyswfaws]\ndomian = 'x'", 'list').stderr


def test_every_option_has_one_variable_of_its_own():
    context = click.Context(main)
    variables = [
        setting.variable for name in COMMANDS for setting in settings_of(main.get_command(context, name), name)
        if setting.name not in SHARED
    ]
    assert len(variables) == len(set(variables))
