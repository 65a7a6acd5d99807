"""The command ``pyswfaws``: a table of its subcommands, each imported when it is called for."""

import importlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import click
from click.shell_completion import CompletionItem

from pyswfaws.cli.settings import configure, naming_place


class Entry(NamedTuple):
    """Where a command stands, as module and attribute, and what the overview says of it.

    That is the beginning of its docstring, a test sees to it; to be asked for it the command would have to be imported.
    """

    place: str
    help: str


COMMANDS: Final[Mapping[str, Entry]] = {
    'demo': Entry('demo:demo', 'Run a workflow on SWF Local, in four processes, and kill one of them in the middle.'),
    'local': Entry('local:local', 'Run SWF Local, an embedded Amazon SWF, over HTTP.'),
    'worker': Entry('worker:worker', 'Serve the decorated functions of TARGET.'),
    'register': Entry('register:register', 'Register the domain and the types of the decorated functions of TARGET.'),
    'deprecate': Entry(
        'deprecate:deprecate', 'Let nothing new start of an activity or workflow type, or in a domain.',
    ),
    'delete': Entry('delete:delete', 'Delete an activity or workflow type that is deprecated.'),
    'start': Entry('start:start', 'Start the workflow of the decider TARGET, which is module:function.'),
    'list': Entry('list:list_', 'List the executions of a domain, open and closed, the newest first.'),
    'describe': Entry('describe:describe', 'Show how the execution WORKFLOW_ID stands.'),
    'history': Entry('history:history', 'Tell what happened in the execution WORKFLOW_ID.'),
    'signal': Entry('signal:signal', 'Send the execution WORKFLOW_ID the signal NAME.'),
    'cancel': Entry('cancel:cancel', 'Ask the execution WORKFLOW_ID to cancel.'),
    'terminate': Entry('terminate:terminate', 'End the execution WORKFLOW_ID at once, without asking its decider.'),
    'replay': Entry('replay:replay', 'Replay each HISTORY with the decider TARGET, and show where it waits.'),
    'store': Entry('store:store', 'Look after data stores.'),
    'doctor': Entry('doctor:doctor', 'Look at all that a workflow needs, and say what to do where it is missing.'),
    'completion': Entry('completion:completion', 'Print a script that lets SHELL complete commands and options.'),
}


class _Commands(click.Group):
    """A group that imports a command when it is called, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:   # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:   # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].place.partition(':')
        command: click.Command = getattr(importlib.import_module(f'pyswfaws.cli.{module}'), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            configure(ctx, command, name)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section('Commands'):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        commands = [CompletionItem(name, help=entry.help) for name, entry in COMMANDS.items()]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [command for command in commands if command.value.startswith(incomplete)] + options

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from pyswfaws.cli.exits import Exit  # noqa: PLC0415 - knows AWS's errors, which a help page need not

            click.echo('interrupted', err=True)
            ctx.exit(Exit.INTERRUPTED)
        except click.BadParameter as error:
            raise naming_place(error) from None


@click.group(cls=_Commands, context_settings={'help_option_names': ['-h', '--help']})
@click.version_option(package_name='pyswfaws')
def main() -> None:
    """Durable workflows on Amazon SWF, written as plain Python."""


if __name__ == '__main__':
    main()
