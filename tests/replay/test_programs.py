"""Generated programs: whatever a program is made of, and whatever befalls it, its decisions follow from its history.

The laws of replay are checked by the simulator at every decision task (`Execution.run` in conftest.py). Here stands the
law of the product: a program comes to the same result in serial mode and distributed, through decision tasks that are
lost, answers that are lost, workers that die, and activities that time out or are refused and are tried again.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyswfaws.binding.context import bound
from pyswfaws.binding.definitions import RetryPolicy
from pyswfaws.binding.interceptors import Serial
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import ActivityTaskException, CachedCallFailed, TaskException
from pyswfaws.failures import Failure
from pyswfaws.promise import Marker, Timer

FALSY = (None, 0, False, '', [], {})

#: Activities that are tried often enough to come to their result, at once or after a wait (a timer, when distributed).
FLAKY = {
    'flaky': RetryPolicy(max_attempts=200),
    'patient': RetryPolicy(max_attempts=200, initial_interval=.001, backoff=1),
}


class Tools:
    """What a generated program may call; made anew for each run, as activities count how often they were tried."""

    def __init__(self):
        tries, self.logs = {}, []       # the logs are of every time that the program was run

        @activity_task
        def double(value):
            return value * 2

        def fails_at_first(value, failures):
            tries[value] = tries.get(value, 0) + 1
            if tries[value] <= failures:
                raise ValueError(f'try {tries[value]}')
            return value

        @activity_task(max_attempts=2)
        def doomed(value):
            raise KeyError(value)

        @decision_task
        def child(value):
            return [value]

        @decision_task
        def bad_child(value):
            raise LookupError(value)

        @cached
        def noted(value):
            return value

        @cached
        def bad_note(value):
            raise OSError(value)

        self.called = {'double': double, 'doomed': doomed, 'child': child, 'bad_child': bad_child}
        self.flaky = {name: activity_task(swf_task_type=name, retry=policy)(fails_at_first)
                      for name, policy in FLAKY.items()}
        self.noted, self.bad_note = noted, bad_note
        functions = {**self.called, **self.flaky}
        self.plain = {name: decorated.definition.function for name, decorated in functions.items()}

    def work(self, kind, name, text):
        args, kwargs = json.loads(text)
        return json.dumps(self.plain[name](*args, **kwargs))


class Interpreter:
    """Runs a generated program: a list of statements, each a word and its operands."""

    def __init__(self, tools):
        self.tools = tools
        self.promises = []
        self.log = []
        tools.logs.append(self.log)

    def run(self, statements):
        for word, *operands in statements:
            getattr(self, f'do_{word}')(*operands)
        return self.log

    def promise(self, index):
        return self.promises[index % len(self.promises)] if self.promises else self.tools.called['double'](index)

    def do_call(self, name, value):
        self.promises.append(self.tools.called[name](value))

    def do_flaky(self, name, failures):
        self.promises.append(self.tools.flaky[name](len(self.promises), failures))

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
        try:
            self.log.append(self.promise(index).result)
        except ActivityTaskException as error:
            self.log.append([type(error).__name__, error.failure_reason, error.failure_status])

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

    def do_if_ready(self, index, then, otherwise):
        self.run(then if self.promise(index).is_ready else otherwise)


INDEX = st.integers(0, 9)
STATEMENT = st.one_of(
    st.tuples(st.just('call'), st.sampled_from(['double', 'doomed', 'child', 'bad_child']), st.integers(0, 3)),
    st.tuples(st.just('flaky'), st.sampled_from(list(FLAKY)), st.integers(0, 3)),
    st.tuples(st.just('timer')),
    st.tuples(st.just('marker'), st.sampled_from(['stage', 'cached:'])),
    st.tuples(st.just('cached'), st.sampled_from(FALSY)),
    st.tuples(st.just('bad_cached')),
    *(st.tuples(st.just(word), INDEX) for word in ('read', 'handle', 'handle', 'swallow', 'tidy', 'exception')),
)
SEQUENTIAL = st.lists(STATEMENT, min_size=1, max_size=12)
ASKING_TIME = st.lists(
    st.one_of(STATEMENT, st.tuples(
        st.just('if_ready'), INDEX, st.lists(STATEMENT, max_size=3), st.lists(STATEMENT, max_size=3),
    )),
    min_size=1, max_size=12,
)


def program_with(program, tools):
    @decision_task
    def generated():
        return Interpreter(tools).run(program)

    return generated


def is_flaky(found):
    return found.get('activityType', {}).get('name') in FLAKY


def fate(chance, _kind, found):
    """What is tried often enough may time out."""
    return 'lost' if is_flaky(found) and chance.random() < .2 else 'done'


def refuse(chance, _kind, found):
    """What is tried often enough may be refused, and so may the wait before an attempt."""
    can_be = is_flaky(found) or found.get('timerId', '').endswith('.backoff')
    return 'OPERATION_NOT_PERMITTED' if can_be and chance.random() < .2 else None


@pytest.fixture(scope='session')
def distributed(simulate):
    """Give how a generated program closes in the simulator: its result, or its failure's reason."""
    def run(program, seed, tools):
        decider = program_with(program, tools)
        event_type, found = simulate(decider, seed, work=tools.work, fate=fate, refuse=refuse).run()
        return json.loads(found['result']) if event_type == 'WorkflowExecutionCompleted' else found['reason']

    return run


def without_the_halt(log):
    """A log without what bare excepts caught at its end, which may have been the halt."""
    end = len(log)
    while end and log[end - 1] == 'swallowed':
        end -= 1
    return log[:end]


def serial(program):
    with bound(Serial()):
        try:
            return Interpreter(Tools()).run(program)
        except TaskException as error:
            return Failure.of(error).reason


generated = settings(max_examples=max(250, settings().max_examples), suppress_health_check=[HealthCheck.too_slow])


@generated
@given(program=SEQUENTIAL, seed=st.integers(0, 2**32))
def test_a_program_comes_to_the_result_that_it_has_in_serial_mode(program, seed, distributed):
    assert distributed(program, seed, Tools()) == serial(program)


@generated
@given(program=SEQUENTIAL, seed=st.integers(0, 2**32))
def test_what_a_program_has_read_it_reads_again_in_every_replay(program, seed, distributed):
    """A settled outcome stays settled: each run of the program saw the beginning of what the longest one saw."""
    tools = Tools()
    distributed(program, seed, tools)
    seen = [without_the_halt(log) for log in tools.logs]
    longest = max(seen, key=len)
    assert all(log == longest[:len(log)] for log in seen)


@generated
@given(program=ASKING_TIME, seed=st.integers(0, 2**32))
def test_a_program_that_asks_what_is_ready_takes_the_same_branch_in_every_replay(program, seed, distributed):
    distributed(program, seed, Tools())     # the laws are checked on the way
