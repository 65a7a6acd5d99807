"""``pyswfaws replay``: replays recorded histories, to find out whether today's code still decides as it did then."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from pyswfaws.binding.decorated import DecisionTask
from pyswfaws.binding.registry import scanned
from pyswfaws.cli.connection import importable_from_here
from pyswfaws.cli.exits import Exit, exit_statuses
from pyswfaws.cli.output import Record, formatted, progress, write
from pyswfaws.exceptions import ConfigurationError, NonDeterminismError
from pyswfaws.protocol.events import Event, attributes
from pyswfaws.testing.recorded import events_of
from pyswfaws.testing.replayed import Replayed, replay_history


@click.command()
@click.argument('target')
@click.argument('histories', nargs=-1, required=True, metavar='HISTORY...')
@click.option('--until', type=click.IntRange(min=1), metavar='EVENT', help='Leave out the events after that id.')
@formatted
def replay(target: str, histories: tuple[str, ...], until: int | None, layout: str) -> None:
    """Replay each HISTORY with the decider TARGET, and show where it waits.

    TARGET is module:function, or a module or package that has the deciders; each history then says which it needs.
    HISTORY is a file as aws swf get-workflow-execution-history writes it. The exit status is 5 where today's code
    decides otherwise than a history recorded.
    """
    with exit_statuses():
        importable_from_here()
        deciders = {
            decorated.definition.key: decorated for decorated in scanned(target) if isinstance(decorated, DecisionTask)
        }
        if not deciders:
            raise ConfigurationError(f'{target} has no decider: name one with @decision_task above it')
        results = []
        with progress('replaying', len(histories)) as step:
            for path in histories:
                results.append(_replayed(path, deciders, until))
                step()
    write(layout, results, _lines)
    if any('error' in result for result in results):
        raise SystemExit(Exit.NON_DETERMINISM)


def _replayed(
    path: str, deciders: Mapping[tuple[str, str], DecisionTask[..., Any]], until: int | None,
) -> dict[str, Any]:
    events = events_of(path)
    try:
        found: Replayed = replay_history(_decider_of(path, events, deciders), events, until=until)
    except NonDeterminismError as error:
        return {'history': path, 'error': str(error)}
    return {
        'history': path,
        'events': found.events,
        'turns': found.turns,
        'status': found.status,
        'waiting': [{'line': wait.line, 'promises': list(wait.promises)} for wait in found.waiting],
        'decisions': list(found.decisions),
    }


def _decider_of(
    path: str, events: Sequence[Event], deciders: Mapping[tuple[str, str], DecisionTask[..., Any]],
) -> DecisionTask[..., Any]:
    """Give the decider that the history names; the only one there is may have been renamed."""
    named = attributes(events[0]).get('workflowType', {})
    key = (named.get('name', ''), named.get('version', ''))
    if len(deciders) == 1:
        return next(iter(deciders.values()))
    if key not in deciders:
        known = ', '.join(map(' '.join, deciders))
        raise ConfigurationError(f'{path} is of the workflow {" ".join(key)}; the target has {known}')
    return deciders[key]


def _lines(result: Record) -> list[str]:
    if 'error' in result:
        return [f'{result["history"]}: does not replay: {result["error"]}']
    return [
        f'{result["history"]}: replays, {result["events"]} events in {result["turns"]} turns, {result["status"]}',
        *(f'    waits at {wait["line"]} for {" or ".join(wait["promises"])}' for wait in result['waiting']),
        *(f'    decides {decision["decisionType"]}' for decision in result['decisions']),
    ]
