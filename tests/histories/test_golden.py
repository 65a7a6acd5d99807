"""Histories that this library wrote, and the decisions that it made then: they must be made again, for ever.

Executions live for up to a year, so what is written into a history (ids, names of markers, control, envelopes) is a
second public contract. A file holds the events of an execution and, by the event id of each DecisionTaskStarted, the
decisions that answered it. A file is never changed; a new format brings a new file.
"""

import json
from pathlib import Path

import pytest

from pyswfaws.binding.decider import program_of
from pyswfaws.binding.definitions import RetryPolicy
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import ActivityTaskFailed, CachedCallFailed
from pyswfaws.promise import Marker, Timer
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay

GOLDEN = Path(__file__).parent / 'golden'


@activity_task
def double(value):
    return value * 2


@activity_task(swf_task_type='Flaky.job', retry=RetryPolicy(max_attempts=3, initial_interval=5))
def flaky():
    return None


@decision_task
def child(value):
    return [value]


@cached
def token():
    return {'pyswfaws': 1, 'text': 'an imitation'}


@cached
def broken():
    raise OSError('disk')


@decision_task
def everything():
    """Every kind of call that this version knows."""
    one, two = double('é'), flaky()
    Marker('stage', {'n': 1})
    Timer.get(seconds=3600).result
    noted = token()
    try:
        broken()
    except CachedCallFailed as error:
        noted['failed'] = error.failure_reason
    third = child(one.result)
    try:
        two.result
    except ActivityTaskFailed as error:
        noted['two'] = [error.task_id, error.failure_reason]
    Marker('stage', 'ends')
    return [noted, third.result, one.is_ready]


def without_tracebacks(found):
    """The same without the one thing that names lines of today's files."""
    match found:
        case dict():
            return {name: without_tracebacks(inner) for name, inner in found.items() if name != 'traceback'}
        case list():
            return [without_tracebacks(inner) for inner in found]
        case str() if found.startswith('{"pyswfaws":1,"failure":'):
            return without_tracebacks(json.loads(found))
    return found


@pytest.mark.parametrize('path', sorted(GOLDEN.glob('*.json')), ids=lambda path: path.stem)
def test_the_decisions_of_then_are_made_again(path):
    golden = json.loads(path.read_text(encoding='utf-8'))
    assert golden['decisions']
    for started, decisions in golden['decisions'].items():
        replay = Replay(program_of(everything.definition, everything.function_of(None)), golden['runId'])
        replay.fold(golden['events'][:int(started)])
        assert without_tracebacks(decide(replay)) == without_tracebacks(decisions)
        replay.close()
