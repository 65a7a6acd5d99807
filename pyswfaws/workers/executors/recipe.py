"""Recipe: how another process comes to what this one serves.

Functions are found there as Python finds them anywhere, by the names of their module and of themselves. What no name
leads to (a function within a function, or in an interactive session) cannot be served by a process, and that is said
when the worker starts. Objects go along as pickles: the one that methods are called on, a worker's own middleware, and
what `set_data_defaults` and `set_middleware` were given, unless the modules call these when they are imported.
"""

import logging
import pickle
import sys
from collections.abc import Iterable, Mapping, Sequence
from multiprocessing import spawn
from pathlib import Path
from typing import Any, NamedTuple

from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served, found_under, served_by
from pyswfaws.datadefaults import chosen_data_defaults, set_data_defaults
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.middleware import Chain, Middleware, set_middleware


class Handed(NamedTuple):
    """An object that goes along: its pickle, or why there is none."""

    name: str
    pickle: bytes
    error: str = ''

    @classmethod
    def of(cls, value: Any, name: str) -> 'Handed':
        """Pack `value`, which errors call `name`."""
        try:
            return cls(name, pickle.dumps(value))
        except Exception as error:  # noqa: BLE001 - user code: an object may refuse in any way
            return cls(name, b'', str(error))

    def unpacked(self) -> Any:
        """Give the object; raises a ConfigurationError where it could not be packed."""
        if self.error:
            raise ConfigurationError(
                f"execution='processes' needs {self.name} in other processes, but it cannot be pickled: {self.error}"
            )
        return pickle.loads(self.pickle)  # noqa: S301 - this program's own


class Recipe(NamedTuple):
    """What the other process is told.

    `functions` are ``module:name``, served as `name` and `version` where that is not what their decorators say.
    `setting` is what `multiprocessing.spawn.prepare` takes; `levels` are those of this process's loggers.
    """

    functions: tuple[str, ...]
    name: str | None
    version: str | None
    receiver: Handed
    defaults: Handed
    middleware: Handed | None
    middleware_of_process: Handed
    setting: Mapping[str, Any]
    levels: Mapping[str | None, int]

    @classmethod
    def of(
        cls,
        definitions: Iterable[ActivityType],
        receiver: Any,
        name: str | None,
        version: str | None,
        middleware: Sequence[Middleware] | None,
    ) -> 'Recipe':
        """Give the recipe for what these define; raises a ConfigurationError where another process cannot follow it."""
        functions = tuple(map(_address_of, definitions))
        return cls(
            functions,
            name,
            version,
            Handed.of(receiver, 'activity_object'),
            Handed.of(chosen_data_defaults(), 'what set_data_defaults was given'),
            None if middleware is None else Handed.of(middleware, 'the middleware of the worker'),
            Handed.of(Chain().several, 'what set_middleware was given'),
            _setting(needs_main=any(address.startswith('__main__:') for address in functions)),
            _levels(),
        )

    def follow(self) -> tuple[dict[tuple[str, str], Served[ActivityType]], Chain]:
        """Give what the other process serves, and the middleware around it. Here the user's modules are imported."""
        spawn.prepare(dict(self.setting))
        for logger, level in self.levels.items():
            logging.getLogger(logger).setLevel(level)
        served = served_by(list(self.functions), ActivityType, self.receiver.unpacked(), self.name, self.version)
        if chosen_data_defaults() is None and (defaults := self.defaults.unpacked()) is not None:
            set_data_defaults(*defaults)
        if not Chain().several:
            set_middleware(*self.middleware_of_process.unpacked())
        return served, Chain(None if self.middleware is None else self.middleware.unpacked())


def _address_of(definition: ActivityType) -> str:
    function = definition.function
    if function.__module__ == '__mp_main__':    # as it is called where it is only imported
        raise ConfigurationError(
            'a process imports the program that was started, and this begins a worker again: put if __name__ == '
            "'__main__': around what the program does"
        )
    address = f'{function.__module__}:{function.__qualname__}'
    try:
        found = found_under(address).definition.function
    except (ConfigurationError, AttributeError):
        found = None
    if found is not function:
        raise ConfigurationError(
            f"execution='processes' needs functions that another process can find by name, but the activity "
            f'{definition.name!r} ({definition.source}) is not {address}: define it at the top of a module, under its '
            'own name'
        )
    return address


def _setting(*, needs_main: bool) -> dict[str, Any]:
    """Give where modules are found, and, if functions of it are served, the program that was started."""
    here = str(Path.cwd())
    setting = {'sys_path': [path or here for path in sys.path], 'sys_argv': sys.argv, 'dir': here}
    if not needs_main:
        return setting
    main = sys.modules['__main__']
    if main.__spec__ is not None:
        return setting | {'init_main_from_name': main.__spec__.name}
    path = getattr(main, '__file__', None)
    if path is None or not Path(path).is_file():
        raise ConfigurationError(
            "execution='processes' needs functions that another process can import, but these were defined in an "
            'interactive session: write them into a file'
        )
    return setting | {'init_main_from_path': str(Path(path).resolve())}


def _levels() -> dict[str | None, int]:
    loggers = logging.getLogger().manager.loggerDict
    levels: dict[str | None, int] = {
        name: logger.level for name, logger in loggers.items() if isinstance(logger, logging.Logger) and logger.level
    }
    return levels | {None: logging.getLogger().level}
