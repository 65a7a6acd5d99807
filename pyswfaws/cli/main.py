"""The command ``pyswfaws``: a table of its subcommands, each imported when it is called for."""

import importlib
import signal
from collections.abc import Mapping
from typing import Any, Final

import click

#: Command -> the module and attribute that it stands in.
COMMANDS: Final[Mapping[str, str]] = {
    'demo': 'pyswfaws.cli.demo:demo',
    'local': 'pyswfaws.cli.local:local',
    'worker': 'pyswfaws.cli.worker:worker',
    'register': 'pyswfaws.cli.register:register',
    'deprecate': 'pyswfaws.cli.deprecate:deprecate',
    'delete': 'pyswfaws.cli.delete:delete',
    'start': 'pyswfaws.cli.start:start',
    'replay': 'pyswfaws.cli.replay:replay',
    'store': 'pyswfaws.cli.store:store',
}


class _Commands(click.Group):
    """A group that imports a command when it is called, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:   # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:   # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(':')
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo('interrupted', err=True)
            ctx.exit(128 + signal.SIGINT)


@click.group(cls=_Commands, context_settings={'help_option_names': ['-h', '--help']})
@click.version_option(package_name='pyswfaws')
def main() -> None:
    """Durable workflows on Amazon SWF, written as plain Python."""


if __name__ == '__main__':
    main()
