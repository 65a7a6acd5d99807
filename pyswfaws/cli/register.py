"""``pyswfaws register``: makes a domain and the types of decorated functions known to SWF."""

from collections.abc import Iterator

import click

from pyswfaws.binding.registry import scanned
from pyswfaws.cli.connection import Connection, connected, importable_from_here
from pyswfaws.cli.output import Record, formatted, progress, write
from pyswfaws.exceptions import RegistrationConflictError
from pyswfaws.workers import registration
from pyswfaws.workers.place import one_domain


@click.command()
@click.argument('targets', nargs=-1, required=True, metavar='TARGET...')
@click.option('--dry-run', is_flag=True, help='Register nothing, and say what would be registered.')
@click.option('--task-list', envvar='PYSWFAWS_TASK_LIST', show_envvar=True,
              help='Default task list of types that name none.')
@click.option('--retention', 'retention_days', default=7, show_default=True, type=click.IntRange(0, 90), metavar='DAYS',
              help='How long a new domain keeps closed executions.')
@formatted
@connected
def register(
    connection: Connection,
    targets: tuple[str, ...],
    dry_run: bool,
    task_list: str | None,
    retention_days: int,
    layout: str,
) -> None:
    """Register the domain and the types of the decorated functions of TARGET. Safe to repeat.

    A TARGET is the dotted name of a module or package, or module:function. Where SWF knows a type with other defaults
    than the code has, they are shown, and the exit status is 1: a registered type cannot be changed, only another
    version registered.
    """
    importable_from_here()
    registry = scanned(targets)
    domain = one_domain(connection.domain, (decorated.definition.domain for decorated in registry))
    steps = registration.register(
        connection.client(), domain, registry,
        default_task_list=task_list, retention_days=retention_days, dry_run=dry_run,
    )
    found = []
    with progress('registering') as step:
        for one in steps:
            found.append(one)
            step()
    write(layout, (one._asdict() for one in found), _lines)
    differing = [one for one in found if one.outcome == 'differs']
    if differing:
        raise RegistrationConflictError(
            f'SWF knows {", ".join(one.what for one in differing)} otherwise than the code: give the code\'s another '
            f'version, such as {differing[0].next_version} (swf_task_version=, swf_workflow_version=), or its old '
            'defaults'
        )


def _lines(record: Record) -> Iterator[str]:
    yield f'{record["outcome"]:<10}  {record["what"]}'
    for difference in record['differences']:
        yield f'            {difference}'
