"""SWF in a hundred lines, as a decider sees it: decisions go in, events come out.

It shares nothing with SWF Local, so that the replay core has two judges. It keeps SWF's rule for closing (refused while
a decision task is pending) and SWF's rule for ids (never two open at once), and checks on every task what must hold of
every decider, whatever its program: see `Execution.run`.
"""

import json
from functools import partial
from random import Random

import pytest

from pyswfaws.binding.decider import program_of
from pyswfaws.failures import Failure
from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER as DECISION_MEMBER
from pyswfaws.protocol.events import ATTRIBUTES_MEMBER, TRIGGERS
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay

RUN_ID = '22run/+='


def asked(decision):
    """Type and attributes of a decision."""
    return decision['decisionType'], decision[DECISION_MEMBER[decision['decisionType']]]


class World:
    """One execution in SWF. `work(kind, type name, input)` does the work of activities and children."""

    def __init__(self, work=None, text='[[],{}]'):
        self.events = []
        self.open = {}          # id of the opening event -> (kind, its attributes)
        self.pending = None     # the DecisionTaskScheduled that nobody took yet
        self.started = None     # the DecisionTaskStarted of the running one
        self.closed = None      # the decision that closed the execution
        self.ids = set()        # every id that was ever opened
        self.work = work
        self.event('WorkflowExecutionStarted', input=text, taskList={'name': 'deciders'})

    def event(self, event_type, **members):
        number = len(self.events) + 1
        self.events.append({
            'eventId': number, 'eventType': event_type, 'eventTimestamp': 1000.0 + number,
            ATTRIBUTES_MEMBER[event_type]: members,
        })
        if event_type in TRIGGERS and self.pending is None:
            self.pending = 0
            self.pending = self.event('DecisionTaskScheduled')
        return number

    # Decision tasks.

    def start_task(self):
        self.started = self.event('DecisionTaskStarted', scheduledEventId=self.pending)
        self.pending = None
        return self.events

    def lose_task(self):
        lost, self.started = self.started, None
        self.event('DecisionTaskTimedOut', startedEventId=lost, timeoutType='START_TO_CLOSE')

    def lose_unstarted_task(self):
        lost, self.pending = self.pending, None
        self.event('DecisionTaskTimedOut', scheduledEventId=lost, startedEventId=0, timeoutType='SCHEDULE_TO_START')

    def complete_task(self, decisions, refuse=None):
        completed = self.event('DecisionTaskCompleted', startedEventId=self.started)
        self.started = None
        for decision in decisions:
            kind, found = asked(decision)
            cause = refuse(kind, found) if refuse else None
            getattr(self, f'_{kind}')({**found, 'decisionTaskCompletedEventId': completed}, cause)

    def _opened(self, kind, name, event_type, found):
        assert (kind, found[name]) not in self.ids, f'{kind} {found[name]} was asked twice'
        self.ids.add((kind, found[name]))
        self.open[self.event(event_type, **found)] = (kind, found)

    def _ScheduleActivityTask(self, found, cause):  # noqa: N802 - named after the decision
        if cause:
            self.event(
                'ScheduleActivityTaskFailed', activityId=found['activityId'], activityType=found['activityType'],
                cause=cause,
            )
        else:
            self._opened('activity', 'activityId', 'ActivityTaskScheduled', found)

    def _StartTimer(self, found, cause):  # noqa: N802
        if cause:
            self.event('StartTimerFailed', timerId=found['timerId'], cause=cause)
        else:
            self._opened('timer', 'timerId', 'TimerStarted', found)

    def _StartChildWorkflowExecution(self, found, cause):  # noqa: N802
        if cause:
            self.event('StartChildWorkflowExecutionFailed', **found, initiatedEventId=0, cause=cause)
        else:
            self._opened('child', 'workflowId', 'StartChildWorkflowExecutionInitiated', found)

    def _RecordMarker(self, found, cause):  # noqa: N802
        if cause:
            self.event('RecordMarkerFailed', markerName=found['markerName'], cause=cause)
        else:
            self.event('MarkerRecorded', **found)

    def _close(self, event_type, found):
        if self.pending is None:
            self.closed = (event_type, found)
            self.event(event_type, **found)

    def _CompleteWorkflowExecution(self, found, _cause):  # noqa: N802
        self._close('WorkflowExecutionCompleted', found)
        if not self.closed:
            self.event('CompleteWorkflowExecutionFailed', cause='UNHANDLED_DECISION')

    def _FailWorkflowExecution(self, found, _cause):  # noqa: N802
        self._close('WorkflowExecutionFailed', found)
        if not self.closed:
            self.event('FailWorkflowExecutionFailed', cause='UNHANDLED_DECISION')

    def _ContinueAsNewWorkflowExecution(self, found, _cause):  # noqa: N802
        self._close('WorkflowExecutionContinuedAsNew', found)
        if not self.closed:
            self.event('ContinueAsNewWorkflowExecutionFailed', cause='UNHANDLED_DECISION')

    # What happens outside.

    def signal(self):
        self.event('WorkflowExecutionSignaled', signalName='noise', externalInitiatedEventId=0)

    def end(self, opened, fate='done'):
        """Bring to its end what the event `opened` opened: by its own work, or timed out."""
        kind, found = self.open.pop(opened)
        if kind == 'timer':
            self.event('TimerFired', timerId=found['timerId'], startedEventId=opened)
        elif kind == 'activity':
            link = {'scheduledEventId': opened, 'startedEventId': self.event(
                'ActivityTaskStarted', scheduledEventId=opened)}
            self._ended('ActivityTask', fate, self._do(kind, found['activityType'], found['input']), link)
        else:
            link = {'initiatedEventId': opened, 'startedEventId': self.event(
                'ChildWorkflowExecutionStarted', initiatedEventId=opened, workflowType=found['workflowType'])}
            self._ended('ChildWorkflowExecution', fate, self._do(kind, found['workflowType'], found['input']), link)

    def _do(self, kind, task_type, text):
        try:
            return {'result': self.work(kind, task_type['name'], text)}
        except Exception as error:  # noqa: BLE001 - the work of the program under test
            failure = Failure.of(error)
            return {'reason': failure.reason, 'details': failure.details}

    def _ended(self, what, fate, answer, link):
        if fate == 'done':
            self.event(f'{what}{"Failed" if "reason" in answer else "Completed"}', **answer, **link)
        else:
            self.event(f'{what}TimedOut', timeoutType='START_TO_CLOSE', **link)


class Execution:
    """A program that is brought to its end by `World`, with every misfortune that `chance` brings."""

    def __init__(self, decider, chance, work=None, text='[[],{}]', fate=None, refuse=None):
        self.decider = decider
        self.chance = chance
        self.world = World(work, text)
        self.fate = fate or (lambda _chance, _kind, _found: 'done')
        self.refuse = refuse or (lambda _chance, _kind, _found: None)
        self.recorded = []      # (events up to a DecisionTaskStarted, the decisions of that task)
        self.warnings = []

    def replay(self):
        return Replay(program_of(self.decider.definition, self.decider.function_of(None)), RUN_ID)

    def cold(self, events):
        """The decisions of a replay from the start, fed in chunks of any size."""
        replay, at = self.replay(), 0
        while at < len(events):
            size = self.chance.randint(1, 20)
            replay.fold(events[at:at + size])
            at += size
        try:
            return decide(replay)
        finally:
            replay.close()
            self.warnings += replay.program.warnings

    def run(self, most_tasks=200):
        """Bring the execution to its end and give the event type and the attributes of the close.

        Laws, checked at every decision task: the program that was kept and fed with what is new decides what a replay
        from the start decides; deciding twice is deciding once; no id is ever opened twice (see `World._opened`); and
        afterwards every prefix of the whole history still gives the decisions that were recorded for it.
        """
        world, live, fed = self.world, self.replay(), 0
        for _ in range(most_tasks):
            self._pass_time()
            events = world.start_task()
            live.fold(events[fed:])
            fed = len(events)
            decisions = decide(live)
            assert decide(live) == decisions
            assert self.cold(list(events)) == decisions
            fortune = self.chance.random()
            if fortune < .1:
                world.lose_task()
            else:
                self.recorded.append((fed, decisions))
                self._surprise()
                world.complete_task(decisions, partial(self.refuse, self.chance))
            if fortune < .2:    # the worker died, or never learned what became of its answer
                live.close()
                live, fed = self.replay(), 0
            if world.closed:
                break
        live.close()
        assert world.closed, f'not closed after {most_tasks} decision tasks'
        for upto, decisions in self.recorded:
            assert self.cold(world.events[:upto]) == decisions
        return world.closed

    def _pass_time(self):
        world, chance = self.world, self.chance
        if world.pending is not None and chance.random() < .05:
            world.lose_unstarted_task()
        while world.pending is None or (world.open and chance.random() < .4):
            assert world.open, 'the program waits for nothing that could happen'
            self._end_one()

    def _surprise(self):
        """Let something happen between the start of a decision task and its completion."""
        if self.chance.random() < .15:
            self.world.signal()
        if self.world.open and self.chance.random() < .15:
            self._end_one()

    def _end_one(self):
        opened = self.chance.choice(sorted(self.world.open))
        self.world.end(opened, self.fate(self.chance, *self.world.open[opened]))


class Rehearsal:
    """An execution that a test drives by hand, decision task by decision task, each replayed from the start."""

    def __init__(self, decider, text='[[],{}]'):
        self.decider = decider
        self.world = World(text=text)
        self.decisions = []
        self.warnings = []

    def cold(self, decider=None):
        """The decisions of `decider`, ours unless another is given, for the history so far."""
        decider = decider or self.decider
        replay = Replay(program_of(decider.definition, decider.function_of(None)), RUN_ID)
        replay.fold(self.world.events)
        try:
            return decide(replay)
        finally:
            replay.close()
            self.warnings += replay.program.warnings

    def start(self):
        """Start a decision task, and give what it decides, in short."""
        if self.world.pending is None:
            self.world.signal()
        self.world.start_task()
        self.decisions = self.cold()
        return in_short(self.decisions)

    def complete(self, refuse=lambda _kind, _found: None):
        self.world.complete_task(self.decisions, refuse)

    def turn(self, refuse=lambda _kind, _found: None):
        """Start a decision task and complete it with what it decides; gives that in short."""
        said = self.start()
        self.complete(refuse)
        return said

    def done(self, name, value=None):
        """Let the activity, timer or child of that id end well, with `value`."""
        self._end(name, lambda *_: json.dumps(value), 'done')

    def failed(self, name, error):
        def work(*_):
            raise error

        self._end(name, work, 'done')

    def timed_out(self, name):
        self._end(name, lambda *_: 'null', 'lost')

    def _end(self, name, work, fate):
        self.world.work = work
        self.world.end(next(at for at, (_, found) in self.world.open.items() if name in id_of(found)), fate)


def id_of(found):
    """The id that a decision's attributes give, that of a child being part of its workflow id."""
    return [found.get(name) for name in ('activityId', 'timerId')] + found.get('workflowId', '').split('.')[-1:]


def in_short(decisions):
    """Say of each decision what it asks: ``('ScheduleActivityTask', 'Double-1')``."""
    names = ('activityId', 'timerId', 'markerName', 'workflowId', 'result', 'reason')
    found = [asked(decision) for decision in decisions]
    return [(kind, next((members[name] for name in names if name in members), None)) for kind, members in found]


@pytest.fixture(scope='session')
def rehearse():
    return Rehearsal


@pytest.fixture(scope='session')
def simulate():
    """Make an `Execution`: ``simulate(decider, seed=0, **how)``."""
    return lambda decider, seed=0, **how: Execution(decider, Random(seed), **how)


@pytest.fixture(scope='session')
def new_world():
    return World
