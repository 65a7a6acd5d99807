"""``pyswfaws delete``: takes a deprecated type out of SWF."""

import click
from botocore.exceptions import ClientError

from pyswfaws.cli.connection import Connection, connected
from pyswfaws.exceptions import RegistrationConflictError
from pyswfaws.workers.clients import fault_of
from pyswfaws.workers.place import one_domain
from pyswfaws.workers.registration import Kind, change


@click.command()
@click.argument('kind', type=click.Choice(['activity', 'workflow']))
@click.argument('name')
@click.argument('version')
@connected
def delete(connection: Connection, kind: Kind, name: str, version: str) -> None:
    """Delete an activity or workflow type that is deprecated.

    The same name and version may be registered anew then, with other defaults.
    """
    domain = one_domain(connection.domain, ())
    try:
        change(connection.client(), 'delete', kind, domain, name, version)
    except ClientError as error:
        if fault_of(error) != 'TypeNotDeprecatedFault':
            raise
        raise RegistrationConflictError(
            f'{kind} {name} {version} is in use. Let nothing new start of it first: pyswfaws deprecate {kind} '
            f'{name} {version} --domain {domain}'
        ) from error
    click.echo(f'deleted     {kind} {name} {version}')
