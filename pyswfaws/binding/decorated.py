"""Decorated: a function that a decorator was put above. It can be printed, and it is still the function."""

import inspect
import sys
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from pyswfaws.binding.context import Arguments, current
from pyswfaws.binding.definitions import ActivityType, CachedCall, WorkflowType, with_options
from pyswfaws.binding.passthrough import PASS_THROUGH
from pyswfaws.exceptions import ConfigurationError, describe_value
from pyswfaws.replay.promise import Promise

P = ParamSpec('P')
Q = ParamSpec('Q')
T = TypeVar('T')
S = TypeVar('S')


class Decorated(Generic[P, T]):
    """The function, and what the decorator recorded of it."""

    definition: Any
    __wrapped__: Callable[..., Any]

    def __init__(self, function: Callable[..., Any], definition: Any) -> None:
        update_wrapper(cast('Callable[..., Any]', self), function)
        self.definition = definition
        self._function = function       # bound, where we were reached through an object

    def _bound(self, instance: Any, owner: type | None) -> Any:
        if instance is None or not self.definition.is_method:
            return self
        return type(self)(self._function.__get__(instance, owner), self.definition)

    def _reached(self, args: tuple[Any, ...]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Give the function to call and its arguments: a method reached through its class is given its object first.

        So are class methods since Python 3.13, where `classmethod` does not bind what it stands above.
        """
        if args and self.definition.has_receiver and not inspect.ismethod(self._function):
            return self._function.__get__(args[0]), args[1:]
        return self._function, args

    def _with(self, options: dict[str, Any]) -> Any:
        return type(self)(self._function, with_options(self.definition, options))

    def function_of(self, instance: Any) -> Callable[..., Any]:
        """Give the plain function, bound to `instance` if it is a method.

        Raises a ConfigurationError where a method has no object that it could be called on.
        """
        if inspect.ismethod(self._function) or not self.definition.is_method:
            return self._function
        function, ours = self.definition.function, cast('Any', self)
        owner = type(instance) if instance is not None else _class_of(function)
        for cls in owner.__mro__ if owner else ():
            found: Any = vars(cls).get(function.__name__)
            if isinstance(found, staticmethod) and found.__func__ is ours:
                return self._function
            if isinstance(found, classmethod) and found.__func__ is ours:
                return cast('Callable[..., Any]', self._function.__get__(owner))
            if found is ours and instance is not None:
                return cast('Callable[..., Any]', self._function.__get__(instance))
        raise ConfigurationError(
            f'{function.__qualname__} is a method: give the worker the object to call it on (activity_object= or '
            f'decision_object=), not {describe_value(instance)}'
        )

    def __reduce__(self) -> str:
        return cast('str', self.definition.function.__qualname__)   # pickled as functions are: by name, of its module

    def __repr__(self) -> str:
        version = f' {self.definition.version}' if hasattr(self.definition, 'version') else ''
        where = f'{self.definition.function.__module__}.{self.definition.function.__qualname__}'
        return f'<{type(self).__name__} {self.definition.name}{version} ({where})>'


class Activity(Decorated[P, T]):
    """A function that `@activity_task` decorated."""

    definition: ActivityType

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Promise[T]:
        """Call the activity: a promise inside a decider, the plain function's value elsewhere."""
        function, rest = self._reached(args)
        answer = current(PASS_THROUGH).activity(self.definition, function, Arguments(rest, kwargs))
        return cast('Promise[T]', answer)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> 'Activity[P, T]': ...

    @overload
    def __get__(
        self: 'Activity[Concatenate[S, Q], T]', instance: S, owner: type | None = None,
    ) -> 'Activity[Q, T]': ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bound(instance, owner)

    def options(self, **options: Any) -> 'Activity[P, T]':
        """Give the same activity with other options for the calls made of what is returned.

        They are `task_list`, `task_priority`, `retry`, `schedule_to_start_timeout`, `schedule_to_close_timeout` and
        `start_to_close_timeout`, as `@activity_task` takes them.
        """
        return cast('Activity[P, T]', self._with(options))


class DecisionTask(Decorated[P, T]):
    """A function that `@decision_task` decorated."""

    definition: WorkflowType

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Promise[T]:
        """Call the decider: a child workflow's promise inside another decider, the plain function's value elsewhere."""
        function, rest = self._reached(args)
        answer = current(PASS_THROUGH).workflow(self.definition, function, Arguments(rest, kwargs))
        return cast('Promise[T]', answer)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> 'DecisionTask[P, T]': ...

    @overload
    def __get__(
        self: 'DecisionTask[Concatenate[S, Q], T]', instance: S, owner: type | None = None,
    ) -> 'DecisionTask[Q, T]': ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bound(instance, owner)

    def options(self, **options: Any) -> 'DecisionTask[P, T]':
        """Give the same decider with other options for the calls, or starts, made of what is returned.

        They are `task_list`, `task_priority`, `execution_start_to_close_timeout`, `task_start_to_close_timeout`,
        `child_policy`, `tags`, `lambda_role`, `workflow_id`; of a child, `retry`; of a start by a client,
        `id_conflict_policy`.
        """
        return cast('DecisionTask[P, T]', self._with(options))


class CachedFunction(Decorated[P, T]):
    """A function that `@cached` decorated."""

    definition: CachedCall

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function: inside a decider it runs once, and every replay reads what it gave."""
        function, rest = self._reached(args)
        answer = current(PASS_THROUGH).cached(self.definition, function, Arguments(rest, kwargs))
        return cast('T', answer)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> 'CachedFunction[P, T]': ...

    @overload
    def __get__(
        self: 'CachedFunction[Concatenate[S, Q], T]', instance: S, owner: type | None = None,
    ) -> 'CachedFunction[Q, T]': ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._bound(instance, owner)


def _class_of(function: Callable[..., Any]) -> type | None:
    """Give the class in whose body `function` was defined, as far as its module still names it."""
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split('.')[:-1]:
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None
