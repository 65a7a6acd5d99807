"""Starts, and signals with a start, where executions stand in the way, come and go, and answers are lost."""

import copy
import threading
import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws import (
    DefinitionError,
    PayloadTooLargeError,
    Signal,
    WorkflowAlreadyStartedError,
    WorkflowClient,
    WorkflowFailed,
    activity_task,
    decision_task,
    set_data_defaults,
)
from pyswfaws.binding.registry import scanned
from pyswfaws.datastores import MemoryDataStore
from pyswfaws.operations import starting
from pyswfaws.operations.steps import Call, Now, Wait, Work, run
from pyswfaws.payload import carried
from pyswfaws.protocol.events import attributes
from pyswfaws.swflocal import SwfLocal
from pyswfaws.swflocal.mishaps import Fate
from pyswfaws.workers.clients import make_client
from pyswfaws.workers.registration import register


@decision_task
def basket(customer):
    items = []
    while (item := Signal.get('add').result) is not None:
        items.append(item)
    return [customer, items]


@decision_task
def posted(id_conflict_policy):
    return id_conflict_policy


@decision_task
def parent(customer):
    return basket.options(id_conflict_policy='USE_EXISTING')(customer).result


@activity_task
def sell(item):
    return item


def started_of(run):
    return attributes(run.history()[0])


def signals_of(history):
    """Give all signals that a run has got: with its start, and later."""
    first, *rest = history
    with_start = carried(attributes(first).get('input')).signals
    return [attributes(event)['input'] for event in (*with_start, *rest)
            if event['eventType'] == 'WorkflowExecutionSignaled']


# Conflicts.


def test_a_workflow_id_that_is_taken_fails_or_is_used_or_is_freed(stage):
    stage.register(basket)
    first = stage.start(basket, 'Zoë', workflow_id='w')
    with pytest.raises(WorkflowAlreadyStartedError, match=r"id 'w' is open in 'tests'\. To get hold of it: id_conf"):
        stage.start(basket, 'Zoë', workflow_id='w')
    again = stage.start(basket, 'Ada', workflow_id='w', id_conflict_policy='USE_EXISTING')
    assert again.run_id == first.run_id
    third = stage.start(basket, 'Ada', workflow_id='w', id_conflict_policy='TERMINATE_EXISTING')
    assert (first.status, third.status) == ('TERMINATED', 'OPEN')
    assert attributes(first.history()[-1])['reason'] == 'another one is started in its place (id_conflict_policy)'
    third.terminate()
    for policy in ('FAIL', 'USE_EXISTING', 'TERMINATE_EXISTING'):
        run = stage.start(basket, 'Eve', workflow_id='w', id_conflict_policy=policy)
        assert run.status == 'OPEN', "what has closed is in nobody's way"
        run.terminate()


def test_the_policy_is_an_option_as_others_are(stage):
    stage.register(posted)
    with pytest.raises(DefinitionError, match="'id_conflict_policy' is a parameter of posted and an option of a start"):
        stage.start(posted, id_conflict_policy='FAIL')
    first = stage.start(posted.options(workflow_id='w'), 'arg')
    again = stage.start(posted.options(workflow_id='w', id_conflict_policy='USE_EXISTING'), 'arg')
    assert again.run_id == first.run_id
    with pytest.raises(DefinitionError, match='id_conflict_policy of basket is one of FAIL, USE_EXISTING, TERMINATE_'):
        stage.start(basket, 'Zoë', workflow_id='w', id_conflict_policy='REPLACE')


def test_a_child_has_no_such_policy(stage):
    stage.deciders(basket, parent)
    with pytest.raises(WorkflowFailed, match='id_conflict_policy is for a start by a WorkflowClient; basket is starte'):
        stage.run(parent, 'Zoë')


# Signals with a start.


def test_a_signal_starts_a_workflow_or_reaches_it(stage):
    stage.deciders(basket)
    for item in ('milk', 'bread', None):
        run = stage.starter.signal_with_start('add', item, basket, 'Zoë', workflow_id='basket-7', tags=['t'])
    assert run.result(timeout=20) == ['Zoë', ['milk', 'bread']]
    assert len(list(stage.starter.list(workflow_id='basket-7'))) == 1
    assert run.describe().tags == ('t',)
    later = stage.starter.signal_with_start('add', None, basket, 'Ada', workflow_id='basket-7')
    assert later.result(timeout=20) == ['Ada', []]


def test_a_signal_with_a_start_says_what_is_missing(stage):
    with pytest.raises(DefinitionError, match='a signal needs to know whom it is for: give workflow_id='):
        stage.starter.signal_with_start('add', 1, basket, 'Zoë')
    with pytest.raises(DefinitionError, match='name is a text of 1 to 256 characters'):
        stage.starter.signal_with_start('', 1, basket, 'Zoë', workflow_id='w')
    with pytest.raises(DefinitionError, match='what is started is a function with @decision_task'):
        stage.starter.signal_with_start('add', 1, sell, 'Zoë', workflow_id='w')
    stage.register(basket)
    with pytest.raises(PayloadTooLargeError, match='input with the signals that go with it'):
        stage.starter.signal_with_start('add', 'x' * 20_000, basket, 'y' * 20_000, workflow_id='w')


def test_what_is_too_long_together_goes_into_the_store(stage):
    stage.deciders(basket)
    set_data_defaults(store=MemoryDataStore())
    try:
        stage.starter.signal_with_start('add', 'x' * 20_000, basket, 'y' * 20_000, workflow_id='w')
        run = stage.starter.signal_with_start('add', None, basket, '', workflow_id='w')
        assert run.result(timeout=20) == ['y' * 20_000, ['x' * 20_000]]
    finally:
        set_data_defaults()


# Answers that are lost.


class LostOnce:
    """Loses the answer to the first call of an operation."""

    def __init__(self, operation):
        self.operation = operation

    def draw(self, operation):
        lost, self.operation = operation == self.operation, None if operation == self.operation else self.operation
        return Fate(lost=lost)


@pytest.fixture
def over_http():
    """A client over HTTP, which tries again what was not answered, and the service."""
    before = set(threading.enumerate())
    with SwfLocal() as swf:
        for _ in register(swf.direct_client(), 'tests', scanned([basket]), default_task_list='tests'):
            pass
        with swf.serve() as url, WorkflowClient('tests', endpoint_url=url, task_list='tests') as client:
            yield client, swf
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize('options', [
    {}, {'workflow_id': 'w'}, {'workflow_id': 'w', 'id_conflict_policy': 'USE_EXISTING'},
    {'workflow_id': 'w', 'id_conflict_policy': 'TERMINATE_EXISTING'},
])
def test_a_start_whose_answer_was_lost_finds_itself(over_http, options):
    client, swf = over_http
    swf._host.mishaps = LostOnce('StartWorkflowExecution')
    run = client.start(basket, 'Zoë', **options)
    assert [info.run_id for info in client.list()] == [run.run_id]
    assert run.status == 'OPEN'


def test_a_start_of_another_is_not_taken_for_ours(over_http):
    client, swf = over_http
    client.start(basket, 'Ada', workflow_id='w')
    time.sleep(2.5)     # the clocks of the service may differ by a second, and HTTP tells whole ones
    swf._host.mishaps = LostOnce('StartWorkflowExecution')
    with pytest.raises(WorkflowAlreadyStartedError):
        client.start(basket, 'Ada', workflow_id='w')


def test_a_signal_that_starts_is_not_doubled_by_a_lost_answer(over_http):
    client, swf = over_http
    swf._host.mishaps = LostOnce('StartWorkflowExecution')
    run = client.signal_with_start('add', 'milk', basket, 'Zoë', workflow_id='w')
    assert signals_of(run.history()) == ['"milk"']


# In every order.


class World:
    """Carries out the steps of several operations, one at a time, in the order that is drawn.

    Its clock moves when somebody waits. As it is drawn, answers of starts are lost, and lists are late, for a time.
    """

    def __init__(self, client, draw):
        self.client = client
        self.draw = draw
        self.now = 0.0
        self.late_until = draw(st.sampled_from([0.0, 0.1, 5.0]))

    def carry_out(self, step):
        match step:
            case Work(do):
                return do()
            case Now():
                return self.now
            case Wait(seconds):
                self.now += seconds
                return None
            case Call(method, members):
                if method.startswith('list_') and self.now < self.late_until and self.draw(st.booleans()):
                    return {'executionInfos': []}
                call = getattr(self.client, method)
                if method != 'start_workflow_execution' or self.draw(st.integers(0, 3)):
                    return call(**members)
                return self.lose(call, members)
        raise AssertionError(step)

    def lose(self, call, members):
        """Make a call twice, as botocore does where the first answer does not come; by the clock here, in no time."""
        date = f'{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}'
        try:
            call(**members)
            return call(**members)
        except ClientError as error:
            retried = copy.deepcopy(error.response)
            retried['ResponseMetadata'] |= {'RetryAttempts': 1, 'HTTPHeaders': {'date': date}}
            raise ClientError(retried, 'StartWorkflowExecution') from None

    def run(self, operations):
        """Give what came of each operation: what it returned, or the exception that it raised."""
        outcomes = dict.fromkeys(operations)
        answers = dict.fromkeys(operations)
        running = dict(operations)
        while running:
            name = self.draw(st.sampled_from(sorted(running)))
            try:
                answer = answers[name]
                steps = running[name]
                step = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
            except StopIteration as end:
                outcomes[name] = end.value
                del running[name]
            except Exception as error:  # noqa: BLE001 - it is what came of it
                outcomes[name] = error
                del running[name]
            else:
                try:
                    answers[name] = self.carry_out(step)
                except Exception as error:  # noqa: BLE001 - it is for the operation
                    answers[name] = error
        return outcomes


def ending(client, times):
    """Terminate whatever is open, so many times."""
    for _ in range(times):
        try:
            yield Call('terminate_workflow_execution', {'domain': 'tests', 'workflowId': 'w'})
        except ClientError:
            yield Now()


@pytest.fixture(scope='module')
def crowd():
    """Give a client of an empty domain, each time."""
    with SwfLocal(poll_timeout=0) as swf:
        def renewed():
            swf.reset()
            client = swf.direct_client()
            for _ in register(client, 'tests', scanned([basket]), default_task_list='tests'):
                pass
            return WorkflowClient('tests', client=client, task_list='tests')
        yield renewed


def runs_of(client):
    return {info.run_id: client.get('w', info.run_id).history() for info in client.list(workflow_id='w')}


@given(data=st.data())
def test_each_signal_arrives_once_in_every_order(crowd, data):
    client = crowd()
    signals = {f'signal {n}': starting.signal_with_start(client, 'add', n, basket, f'customer {n}', workflow_id='w')
               for n in range(data.draw(st.integers(1, 4)))}
    outcomes = World(client.client, data.draw).run(signals | {'ending': ending(client, data.draw(st.integers(0, 3)))})
    arrived = [text for history in runs_of(client).values() for text in signals_of(history)]
    assert sorted(arrived) == [str(n) for n in range(len(signals))]
    assert not [outcome for outcome in outcomes.values() if isinstance(outcome, Exception)]


@given(data=st.data(), policies=st.lists(
    st.sampled_from(['FAIL', 'USE_EXISTING', 'TERMINATE_EXISTING']), min_size=1, max_size=4,
))
def test_each_start_comes_to_what_its_policy_says(crowd, data, policies):
    client = crowd()
    starts = {f'{policy} {n}': starting.start(
        client, basket, f'customer {n}', workflow_id='w', id_conflict_policy=policy,
    ) for n, policy in enumerate(policies)}
    outcomes = World(client.client, data.draw).run(starts | {'ending': ending(client, data.draw(st.integers(0, 2)))})
    runs = runs_of(client)
    inputs = [attributes(history[0])['input'] for history in runs.values()]
    assert len(set(inputs)) == len(inputs), 'nobody has started twice'
    for n, policy in enumerate(policies):
        outcome, own = outcomes[f'{policy} {n}'], f'[["customer {n}"],{{}}]'
        if isinstance(outcome, Exception):
            assert isinstance(outcome, WorkflowAlreadyStartedError)
            assert own not in inputs, 'it was started, and nobody was told'
        else:
            found = attributes(runs[outcome.run_id][0])['input']
            assert found == own or policy == 'USE_EXISTING'


class Blind(World):
    """Loses the answer of every start, and lets nobody list."""

    def __init__(self, client):
        super().__init__(client, lambda _: 0)

    def carry_out(self, step):
        assert self.now < 60, 'it would go on for ever'
        if isinstance(step, Call) and step.method.startswith('list_'):
            raise ClientError({'Error': {'Code': 'AccessDeniedException', 'Message': 'you may not'}}, step.method)
        return super().carry_out(step)


def test_a_start_by_a_made_up_id_is_ours_also_where_nobody_may_look(crowd):
    client = crowd()
    execution = run(Blind(client.client), starting.start(client, basket, 'Zoë'))
    (started,) = client.list()
    assert (execution.workflow_id, execution.run_id) == (started.workflow_id, '')
    assert client.get(execution.workflow_id).status == 'OPEN'


def test_it_is_a_client_that_is_made_with_a_region():
    """Whatever machine this is, an endpoint on it needs no settings."""
    client = make_client(endpoint_url='http://127.0.0.1:1')
    assert client.meta.region_name
    client.close()
