"""``pyswfaws register``: makes a domain and the types of decorated functions known to SWF."""

import json

import click

from pyswfaws.binding.registry import scanned
from pyswfaws.cli.connection import Connection, connected, importable_from_here
from pyswfaws.exceptions import RegistrationConflictError
from pyswfaws.workers import registration
from pyswfaws.workers.place import one_domain


@click.command()
@click.argument('target')
@click.option('--dry-run', is_flag=True, help='Register nothing, and say what would be registered.')
@click.option('--task-list', envvar='PYSWFAWS_TASK_LIST', show_envvar=True,
              help='Default task list of types that name none.')
@click.option('--retention', 'retention_days', default=7, show_default=True, type=click.IntRange(0, 90), metavar='DAYS',
              help='How long a new domain keeps closed executions.')
@click.option('--format', 'layout', type=click.Choice(['table', 'json']), default='table', show_default=True)
@connected
def register(
    connection: Connection, target: str, dry_run: bool, task_list: str | None, retention_days: int, layout: str,
) -> None:
    """Register the domain and the types of the decorated functions of TARGET. Safe to repeat.

    TARGET is the dotted name of a module or package, or module:function. Where SWF knows a type with other defaults
    than the code has, they are shown, and the exit status is 1: a registered type cannot be changed, only another
    version registered.
    """
    importable_from_here()
    registry = scanned(target)
    domain = one_domain(connection.domain, (decorated.definition.domain for decorated in registry))
    found = []
    for one in registration.register(
        connection.client(), domain, registry,
        default_task_list=task_list, retention_days=retention_days, dry_run=dry_run,
    ):
        found.append(one)
        if layout == 'table':
            click.echo(f'{one.outcome:<10}  {one.what}')
            for difference in one.differences:
                click.echo(f'            {difference}')
    if layout == 'json':
        click.echo(json.dumps([one._asdict() for one in found], ensure_ascii=False, indent=2))
    differing = [one.what for one in found if one.outcome == 'differs']
    if differing:
        raise RegistrationConflictError(
            f'SWF knows {", ".join(differing)} otherwise than the code: give the code\'s another version '
            '(swf_task_version=, swf_workflow_version=), or its old defaults'
        )
