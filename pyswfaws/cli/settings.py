"""Settings: where an option's value comes from when the command line does not give it.

Each option has an environment variable and a key in ``[tool.pyswfaws]`` of pyproject.toml, and both follow from its
name: ``--concurrency`` of the command ``worker`` is ``PYSWFAWS_WORKER_CONCURRENCY``, and ``concurrency`` in
``[tool.pyswfaws.worker]``. What many commands have alike is set once, for all of them. The command line comes before
the environment, that before the file, and that before the default.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
from click.core import ParameterSource

#: Options that are set once for all commands -> the variable for each. It is AWS's where AWS has one.
SHARED: Final[Mapping[str, str]] = {
    'domain': 'PYSWFAWS_DOMAIN',
    'task-list': 'PYSWFAWS_TASK_LIST',
    'endpoint-url': 'AWS_ENDPOINT_URL_SWF',
    'region': 'AWS_DEFAULT_REGION',
    'profile': 'AWS_PROFILE',
    'format': 'PYSWFAWS_FORMAT',
    'log-level': 'PYSWFAWS_LOG_LEVEL',
    'log-format': 'PYSWFAWS_LOG_FORMAT',
}

#: Options whose variables boto3 reads itself -> those before which the file stands back. An option that took their
#: values would hand them on as given in so many words, which boto3 puts before credentials of the environment.
_BOTO_READS: Final[Mapping[str, tuple[str, ...]]] = {
    'region': ('AWS_DEFAULT_REGION',),
    'profile': ('AWS_PROFILE', 'AWS_ACCESS_KEY_ID'),
}

_TABLE: Final = 'tool.pyswfaws'


class Setting(NamedTuple):
    """An option of a command, and where else its value may stand."""

    option: click.Option
    name: str
    variable: str
    key: str        # with the table that it stands in


class File(NamedTuple):
    """The table ``[tool.pyswfaws]`` of a file."""

    path: Path
    table: Mapping[str, Any]


def settings_of(command: click.Command, *names: str) -> Iterator[Setting]:
    """Give the settings of a command, which `names` lead to: the command, or the group and the command in it."""
    for option in command.params:
        if isinstance(option, click.Option):
            name = next(one for one in option.opts if one.startswith('--')).removeprefix('--')
            own = '_'.join((*names, name)).replace('-', '_').upper()
            table = '' if name in SHARED else '.'.join((*names, ''))
            yield Setting(option, name, SHARED.get(name, f'PYSWFAWS_{own}'), f'{table}{name}')


def configure(context: click.Context, command: click.Command, name: str) -> None:
    """Let the options of `command` be set by the environment and by the file that holds here.

    `context` is that in which it was called by `name`. Raises a UsageError where the file is not as it should be.
    """
    file = found_from(Path.cwd())
    if file is not None:
        _check_shared(file, context)
    context.default_map = {name: _configured(command, file, file.table if file else {}, name)}


def check_all(context: click.Context) -> None:
    """Look through the file that holds here, for every command; `context` is that of the program as a whole.

    Raises a UsageError where it is not as it should be.
    """
    program = context.command
    assert isinstance(program, click.Group), 'checked is the program as a whole'
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None, 'it is listed'
        configure(click.Context(program), command, name)


def naming_place(error: click.BadParameter) -> click.BadParameter:
    """Give an error about a value so that it says where the value was set, if not on the command line."""
    if error.ctx is None or not isinstance(error.param, click.Option):
        return error
    places = {
        ParameterSource.ENVIRONMENT: f' It is set by {error.param.envvar}.',
        ParameterSource.DEFAULT_MAP: f' It is set in pyproject.toml, under [{_TABLE}].',
    }
    source = error.ctx.get_parameter_source(str(error.param.name))
    place = places.get(source, '') if source else ''
    return click.BadParameter(f'{error.message}{place}', error.ctx, error.param, error.param_hint)


def found_from(folder: Path) -> File | None:
    """Give the table of the nearest pyproject.toml with one, from `folder` upwards."""
    for place in (folder, *folder.parents):
        path = place / 'pyproject.toml'
        try:
            table = tomllib.loads(path.read_text('utf-8')).get('tool', {}).get('pyswfaws')
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise click.UsageError(f'{path} cannot be read: {error}') from None
        if table is not None:
            return File(path, table)
    return None


def _configured(command: click.Command, file: File | None, outer: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Give click's map of defaults for a command; `outer` is the table that its own table stands in."""
    own = outer.get(names[-1], {})
    if isinstance(command, click.Group):
        if file is not None:
            _check_keys(file, own, command.commands, *names)
        return {name: _configured(one, file, own, *names, name) for name, one in command.commands.items()}
    settings = list(settings_of(command, *names))
    if file is not None:
        _check_keys(file, own, [setting.name for setting in settings if setting.name not in SHARED], *names)
    found = {}
    for option, name, variable, _ in settings:
        if name not in _BOTO_READS:
            option.envvar = variable
        elif any(map(os.environ.get, _BOTO_READS[name])):
            continue
        table = own if name not in SHARED else file.table if file else {}
        if file is not None and name in table:
            found[str(option.name)] = _checked(file, option, name, table[name])
    return found


def _check_shared(file: File, context: click.Context) -> None:
    assert isinstance(context.command, click.Group), 'configured is the command as a whole'
    _check_keys(file, file.table, [*SHARED, *context.command.list_commands(context)])


def _check_keys(file: File, table: Any, allowed: Any, *names: str) -> None:
    where = '.'.join((_TABLE, *names))
    if not isinstance(table, dict):
        raise click.UsageError(f'{file.path}: {where.removeprefix("tool.")} is no table: write [{where}]')
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1, 0)
            hint = f'; did you mean {near[0]}?' if near else '; nothing can be set there'
            raise click.UsageError(f'{file.path}: [{where}] has an unknown key {key!r}{hint}')


def _checked(file: File, option: click.Option, name: str, value: Any) -> Any:
    """Give `value`, which must be of the kind of TOML that the option takes; the rest click sees to."""
    kinds, what = _kinds(option)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise click.UsageError(f'{file.path}: {name} is {what}, but it is set to {value!r}')
    return value


def _kinds(option: click.Option) -> tuple[tuple[type, ...], str]:
    if option.multiple:
        return (list,), 'a list of texts'
    if option.is_flag:
        return (bool, str), 'true or false'
    if isinstance(option.type, click.types.IntParamType):
        return (int,), 'a whole number'
    if isinstance(option.type, click.types.FloatParamType):
        return (int, float), 'a number'
    return (str,), 'a text'
