"""Laws of the service under requests that nobody would send on purpose.

Whatever it is sent, the service answers or raises a Fault. Two services that are sent the same are the same, whatever
store they stand on; one that was closed and opened again from its file goes on as if nothing had been. And every
history keeps its rules, and every live state equals the fold of its events.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyswfaws.protocol.decisions import ATTRIBUTES_MEMBER, CLOSE_DECISIONS, DECISION_TYPES
from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.service import Fault, Quotas, Service
from pyswfaws.swflocal.stores import MemoryStore, SqliteStore

from .conftest import Caller, state, verify

MODEL = service_model()
SHAPES = MODEL['shapes']
NAMES = ['d', 'W', 'A', 'worker', 'decider', 'w', 'x']

#: Shape -> the values that a request mostly has there: few, so that requests meet each other's work.
LIKELY = {
    'DomainName': ['d'], 'WorkflowId': ['c', 'w', 'x'], 'ActivityId': ['a', 'b'], 'TimerId': ['t', 'u'],
    'FunctionId': ['f'], 'Version': ['1', '2'], 'DurationInSeconds': ['0', '1', '30'],
    'DurationInSecondsOptional': ['NONE', '0', '5', '60', '900'], 'DurationInDays': ['0', '1', 'NONE'],
    'TaskPriority': ['0', '-5', '9'], 'Arn': ['arn:aws:swf:us-east-1:123456789012:/domain/d', 'role'],
    'Tag': ['t'], 'ResourceTagKey': ['k', 'l'], 'WorkflowRunId': ['run 0', 'run 1', 'run 2'],
    'WorkflowRunIdOptional': ['run 0', 'run 1', ''], 'TaskToken': [f'token {n}' for n in range(6)],
    'PageToken': ['page 0', 'page 1'],
}
LIKELY_STRUCTURES = {
    'ActivityType': [{'name': 'A', 'version': '1'}, {'name': 'A', 'version': '1'}, {'name': 'A', 'version': '2'}],
    'WorkflowType': [{'name': 'W', 'version': '1'}, {'name': 'W', 'version': '1'}, {'name': 'W', 'version': '2'}],
    'TaskList': [{'name': 'worker'}, {'name': 'worker'}, {'name': 'decider'}],
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3000), st.floats(), st.text(max_size=3), st.just('a' * 300),
    st.just('\ud800'), st.just([]), st.just({}), st.just([None]), st.just({'name': 3}))


def of_shape(name):
    """Values of a shape of the model, mostly valid."""
    shape = SHAPES[name]
    if name in LIKELY_STRUCTURES:
        likely = st.sampled_from(LIKELY_STRUCTURES[name])
    elif shape['type'] == 'structure':
        required = set(shape.get('required', ()))
        members = {member: of_shape(ref['shape']) for member, ref in shape['members'].items()}
        likely = st.fixed_dictionaries(
            {member: values for member, values in members.items() if member in required},
            optional={member: values for member, values in members.items() if member not in required})
    elif shape['type'] == 'list':
        likely = st.lists(of_shape(shape['member']['shape']), max_size=4)
    elif shape['type'] == 'string':
        likely = st.sampled_from(LIKELY.get(name) or shape.get('enum') or NAMES)
    else:
        likely = {'integer': st.integers(0, 3), 'boolean': st.booleans(), 'timestamp': st.floats(0, 300)}[shape['type']]
    return st.integers(0, 200).flatmap(lambda n: JUNK if n == 0 else likely)


def a_decision(kind):
    return st.fixed_dictionaries({
        'decisionType': st.just(kind), ATTRIBUTES_MEMBER[kind]: of_shape(f'{kind}DecisionAttributes')})


OPERATIONS = st.sampled_from(sorted(MODEL['operations'])).flatmap(
    lambda name: st.tuples(st.just(name), of_shape(MODEL['operations'][name]['input']['shape'])))
DECISIONS = st.tuples(
    st.lists(st.sampled_from(sorted(set(DECISION_TYPES) - CLOSE_DECISIONS.keys())).flatmap(a_decision), max_size=5),
    st.none() | st.none() | st.sampled_from(sorted(CLOSE_DECISIONS)).flatmap(a_decision),
    st.booleans(),
)
ANSWERS = st.sampled_from([
    'RespondActivityTaskCompleted', 'RespondActivityTaskFailed', 'RespondActivityTaskCanceled',
    'RecordActivityTaskHeartbeat'])
STEPS = st.lists(st.one_of(
    st.tuples(st.just('request'), OPERATIONS),
    st.tuples(st.just('decide'), DECISIONS),
    st.tuples(st.just('decide'), DECISIONS),
    st.tuples(st.just('work'), ANSWERS),
    st.tuples(st.just('work'), ANSWERS),
    st.tuples(st.just('wait'), st.sampled_from([0.0, 0.5, 7.0, 61.0, 90_000.0])),
    st.tuples(st.just('invoke'), st.booleans()),
    st.tuples(st.just('reopen'), st.none()),
), min_size=5, max_size=40)


class Pair:
    """The same service over memory and over a file."""

    def __init__(self, path):
        self.path, self.now = path, 0.0
        self.seen = {'run': [], 'token': [], 'page': []}
        self.options = {'quotas': Quotas(events=60, open_activities=3, open_timers=3, open_children=3, types=4)}
        self.memory = Service(MemoryStore(), MODEL, **self.options)
        self.file = Service(SqliteStore(path), MODEL, **self.options)

    def both(self, ask):
        """Ask both, and give the one answer."""
        answers = []
        for service in (self.memory, self.file):
            with service.together():    # which breaks if a fault comes after the first write
                try:
                    answers.append(ask(service))
                except Fault as fault:
                    answers.append({'fault': fault.body})
        assert answers[0] == answers[1]
        assert self.memory.next_deadline() == self.file.next_deadline()
        return answers[0]

    def request(self, operation, request):
        request = self.resolved(request)
        answer = self.both(lambda service: service.apply(self.now, operation, request))
        for kind, member in (('run', 'runId'), ('token', 'taskToken'), ('page', 'nextPageToken')):
            if member in answer:
                self.seen[kind].append(answer[member])
        return answer

    def resolved(self, value):
        """Put what was seen in the place of ``run 1``, ``token 0``: of runs and tokens the latest is number 0."""
        if isinstance(value, dict):
            return {name: self.resolved(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        kind, _, number = value.partition(' ') if isinstance(value, str) else ('', '', '')
        seen = self.seen.get(kind, []) if number else []
        return seen[-1 - int(number)] if number.isdigit() and int(number) < len(seen) else value

    def decide(self, answer):
        """Answer the next decision task, perhaps after something has happened that its decider cannot know."""
        decisions, close, news = answer
        task = self.request('PollForDecisionTask', {'domain': 'd', 'taskList': {'name': 'decider'}})
        if 'taskToken' in task:
            if news:
                self.request('SignalWorkflowExecution', {
                    'domain': 'd', 'workflowId': task['workflowExecution']['workflowId'], 'signalName': 's'})
            self.request('RespondDecisionTaskCompleted', {
                'taskToken': task['taskToken'], 'decisions': [*decisions, *([close] if close else [])]})

    def work(self, answer):
        task = self.request('PollForActivityTask', {'domain': 'd', 'taskList': {'name': 'worker'}})
        if 'taskToken' in task:
            self.request(answer, {'taskToken': task['taskToken']})

    def wait(self, length):
        self.now += length
        self.both(lambda service: service.advance(self.now))

    def invoke(self, succeeds):
        invocation = self.both(lambda service: service.start_invocation(self.now))
        if invocation is not None:
            outcome = {'result': '1'} if succeeds else {'reason': 'r'}
            self.both(lambda service: service.finish_invocation(self.now, invocation.token, **outcome))

    def reopen(self, _):
        self.file._world.store.close()
        self.file = Service(SqliteStore(self.path), MODEL, **self.options)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps=STEPS)
def test_memory_and_file_and_a_file_reopened_are_the_same_service(tmp_path_factory, steps):
    pair = Pair(tmp_path_factory.mktemp('pair') / 'swf.db')
    for service in (pair.memory, pair.file):
        caller = Caller.__new__(Caller)
        caller.service, caller.now = service, 0.0
        caller.register()
    for n in range(2):
        pair.request('StartWorkflowExecution', {
            'domain': 'd', 'workflowId': 'wx'[n], 'workflowType': {'name': 'W', 'version': '1'},
            **({'lambdaRole': 'r'} if n else {})})
    for kind, content in steps:
        if kind == 'request':
            pair.request(*content)
        else:
            getattr(pair, kind)(content)
    verify(pair.memory)
    verify(pair.file)
    pair.reopen(None)
    compare(pair.memory, pair.file)
    pair.file._world.store.close()


def compare(one, other):
    """Hold that all executions have the same events and the same state."""
    for key in range(1, one._world.store._last_key + 1):
        rows = [service._world.store.execution(key) for service in (one, other)]
        assert rows[0] is None or rows[0]._replace(due=None) == rows[1]._replace(due=None)
        if rows[0] is not None and rows[0].closed is None:
            live, folded = (service._world.hydrate(row) for service, row in zip((one, other), rows, strict=True))
            assert state(live) == state(folded)
            assert live.next_deadline() == folded.next_deadline()


@settings(max_examples=300, deadline=None)
@given(operation=st.sampled_from(sorted(MODEL['operations'])), request_=st.recursive(
    JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(['domain', 'name', 'taskToken', 'decisions', 'decisionType', 'taskList', 'tags', 'key']), inner,
        max_size=4), max_leaves=8))
def test_any_json_is_answered_with_a_fault_at_worst(operation, request_):
    service = Service(MemoryStore(), MODEL)
    with pytest.raises(Fault):
        service.apply(0.0, operation, request_)
