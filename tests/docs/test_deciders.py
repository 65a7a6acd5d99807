"""What the deciders' guide shows of a log is what a worker logs; the guide's examples run as doctests."""

import logging
import re
import time
from pathlib import Path

from pyswfaws import Signal, activity_task, decision_task

GUIDE = (Path(__file__).parents[2] / 'docs' / 'deciders.rst').read_text()
CHANGED = []


@activity_task
def bake(order):
    return f'{order} is baked'


@activity_task
def boil(order):
    return f'{order} is boiled'


@decision_task(task_start_to_close_timeout=1)
def cook(order):
    first = boil(order) if CHANGED else bake(order)
    Signal.get('guests').result
    return first.result


@decision_task
def impatient():
    return time.time() > 0


def shown(level):
    """Give the log line of that level which the guide shows."""
    (line,) = re.findall(rf'^    {level} (.+\n(?:    .+\n)*)', GUIDE, flags=re.MULTILINE)
    return ' '.join(line.split())


def without_places(line):
    """Give a log line without what differs from run to run: the run id, the number of an event, file and line."""
    return re.sub(r'22\S+,', 'RUN,', re.sub(r'task \d+', 'task N', re.sub(r'/\S+:\d+', 'PLACE', line)))


def test_the_error_of_a_changed_decider(stage, until, caplog):
    stage.deciders(cook, kept=0)
    stage.activities(bake, boil)
    run = stage.start(cook, 'the cake', workflow_id='order-7')
    until(lambda: 'ActivityTaskCompleted' in [event['eventType'] for event in run.history()])
    CHANGED.append('since then')
    try:
        run.signal('guests')
        until(lambda: caplog.messages)
    finally:
        CHANGED.clear()
    assert without_places(caplog.messages[0]) == without_places(shown('ERROR'))
    assert run.result(timeout=30) == 'the cake is baked', 'with the old code back, it goes on'


def test_the_warning_of_the_guard(stage, caplog):
    caplog.set_level(logging.WARNING)
    stage.deciders(impatient, guard='warn')
    assert stage.run(impatient) is True
    assert without_places(caplog.messages[0]) == without_places(shown('WARNING'))
