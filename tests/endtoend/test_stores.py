"""A data store that fails, is slow, loses or alters what it keeps: nothing wrong is computed, and all ends well.

Every field goes through the store here: inputs, results, cached values, markers, signals, published values, failures.
"""

import random
import threading
import time

import pytest

from pyswfaws import Marker, RetryPolicy, Signal, activity_task, cached, decision_task, workflow
from pyswfaws.contents import CONTENTS
from pyswfaws.datadefaults import set_data_defaults
from pyswfaws.datastores import MemoryDataStore
from pyswfaws.exceptions import ActivityTaskFailed, DataStoreError

PATIENCE = 60


class Shaky(MemoryDataStore):
    """Goes wrong as its test says: `before` is called with each operation and its key."""

    def __init__(self):
        super().__init__()
        self.before = lambda operation, key: None

    def put(self, message, key):
        self.before('put', key)
        return super().put(message, key)

    def get(self, key):
        self.before('get', key)
        return super().get(key)


@pytest.fixture
def shaky():
    store = Shaky()
    set_data_defaults(store)
    yield store
    set_data_defaults()


@pytest.fixture(autouse=True)
def nothing_read_before():
    CONTENTS.clear()


@activity_task(retry=RetryPolicy(max_attempts=3))
def double(value):
    return value * 2


@activity_task(max_attempts=1)
def fail(text):
    raise ValueError(text)


@cached
def dice():
    return 'é' * 10


@decision_task(task_start_to_close_timeout=1)
def child(value):
    return [value]


@decision_task(task_start_to_close_timeout=1)
def everything(start):
    doubled = [double(start), double('x')]
    Marker('stage', {'at': 'start'})
    workflow.publish({'at': dice()})
    answer = Signal.get('answer').result
    try:
        fail('no').result
    except ActivityTaskFailed as error:
        reason = error.failure_reason
    return [[one.result for one in doubled], child(answer).result, dice(), reason]


EXPECTED = [['abab', 'xx'], [{'is': 42}], 'é' * 10, 'ValueError: no']


def outcome_of(stage, until):
    run = stage.start(everything, 'ab')
    for _ in range(100):    # the caller meets the outage itself, and asks again
        try:
            run.signal('answer', {'is': 42})
            break
        except DataStoreError:
            time.sleep(0.05)

    def result():
        try:
            return run.result(timeout=PATIENCE)
        except DataStoreError:
            return None

    return until(result), run


@pytest.fixture
def served(stage):
    stage.activities(double, fail)
    stage.deciders(everything, child, caught)
    return stage


def test_every_field_is_kept_elsewhere(served, shaky, until):
    result, run = outcome_of(served, until)
    assert result == EXPECTED
    assert run.published == {'at': dice()}
    names = {key.rpartition('/')[2].rpartition('-')[0] for key in shaky.kept}
    assert names == {'input', 'result', 'marker', 'signal', 'published'}
    for event in run.history():
        for members in event.values():
            if isinstance(members, dict):
                inline = {name: members[name] for name in ('input', 'result') if name in members}
                assert all(text.startswith('{"pyswfaws":1,"at":"memory:') for text in inline.values())


@pytest.mark.parametrize('seed', range(2))
def test_through_an_outage_at_any_point_the_workflow_finishes(served, shaky, until, seed):
    lots, lock = random.Random(seed), threading.Lock()

    def before(operation, key):
        CONTENTS.clear()
        with lock:
            fails = lots.random() < 0.1
        if fails:
            raise DataStoreError(f'{operation} {key}: out of order')

    shaky.before = before
    assert until(lambda: attempted(served, until)) == EXPECTED


def attempted(stage, until):
    """Start the workflow, unless the caller meets the outage itself."""
    try:
        return outcome_of(stage, until)[0]
    except DataStoreError:
        return None


def test_a_slow_store_only_takes_its_time(served, shaky, until):
    shaky.before = lambda operation, key: time.sleep(0.03)
    assert outcome_of(served, until)[0] == EXPECTED


@pytest.mark.parametrize('harm', ['lose', 'alter'])
def test_an_input_that_is_lost_fails_the_activity_with_a_reason(served, shaky, harm):
    def before(operation, key):
        if operation == 'get' and '/double-1/input-' in key:
            if harm == 'lose':
                shaky.kept.pop(key.removeprefix('memory:'), None)
            else:
                shaky.kept[key.removeprefix('memory:')] = '[[["wrong"]],{}]'

    shaky.before = before
    run = served.start(caught, 'ab')
    reason = run.result(timeout=PATIENCE)
    assert reason.startswith('DataLostError: ')
    assert 'memory:' in reason
    assert '/double-1/input-' in reason


@decision_task(task_start_to_close_timeout=1)
def caught(start):
    try:
        return double([start]).result
    except ActivityTaskFailed as error:
        return error.failure_reason


def test_a_result_that_is_lost_leaves_the_decision_until_it_is_back(served, shaky, until, types):
    hidden = {}

    def before(operation, key):
        name = key.removeprefix('memory:')
        if operation == 'get' and '/double-1/result-' in key and 'given back' not in hidden and name in shaky.kept:
            hidden[name] = shaky.kept.pop(name)

    shaky.before = before
    run = served.start(caught, 'ab')
    until(lambda: 'DecisionTaskTimedOut' in types(run))
    assert run.status == 'OPEN'
    shaky.kept.update(hidden)
    hidden['given back'] = ''
    assert run.result(timeout=PATIENCE) == ['ab', 'ab']
