"""``pyswfaws completion``: what makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from pyswfaws.cli.exits import exit_statuses
from pyswfaws.exceptions import PyswfawsError

_PROGRAM = 'pyswfaws'


@click.command()
@click.argument('shell', type=click.Choice(['bash', 'zsh', 'fish']))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that lets SHELL complete commands and options.

    In bash: eval "$(pyswfaws completion bash)"; in zsh likewise; in fish: pyswfaws completion fish | source.
    To have it in every shell, write that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.
    """
    found = get_completion_class(shell)
    assert found is not None, 'click has the three'
    with exit_statuses():
        try:
            click.echo(found(context.find_root().command, {}, _PROGRAM, f'_{_PROGRAM.upper()}_COMPLETE').source())
        except RuntimeError as error:       # click asks bash for its version
            raise PyswfawsError(f'{shell} cannot complete: {error}') from error
