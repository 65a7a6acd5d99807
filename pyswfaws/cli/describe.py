"""``pyswfaws describe``: how an execution stands, and what it waits for."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from pyswfaws.cli.executions import PAUSE, events_after, named, of_an_execution, utc
from pyswfaws.cli.list import STYLES
from pyswfaws.cli.output import Record, formatted, painted, record_of, time_text, write, write_one
from pyswfaws.client import WorkflowRun
from pyswfaws.episodes import Episode, Episodes, time_of
from pyswfaws.replay.outcomes import MORE_TIMER
from pyswfaws.story import duration


@click.command()
@click.option('--watch', is_flag=True, help='Show it again whenever something has changed, until it has closed.')
@formatted
@of_an_execution
def describe(run: WorkflowRun[Any], watch: bool, layout: str) -> None:
    """Show how the execution WORKFLOW_ID stands.

    That is its status and its times, what its decider has published, how its decision tasks go, and what it waits for.
    """
    if watch and layout == 'json':
        raise click.UsageError('--watch writes as it goes: use --format jsonl, or table')
    if watch:
        write(layout, _changes(run), _redrawn)
    else:
        write_one(layout, _record(run, Episodes()), _lines)


def _changes(run: WorkflowRun[Any]) -> Iterator[Record]:
    """Give the record of an execution, and each that differs from the one before, until it has closed."""
    before: Record = {}
    episodes = Episodes()
    while before.get('status', 'OPEN') == 'OPEN':
        if before:
            time.sleep(PAUSE)
        record = _record(run, episodes)
        if record != before:
            yield record
        before = record


def _record(run: WorkflowRun[Any], episodes: Episodes) -> Record:
    """Give how an execution stands; `episodes` takes in the events that are new since it was used last."""
    detail = run.describe()
    for event in events_after(run, episodes.last_event_id):
        episodes.note(event)
    return {
        **record_of(detail),
        'decision': _decision(episodes),
        'waitsFor': [_waited_for(episode) for episode in _pending(episodes)],
    }


def _decision(episodes: Episodes) -> dict[str, Any]:
    """Say how the latest decision task stands, and how many before it nobody answered."""
    event = episodes.decision
    return {
        'state': '' if event is None else event['eventType'].removeprefix('DecisionTask').upper(),
        'since': None if event is None else utc(time_of(event)),
        'decider': episodes.decider,
        'timedOutInARow': episodes.lost_in_a_row,
    }


def _pending(episodes: Episodes) -> list[Episode]:
    """Give what more can become of; when the execution has closed, nothing can."""
    if episodes.closed is not None:
        return []
    return [one for one in episodes if one.is_open and not one.id.startswith(MORE_TIMER)]


def _waited_for(episode: Episode) -> dict[str, Any]:
    return {**named(episode), 'since': utc(episode.asked_at), 'taskList': episode.task_list or None}


def _redrawn(record: Record) -> Iterator[str]:
    """Give the lines in place of those on the terminal, or below those that were written before."""
    if sys.stdout.isatty():
        click.clear()
    yield from _lines(record)
    if not sys.stdout.isatty():
        yield ''


def _lines(record: Record) -> Iterator[str]:
    shown = {
        'workflow': record['workflowId'],
        'run': record['runId'],
        'type': f'{record["name"]} {record["version"]}',
        'status': painted(record['status'], STYLES.get(record['status'], '')) + _note(record),
        'started': time_text(record['startedAt']),
        'closed': record['closedAt'] and f'{time_text(record["closedAt"])}, {_took(record)}',
        'parent': record['parent'] and ' '.join(record['parent']),
        'tags': ', '.join(record['tags']),
        'task list': record['taskList'],
        'timeouts': f'execution {_limit(record["executionStartToCloseTimeout"])}, '
                    f'decision task {_limit(record["taskStartToCloseTimeout"])}',
        'child policy': record['childPolicy'],
        'published': None if record['published'] is None else json.dumps(record['published'], ensure_ascii=False),
        'decisions': _decisions(record['decision']) if record['closedAt'] is None else None,
    }
    for name, value in shown.items():
        if value not in (None, ''):
            yield f'{name + ":":<13} {value}'
    for one in record['waitsFor']:
        yield f'{"waits for:":<13} {_waits(one)}'
    if record['closedAt'] is None and not record['waitsFor'] and record['decision']['state'] == 'COMPLETED':
        yield f'{"waits for:":<13} a signal, or a cancel'


def _note(record: Record) -> str:
    return ' (a cancel is requested)' if record['isCancelRequested'] and record['closedAt'] is None else ''


def _took(record: Record) -> str:
    return f'after {duration((record["closedAt"] - record["startedAt"]).total_seconds())}'


def _limit(timeout: str) -> str:
    return 'none' if timeout == 'NONE' else duration(float(timeout))


def _decisions(decision: Record) -> str:
    row = decision['timedOutInARow']
    state = {
        'SCHEDULED': 'a decision task waits for a decider',
        'STARTED': f'{decision["decider"]} decides',
        'COMPLETED': f'{decision["decider"]} has decided',
        'TIMEDOUT': 'a decision task timed out',
    }.get(decision['state'], 'none yet')
    text = f'{state}, since {time_text(decision["since"])}' if decision['since'] else state
    if not row:
        return text
    advice = 'look for errors in the logs of the decision workers'
    return text + painted(f'; {row} timed out in a row: {advice}', 'bold red')


def _waits(one: Record) -> str:
    since = time_text(one['since'])
    what = f'{one["kind"]} {one["name"]}'
    if one['worker']:
        return f'{what}, with {one["worker"]}, asked for at {since}'
    if one['taskList'] and one['state'] == 'SCHEDULED' and one['kind'] == 'activity':
        return f'{what}, which nobody has taken from the task list {one["taskList"]} since {since}'
    return f'{what}, since {since}'
