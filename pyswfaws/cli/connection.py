"""Connection: the options by which every command finds SWF."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click
from botocore.exceptions import ProfileNotFound

from pyswfaws.cli.exits import exit_statuses
from pyswfaws.exceptions import UnreachableError
from pyswfaws.workers.clients import make_client

F = TypeVar('F', bound=Callable[..., Any])


class Connection(NamedTuple):
    """Where SWF is, as the command line says."""

    domain: str | None
    endpoint_url: str | None
    region: str | None
    profile: str | None

    def session(self) -> Any:
        """Make a boto3 session."""
        import boto3  # noqa: PLC0415 - 200 ms, after a wrong target has been found out

        try:
            return boto3.Session(profile_name=self.profile, region_name=self.region)
        except ProfileNotFound as error:
            raise UnreachableError(str(error)) from error

    def client(self) -> Any:
        """Make a boto3 SWF client."""
        return make_client(session=self.session(), endpoint_url=self.endpoint_url)


def connected(command: F) -> F:
    """Give `command` the options of a connection, as its argument `connection`, and statuses for what it raises."""
    return click.option(
        '--domain', envvar='PYSWFAWS_DOMAIN', show_envvar=True, help='Domain to work in.',
    )(reaching(command))


def reaching(command: F) -> F:
    """Give `command` the same, for all domains."""

    @click.option('--endpoint-url', envvar='AWS_ENDPOINT_URL_SWF', show_envvar=True, metavar='URL',
                  help='Where SWF is, if not AWS: that of SWF Local.')
    @click.option('--region', help='AWS region; else where boto3 looks for one.')
    @click.option('--profile', help='Profile of the AWS configuration; else where boto3 looks for one.')
    @wraps(command)
    def with_connection(
        endpoint_url: str | None, region: str | None, profile: str | None, domain: str | None = None, **arguments: Any,
    ) -> Any:
        with exit_statuses():
            return command(connection=Connection(domain, endpoint_url, region, profile), **arguments)

    return with_connection  # type: ignore[return-value]


def importable_from_here() -> None:
    """Let a target be found in the current folder, as `python -m` would."""
    sys.path.insert(0, '')
