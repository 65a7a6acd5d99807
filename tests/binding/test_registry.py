"""The registry: what a scan finds, and what it refuses. The modules scanned are made for it, on disk."""

import importlib
import sys

import pytest

from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import Registry, found_under, scanned, served_by
from pyswfaws.exceptions import ConfigurationError, RegistrationConflictError

ACTIVITIES = """
from pyswfaws import decorators

@decorators.activity_task
def double(number):
    return number * 2

again = double                                      # a second name of the same object
on_gpu = double.options(task_list='gpu')            # another object, of the same function

class Tools:
    @decorators.activity_task
    def method(self):
        return 1

    @staticmethod
    @decorators.activity_task
    def static():
        return 2

@decorators.cached
def noted():
    return 3
"""
DECIDERS = """
from pyswfaws.decorators import decision_task
from {package}.activities import double

@decision_task
def decide():
    return double(1).result
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The name of a package with a module of activities and one of deciders, which imports the first."""
    name = f'scanned_{tmp_path.name}'.replace('-', '_')
    folder = tmp_path / name
    folder.mkdir()
    (folder / '__init__.py').write_text('')
    (folder / 'activities.py').write_text(ACTIVITIES)
    (folder / 'deciders.py').write_text(DECIDERS.format(package=name))
    (folder / 'empty.py').write_text('number = 1')
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    for module in [module for module in sys.modules if module.split('.')[0] == name]:
        del sys.modules[module]


def names(registry):
    return sorted(decorated.definition.name for decorated in registry)


def test_a_package_is_scanned_with_its_modules(package):
    everything = ['decide', 'double', 'method', 'static']
    assert names(scanned(package)) == everything
    assert names(scanned(importlib.import_module(package))) == everything


def test_a_module_gives_what_is_decorated_in_it_not_what_it_imports(package):
    assert names(scanned(f'{package}.deciders')) == ['decide']
    assert names(scanned(f'{package}.activities')) == ['double', 'method', 'static']


def test_several_targets_and_the_same_one_twice(package):
    assert names(scanned([f'{package}.deciders', f'{package}.activities:double', f'{package}.activities:double'])) == [
        'decide', 'double',
    ]


def test_a_dotted_name_may_name_a_function(package):
    assert names(scanned(f'{package}.activities:on_gpu')) == ['double']
    assert found_under(f'{package}.activities:Tools.static')() == 2


@pytest.mark.parametrize(('target', 'message'), [
    ('no_such_module', "no module 'no_such_module'"),
    ('{package}.missing', r'no module .*\.missing'),
    ('{package}.activities:missing', "no 'missing' in the module"),
    ('{package}.empty', 'nothing in .* is decorated'),
    ('.relative', 'no dotted name'),
    ('', 'no dotted name'),
    ('{package}.empty:number', 'a target is a decorated function'),
    ('json:dumps', r'is not decorated: put @activity_task .*json/__init__.py:\d+'),
])
def test_what_cannot_be_served_is_named(target, message, package):
    with pytest.raises(ConfigurationError, match=message):
        scanned(target.format(package=package))


def test_what_a_module_raises_is_its_own_affair(package, tmp_path):
    (tmp_path / package / 'broken.py').write_text('import a_dependency_that_is_missing')
    (tmp_path / package / 'wrong.py').write_text('int("one")')
    with pytest.raises(ModuleNotFoundError, match='a_dependency_that_is_missing'):
        scanned(f'{package}.broken')
    with pytest.raises(ValueError, match='invalid literal'):
        scanned(f'{package}.wrong')


def test_two_functions_of_one_name_and_version_are_shown_with_their_lines(package, tmp_path):
    (tmp_path / package / 'others.py').write_text(ACTIVITIES)
    first, second = tmp_path / package / 'activities.py', tmp_path / package / 'others.py'
    with pytest.raises(RegistrationConflictError) as caught:
        scanned([f'{package}.activities', f'{package}.others'])
    assert "two activities are called 'method', version '1.0'" in str(caught.value)
    assert f'{first}:12 and {second}:12' in str(caught.value)


def test_an_activity_and_a_decider_may_share_a_name(package, tmp_path):
    source = DECIDERS.format(package=package).replace('def decide', 'def double')
    (tmp_path / package / 'deciders.py').write_text(source)
    assert names(scanned(package)) == ['double', 'double', 'method', 'static']


def test_a_worker_serves_the_kind_that_it_is_for(package):
    tools = found_under(f'{package}.activities:Tools')()
    served = scanned(package).serve(ActivityType, tools)
    assert {key: served[key].function() for key in served if key[0] != 'double'} == {
        ('method', '1.0'): 1, ('static', '1.0'): 2,
    }
    assert list(served_by(package, WorkflowType)) == [('decide', '1.0')]


def test_a_method_is_served_only_with_its_object(package):
    with pytest.raises(ConfigurationError, match=r'Tools\.method is a method'):
        served_by(package, ActivityType)


def test_one_function_may_be_served_as_another_type(package):
    target = f'{package}.deciders'
    assert list(served_by(target, WorkflowType, name='Decide', version='2.0')) == [('Decide', '2.0')]
    assert list(served_by(target, WorkflowType, version='2.0')) == [('decide', '2.0')]
    with pytest.raises(ConfigurationError, match='for one function only'):
        served_by(f'{package}.activities', ActivityType, found_under(f'{package}.activities:Tools')(), name='One')


def test_nothing_of_that_kind(package):
    with pytest.raises(ConfigurationError, match='nothing that is decorated with @activity_task'):
        served_by(f'{package}.deciders', ActivityType)


def test_a_registry_starts_empty():
    assert list(Registry()) == []
