"""Middleware stands around what clients and workers do, looks on, and adds headers that go with an execution."""

import json
from contextlib import contextmanager, suppress

import pytest

from pyswfaws import (
    DefinitionError,
    Middleware,
    RetryPolicy,
    WorkflowClient,
    WorkflowFailed,
    activity_task,
    continue_as_new,
    decision_task,
    set_middleware,
    workflow,
)
from pyswfaws.middleware import Chain
from pyswfaws.protocol.events import attributes

DOMAIN = 'tests'


class Seen(Middleware):
    """Notes what it stands around, in order; says `headers` at each start."""

    def __init__(self, name='', **headers):
        self.name = name
        self.headers = headers
        self.notes = []
        self.works = []
        self.workers = []

    @contextmanager
    def noting(self, what, work):
        self.works.append(work)
        self.notes.append(f'{self.name}>{what}')
        try:
            yield
        except BaseException as error:
            self.notes.append(f'{self.name}!{what} {type(error).__name__}')
            raise
        self.notes.append(f'{self.name}<{what}')

    @contextmanager
    def start(self, call):
        call.headers.update(self.headers)
        with self.noting('start', call):
            yield

    def decision(self, work):
        return self.noting('decision', work)

    def activity(self, work):
        return self.noting(f'activity {work.activity_id}', work)

    def worker(self, worker):
        self.workers.append(worker)


@activity_task
def double(number):
    return number * 2


@activity_task(retry=RetryPolicy(max_attempts=2, initial_interval=0))
def failing():
    raise ValueError('in vain')


@activity_task
async def treble(number):
    return number * 3


@decision_task
def inner(number):
    return double(number).result


@decision_task
def outer(number):
    return inner(double(number).result).result + treble(1).result


@decision_task
def fails():
    failing().result


@decision_task
def twice(number):
    if number < 3:
        continue_as_new(number + 1)
    return double(number).result


@pytest.fixture
def of_process():
    yield set_middleware
    set_middleware()


def test_hooks_stand_around_all_that_is_done(stage):
    seen = Seen()
    stage.activities(double, middleware=[seen])
    decider = stage.deciders(inner, middleware=[seen], affinity=False)
    stage.starter.middleware = Chain([seen])
    run = stage.start(inner, 4)
    assert run.result(timeout=30) == 8
    stage.end()
    began = [note[1:] for note in seen.notes if note[0] == '>']
    assert began == ['start', 'decision', 'activity double-1', 'decision']
    ended = [note[1:] for note in seen.notes if note[0] == '<']     # in any order, by several threads
    assert sorted(ended) == sorted(began)
    call, first, activity, last = seen.works
    assert (call.workflow_id, call.run_id, call.name, call.task_list) == (run.workflow_id, run.run_id, 'inner', 'tests')
    assert (activity.domain, activity.task_list, activity.run_id, activity.attempt) == (DOMAIN, 'tests', run.run_id, 1)
    assert (first.is_kept, last.is_kept, first.is_taken, last.is_taken) == (False, True, True, True)
    assert (first.close_status, last.close_status) == (None, 'COMPLETED')
    assert decider in seen.workers


def test_a_decision_says_what_was_settled_and_how_long_it_waited(stage):
    class Reading(Middleware):
        @contextmanager
        def decision(self, work):
            assert (work.failures_in_row, work.parent_run_id) == (0, None)
            found.append((work.settled, work.queue_delay, work.began_at))
            yield

    found = []
    stage.register(double)
    stage.deciders(inner, middleware=[Reading()])
    run = stage.start(inner, 4)
    stage.activities(double)
    run.result(timeout=30)
    stage.end()
    (nothing, _, began_at), ((settled,), queue_delay, _) = found
    history = run.history()
    by_type = {event['eventType']: event['eventTimestamp'].timestamp() for event in history}
    assert settled[:6] == ('activity', 'double-1', 'double', 'COMPLETED', '', 5)
    assert (settled.opened_at, settled.begun_at, settled.ended_at) == tuple(
        by_type[f'ActivityTask{what}'] for what in ('Scheduled', 'Started', 'Completed')
    )
    assert queue_delay == by_type['DecisionTaskStarted'] - by_type['DecisionTaskScheduled']
    assert (nothing, began_at) == ([], history[2]['eventTimestamp'].timestamp())


def test_the_first_is_outermost(stage):
    one, other = Seen('one'), Seen('other')
    other.notes = one.notes
    stage.activities(double, middleware=[one, other])
    stage.deciders(inner)
    assert stage.run(inner, 4) == 8
    assert one.notes == [
        'one>activity double-1', 'other>activity double-1', 'other<activity double-1', 'one<activity double-1',
    ]


def test_hooks_see_the_exceptions_of_each_attempt(stage):
    seen = Seen()
    stage.activities(failing, middleware=[seen])
    stage.deciders(fails)
    with pytest.raises(WorkflowFailed, match='in vain'):
        stage.run(fails)
    assert seen.notes == [
        '>activity failing-1', '!activity failing-1 ValueError',
        '>activity failing-1.2', '!activity failing-1.2 ValueError',
    ]
    assert [work.attempt for work in seen.works] == [1, 2]


def test_what_a_hook_swallows_is_raised_on(stage):
    class Swallowing(Middleware):
        @contextmanager
        def activity(self, work):
            with suppress(ValueError):
                yield

    stage.activities(failing, middleware=[Swallowing()])
    stage.deciders(fails)
    with pytest.raises(WorkflowFailed, match='in vain'):
        stage.run(fails)


def test_what_a_hook_raises_fails_the_attempt_and_leaves_a_decision_alone(stage, until, caplog):
    class Raising(Middleware):
        @contextmanager
        def activity(self, work):
            raise LookupError('no tenant')
            yield

        decision = activity

    stage.activities(double, middleware=[Raising()])
    stage.deciders(inner)
    with pytest.raises(WorkflowFailed, match='no tenant'):
        stage.run(inner, 4)
    stage.deciders(twice, middleware=[Raising()], swf_task_list='others')
    run = stage.start(twice.options(task_list='others'), 4)
    until(lambda: [message for message in caplog.messages if 'no decision, the task is left' in message])
    assert run.status == 'OPEN'


def test_headers_go_to_activities_children_and_further_runs(stage, of_process):
    seen = Seen(tenant='acme', trace='1')
    stage.activities(double, treble, middleware=[seen])
    stage.deciders(outer, inner, twice, middleware=[seen])
    stage.starter.middleware = Chain([seen])
    assert stage.run(outer, 2) == 11
    assert stage.run(twice, 1) == 6
    stage.end()
    assert {type(work).__name__ for work in seen.works} == {'StartCall', 'DecisionWork', 'ActivityWork'}
    assert all(work.headers == {'tenant': 'acme', 'trace': '1'} for work in seen.works)


def test_headers_stand_in_an_envelope_and_without_them_nothing_does(stage):
    stage.deciders(inner)
    stage.activities(double)

    def inputs(run):
        return [attributes(event)['input'] for event in run.history() if 'input' in attributes(event)]

    run = stage.start(inner, 4)
    run.result(timeout=30)
    assert inputs(run) == ['[[4],{}]', '[[4],{}]']
    stage.starter.middleware = Chain([Seen(tenant='acme')])
    run = stage.start(inner, 4)
    run.result(timeout=30)
    assert [json.loads(text) for text in inputs(run)] == [
        {'pyswfaws': 1, 'headers': {'tenant': 'acme'}, 'input': '[[4],{}]'},
    ] * 2


def test_an_input_that_leaves_no_room_goes_without_headers(stage, caplog):
    @decision_task
    def length(text):
        return len(text)

    stage.deciders(length)
    stage.starter.middleware = Chain([Seen(tenant='acme')])
    assert stage.run(length, 'x' * 32_750) == 32_750
    assert 'there is no room for the headers tenant beside an input' in caplog.text


def test_headers_are_checked(stage):
    stage.register(inner)
    for value, text in ((5, "'tenant' is 5"), ('x' * 2_000, '2,000 characters together, but tenant have 2,006')):
        client = WorkflowClient(DOMAIN, client=stage.client, task_list='tests', middleware=[Seen(tenant=value)])
        with pytest.raises(DefinitionError, match=text):
            client.start(inner, 4)


def test_middleware_of_the_process_is_for_whoever_is_given_none(stage, of_process):
    seen, own = Seen('process'), Seen('own')
    stage.activities(double, middleware=[own])
    stage.deciders(inner)
    of_process(seen)
    assert stage.run(inner, 4) == 8
    stage.end()
    assert set(seen.notes) == {'process>start', 'process<start', 'process>decision', 'process<decision'}
    assert own.notes == ['own>activity double-1', 'own<activity double-1']


@pytest.mark.parametrize('several', [Seen(), 'seen', [Seen], [Seen(), 5], 5])
def test_wrong_middleware_is_refused(several, stage):
    with pytest.raises(DefinitionError, match='Middleware, but'):
        stage.deciders(inner, middleware=several)


def test_a_hook_that_is_no_context_manager_is_refused(of_process):
    class Wrong(Middleware):
        def activity(self, work):
            yield

    with pytest.raises(DefinitionError, match='put @contextmanager above it'):
        of_process(Wrong())


def test_an_async_activity_sees_what_its_hook_set_up(stage):
    class Named(Middleware):
        @contextmanager
        def activity(self, work):
            token = workflow_name.set('set up')
            try:
                yield
            finally:
                workflow_name.reset(token)

    from contextvars import ContextVar  # noqa: PLC0415
    workflow_name = ContextVar('workflow_name', default='')

    @activity_task
    async def name():
        return workflow_name.get()

    @decision_task
    def named():
        return f'{name().result} {workflow.info().name}'

    stage.activities(name, middleware=[Named()])
    stage.deciders(named)
    assert stage.run(named) == 'set up named'
