"""Recipe: how another process comes to what this one serves.

Functions are found there as Python finds them anywhere, by the names of their module and of themselves. What no name
leads to (a function within a function, or in an interactive session) cannot be served by a process, and that is said
when the worker is made. Objects go along as pickles: the one that methods are called on, and what `set_data_defaults`
was given.
"""

import logging
import pickle
import sys
from collections.abc import Iterable, Mapping
from multiprocessing import spawn
from pathlib import Path
from typing import Any, NamedTuple

from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served, found_under, served_by
from pyswfaws.datadefaults import DataDefaults, chosen_data_defaults, set_data_defaults
from pyswfaws.exceptions import ConfigurationError


class Recipe(NamedTuple):
    """What the other process is told.

    `functions` are ``module:name``, served as `name` and `version` where that is not what their decorators say, and
    called on what `receiver` is the pickle of. `setting` is what `multiprocessing.spawn.prepare` takes; `levels` are
    those of this process's loggers.
    """

    functions: tuple[str, ...]
    name: str | None
    version: str | None
    receiver: bytes
    defaults: bytes
    setting: Mapping[str, Any]
    levels: Mapping[str | None, int]

    @classmethod
    def of(
        cls, served: Iterable[Served[ActivityType]], receiver: Any, name: str | None, version: str | None,
    ) -> 'Recipe':
        """Give the recipe for what is served; raises a ConfigurationError where another process cannot follow it."""
        functions = tuple(_address_of(definition) for definition, _ in served)
        return cls(
            functions,
            name,
            version,
            _pickled(receiver, 'activity_object'),
            _pickled(chosen_data_defaults(), 'what set_data_defaults was given'),
            _setting(needs_main=any(address.startswith('__main__:') for address in functions)),
            _levels(),
        )

    def follow(self) -> dict[tuple[str, str], Served[ActivityType]]:
        """Give what the other process serves; here is where it imports the user's modules."""
        spawn.prepare(dict(self.setting))
        for logger, level in self.levels.items():
            logging.getLogger(logger).setLevel(level)
        served = served_by(list(self.functions), ActivityType, pickle.loads(self.receiver), self.name, self.version)  # noqa: S301
        defaults: DataDefaults | None = pickle.loads(self.defaults)  # noqa: S301 - the worker's own
        if defaults is not None:
            set_data_defaults(*defaults)
        return served


def _address_of(definition: ActivityType) -> str:
    function = definition.function
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


def _pickled(value: Any, what: str) -> bytes:
    try:
        return pickle.dumps(value)
    except Exception as error:      # user code: an object may refuse in any way
        raise ConfigurationError(
            f"execution='processes' hands {what} to other processes, but it cannot be pickled: {error}"
        ) from error


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
