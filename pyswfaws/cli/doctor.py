"""``pyswfaws doctor``: looks at all that a workflow needs, and says what to do where it is missing."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pyswfaws.binding.registry import Task, scanned
from pyswfaws.cli import checkups
from pyswfaws.cli.checkups import Check, safely
from pyswfaws.cli.connection import Connection, connected, importable_from_here
from pyswfaws.cli.exits import Exit
from pyswfaws.cli.output import Record, formatted, painted, write
from pyswfaws.cli.settings import check_all, found_from
from pyswfaws.datadefaults import STORE_VARIABLE
from pyswfaws.exceptions import UnreachableError
from pyswfaws.workers.clients import is_here
from pyswfaws.workers.place import one_domain

_STYLES = {'ok': 'green', 'warn': 'yellow', 'fail': 'bold red'}


@click.command()
@click.argument('targets', nargs=-1, metavar='[TARGET]...')
@click.option('--task-list', envvar='PYSWFAWS_TASK_LIST', show_envvar=True,
              help='Task list of functions that name none.')
@formatted
@connected
def doctor(connection: Connection, targets: tuple[str, ...], task_list: str | None, layout: str) -> None:
    """Look at all that a workflow needs, and say what to do where it is missing.

    That is credentials, region, endpoint, clock, domain, permissions and the data store; with TARGETs, modules or
    packages of decorated functions, also their types, and what waits on their task lists. Only calls that read are
    made. The exit status is 1 where something is wrong, 3 where SWF cannot be worked with at all.
    """
    importable_from_here()
    tasks = list(scanned(targets)) if targets else []
    found = list[Check]()

    def records() -> Iterator[Record]:
        for check in _checks(connection, tasks, task_list):
            found.append(check)
            yield {'check': check.what, 'outcome': check.outcome, 'found': check.found, 'advice': check.advice or None}

    write(layout, records(), _lines)
    raise SystemExit(max((check.status for check in found if check.outcome == 'fail'), default=Exit.DONE))


def _checks(connection: Connection, tasks: Sequence[Task], task_list: str | None) -> Iterator[Check]:
    file = found_from(Path.cwd())
    yield from checkups.of_this_process(str(file.path) if file else None, _mistake_in_settings())
    credentials = checkups.of_credentials(connection.session(), is_local=is_here(connection.endpoint_url))
    yield credentials
    if credentials.outcome != 'fail':
        yield from _of_swf(connection, tasks, task_list)
    address = os.environ.get(STORE_VARIABLE)
    if address:
        yield checkups.of_store(address)


def _mistake_in_settings() -> str | None:
    try:
        check_all(click.get_current_context().find_root())
    except click.UsageError as error:
        return error.message
    return None


def _of_swf(connection: Connection, tasks: Sequence[Task], task_list: str | None) -> Iterator[Check]:
    try:
        client = connection.client()
    except UnreachableError as error:
        yield Check('region', 'fail', str(error), status=Exit.UNREACHABLE)
        return
    declared = {task.definition.domain for task in tasks} - {None}
    domain = one_domain(connection.domain, declared) if connection.domain or declared else None
    answers = list(checkups.of_answers(client, domain, time.time))
    yield from answers
    if any(check.outcome == 'fail' for check in answers):
        return
    of_domain = checkups.of_domain(client, domain)
    yield of_domain
    if domain is None or of_domain.outcome == 'fail':
        return
    yield checkups.of_permissions(client, domain)
    if tasks:
        yield from safely('types', checkups.of_types(client, domain, tasks, task_list))
    yield from safely('task lists', checkups.of_task_lists(client, domain, tasks, task_list, time.time))


def _lines(record: Record) -> Iterator[str]:
    outcome = painted(f'{record["outcome"]:<4}', _STYLES[record['outcome']])
    yield f'{outcome}  {record["check"]:<14}  {record["found"]}'
    if record['advice']:
        yield f'{"":>22}-> {record["advice"]}'
