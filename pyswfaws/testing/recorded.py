"""Recorded: histories as people have them, in files and lists, read into the events that a replay takes.

``aws swf get-workflow-execution-history --output json`` writes ``{"events": [...]}``, with timestamps as ISO 8601 or as
seconds since the epoch, as its configuration says; boto3 gives the same with `datetime` objects.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from pyswfaws.exceptions import ConfigurationError
from pyswfaws.protocol.events import EVENT_TYPES, Event

#: A path, what its file holds once it is parsed, or a list of events.
Recorded: TypeAlias = 'str | PathLike[str] | Mapping[str, Any] | Sequence[Event]'


def events_of(history: Recorded) -> list[Event]:
    """Give the events of a recorded history, in order; raises a ConfigurationError where it is none, or not whole."""
    is_file = isinstance(history, str | PathLike)
    name = str(history) if is_file else 'the history'
    found: Any = _parsed(Path(name)) if is_file else history
    if isinstance(found, Mapping):
        found = found.get('events')
    if not isinstance(found, list | tuple) or not found or not all(map(_is_event, found)):
        raise ConfigurationError(f'{name} holds no events as "aws swf get-workflow-execution-history" writes them')
    events = sorted(map(_with_time, found), key=lambda event: int(event['eventId']))
    for expected, event in enumerate(events, 1):
        if event['eventId'] != expected:
            raise ConfigurationError(f'{name} is not whole: event {expected} is missing')
    return events


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f'{path} cannot be read: {error.strerror}') from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f'{path} is no JSON: {error}') from error


def _is_event(found: Any) -> bool:
    return (
        isinstance(found, Mapping)
        and isinstance(found.get('eventId'), int)
        and found.get('eventType') in EVENT_TYPES
    )


def _with_time(event: Event) -> Event:
    timestamp = event.get('eventTimestamp', 0.0)
    if not isinstance(timestamp, str):
        return event
    try:
        return {**event, 'eventTimestamp': datetime.fromisoformat(timestamp).timestamp()}
    except ValueError as error:
        raise ConfigurationError(f'the time of event {event["eventId"]} is no ISO 8601: {timestamp!r}') from error
