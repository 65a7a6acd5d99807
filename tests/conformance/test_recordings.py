"""Histories recorded from Amazon SWF: the same calls, at the same times, make SWF Local write the same events.

A recording tells when which call was made: an execution was started, a task was polled for, an answer was given. These
calls are made again in their order, on a virtual clock, and the events are compared by type and attributes. What the
calls do not determine is left aside: run ids, timestamps, and when exactly a decision task was due. The real service
takes a moment for what it does between executions, in which other things happen; SWF Local takes none.
"""

import gzip
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER, REFUSALS
from pyswfaws.protocol.events import attributes
from pyswfaws.swflocal import SwfLocal, VirtualClock
from pyswfaws.swflocal.model import service_model

RECORDINGS = Path(__file__).parents[3] / 'shared' / 'histories'

pytestmark = pytest.mark.skipif(
    not RECORDINGS.exists(), reason='the recordings are not part of the project and do not stand beside it')

#: The event that a decision leaves -> the decision.
DECISION_OF = {
    'ActivityTaskScheduled': 'ScheduleActivityTask',
    'TimerStarted': 'StartTimer',
    'StartChildWorkflowExecutionInitiated': 'StartChildWorkflowExecution',
    'WorkflowExecutionCompleted': 'CompleteWorkflowExecution',
    'MarkerRecorded': 'RecordMarker',
    **{refusal.event_type: decision_type for decision_type, refusal in REFUSALS.items()},
}
DECISION_TASK = {'DecisionTaskScheduled', 'DecisionTaskStarted', 'DecisionTaskCompleted'}
REFERENCES = {
    'scheduledEventId', 'startedEventId', 'initiatedEventId', 'decisionTaskCompletedEventId'}
RUN_IDS = {'runId', 'newExecutionRunId', 'continuedExecutionRunId'}
WORKFLOW_DEFAULTS = {
    'defaultChildPolicy': 'childPolicy',
    'defaultExecutionStartToCloseTimeout': 'executionStartToCloseTimeout',
    'defaultTaskStartToCloseTimeout': 'taskStartToCloseTimeout',
}
ACTIVITY_DEFAULTS = {
    'defaultTaskScheduleToStartTimeout': 'scheduleToStartTimeout',
    'defaultTaskScheduleToCloseTimeout': 'scheduleToCloseTimeout',
    'defaultTaskStartToCloseTimeout': 'startToCloseTimeout',
    'defaultTaskHeartbeatTimeout': 'heartbeatTimeout',
}


def load(name):
    path = RECORDINGS / name
    text = path.read_bytes()
    return json.loads(gzip.decompress(text) if path.suffix == '.gz' else text)


def list_of(workflow_id, activity_id=None):
    """Each decider and activity gets a list of its own, so that a poll finds the task that the recorded poll found."""
    return {'name': f'{workflow_id}, {activity_id}'.replace(':', ' ')}


class Enactment:
    """Makes the calls of some recorded runs again; `decided` has the decisions of each (run id, startedEventId)."""

    def __init__(self, runs, decided):
        self.recorded = {run['execution']['runId']: run['events'] for run in runs}
        self.workflow_ids = {run['execution']['runId']: run['execution']['workflowId'] for run in runs}
        self.decided = decided
        self.tokens = {}                 # (workflow id, activity id or None for the decider) -> task token
        self.due = defaultdict(list)     # what the decider of a workflow will decide when it answers next

    def enact(self):
        """Give the histories made, by recorded run id."""
        clock = VirtualClock()
        with SwfLocal(clock=clock, poll_timeout=0) as swf:
            self.client = swf.direct_client()
            self.register_types()
            calls = [
                (event['eventTimestamp'], run_id, event)
                for run_id, events in self.recorded.items() for event in events]
            calls.sort(key=lambda call: (call[0], call[1], call[2]['eventId']))
            for moment, run_id, event in calls:
                clock.jump_to(moment)
                call = getattr(self, event['eventType'], None)
                if call is not None:
                    call(run_id, event['eventId'], attributes(event))
            return self.histories()

    def register_types(self):
        self.client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='90')
        types = {}
        for event in (event for events in self.recorded.values() for event in events):
            of = attributes(event)
            for member, defaults in (('workflowType', WORKFLOW_DEFAULTS), ('activityType', ACTIVITY_DEFAULTS)):
                if member in of and set(defaults.values()) <= set(of):
                    given = {default: of[resolved] for default, resolved in defaults.items()}
                    types.setdefault((member, of[member]['name'], of[member]['version']), given)
        for (member, name, version), given in types.items():
            client = self.client
            register = client.register_workflow_type if member == 'workflowType' else client.register_activity_type
            register(domain='d', name=name, version=version, **given)

    def histories(self):
        made = {}
        for workflow_id in set(self.workflow_ids.values()):
            query = {
                'domain': 'd', 'startTimeFilter': {'oldestDate': datetime.fromtimestamp(0, UTC)},
                'executionFilter': {'workflowId': workflow_id}}
            infos = [
                *self.client.list_open_workflow_executions(**query)['executionInfos'],
                *self.client.list_closed_workflow_executions(**query)['executionInfos']]
            infos.sort(key=lambda info: info['startTimestamp'])
            recorded = [run_id for run_id, of in self.workflow_ids.items() if of == workflow_id]
            recorded.sort(key=lambda run_id: self.recorded[run_id][0]['eventTimestamp'])
            for run_id, info in zip(recorded, infos, strict=True):
                made[run_id] = self.client.get_workflow_execution_history(
                    domain='d', execution=info['execution'])['events']
        return made

    # One method an event that a call from outside caused, named as the event.

    def WorkflowExecutionStarted(self, run_id, _, of):   # noqa: N802
        if 'continuedExecutionRunId' in of:
            self.DecisionTaskCompleted(of['continuedExecutionRunId'], None, None)
        if 'parentWorkflowExecution' in of or 'continuedExecutionRunId' in of:
            return
        members = service_model()['shapes']['StartWorkflowExecutionInput']['members']
        given = {name: value for name, value in of.items() if name in members}
        workflow_id = self.workflow_ids[run_id]
        self.client.start_workflow_execution(
            domain='d', workflowId=workflow_id, **{**given, 'taskList': list_of(workflow_id)})

    def DecisionTaskStarted(self, run_id, started_id, of):   # noqa: N802
        self.due[self.workflow_ids[run_id]] += self.decided.get((run_id, started_id), [])
        self.take(self.client.poll_for_decision_task, run_id, None, of)

    def DecisionTaskCompleted(self, run_id, _, __):   # noqa: N802
        workflow_id = self.workflow_ids[run_id]
        token = self.tokens.pop((workflow_id, None), None)
        if token is not None:   # else the task was coalesced with a later one, which has these decisions too
            decisions = [self.own_lists(decision, workflow_id) for decision in self.due.pop(workflow_id)]
            self.client.respond_decision_task_completed(taskToken=token, decisions=decisions)

    def ChildWorkflowExecutionCompleted(self, _, __, of):   # noqa: N802
        # A recording ends with what the last poll saw; when the answer to it came, a parent or a successor tells.
        self.DecisionTaskCompleted(of['workflowExecution']['runId'], None, None)

    ChildWorkflowExecutionFailed = ChildWorkflowExecutionCompleted

    def ActivityTaskStarted(self, run_id, _, of):   # noqa: N802
        self.take(self.client.poll_for_activity_task, run_id, self.activity_id(run_id, of), of)

    def ActivityTaskCompleted(self, run_id, _, of):   # noqa: N802
        self.client.respond_activity_task_completed(
            taskToken=self.activity_token(run_id, of), **only(of, 'result'))

    def ActivityTaskFailed(self, run_id, _, of):   # noqa: N802
        self.client.respond_activity_task_failed(
            taskToken=self.activity_token(run_id, of), **only(of, 'reason', 'details'))

    # Tasks.

    def own_lists(self, decision, workflow_id):
        member = ATTRIBUTES_MEMBER[decision['decisionType']]
        of = dict(decision.get(member, {}))
        if decision['decisionType'] == 'ScheduleActivityTask':
            of['taskList'] = list_of(workflow_id, of['activityId'])
        if decision['decisionType'] == 'ContinueAsNewWorkflowExecution':
            of['taskList'] = list_of(workflow_id)
        if decision['decisionType'] == 'StartChildWorkflowExecution':
            of['taskList'] = list_of(of['workflowId'])
        return {'decisionType': decision['decisionType'], member: of}

    def take(self, poll, run_id, activity_id, of):
        workflow_id = self.workflow_ids[run_id]
        task = poll(domain='d', taskList=list_of(workflow_id, activity_id), **only(of, 'identity'))
        if 'taskToken' in task:
            self.tokens[workflow_id, activity_id] = task['taskToken']

    def activity_id(self, run_id, of):
        return attributes(self.recorded[run_id][of['scheduledEventId'] - 1])['activityId']

    def activity_token(self, run_id, of):
        return self.tokens.pop((self.workflow_ids[run_id], self.activity_id(run_id, of)))


def only(of, *names):
    return {name: of[name] for name in names if name in of}


def without_run_ids(value):
    if isinstance(value, dict):
        return {name: without_run_ids(item) for name, item in value.items() if name not in RUN_IDS | {'taskList'}}
    return value


def plain(history):
    """Types and attributes, event by event; DecisionTaskScheduled has a scheduleToStartTimeout only since 2023."""
    return [
        (event['eventType'], {
            name: value for name, value in without_run_ids(dict(attributes(event))).items()
            if (event['eventType'], name) != ('DecisionTaskScheduled', 'scheduleToStartTimeout')})
        for event in history]


def unordered(history):
    """What happened, in whatever order: events that refer to others by what those are, decision tasks aside."""
    events = plain(history)
    bare = [(kind, {name: of[name] for name in of if name not in REFERENCES}) for kind, of in events]
    happened = Counter()
    for (kind, of), (_, rest) in zip(events, bare, strict=True):
        refers_to = {name: bare[of[name] - 1] for name in REFERENCES & set(of) if of[name]}
        if kind not in DECISION_TASK:
            told = {name: event for name, event in refers_to.items() if event[0] not in DECISION_TASK}
            happened[json.dumps([kind, rest, told], sort_keys=True)] += 1
    return happened


def decisions_of(run):
    """What a run's deciders decided, by the events that their decisions left."""
    decided = defaultdict(list)
    started = {
        event['eventId']: attributes(event)['startedEventId'] for event in run['events']
        if event['eventType'] == 'DecisionTaskCompleted'}
    for event in run['events']:
        of = attributes(event)
        decision_type = DECISION_OF.get(event['eventType'])
        if decision_type is not None:
            shape = service_model()['shapes'][f'{decision_type}DecisionAttributes']
            decided[run['execution']['runId'], started[of['decisionTaskCompletedEventId']]].append({
                'decisionType': decision_type, ATTRIBUTES_MEMBER[decision_type]: only(of, *shape['members'])})
    return decided


@pytest.fixture(scope='module')
def flowy():
    """The recorded runs, with what they decided, and the histories that the same calls made."""
    recording = load('flowy/w.histories.json.gz')
    decided = {
        (task['execution']['runId'], task['startedEventId']): response['decisions']
        for task, response in zip(recording['decisionTasks'], recording['decisionResponses'], strict=True)}
    with pytest.MonkeyPatch.context() as patch:
        # The documentation forbids ':' in ids. The service of 2016 took it in the ids of children and timers.
        patch.setattr('pyswfaws.protocol.limits.FORBIDDEN_IN_NAMES', re.compile('/'))
        return recording['runs'], Enactment(recording['runs'], decided).enact()


def test_all_that_was_recorded_happens_again(flowy):
    runs, made = flowy
    assert len(runs) == 30
    for run in runs:
        history = made[run['execution']['runId']]
        assert unordered(run['events']) - unordered(history) == Counter(), run['execution']['workflowId']


def test_it_happens_in_the_same_order_where_the_real_service_is_not_late(flowy):
    runs, made = flowy
    late = {'fakeuuid-0-', 'fakeuuid-1-'}   # a timeout fires 16 ms late, and children start one after the other
    for run in runs:
        if run['execution']['workflowId'] not in late:
            assert plain(run['events']) == plain(made[run['execution']['runId']])[:len(run['events'])]


@pytest.mark.parametrize('name', ['garcon/decider-history-2014.json', 'misc/2013-unhandled-decision.json'])
def test_one_decision_task_shows_the_same_history(name):
    recorded = load(name)
    run = {'execution': recorded['workflowExecution'], 'events': recorded['events']}
    made = Enactment([run], decisions_of(run)).enact()[run['execution']['runId']]
    assert plain(made) == plain(run['events'])
