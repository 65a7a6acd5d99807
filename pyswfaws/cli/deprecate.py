"""``pyswfaws deprecate``: lets nothing new start of a type, or in a domain."""

import click

from pyswfaws.cli.connection import Connection, connected
from pyswfaws.workers.place import one_domain
from pyswfaws.workers.registration import Kind, change


@click.command()
@click.argument('kind', type=click.Choice(['activity', 'workflow', 'domain']))
@click.argument('name')
@click.argument('version', required=False)
@click.option('--undo', is_flag=True, help='Let it start again.')
@connected
def deprecate(connection: Connection, kind: Kind, name: str, version: str | None, undo: bool) -> None:
    """Let nothing new start of an activity or workflow type, or in a domain.

    What is open goes on. A type has a VERSION, a domain has none. Safe to repeat, and it can be undone.
    """
    if (version is None) != (kind == 'domain'):
        raise click.UsageError('a type has a VERSION beside its NAME, and a domain has none')
    domain = name if kind == 'domain' else one_domain(connection.domain, ())
    made = change(connection.client(), 'undeprecate' if undo else 'deprecate', kind, domain, name, version or '')
    outcome = ('registered' if undo else 'deprecated') if made else 'unchanged'
    click.echo(' '.join(filter(None, (f'{outcome:<10} ', kind, name, version))))
