"""``pyswfaws list``: the executions of a domain."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Final

import click

from pyswfaws.cli.connection import Connection, connected
from pyswfaws.cli.executions import EVER, listed
from pyswfaws.cli.output import Record, aligned, formatted, painted, time_text, write
from pyswfaws.protocol.events import CLOSE_STATUS
from pyswfaws.story import duration
from pyswfaws.workers.place import one_domain

#: How a status is shown.
STYLES: Final[Mapping[str, str]] = {
    'OPEN': 'cyan', 'COMPLETED': 'green', 'FAILED': 'red', 'TIMED_OUT': 'red', 'TERMINATED': 'red',
    'CANCELED': 'yellow',
}
_UNITS: Final = {'s': 1, 'm': 60, 'h': 3_600, 'd': 86_400, 'w': 604_800}
_HEAD: Final = ('workflow id', 'type', 'status', 'started', 'took', 'run id')


def _since(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime:
    """Read a point in time: so long ago, or as ISO 8601 has it, local unless it says otherwise."""
    if text is None:
        return EVER
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
@click.option('--status', type=click.Choice(['OPEN', *CLOSE_STATUS.values()], case_sensitive=False),
              help='Only those that are open, or closed in that way.')
@click.option('--type', 'type_name', metavar='TYPE', help="Only those of that type: a name, or 'name version'.")
@click.option('--workflow-id', help='Only those of that workflow id.')
@click.option('--tag', help='Only those with that tag.')
@click.option('--since', default=None, callback=_since, metavar='WHEN',
              help='Only those that were started since then: 2h ago, 7d ago, or a time as 2026-01-31T12:00.')
@click.option('--limit', default=100, show_default=True, type=click.IntRange(min=1), help='How many at the most.')
@formatted
@connected
def list_(connection: Connection, limit: int, layout: str, **filters: Any) -> None:
    """List the executions of a domain, open and closed, the newest first."""
    found = listed(connection.client(), one_domain(connection.domain, ()), **filters)
    records = [_record(info) for info in islice(found, limit)]
    if layout == 'table':
        for line in _table(records):
            click.echo(line)
        if next(found, None) is not None:
            click.echo(f'there are more than {limit}: give --limit, or a filter', err=True)
    else:
        write(layout, records, lambda _: ())


def _record(info: Mapping[str, Any]) -> dict[str, Any]:
    return {
        'workflowId': info['execution']['workflowId'],
        'runId': info['execution']['runId'],
        'type': info['workflowType']['name'],
        'version': info['workflowType']['version'],
        'status': info.get('closeStatus', 'OPEN'),
        'started': info['startTimestamp'],
        'closed': info.get('closeTimestamp'),
        'tags': info.get('tagList', []),
        'cancelRequested': info.get('cancelRequested', False),
    }


def _table(records: list[dict[str, Any]]) -> Iterator[str]:
    now = datetime.now(UTC)
    lines = aligned([_HEAD, *(_row(record, now) for record in records)])
    for line, record in zip(lines, chain([{}], records), strict=True):
        yield painted(line, STYLES.get(record.get('status', ''), 'dim'))


def _row(record: Record, now: datetime) -> tuple[str, ...]:
    took = ((record['closed'] or now) - record['started']).total_seconds()
    return (
        record['workflowId'], f'{record["type"]} {record["version"]}', record['status'], time_text(record['started']),
        duration(took), record['runId'],
    )
