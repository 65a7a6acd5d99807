"""Every public name, command, option and variable is documented, and every module's docstring examples run."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import pyswfaws
import pyswfaws.swflocal
from pyswfaws.cli.main import COMMANDS, main
from pyswfaws.cli.settings import SHARED, settings_of

DOCS = Path(__file__).parents[2] / 'docs'
REFERENCE = (DOCS / 'cli.rst').read_text()
MODULES = [
    module.name for module in pkgutil.walk_packages(pyswfaws.__path__, 'pyswfaws.')
]


def sections(text):
    """Give the sections of a page, by title."""
    parts = re.split(r'^(\S.*)\n[-=]{3,}\n', text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options_of(command):
    found = main.get_command(None, command)
    return [option for one in getattr(found, 'commands', {'': found}).values() for parameter in one.params
            for option in parameter.opts if option.startswith('--')]


@pytest.mark.parametrize('name', pyswfaws.__all__)
def test_a_public_name_is_in_the_api_reference(name):
    is_exception = isinstance(getattr(pyswfaws, name), type) and issubclass(getattr(pyswfaws, name), BaseException)
    if is_exception:    # all of that module are
        assert hasattr(pyswfaws.exceptions, name)
    else:
        assert re.search(rf':: {name}\b', (DOCS / 'api.rst').read_text())


@pytest.mark.parametrize('name', pyswfaws.swflocal.__all__)
def test_a_public_name_of_swf_local_is_in_the_api_reference(name):
    assert re.search(rf':: pyswfaws\.swflocal\.{name}\b', (DOCS / 'api.rst').read_text())


@pytest.mark.parametrize('command', COMMANDS)
def test_a_command_has_a_section_that_has_each_of_its_options(command):
    by_title = sections(REFERENCE)
    (own,) = [text for title, text in by_title.items() if title.split()[:2] == ['pyswfaws', command]]
    documented = re.findall(r'^``(--[a-z-]+)', own, flags=re.MULTILINE)
    common = re.findall(r'^``(--[a-z-]+)', by_title['Options that many commands have'], flags=re.MULTILINE)
    assert sorted(documented) == sorted(set(options_of(command)) - set(common))


def test_a_variable_that_the_code_reads_is_documented():
    code = ''.join(path.read_text() for path in Path(pyswfaws.__path__[0]).rglob('*.py'))
    variables = set(re.findall(r"'((?:PYSWFAWS|AWS_ENDPOINT)_[A-Z_]+)'", code))
    assert variables
    configuration = (DOCS / 'configuration.rst').read_text()
    assert [name for name in sorted(variables) if f'``{name}``' not in configuration] == []


def test_the_table_of_settings_has_each_option_with_its_variable_and_key():
    row = re.compile(r'^``(?:([a-z ]+) )?--([a-z-]+)`` +``(\S+)`` +``(\S+)``$', re.MULTILINE)
    documented = row.findall((DOCS / 'configuration.rst').read_text())
    shared = {('', name, variable, name) for name, variable in SHARED.items()}
    own = {
        (' '.join(names), setting.name, setting.variable, setting.key)
        for names, command in all_commands() for setting in settings_of(command, *names) if setting.name not in SHARED
    }
    assert set(documented) == shared | own
    assert len(documented) == len(set(documented))


def all_commands():
    """Give every command, with the names that lead to it."""
    for name in COMMANDS:
        found = main.get_command(None, name)
        for inner, command in getattr(found, 'commands', {'': found}).items():
            yield tuple(filter(None, (name, inner))), command


def test_what_a_worker_counts_is_documented():
    code = ''.join(path.read_text() for path in Path(pyswfaws.__path__[0]).rglob('*.py'))
    words = {word for key in re.findall(r'counts\.add\((.+)\)', code) for word in re.findall("'([a-z ]+)'", key)}
    assert words
    table = sections((DOCS / 'workers.rst').read_text())['Counts']
    assert words == set(re.findall('^``([a-z ]+)``  ', table, flags=re.MULTILINE))


def test_a_page_is_in_the_table_of_contents():
    pages = {page.stem for page in DOCS.glob('*.rst')} - {'index'}
    assert pages == set(re.findall(r'^    ([a-z-]+)$', (DOCS / 'index.rst').read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize('package', [pyswfaws, pyswfaws.swflocal], ids=lambda package: package.__name__)
def test_a_module_of_the_house_has_its_floor_in_the_architecture(package):
    architecture = (DOCS / 'architecture.rst').read_text()
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    assert [name for name in modules if f'``{name}``' not in architecture] == []


@pytest.mark.parametrize('name', MODULES)
def test_the_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
