"""``pyswfaws store``: what data stores keep."""

import time
from collections.abc import Iterator

import click

from pyswfaws.cli.connection import Connection, reaching
from pyswfaws.cli.output import Record, formatted, progress, write_one
from pyswfaws.datastores import store_at
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.leftovers import survey


@click.group()
def store() -> None:
    """Look after data stores."""


@store.command()
@click.argument('address')
@click.option('--delete', is_flag=True, help='Delete what is left over; without it, it is only listed.')
@click.option('--older-than', 'hours', type=click.FloatRange(min=1), default=24, show_default=True, metavar='HOURS',
              help='Keep what was written since.')
@formatted
@reaching
def gc(connection: Connection, address: str, delete: bool, hours: float, layout: str) -> None:
    """List the objects at ADDRESS that no execution needs any more, or delete them.

    ADDRESS is s3://bucket/prefix, file:///folder, or a URL that fsspec knows. Every history of every domain of this
    account and region is looked through. Of a store that several accounts, regions or SWF Locals write to, delete
    nothing by this command: each sees its own executions only.
    """
    place = store_at(address)
    with progress('looking through executions') as step:
        found = survey(place, connection.client(), time.time(), hours * 3600, step)
    if delete and found.leftover and not any(one for one in found.kept if time.time() - one.written_at >= hours * 3600):
        raise ConfigurationError(
            f'nothing is deleted: not one object at {address} belongs to an execution that SWF knows here. Is this the '
            'account, region or endpoint whose workers write there? If it is, and all of it may go, delete the folder'
        )
    if delete:
        with progress('deleting', len(found.leftover)) as step:
            for one in found.leftover:
                place.delete(one.pointer)
                step()
    write_one(layout, {
        'deleted': delete,
        'kept': len(found.kept),
        'bytes': sum(one.size for one in found.leftover),
        'leftover': [one._asdict() for one in found.leftover],
    }, _lines)


def _lines(record: Record) -> Iterator[str]:
    leftover = record['leftover']
    for one in leftover:
        yield f'{one["size"]:>12,}  {one["pointer"]}'
    total = len(leftover) + record['kept']
    what = 'deleted' if record['deleted'] else 'left over; --delete deletes them'
    yield f'{len(leftover):,} of {total:,} objects, {record["bytes"]:,} bytes, {what}'
