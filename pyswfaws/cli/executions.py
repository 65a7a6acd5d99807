"""Executions: how commands find one, and follow what happens in it."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final, TypeVar

import click

from pyswfaws.cli.connection import Connection, connected
from pyswfaws.cli.output import progress
from pyswfaws.client import WorkflowClient, WorkflowRun
from pyswfaws.episodes import Episode
from pyswfaws.protocol.events import CLOSE_STATUS, Event
from pyswfaws.story import spoken_id

F = TypeVar('F', bound=Callable[..., Any])

PAUSE: Final = 1.0      # seconds between two looks at an execution that is watched


def of_an_execution(command: F) -> F:
    """Give `command` an execution, found by id, as its argument `run`, and the options of a connection."""

    @click.argument('workflow_id')
    @click.option('--run-id', help='Run of that workflow; else the open one, or the one that was started last.')
    @connected
    @wraps(command)
    def with_execution(connection: Connection, workflow_id: str, run_id: str | None, **arguments: Any) -> Any:
        client = WorkflowClient(connection.domain, client=connection.client())
        return command(run=client.get(workflow_id, run_id), **arguments)

    return with_execution  # type: ignore[return-value]


def followed(run: WorkflowRun[Any]) -> Iterator[list[Event]]:
    """Give the events so far, and then those that are new, as often as there are, until the execution closes."""
    last = 0
    while True:
        found = events_after(run, last)
        if found:
            yield found
            last = found[-1]['eventId']
            if found[-1]['eventType'] in CLOSE_STATUS:
                return
        time.sleep(PAUSE)


def events_after(run: WorkflowRun[Any], last: int) -> list[Event]:
    """Give the events after the one with the id `last`, in order: SWF is asked for no more pages than these take."""
    found = []
    with progress('reading the history') as step:
        for event in run.events(reverse=True):
            if event['eventId'] <= last:
                break
            found.append(event)
            step()
    return found[::-1]


def named(episode: Episode) -> dict[str, Any]:
    """Give the members of an episode's record that say what it is, how it stands, and who took it."""
    return {
        'kind': str(episode.kind),
        'id': episode.id,
        'name': spoken_id(episode),
        'type': episode.type_name or None,
        'state': str(episode.state),
        'worker': episode.worker or None,
    }


def utc(moment: float) -> datetime:
    """Give a time, in Unix seconds, as records have it."""
    return datetime.fromtimestamp(moment, UTC)
