"""A caller of the service at moments of the test's choosing, over every store; what it made is checked at the end."""

import importlib.util
import re
from pathlib import Path

import pytest

from pyswfaws.protocol.events import attributes
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.service import Fault, Service
from pyswfaws.swflocal.service.execution import Execution, fold
from pyswfaws.swflocal.stores import MemoryStore, SqliteStore

DOMAIN, WORKFLOW, ACTIVITY = 'd', {'name': 'W', 'version': '1'}, {'name': 'A', 'version': '1'}
CHECKER = Path(__file__).parents[4] / 'shared' / 'histories' / 'check_history.py'


def load_checker():
    if not CHECKER.exists():
        return None
    spec = importlib.util.spec_from_file_location('check_history', CHECKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.check


class Caller:
    """Calls one service; `now` is the time, set by the test."""

    def __init__(self, store, model, **options):
        self.store, self.service, self.now = store, Service(store, model, **options), 0.0

    def __call__(self, operation, *, region='us-east-1', **request):
        if 'domain' not in request and operation not in WITHOUT_DOMAIN:
            request['domain'] = DOMAIN
        answer = self.service.apply(self.now, operation, request, region=region)
        output = service_model()['operations'][operation].get('output')
        assert answer == {} if output is None else conforms(answer, output['shape']) is None
        return answer

    def at(self, now):
        """Let time pass."""
        self.now = now
        self.service.advance(now)

    def refuses(self, fault, message, operation, **request):
        with pytest.raises(Fault) as refused:
            self(operation, **request)
        assert (refused.value.name, refused.value.message) == (fault, message)

    def register(self, **defaults):
        """A domain, a workflow type and an activity type with all defaults."""
        self('RegisterDomain', name=DOMAIN, workflowExecutionRetentionPeriodInDays='7')
        self('RegisterWorkflowType', **{
            **WORKFLOW, 'defaultTaskList': {'name': 'decider'}, 'defaultChildPolicy': 'TERMINATE',
            'defaultExecutionStartToCloseTimeout': '1000', 'defaultTaskStartToCloseTimeout': '100', **defaults})
        self('RegisterActivityType', **ACTIVITY, defaultTaskList={'name': 'worker'},
             defaultTaskScheduleToStartTimeout='60', defaultTaskScheduleToCloseTimeout='300',
             defaultTaskStartToCloseTimeout='200', defaultTaskHeartbeatTimeout='30')

    def start(self, workflow_id='w', **options):
        return self('StartWorkflowExecution', workflowId=workflow_id, workflowType=WORKFLOW, **options)['runId']

    def decide(self, *decisions, task_list='decider', **options):
        """Poll for a decision task and answer it."""
        task = self.poll(task_list)
        self.answer(task, *decisions, **options)
        return task

    def poll(self, task_list='decider', **options):
        task = self('PollForDecisionTask', taskList={'name': task_list}, **options)
        assert 'taskToken' in task
        return task

    def answer(self, task, *decisions, **options):
        return self('RespondDecisionTaskCompleted', taskToken=task['taskToken'], decisions=list(decisions), **options)

    def work(self, task_list='worker'):
        task = self('PollForActivityTask', taskList={'name': task_list})
        assert 'taskToken' in task
        return task

    def history(self, workflow_id='w', run_id=None):
        """The events of a run; without a run id, of the latest."""
        run_id = run_id or self.runs(workflow_id)[-1]
        named, events, token = {'workflowId': workflow_id, 'runId': run_id}, [], {}
        while True:
            page = self('GetWorkflowExecutionHistory', execution=named, **token)
            events += page['events']
            if 'nextPageToken' not in page:
                return events
            token = {'nextPageToken': page['nextPageToken']}

    def runs(self, workflow_id):
        """The run ids of a workflow id, the oldest first."""
        found = [
            (info['startTimestamp'], info['executionStatus'] == 'OPEN', info['execution']['runId'])
            for operation in ('ListClosedWorkflowExecutions', 'ListOpenWorkflowExecutions')
            for info in self(operation, startTimeFilter={'oldestDate': 0.0},
                             executionFilter={'workflowId': workflow_id})['executionInfos']]
        return [run_id for _, _, run_id in sorted(found)]

    def types(self, workflow_id='w', run_id=None):
        return [event['eventType'] for event in self.history(workflow_id, run_id)]

    def last(self, event_type, workflow_id='w', run_id=None):
        """The attributes of the last event of a type."""
        return attributes([e for e in self.history(workflow_id, run_id) if e['eventType'] == event_type][-1])

    def describe(self, workflow_id='w', run_id=None):
        run_id = run_id or self.runs(workflow_id)[-1]
        return self('DescribeWorkflowExecution', execution={'workflowId': workflow_id, 'runId': run_id})


WITHOUT_DOMAIN = {
    'RegisterDomain', 'DeprecateDomain', 'UndeprecateDomain', 'DescribeDomain', 'ListDomains', 'TagResource',
    'UntagResource', 'ListTagsForResource', 'RespondDecisionTaskCompleted', 'RespondActivityTaskCompleted',
    'RespondActivityTaskFailed', 'RespondActivityTaskCanceled', 'RecordActivityTaskHeartbeat',
}


def histories(store):
    """All histories of a store, by the key of the execution."""
    key = 0
    while key < store._last_key:
        key += 1
        if events := store.events(key, 1, store.count_events(key)):
            yield key, events


def state(execution):
    """The state without what depends on when it was stored or looked at."""
    hidden = {'due', 'saved', 'deadlines', 'activities', 'activity_ids'}
    shown = {name: getattr(execution, name) for name in Execution.__slots__ if name not in hidden}
    return shown, [(a.attributes, a.scheduled_id, a.started_id) for a in execution.activities.values()]


def pending_served(violation, events):
    """Whether a decision task timed out while the next was pending, which serves; the checker asks for one more."""
    found = re.search(r"after trigger \((\d+), 'DecisionTaskTimedOut'\)", violation)
    if found is None:
        return False
    timed_out = int(found[1])
    started = attributes(events[timed_out - 1])['startedEventId']
    return 'DecisionTaskScheduled' in [e['eventType'] for e in events[started:timed_out - 1]]


def conforms(value, shape_name):
    """Hold an answer, or a part of it, against its shape of the service model; an empty poll lacks what is required."""
    shape = service_model()['shapes'][shape_name]
    kind = shape['type']
    if kind == 'structure':
        assert set(value) <= set(shape['members']), shape_name
        if shape_name not in {'DecisionTask', 'ActivityTask'} or 'taskToken' in value:
            assert set(shape.get('required', ())) <= set(value), shape_name
        for name, item in value.items():
            conforms(item, shape['members'][name]['shape'])
    elif kind == 'list':
        for item in value:
            if item is not None:    # recorded: null tags are echoed
                conforms(item, shape['member']['shape'])
    else:
        assert type(value) in JSON_TYPES[kind], shape_name
        assert value in shape.get('enum', [value]), shape_name


JSON_TYPES = {'string': [str], 'integer': [int], 'long': [int], 'boolean': [bool], 'timestamp': [int, float]}


def verify(service):
    """Hold the laws that every history and every state keeps."""
    check, store = load_checker(), service._world.store
    for key, events in histories(store):
        if check is not None:
            assert [violation for violation in check(events) if not pending_served(violation, events)] == [], key
        for event in events:
            conforms(event, 'HistoryEvent')
        times = [event['eventTimestamp'] for event in events]
        assert times == sorted(times)
        live = service._world.in_memory(key)
        if live is not None:
            folded = fold(Execution(key, live.region, live.domain, live.workflow_id, live.run_id), events)
            assert state(folded) == state(live)


@pytest.fixture(scope='session')
def model():
    return service_model()


@pytest.fixture(params=['memory', 'sqlite'])
def make(request, tmp_path, model):
    """Makes callers; every history that they caused is checked when the test is over."""
    callers = []

    def make_caller(**options):
        in_memory = request.param == 'memory'
        store = MemoryStore() if in_memory else SqliteStore(tmp_path / f'{len(callers)}.db')
        callers.append(Caller(store, model, **options))
        return callers[-1]

    yield make_caller
    for caller in callers:
        verify(caller.service)
        caller.store.close()


@pytest.fixture
def bare(make):
    """A service with nothing registered."""
    return make()


@pytest.fixture
def swf(make):
    """A service with a domain, a workflow type and an activity type."""
    caller = make()
    caller.register()
    return caller
