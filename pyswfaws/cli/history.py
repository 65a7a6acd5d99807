"""``pyswfaws history``: what happened in an execution: as a story, as a timeline, or event by event."""

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from pyswfaws.binding.decorated import DecisionTask
from pyswfaws.binding.registry import found_under
from pyswfaws.cli.connection import importable_from_here
from pyswfaws.cli.executions import events_after, followed, named, of_an_execution, utc
from pyswfaws.cli.output import Record, formatted, painted, write
from pyswfaws.client import WorkflowRun
from pyswfaws.episodes import Episode, episodes_of, printable, time_of
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.protocol.events import Event, attributes
from pyswfaws.story import Story, style_of
from pyswfaws.timeline import ASCII, UNICODE, timeline

_LONGEST_DATA: Final = 1_000    # characters of an input or result that a table shows

#: Gives file and line of the call behind each event that records one, by the event's id, from a whole history.
Calls = Callable[[list[Event]], Mapping[int, str]]


@click.command()
@click.option('--events', 'form', flag_value='events', help="Print SWF's events.")
@click.option('--timeline', 'form', flag_value='timeline', help='Draw who waited and ran when.')
@click.option('--target', metavar='MODULE:DECIDER',
              help='Replay the decider, and say by which line of it each thing was asked for.')
@click.option('--show-data', is_flag=True, help='Show inputs and results too.')
@click.option('--watch', is_flag=True, help='Go on as more happens, until the execution has closed.')
@formatted
@of_an_execution
def history(
    run: WorkflowRun[Any], form: str | None, target: str | None, show_data: bool, watch: bool, layout: str,
) -> None:
    """Tell what happened in the execution WORKFLOW_ID.

    That is who took what after how long, how long it ran, and what became of it.

    Inputs and results are not shown, unless asked for; events hold them, and are printed whole.
    """
    if target and form:
        raise click.UsageError('--target tells the lines behind the story: give it without --events or --timeline')
    if watch and layout == 'json':
        raise click.UsageError('--watch writes as it goes: use --format jsonl, or table')
    batches = followed(run) if watch else iter([events_after(run, 0)])
    if form == 'timeline':
        _draw(batches, layout)
    elif form == 'events':
        write(layout, (event for batch in batches for event in batch), _event_lines)
    else:
        write(layout, _told(batches, _calls_in(target), show_data=show_data), _story_lines)


def _calls_in(target: str | None) -> Calls:
    if target is None:
        return lambda _: {}
    from pyswfaws.testing import replay_history  # noqa: PLC0415 - loads SWF Local, which only --target needs

    importable_from_here()
    decider = found_under(target)
    if not isinstance(decider, DecisionTask):
        raise ConfigurationError(f'{target} is no decider: name one with @decision_task above it, as module:function')
    return lambda events: replay_history(decider, events).calls


def _told(batches: Iterable[list[Event]], calls_in: Calls, *, show_data: bool) -> Iterator[Record]:
    story, so_far = Story(), list[Event]()
    for batch in batches:
        so_far += batch
        calls = calls_in(so_far)
        for line in story.lines(batch):
            yield {
                'event': line.event['eventId'],
                'eventType': line.event['eventType'],
                'at': utc(time_of(line.event)),
                'seconds': round(line.at, 3),
                'text': line.text,
                'call': calls.get(line.event['eventId']),
            } | ({'data': line.data} if show_data else {})


def _story_lines(record: Record) -> Iterator[str]:
    call = f'   [{_short(record["call"])}]' if record['call'] else ''
    text = painted(record['text'], style_of(record['eventType']))
    yield f'{_clock(record["seconds"])}  {text}{painted(call, "dim")}'
    data = printable(record.get('data') or '')
    if data:
        yield f'{"":>14}{data if len(data) <= _LONGEST_DATA else data[:_LONGEST_DATA] + "..."}'


def _event_lines(event: Event) -> Iterator[str]:
    moment = utc(time_of(event)).astimezone()
    yield f'{event["eventId"]:>5}  {moment:%Y-%m-%d %H:%M:%S.%f}'[:-3] + f'  {event["eventType"]}'
    for name, value in attributes(event).items():
        yield f'{"":>7}{name}: {printable(str(value))}'


def _draw(batches: Iterable[list[Event]], layout: str) -> None:
    """Draw the timeline: on a terminal again and again, if there is more; elsewhere once, at the end."""
    so_far = list[Event]()
    for batch in batches:
        so_far += batch
        if layout == 'table' and sys.stdout.isatty():
            click.clear()
            _draw_rows(so_far)
    if layout != 'table':
        write(layout, [_episode(one) for one in episodes_of(so_far)], lambda _: ())
    elif not sys.stdout.isatty():
        _draw_rows(so_far)


def _draw_rows(events: list[Event]) -> None:
    characters = UNICODE if (sys.stdout.encoding or '').lower().startswith('utf') else ASCII
    for row in timeline(events, time.time(), shutil.get_terminal_size().columns, characters):
        click.echo(painted(row.text, row.style))


def _episode(episode: Episode) -> Record:
    return {
        **named(episode),
        'asked': utc(episode.asked_at),
        'taken': None if episode.taken_at is None else utc(episode.taken_at),
        'ended': None if episode.ended_at is None else utc(episode.ended_at),
    }


def _clock(span: float) -> str:
    """Give the seconds since the start as hours, minutes, seconds."""
    minutes, rest = divmod(span, 60)
    return f'{int(minutes // 60):>3}:{int(minutes % 60):02}:{rest:06.3f}'


def _short(line: str) -> str:
    """Give file and line as seen from the current folder."""
    path, _, number = line.rpartition(':')
    try:
        return f'{Path(path).relative_to(Path.cwd())}:{number}'
    except ValueError:
        return line
