"""Registry: what a worker serves, found by a Venusian scan, by kind, name and version."""

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any, Final, Generic, NamedTuple, TypeAlias

import venusian

from pyswfaws.binding.decorated import Activity, DecisionTask
from pyswfaws.binding.definitions import ActivityType, TaskType, WorkflowType
from pyswfaws.exceptions import ConfigurationError, RegistrationConflictError, describe_value

#: The categories under which decorators attach themselves for a scan; the predecessor's names.
ACTIVITY_CATEGORY: Final = 'pyswfaws.activity_task'
DECISION_CATEGORY: Final = 'pyswfaws.decision_task'

#: What a worker can serve.
Task: TypeAlias = Activity[..., Any] | DecisionTask[..., Any]


class Served(NamedTuple, Generic[TaskType]):
    """A type that a worker serves, and the function that does the work."""

    definition: TaskType
    function: Callable[..., Any]


class Registry:
    """The decorated functions of a target, by kind, name and version."""

    def __init__(self) -> None:
        self._found: dict[tuple[type, str, str], Task] = {}

    def __iter__(self) -> Iterator[Task]:
        return iter(self._found.values())

    def add(self, decorated: Task) -> None:
        """Take in a decorated function. The same one twice is fine; two under one name and version are not."""
        definition = decorated.definition
        standing = self._found.setdefault((type(definition), *definition.key), decorated)
        if standing.definition.function is not definition.function:
            raise RegistrationConflictError(
                f'two {kind_of(definition)} are called {definition.name!r}, version {definition.version!r}: '
                f'{standing.definition.source} and {definition.source}. Give one of them another name or version'
            )

    def scan(self, target: Any) -> None:
        """Take in a decorated function, or all those of a module, a package, or what a dotted name names.

        `target` as a text is ``package.module`` or ``package.module:function``. Raises a ConfigurationError where there
        is no such thing or nothing decorated in it.
        """
        found = found_under(target) if isinstance(target, str) else target
        if isinstance(found, ModuleType):
            scanner = venusian.Scanner(registry=self)
            scanner.scan(found, categories=(ACTIVITY_CATEGORY, DECISION_CATEGORY))
            if not self._found:
                raise ConfigurationError(
                    f'nothing in {found.__name__} is decorated with @activity_task or @decision_task'
                )
        elif isinstance(found, Activity | DecisionTask):
            self.add(found)
        elif callable(found):
            raise ConfigurationError(
                f'{found!r} is not decorated: put @activity_task or @decision_task above it (line {source_of(found)})'
            )
        else:
            raise ConfigurationError(
                f'a target is a decorated function, a module, a package or a dotted name, not {describe_value(target)}'
            )

    def serve(self, kind: type[TaskType], instance: Any = None) -> dict[tuple[str, str], Served[TaskType]]:
        """Give what a worker for `kind` serves, by name and version; `instance` is what methods are called on."""
        served = {}
        for decorated in self._found.values():
            definition = decorated.definition
            if isinstance(definition, kind):
                served[definition.key] = Served(definition, decorated.function_of(instance))
        return served


def scanned(target: Any) -> Registry:
    """Give a registry of all that is found in `target`, or in each of several."""
    registry = Registry()
    for one in target if isinstance(target, list | tuple) else (target,):
        registry.scan(one)
    return registry


def served_by(
    target: Any, kind: type[TaskType], instance: Any = None, name: str | None = None, version: str | None = None,
) -> dict[tuple[str, str], Served[TaskType]]:
    """Give what a worker for `kind` serves of `target`; a single function may be served as another type.

    Raises a ConfigurationError where there is nothing of that kind, and a DefinitionError where the annotations of a
    function are none that its serializers can use: they can be looked up now, when the module is there.
    """
    served = scanned(target).serve(kind, instance)
    if not served:
        decorator = '@activity_task' if kind is ActivityType else '@decision_task'
        raise ConfigurationError(f'{target!r} has nothing that is decorated with {decorator}')
    for definition, _ in served.values():
        definition.input.serializer.check_input()
        definition.result.serializer.check_result()
    if name is None and version is None:
        return served
    if len(served) > 1:
        raise ConfigurationError(
            f'a type and version can be given for one function only, but {target!r} has {len(served)}'
        )
    (definition, function), = served.values()
    definition = replace(definition, name=name or definition.name, version=version or definition.version)
    return {definition.key: Served(definition, function)}


def kind_of(definition: ActivityType | WorkflowType) -> str:
    """Give the plural word for what a definition defines."""
    return 'activities' if isinstance(definition, ActivityType) else 'workflows'


def source_of(function: Callable[..., Any]) -> str:
    """Give file and line of `function`, as far as Python knows them."""
    code = getattr(inspect.unwrap(function), '__code__', None)
    return f'{code.co_filename}:{code.co_firstlineno}' if code else f'module {function.__module__}'


def found_under(name: str) -> Any:
    """Give what ``package.module`` or ``package.module:attribute`` names.

    Raises a ConfigurationError where there is no such thing; what the module itself raises is let through.
    """
    module_name, _, attribute = name.partition(':')
    if '' in module_name.split('.'):
        raise ConfigurationError(f'{name!r} is no dotted name of a module, optionally with :function')
    try:
        found = sys.modules.get(module_name) or import_module(module_name)
    except ModuleNotFoundError as error:
        if not error.name or not f'{module_name}.'.startswith(f'{error.name}.'):
            raise
        raise ConfigurationError(
            f'there is no module {module_name!r}: a target is the dotted name of a module or package that Python can '
            'import from here, optionally with :function'
        ) from error
    for part in filter(None, attribute.split('.')):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise ConfigurationError(f'there is no {attribute!r} in the module {module_name!r}') from error
    return found
