"""Cast: who plays which part in a test environment.

A part is an activity or workflow type; the function that a decorator was put above plays it, unless a stub does. The
environment knows a function when its module was scanned, or when a decider calls it, wherever it comes from.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pyswfaws.binding.context import Arguments
from pyswfaws.binding.decorated import Activity, DecisionTask
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.distributed import Distributed
from pyswfaws.binding.registry import Registry, Served, Task, scanned
from pyswfaws.exceptions import ConfigurationError, DefinitionError, RegistrationConflictError, describe_value
from pyswfaws.replay.promise import Promise
from pyswfaws.replay.replay import Replay

Key = tuple[str, str]   # name and version


class Cast:
    """The parts that are filled. `register` makes the type of a new one known to SWF."""

    def __init__(self, register: Callable[[Registry], None]) -> None:
        self.activities: dict[Key, Served[ActivityType]] = {}
        self.workflows: dict[Key, Served[WorkflowType]] = {}
        self.lambdas: dict[str, Callable[[Any, Any], Any]] = {}
        self._register = register
        self._stubbed: set[tuple[type, Key]] = set()
        self._unsearched: dict[str, None] = {}

    def scan(self, target: Any) -> None:
        """Give their parts to the decorated functions of a module, a package, a dotted name, or to several functions.

        Methods have to wait until somebody calls them who has the object.
        """
        for decorated in scanned(target):
            with suppress(ConfigurationError):
                self.meet(decorated.definition, decorated.function_of(None))

    def search(self, module: str) -> None:
        """Look into the module of that name, later, for a workflow that nobody plays."""
        self._unsearched[module] = None

    def meet(self, definition: ActivityType | WorkflowType, function: Callable[..., Any]) -> None:
        """Let `function`, the plain one, play its part, unless a stub does."""
        if (type(definition), definition.key) in self._stubbed:
            return
        standing = self._parts(definition).get(definition.key)
        if standing is not None and standing.definition.function is not definition.function:
            raise RegistrationConflictError(
                f'two functions are called {definition.name!r}, version {definition.version!r}: '
                f'{standing.definition.source} and {definition.source}. Give one of them another name or version'
            )
        self._fill(definition, function)

    def stub(self, task: Any, answer: Any) -> None:
        """Let `answer` play the part of an activity or child workflow: a function, an exception, or a value."""
        definition = definition_of(task)
        self._stubbed.add((type(definition), definition.key))
        self._fill(replace(definition, is_method=False), _function_of(answer))

    def activity(self, name: str, version: str, error: Any = None) -> Activity[..., Any]:
        """Give the activity of that name and version, as it is played; with `error`, as one that raises that."""
        definition, function = self.activities[name, version]
        return Activity(function if error is None else _function_of(error), replace(definition, is_method=False))

    def workflow(self, name: str, version: str) -> Served[WorkflowType]:
        """Give the workflow of that name and version; raises a ConfigurationError where nobody plays it."""
        while (name, version) not in self.workflows and self._unsearched:
            module, _ = self._unsearched.popitem()
            for decorated in _found_in(module):
                if decorated.definition.key == (name, version) and isinstance(decorated, DecisionTask):
                    self.meet(decorated.definition, decorated.function_of(None))
        served = self.workflows.get((name, version))
        if served is None:
            raise ConfigurationError(
                f'the environment does not know the workflow {name} {version}: give WorkflowEnvironment(targets=...) '
                'the module that has it, or a stub'
            )
        return served

    def _parts(self, definition: ActivityType | WorkflowType) -> dict[Key, Any]:
        return self.activities if isinstance(definition, ActivityType) else self.workflows

    def _fill(self, definition: ActivityType | WorkflowType, function: Callable[..., Any]) -> None:
        parts = self._parts(definition)
        is_new = definition.key not in parts
        parts[definition.key] = Served(definition, function)
        if isinstance(definition, ActivityType) and definition.lambda_function is not None:
            self.lambdas[definition.lambda_function] = lambda event, _: function(**event)
        if is_new:
            registry = Registry()
            registry.add(task_of(definition, function))
            self._register(registry)


class Observed(Distributed):
    """What takes the calls in a decider, and tells the cast whom it has met."""

    def __init__(
        self, cast: Cast, replay: Replay, definition: WorkflowType, default_task_list: str | None = None,
    ) -> None:
        super().__init__(replay, definition, default_task_list)
        self._cast = cast

    def activity(self, definition: ActivityType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:
        """Schedule the activity, or the Lambda function that it stands for."""
        self._or_abort(lambda: self._cast.meet(definition, function))
        return super().activity(definition, function, call)

    def workflow(self, definition: WorkflowType, function: Callable[..., Any], call: Arguments) -> Promise[Any]:
        """Start the child workflow."""
        self._or_abort(lambda: self._cast.meet(definition, function))
        return super().workflow(definition, function, call)

    def continue_as_new(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Close the execution, to be continued with these arguments and options."""
        if 'version' not in self._definition.parameters:
            version = kwargs.get('version', self._definition.version)
            self._or_abort(lambda: self._cast.workflow(self._definition.name, version))
        super().continue_as_new(args, kwargs)

    def _or_abort(self, ask: Callable[[], object]) -> None:
        """Ask the cast; what it refuses is for the test, not for the program."""
        try:
            ask()
        except (ConfigurationError, RegistrationConflictError) as error:
            self._replay.program.abort(error)


def definition_of(task: Any) -> Any:
    """Give the definition of a decorated activity or decider; raises a DefinitionError for anything else."""
    if not isinstance(task, Activity | DecisionTask):
        raise DefinitionError(
            f'this takes a function with @activity_task or @decision_task above it, not {describe_value(task)}'
        )
    return task.definition


def task_of(definition: ActivityType | WorkflowType, function: Callable[..., Any]) -> Task:
    """Give the decorated function of a definition, played by `function`."""
    if isinstance(definition, ActivityType):
        return Activity(function, definition)
    return DecisionTask(function, definition)


def _found_in(module: str) -> Registry:
    try:
        return scanned(module)
    except ConfigurationError:  # nothing in it is decorated: the decider was made inside a function
        return Registry()


def can_be_raised(value: Any) -> bool:
    """Whether `value` is an exception or the class of one."""
    return isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))


def _function_of(answer: Any) -> Callable[..., Any]:
    if can_be_raised(answer):
        def fail(*_args: Any, **_kwargs: Any) -> Any:
            raise answer
        return fail
    return answer if callable(answer) else lambda *_args, **_kwargs: answer
