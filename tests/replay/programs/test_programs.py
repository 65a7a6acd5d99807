"""Generated programs: whatever a program is made of, and whatever befalls it, its decisions follow from its history.

The laws of replay are checked by the simulator at every decision task (`Execution.run` in conftest.py). Here stands the
law of the product: a program comes to the same result in serial mode and distributed, through decision tasks that are
lost, answers that are lost, workers that die, and activities that time out or are refused and are tried again.
"""

import json
from collections import Counter, deque
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyswfaws import workflow
from pyswfaws.binding.context import Arguments
from pyswfaws.binding.interceptors import Serial, run_serially
from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.concurrency import any_of, as_completed, branch, deadline, gather, shield, wait
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import CachedCallFailed, DeadlineExceeded, TaskException, WorkflowCancelled
from pyswfaws.failures import Failure
from pyswfaws.promise import Marker, Signal, Timer
from pyswfaws.replay import history, outbox
from pyswfaws.replay.outcomes import Kind

FALSY = (None, 0, False, '', [], {})


class Tools:
    """What a generated program may call; made anew for each run, as activities count how often they were tried."""

    def __init__(self):
        tries = {}

        @activity_task
        def double(value):
            return value * 2

        @activity_task(max_attempts=200)
        def flaky(name, failures):
            tries[name] = tries.get(name, 0) + 1
            if tries[name] <= failures:
                raise ValueError(f'try {tries[name]}')
            return name

        @activity_task(max_attempts=2)
        def doomed(value):
            raise KeyError(value)

        @activity_task(lambda_function='doubling')
        def remote(value):
            return value * 2

        @decision_task
        def child(value):
            return [value]

        @decision_task(retry=RetryPolicy(max_attempts=2))
        def bad_child(value):
            raise LookupError(value)

        @cached
        def noted(value):
            return value

        @cached
        def bad_note(value):
            raise OSError(value)

        self.called = {'double': double, 'doomed': doomed, 'child': child, 'bad_child': bad_child, 'remote': remote}
        self.flaky, self.noted, self.bad_note = flaky, noted, bad_note
        functions = {**self.called, 'flaky': flaky}
        self.plain = {name: decorated.definition.function for name, decorated in functions.items()}

    def work(self, kind, name, text):
        if kind == 'lambda':
            return json.dumps(self.plain['remote'](**json.loads(text)))
        args, kwargs = json.loads(text)
        return json.dumps(self.plain[name](*args, **kwargs))


class Interpreter:
    """Runs a generated program: a list of statements, each a word and its operands."""

    def __init__(self, tools, name=''):
        self.tools = tools
        self.name = name
        self.promises = []
        self.branches = []      # which only their parent waits for: no two can wait for each other
        self.log = []

    def inner(self):
        """Another that shares what was called and noted, as a branch does."""
        inner = Interpreter(self.tools, self.name)
        inner.promises, inner.log = self.promises, self.log
        return inner

    def run(self, statements):
        for word, *operands in statements:
            getattr(self, f'do_{word}')(*operands)
        return self.log

    def promise(self, index):
        known = self.branches + self.promises
        return known[index % len(known)] if known else self.tools.called['double'](index)

    def several(self, indices):
        return list({id(one): one for one in map(self.promise, indices)}.values())

    def note(self, read):
        try:
            self.log.append(read())
        except TaskException as error:
            self.log.append([type(error).__name__, error.failure_reason, error.failure_status])

    # What gives the same in serial mode.

    def do_call(self, name, value):
        self.promises.append(self.tools.called[name](value))

    def do_pass(self, name, index):
        argument = self.promises[index % len(self.promises)] if self.promises else index
        self.promises.append(self.tools.called[name]([argument]))

    def do_flaky(self, failures):
        self.promises.append(self.tools.flaky(f'{self.name}{len(self.promises)}', failures))

    def do_timer(self):
        self.promises.append(Timer.get(seconds=0))

    def do_marker(self, name):
        Marker(name, {'n': len(self.log)})

    def do_cached(self, value):
        self.log.append(self.tools.noted(value))

    def do_bad_cached(self):
        try:
            self.tools.bad_note('disk')
        except CachedCallFailed as error:
            self.log.append(error.failure_reason)

    def do_read(self, index):
        self.log.append(self.promise(index).result)

    def do_handle(self, index):
        self.note(lambda: self.promise(index).result)

    def do_swallow(self, index):
        try:
            self.log.append(self.promise(index).result)
        except:  # noqa: E722 - what a careless program does
            self.log.append('swallowed')

    def do_tidy(self, index):
        try:
            self.log.append(self.promise(index).result)
        except Exception:  # noqa: BLE001
            self.log.append('failed')
        finally:
            self.log.append(self.tools.called['double'](1).result)

    def do_exception(self, index):
        self.log.append(type(self.promise(index).exception).__name__)

    def do_gather(self, indices):
        try:
            self.log.append(gather(*self.several(indices)))
        except TaskException:
            self.log.append('one of them failed')   # which one did first is a question of time

    def do_apart(self, statements):
        name = f'{self.name}{len(self.branches)}.'
        self.branches.append(branch(Interpreter(self.tools, name).run, statements))

    def do_shielded(self, statements):
        with shield():
            self.run(statements)

    def do_patched(self, name):
        self.log.append(workflow.patched(name))

    # What depends on time or order.

    def do_if_ready(self, index, then, otherwise):
        self.run(then if self.promise(index).is_ready else otherwise)

    def do_branch(self, statements):
        self.branches.append(branch(lambda: len(self.inner().run(statements))))

    def do_any_of(self, indices):
        found = self.several(indices)
        self.log.append(found.index(any_of(*found)))

    def do_as_completed(self, indices):
        found = self.several(indices)
        self.log.append([found.index(one) for one in as_completed(found)])

    def do_wait(self, indices):
        found = self.several(indices)
        known, unknown = wait(found, timeout=5)
        self.log.append([found.index(one) for one in known + unknown] + [len(known)])

    def do_cancel(self, index):
        self.promise(index).cancel()

    def do_signal(self, name):
        self.promises.append(Signal.get(name))

    def do_deadline(self, statements):
        try:
            with deadline(seconds=30):
                self.run(statements)
        except DeadlineExceeded:
            self.log.append('too late')

    def do_cleaning(self, statements):
        try:
            self.run(statements)
        except WorkflowCancelled:
            with shield():
                self.log.append(self.tools.called['double'](1).result)
            raise

    def do_resisting(self, statements):
        try:
            self.run(statements)
        except WorkflowCancelled:
            self.log.append('resisted')

    def do_started(self, index):
        promise = self.tools.called['child'](index)
        self.promises.append(promise)
        self.note(lambda: promise.started.result)

    def do_tell(self, name):
        self.promises.append(workflow.signal('other', name, 1))

    def do_stop(self, workflow_id):
        self.promises.append(workflow.cancel(workflow_id))

    def do_dice(self):
        self.log.append([workflow.random().randint(1, 6), str(workflow.uuid4()), workflow.now().timestamp()])

    def do_retype(self, value):
        workflow.publish(value)


INDEX = st.integers(0, 9)
INDICES = st.lists(INDEX, min_size=1, max_size=4)
CALLED = st.sampled_from(['double', 'doomed', 'child', 'bad_child', 'remote'])


def words(strategies):
    return st.one_of(*(st.tuples(st.just(word), *operands) for word, operands in strategies))


PLAIN = words([
    ('call', (CALLED, st.integers(0, 3))),
    ('call', (CALLED, st.integers(0, 3))),
    ('pass', (st.sampled_from(['double', 'child', 'remote']), INDEX)),
    ('flaky', (st.integers(0, 3),)),
    ('timer', ()),
    ('marker', (st.sampled_from(['stage', 'cached:']),)),
    ('cached', (st.sampled_from(FALSY),)),
    ('bad_cached', ()),
    ('patched', (st.sampled_from(['one', 'two']),)),
    ('gather', (INDICES,)),
    *((word, (INDEX,)) for word in ('read', 'handle', 'handle', 'swallow', 'tidy', 'exception')),
])
ASKING = words([
    *((word, (INDICES,)) for word in ('any_of', 'as_completed', 'wait')),
    ('cancel', (INDEX,)), ('cancel', (INDEX,)),
    ('signal', (st.sampled_from(['go', 'stop']),)), ('signal', (st.sampled_from(['go', 'stop']),)),
    ('started', (st.integers(0, 3),)),
    ('tell', (st.just('hello'),)), ('stop', (st.just('other'),)),
    ('dice', ()), ('retype', (INDEX,)),
])


def body(statement):
    return st.lists(statement, max_size=4)


SEQUENTIAL = st.lists(st.recursive(PLAIN, lambda inner: words([
    ('apart', (body(inner),)), ('shielded', (body(inner),)),
]), max_leaves=6), min_size=1, max_size=10)
ASKING_TIME = st.lists(st.recursive(st.one_of(PLAIN, ASKING), lambda inner: words([
    ('if_ready', (INDEX, body(inner), body(inner))),
    *((word, (body(inner),)) for word in ('branch', 'branch', 'deadline', 'shielded', 'cleaning', 'resisting')),
]), max_leaves=8), min_size=1, max_size=10)


def program_with(program, tools):
    @decision_task
    def generated():
        return Interpreter(tools).run(program)

    return generated


def is_flaky(found):
    """What is tried often enough may time out."""
    return found.get('activityType', {}).get('name') == 'flaky'


def fails(found):
    """What fails in the end says in which attempt."""
    return (found.get('activityType') or found.get('workflowType') or {}).get('name') in ('doomed', 'bad_child')


#: What SWF refuses for its number alone, which is tried again, whatever it is.
THROTTLED = {
    'ScheduleActivityTask': ['ACTIVITY_CREATION_RATE_EXCEEDED', 'OPEN_ACTIVITIES_LIMIT_EXCEEDED'],
    'StartTimer': ['TIMER_CREATION_RATE_EXCEEDED'],
    'StartChildWorkflowExecution': ['CHILD_CREATION_RATE_EXCEEDED', 'OPEN_WORKFLOWS_LIMIT_EXCEEDED'],
    'ScheduleLambdaFunction': ['LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED'],
}
#: What else may befall what is not tried again for ever.
MISFORTUNES = {
    'activity': ['lost', 'canceled'], 'child': ['lost', 'canceled', 'terminated'], 'lambda': ['lost'],
    'signal': ['lost'], 'cancel': ['lost'],
}
REFUSED = {
    **THROTTLED,
    'ScheduleActivityTask': [*THROTTLED['ScheduleActivityTask'], 'ACTIVITY_TYPE_DEPRECATED'],
    'StartChildWorkflowExecution': [*THROTTLED['StartChildWorkflowExecution'], 'WORKFLOW_ALREADY_RUNNING'],
}


def result_of(event_type, found):
    return json.loads(found['result']) if event_type == 'WorkflowExecutionCompleted' else found['reason']


def serial(program):
    tools = Tools()
    decider = program_with(program, tools)
    definition = decider.definition
    try:
        return run_serially(definition, decider.function_of(None), Arguments((), {}), Serial(definition))
    except TaskException as error:
        return Failure.of(error).reason


@pytest.fixture(params=['SWF', 'narrow'])
def limits(request):
    """SWF's limits, or some that programs of a few lines reach."""
    if request.param == 'SWF':
        yield {}
        return
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Kind.ACTIVITY, Kind.TIMER, Kind.CHILD_WORKFLOW, Kind.LAMBDA):
            patch.setitem(history.OPEN_LIMITS, kind, 2)
        patch.setattr(outbox, 'DECISIONS', 4)
        yield {'most_open': 2, 'most_decisions': 4}


generated = settings(
    max_examples=max(500, settings().max_examples),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@generated
@given(program=SEQUENTIAL, seed=st.integers(0, 2**32))
def test_a_program_comes_to_the_result_that_it_has_in_serial_mode(program, seed, limits, simulate):
    tools = Tools()
    end = simulate(
        program_with(program, tools), seed, work=tools.work, limits=limits,
        fates=lambda _kind, found: ['lost'] if is_flaky(found) else [],
        refusals=lambda decision_type, found: [] if fails(found) else THROTTLED.get(decision_type),
    ).run()
    assert result_of(*end) == serial(program)


@generated
@given(program=ASKING_TIME, seed=st.integers(0, 2**32), is_cancelled=st.booleans())
def test_a_program_that_asks_for_time_and_order_decides_the_same_in_every_replay(
    program, seed, is_cancelled, limits, simulate,
):
    tools = Tools()
    simulate(
        program_with(program, tools), seed, work=tools.work, limits=limits, signals=('go', 'stop'),
        is_cancelled=is_cancelled,
        fates=lambda kind, _found: MISFORTUNES.get(kind, []),
        refusals=lambda decision_type, _found: REFUSED.get(decision_type),
    ).run()     # the laws are checked on the way


@settings(generated, max_examples=settings().max_examples)
@given(programs=st.lists(SEQUENTIAL, min_size=2, max_size=3), seed=st.integers(0, 2**32))
@pytest.mark.parametrize('kept', [1, 3])
def test_programs_that_take_turns_in_a_thread_do_not_disturb_each_other(programs, seed, kept, simulate):
    """As in a keeper with room for one of them, which each turn of another throws away, or for all."""
    chance = Random(seed)
    executions = [
        simulate(
            program_with(program, tools), chance.random(), work=tools.work,
            fates=lambda *_: [],
            refusals=lambda decision_type, found: [] if fails(found) else THROTTLED.get(decision_type),
        )
        for program, tools in zip(programs, [Tools() for _ in programs], strict=True)
    ]
    parked = deque()
    while open_ones := [one for one in executions if not one.world.closed]:
        one = chance.choice(open_ones)
        one.task()
        if one in parked:
            parked.remove(one)
        parked.append(one)
        if len(parked) > kept:
            parked.popleft().evict()
    ends = [result_of(*one.end()) for one in executions]
    assert [end for end, program in zip(ends, programs, strict=True) if end != serial(program)] == []


@settings(generated, max_examples=max(200, settings().max_examples))
@given(seed=st.integers(0, 2**32), ways=st.lists(st.booleans(), min_size=1, max_size=4))
def test_no_signal_is_lost_between_runs_that_continue_each_other(seed, ways, limits, simulate):
    """Each run reads some of the signals that come, also late ones; the next has the others, in their order."""
    @activity_task
    def nothing():
        return None

    def take(number, *, waits):
        found = [Signal.get('go') for _ in range(number)]
        if waits:
            nothing().result
        return [one.result for one in found]

    @decision_task
    def reader(found, ways):
        found += branch(take, 2, waits=ways[0]).result
        if ways[0]:
            nothing()
        if ways[1:]:
            workflow.continue_as_new(found, ways[1:])
        return found

    text, come, chance = json.dumps([[[], ways], {}]), Counter(), Random(seed)
    while True:
        execution = simulate(
            reader, chance.random(), text=text, limits=limits, signals=('go', 'stop'), work=lambda *_: 'null',
            fates=lambda *_: [], refusals=lambda *_: [],
        )
        execution.come = come
        event_type, found = execution.run()
        if event_type != 'WorkflowExecutionContinuedAsNew':
            break
        text = found['input']
    assert json.loads(found['result']) == list(range(1, 2 * len(ways) + 1))
