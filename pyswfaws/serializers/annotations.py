"""Annotations: what a decorated function says of the types of its arguments and its result.

They are looked up when they are first needed, not where the decorator stands: what they name may be defined further
down in the module.
"""

import inspect
from collections.abc import Callable
from functools import cached_property
from inspect import Parameter
from typing import Any, get_type_hints

from pyswfaws.exceptions import DefinitionError

_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class Annotations:
    """The annotations of `function`; `has_receiver` says that its first parameter is the object it is called on.

    What is not annotated is `typing.Any`. A parameter whose default is None takes None, whatever is said of it.
    """

    def __init__(self, function: Callable[..., Any], *, has_receiver: bool = False) -> None:
        self._function = function
        self._has_receiver = has_receiver

    @cached_property
    def _hints(self) -> dict[str, Any]:
        try:
            return get_type_hints(self._function, include_extras=True)
        except Exception as error:  # whatever evaluating an annotation of the user's may raise
            raise DefinitionError(
                f'the annotations of {self._function.__qualname__} cannot be looked up: {error}. What they name must '
                'be there at run time too (not only under TYPE_CHECKING); or use JsonSerializer(typed=False)'
            ) from error

    @cached_property
    def _parameters(self) -> list[Parameter]:
        found = list(inspect.signature(self._function).parameters.values())
        return found[1 if self._has_receiver else 0:]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is annotated."""
        return not getattr(self._function, '__annotations__', None)

    @property
    def name(self) -> str:
        """The name of the function, for messages."""
        return self._function.__qualname__

    @property
    def parameters(self) -> list[Any]:
        """What is said of each parameter."""
        return [self._of(parameter) for parameter in self._parameters]

    @property
    def result(self) -> Any:
        """What is said of the result."""
        return self._hints.get('return', Any)

    def by_position(self, position: int) -> Any:
        """Give what is said of the argument at `position`."""
        named = [parameter for parameter in self._parameters if parameter.kind in _BY_POSITION]
        return self._of(named[position]) if position < len(named) else self._of_kind(Parameter.VAR_POSITIONAL)

    def by_name(self, name: str) -> Any:
        """Give what is said of the keyword argument `name`."""
        for parameter in self._parameters:
            if parameter.name == name and parameter.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY):
                return self._of(parameter)
        return self._of_kind(Parameter.VAR_KEYWORD)

    def _of_kind(self, kind: Any) -> Any:
        return next((self._of(parameter) for parameter in self._parameters if parameter.kind is kind), Any)

    def _of(self, parameter: Parameter) -> Any:
        hint = self._hints.get(parameter.name, Any)
        return hint | None if parameter.default is None and hint is not Any else hint
