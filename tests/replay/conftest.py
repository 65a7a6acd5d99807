"""SWF in two hundred lines, as a decider sees it: decisions go in, events come out.

It shares nothing with SWF Local, so that the replay core has two judges. It keeps SWF's rules for closing (refused
while a decision task is pending), for ids (never two open at once), for cancels, and for how many things may be open.
"""

import json

import pytest

from pyswfaws.binding.decider import program_of
from pyswfaws.failures import Failure
from pyswfaws.protocol import limits
from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER as DECISION_MEMBER
from pyswfaws.protocol.decisions import CLOSE_DECISIONS, REFUSALS
from pyswfaws.protocol.events import ATTRIBUTES_MEMBER, TRIGGERS
from pyswfaws.replay import history
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay

RUN_ID = '22run/+='

#: Decision -> what it opens, the attribute that names it, and the event that records it.
OPENS = {
    'ScheduleActivityTask': ('activity', 'activityId', 'ActivityTaskScheduled'),
    'StartTimer': ('timer', 'timerId', 'TimerStarted'),
    'StartChildWorkflowExecution': ('child', 'control', 'StartChildWorkflowExecutionInitiated'),
    'ScheduleLambdaFunction': ('lambda', 'id', 'LambdaFunctionScheduled'),
    'SignalExternalWorkflowExecution': ('signal', 'control', 'SignalExternalWorkflowExecutionInitiated'),
    'RequestCancelExternalWorkflowExecution': ('cancel', 'control', 'RequestCancelExternalWorkflowExecutionInitiated'),
}
CLOSES = {
    'CompleteWorkflowExecution': 'WorkflowExecutionCompleted',
    'FailWorkflowExecution': 'WorkflowExecutionFailed',
    'CancelWorkflowExecution': 'WorkflowExecutionCanceled',
    'ContinueAsNewWorkflowExecution': 'WorkflowExecutionContinuedAsNew',
}
#: What is opened -> the beginning of the types of its later events, and the attribute by which these refer to it.
WORDS = {
    'activity': ('ActivityTask', 'scheduledEventId'),
    'child': ('ChildWorkflowExecution', 'initiatedEventId'),
    'lambda': ('LambdaFunction', 'scheduledEventId'),
}
DELIVERED = {
    'signal': ('ExternalWorkflowExecutionSignaled', 'SignalExternalWorkflowExecutionFailed'),
    'cancel': ('ExternalWorkflowExecutionCancelRequested', 'RequestCancelExternalWorkflowExecutionFailed'),
}
ENDS = {'lost': 'TimedOut', 'canceled': 'Canceled', 'terminated': 'Terminated'}


def asked(decision):
    """Type and attributes of a decision."""
    return decision['decisionType'], decision[DECISION_MEMBER[decision['decisionType']]]


class World:
    """One execution in SWF. `work(kind, type name, input)` does the work of activities, children and Lambdas.

    `most_open` and `most_decisions` are SWF's limits, which a decider keeps.
    """

    def __init__(self, work=None, text='[[],{}]', most_open=limits.OPEN_ACTIVITIES, most_decisions=limits.DECISIONS):
        self.events = []
        self.open = {}          # id of the opening event -> (kind, its attributes)
        self.begun = {}         # id of the opening event -> that of the event that says that it has started
        self.cancelled = set()  # the opening events of what was asked to cancel
        self.pending = None     # the DecisionTaskScheduled that nobody took yet
        self.started = None     # the DecisionTaskStarted of the running one
        self.closed = None      # the event that closed the execution, and its attributes
        self.ids = set()        # everything that was ever asked for
        self.most = (most_open, most_decisions)
        self.work = work
        self._is_batch = False
        self.event('WorkflowExecutionStarted', input=text, taskList={'name': 'deciders'})

    def event(self, event_type, **members):
        number = len(self.events) + 1
        self.events.append({
            'eventId': number, 'eventType': event_type, 'eventTimestamp': 1000.0 + number,
            ATTRIBUTES_MEMBER[event_type]: members,
        })
        self._is_due = event_type in TRIGGERS or (self._is_batch and self._is_due)
        self._schedule()
        return number

    def _schedule(self):
        if self._is_due and self.pending is None and not self._is_batch:
            self.pending = 0
            self.pending = self.event('DecisionTaskScheduled')

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

    def complete_task(self, decisions, refuse=lambda _kind, _found: None):
        assert len(decisions) <= self.most[1]
        assert not any(asked(decision)[0] in CLOSE_DECISIONS for decision in decisions[:-1])
        completed = self.event('DecisionTaskCompleted', startedEventId=self.started)
        self.started, self._is_batch, self._is_due = None, True, False
        for decision in decisions:
            kind, found = asked(decision)
            self._decided(kind, {**found, 'decisionTaskCompletedEventId': completed}, refuse(kind, found))
        self._is_batch = False
        if self.closed:
            return
        for opened in sorted(self.cancelled & self.open.keys()):    # an activity that nobody has begun ends at once
            if self.open[opened][0] == 'activity' and opened not in self.begun:
                self.end(opened, 'canceled')
        self._schedule()

    def _decided(self, kind, found, cause):
        if kind in OPENS:
            self._opened(kind, found, cause)
        elif kind == 'RecordMarker':
            name = found['markerName']
            self._once('marker', name if name.startswith('pyswfaws:') else len(self.events))
            self.event('RecordMarkerFailed' if cause else 'MarkerRecorded', **found, cause=cause)
        elif kind == 'RequestCancelActivityTask':
            opened = self._cancelled('activity', 'activityId', found)
            taken = 'ActivityTaskCancelRequested' if opened else 'RequestCancelActivityTaskFailed'
            self.event(taken, **found, **({} if opened else {'cause': 'ACTIVITY_ID_UNKNOWN'}))
        elif kind == 'CancelTimer':
            opened = self._cancelled('timer', 'timerId', found)
            if opened:
                del self.open[opened]
                self.event('TimerCanceled', **found, startedEventId=opened)
            else:
                self.event('CancelTimerFailed', **found, cause='TIMER_ID_UNKNOWN')
        elif cause or self.pending is not None:
            self.event(REFUSALS[kind].event_type, cause='UNHANDLED_DECISION' if self.pending is not None else cause)
        else:
            self.closed = (CLOSES[kind], found)
            self.event(CLOSES[kind], **found)

    def _once(self, *what):
        assert what not in self.ids, f'{what} was asked twice'
        self.ids.add(what)

    def _opened(self, decision_type, found, cause):
        kind, name, event_type = OPENS[decision_type]
        self._once(kind, found[name])
        if cause:
            link = {'initiatedEventId': 0} if kind == 'child' else {}
            self.event(REFUSALS[decision_type].event_type, **found, **link, cause=cause)
            return
        self.open[self.event(event_type, **found)] = (kind, found)
        assert sum(one == kind for one, _ in self.open.values()) <= self.most[0] or kind in DELIVERED or (
            found[name].startswith('pyswfaws.more'))

    def _cancelled(self, kind, name, found):
        self._once('cancel of', kind, found[name])
        opened = next((at for at, (one, of) in self.open.items() if one == kind and of[name] == found[name]), None)
        self.cancelled |= {opened} - {None}
        return opened

    # What happens outside.

    def signal(self, name='noise', value=None):
        self.event('WorkflowExecutionSignaled', signalName=name, input=json.dumps(value), externalInitiatedEventId=0)

    def request_cancel(self):
        self.event('WorkflowExecutionCancelRequested', externalInitiatedEventId=0)

    def begin(self, opened):
        """Let a worker take what the event `opened` opened, or a child start."""
        kind, found = self.open[opened]
        word, link = WORDS[kind]
        more = {'workflowType': found['workflowType'], 'workflowExecution': {
            'workflowId': found['workflowId'], 'runId': f'run-{opened}'}} if kind == 'child' else {}
        self.begun[opened] = self.event(f'{word}Started', **{link: opened}, **more)

    def end(self, opened, fate='done'):
        """Bring to its end what the event `opened` opened: by its own work, or as `fate` says."""
        kind, found = self.open[opened]
        if kind == 'timer':
            self.event('TimerFired', timerId=found['timerId'], startedEventId=opened)
        elif kind in DELIVERED:
            self._delivered(kind, opened, found, fate)
        else:
            if opened not in self.begun and fate != 'canceled':
                self.begin(opened)
            word, link = WORDS[kind]
            answer = self._do(kind, found) if fate == 'done' else {'timeoutType': 'START_TO_CLOSE'}
            end = ENDS.get(fate) or ('Failed' if 'reason' in answer else 'Completed')
            self.event(f'{word}{end}', **{link: opened}, startedEventId=self.begun.get(opened, 0), **answer)
        del self.open[opened]

    def _do(self, kind, found):
        task_type = found.get('activityType') or found.get('workflowType') or found
        try:
            return {'result': self.work(kind, task_type['name'], found['input'])}
        except Exception as error:  # noqa: BLE001 - the work of the program under test
            failure = Failure.of(error)
            return {'reason': failure.reason, 'details': failure.details}

    def _delivered(self, kind, opened, found, fate):
        arrived, failed = DELIVERED[kind]
        if fate == 'done':
            self.event(arrived, initiatedEventId=opened, workflowExecution={'workflowId': found['workflowId']})
            child = next((at for at, (one, of) in self.open.items()
                          if one == 'child' and of['workflowId'] == found['workflowId']), None)
            self.cancelled |= {child} - {None}
        else:
            self.event(failed, initiatedEventId=opened, cause='UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION', **found)


class Rehearsal:
    """An execution that a test drives by hand, decision task by decision task, each replayed from the start."""

    def __init__(self, decider, text='[[],{}]', **limits):
        self.decider = decider
        self.world = World(text=text, **limits)
        self.decisions = []
        self.warnings = []

    def cold(self, decider=None):
        """The decisions of `decider`, ours unless another is given, for the history so far."""
        decider = decider or self.decider
        replay = Replay(program_of(decider.definition, decider.function_of(None)), RUN_ID, 'order-7')
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

    def at(self, name):
        """Give the id of the event that opened what has that id."""
        return next(at for at, (_, found) in self.world.open.items() if name in ids_of(found))

    def done(self, name, value=None):
        """Let the activity, timer, child, Lambda function or message of that id end well, with `value`."""
        self._end(name, lambda *_: json.dumps(value), 'done')

    def failed(self, name, error):
        def work(*_):
            raise error

        self._end(name, work, 'done')

    def timed_out(self, name):
        self._end(name, lambda *_: 'null', 'lost')

    def ended(self, name, fate):
        self._end(name, lambda *_: 'null', fate)

    def _end(self, name, work, fate):
        self.world.work = work
        self.world.end(self.at(name), fate)


def ids_of(found):
    """The id that a decision's attributes give, that of a child being part of its workflow id."""
    control = json.loads(found['control'])['id'] if 'control' in found else None
    return [control, *map(found.get, ('activityId', 'timerId', 'id')), *found.get('workflowId', '').split('.')[-1:]]


def in_short(decisions):
    """Say of each decision what it asks: ``('ScheduleActivityTask', 'Double-1')``."""
    names = ('activityId', 'timerId', 'markerName', 'workflowId', 'result', 'reason', 'id')
    found = [asked(decision) for decision in decisions]
    return [(kind, next((members[name] for name in names if name in members), None)) for kind, members in found]


@pytest.fixture(scope='session')
def rehearse():
    return Rehearsal


@pytest.fixture
def narrow(monkeypatch):
    """Let only two of a kind be open at a time."""
    for kind in history.OPEN_LIMITS:
        monkeypatch.setitem(history.OPEN_LIMITS, kind, 2)


@pytest.fixture(scope='session')
def new_world():
    return World
