"""A workflow gives the same result in serial mode and distributed, and its history replays to what it recorded."""

import pytest
from trials import activities, deciders
from trials.till import Till

from pyswfaws import LocalDecisionWorker, WorkflowFailed
from pyswfaws.binding.decider import program_of
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.registry import served_by
from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER
from pyswfaws.protocol.events import attributes
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay

TILL = Till(rate=3)

#: The workflows, and what they are started with; PATH becomes the name of a file of their own.
PATH = object()
FLOWS = {
    'plain': (deciders.plain, (5,), {}),
    'timer': (deciders.timer, (), {}),
    'child': (deciders.child, (1,), {}),
    'cached with a falsy value': (deciders.cached_falsy, (PATH,), {}),
    'marker': (deciders.marker, (), {}),
    'a method': (Till.total, (1, 2), {'discount': 1}),
    'every falsy result': (deciders.falsy, (), {}),
    'a bare except around .result': (deciders.bare_except, (3,), {}),
    'a failing activity': (deciders.failure, (), {}),
    'keywords, defaults and other letters': (deciders.greetings, ('Zoë 🎈',), {'mark': '¡'}),
    'async': (deciders.promised, (4,), {}),
    'a retry with a backoff': (deciders.persistent, (PATH,), {}),
}

#: Decision -> the event that it becomes, and what tells one from another.
RECORDED = {
    'ScheduleActivityTask': ('ActivityTaskScheduled', 'activityId'),
    'StartTimer': ('TimerStarted', 'timerId'),
    'RecordMarker': ('MarkerRecorded', 'details'),
    'StartChildWorkflowExecution': ('StartChildWorkflowExecutionInitiated', 'workflowId'),
    'CompleteWorkflowExecution': ('WorkflowExecutionCompleted', 'result'),
    'FailWorkflowExecution': ('WorkflowExecutionFailed', 'reason'),
    'ContinueAsNewWorkflowExecution': ('WorkflowExecutionContinuedAsNew', 'input'),
}


def in_folder(folder, name, args):
    folder.mkdir(exist_ok=True)
    return [str(folder / name.replace(' ', '-')) if arg is PATH else arg for arg in args]


def in_serial_mode(name, folder):
    decider, args, kwargs = FLOWS[name]
    instance = TILL if decider is Till.total else None
    return LocalDecisionWorker(decider, instance).start(*in_folder(folder, name, args), **kwargs)


def start(town, name, folder):
    decider, args, kwargs = FLOWS[name]
    if decider is Till.total:
        decider = decider.options(task_list='tills')
    return town.client.start(decider, *in_folder(folder, name, args), **kwargs)


def assert_replays(decider, run):
    """At every decision task the history decides what it recorded."""
    (served,) = served_by(decider, WorkflowType, TILL).values()
    history = run.history()
    completed = {attributes(event)['startedEventId']: event['eventId']
                 for event in history if event['eventType'] == 'DecisionTaskCompleted'}
    for started, closing in completed.items():
        replay = Replay(program_of(*served, default_task_list='trials'), run.run_id)
        replay.fold(history[:started])
        try:
            decided = [asked(decision) for decision in decide(replay)]
        finally:
            replay.close()
        assert decided == [recorded(event) for event in history
                           if attributes(event).get('decisionTaskCompletedEventId') == closing]


def asked(decision):
    event_type, member = RECORDED[decision['decisionType']]
    return event_type, decision[ATTRIBUTES_MEMBER[decision['decisionType']]].get(member)


def recorded(event):
    (member,) = (member for event_type, member in RECORDED.values() if event_type == event['eventType'])
    return event['eventType'], attributes(event).get(member)


def test_serial_and_distributed_results_are_equal_and_histories_replay(town, tmp_path):
    town.register(activities, deciders, Till.total)
    town.start_worker('activities', 'trials.activities')
    town.start_worker('deciders', 'trials.deciders', '--deciders')
    town.start_program('till', 'from trials.till import main; main()')
    runs = {name: start(town, name, tmp_path / 'distributed') for name in FLOWS}
    looking = town.client.start(deciders.ready)
    endless = town.client.start(deciders.forever, str(tmp_path / 'rounds'))

    serial = {name: in_serial_mode(name, tmp_path / 'serial') for name in FLOWS}
    distributed = {name: run.result(timeout=100) for name, run in runs.items()}
    assert distributed == serial
    assert distributed['plain'] == 44
    assert distributed['cached with a falsy value'] == [[0, False, '', [], {}, None], 7]
    assert distributed['a bare except around .result'] == [6, 8]
    assert distributed['a failing activity']['reason'] == 'LookupError: nö'
    for name, run in runs.items():
        assert_replays(FLOWS[name][0], run)

    first, *_, branch, last = looking.result(timeout=100)
    assert (first, last) == (False, True)
    assert branch in ('the activities were first', 'the timer was first')   # as busy as the machine is
    assert_replays(deciders.ready, looking)

    began = endless.run_id
    with pytest.raises(WorkflowFailed, match='3 are enough'):
        endless.result(timeout=100)
    assert endless.run_id != began
