"""``pyswfaws list``: the executions of a domain."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import click

from pyswfaws.cli.connection import Connection, connected
from pyswfaws.cli.output import aligned, formatted, painted, record_of, time_text, write
from pyswfaws.client import WorkflowClient
from pyswfaws.operations.descriptions import ExecutionInfo
from pyswfaws.operations.listing import STATUSES
from pyswfaws.story import duration

#: How a status is shown.
STYLES: Final[Mapping[str, str]] = {
    'OPEN': 'cyan', 'COMPLETED': 'green', 'FAILED': 'red', 'TIMED_OUT': 'red', 'TERMINATED': 'red',
    'CANCELED': 'yellow',
}
_UNITS: Final = {'s': 1, 'm': 60, 'h': 3_600, 'd': 86_400, 'w': 604_800}
_HEAD: Final = ('workflow id', 'type', 'status', 'started', 'took', 'run id')


def _type(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | tuple[str, str] | None:
    """Read a type: a name, or name and version."""
    name, _, version = (text or '').partition(' ')
    return (name, version) if version else name or None


def _since(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read a point in time: so long ago, or as ISO 8601 has it, local unless it says otherwise."""
    if text is None:
        return None
    ago = re.fullmatch(r'(\d+)([smhdw])', text)
    try:
        if ago:
            return datetime.fromtimestamp(time.time() - int(ago[1]) * _UNITS[ago[2]], UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(
            f'{text!r} is neither so long ago, as 90m, 2h or 7d, nor a time as 2026-01-31T12:00',
        ) from None


@click.command('list')
@click.option('--status', type=click.Choice(STATUSES), help='Only those that are open, closed, or closed in that way.')
@click.option('--type', 'workflow_type', metavar='TYPE', callback=_type,
              help="Only those of that type: a name, or 'name version'.")
@click.option('--workflow-id', help='Only those of that workflow id.')
@click.option('--tag', help='Only those with that tag.')
@click.option('--since', 'started_after', callback=_since, metavar='WHEN',
              help='Only those that were started since then: 2h ago, 7d ago, or a time as 2026-01-31T12:00.')
@click.option('--limit', default=100, show_default=True, type=click.IntRange(min=1), help='How many at the most.')
@formatted
@connected
def list_(connection: Connection, limit: int, layout: str, **filters: Any) -> None:
    """List the executions of a domain, open and closed, the newest first."""
    client = WorkflowClient(connection.domain, client=connection.client())
    found = list(client.list(limit=limit + 1, **filters))
    if layout == 'table':
        for line in _table(found[:limit], datetime.now(UTC)):
            click.echo(line)
    else:
        write(layout, map(record_of, found[:limit]), lambda _: ())
    if len(found) > limit:
        click.echo(f'there are more than {limit}: give --limit, or a filter', err=True)


def _table(found: list[ExecutionInfo], now: datetime) -> Iterator[str]:
    styles = ['dim', *(STYLES.get(one.status, '') for one in found)]
    for line, style in zip(aligned([_HEAD, *(_row(one, now) for one in found)]), styles, strict=True):
        yield painted(line, style)


def _row(one: ExecutionInfo, now: datetime) -> tuple[str, ...]:
    took = ((one.closed_at or now) - one.started_at).total_seconds()
    return (
        one.workflow_id, f'{one.name} {one.version}', one.status, time_text(one.started_at), duration(took), one.run_id,
    )
