from concurrent.futures import ThreadPoolExecutor

import pytest

from pyswfaws import (
    ConfigurationError,
    DefinitionError,
    PayloadTooLargeError,
    ResultTimeoutError,
    SerializationError,
    Timer,
    WorkflowAlreadyStartedError,
    WorkflowCanceled,
    WorkflowClient,
    WorkflowFailed,
    WorkflowNotFoundError,
    WorkflowTerminated,
    WorkflowTimedOut,
    activity_task,
    decision_task,
)
from pyswfaws.failures import Failure
from pyswfaws.protocol.decisions import decision
from pyswfaws.protocol.events import attributes


@activity_task
def double(number):
    return number * 2


@decision_task
def doubled(number, *, plus=0):
    return double(number).result + plus


@decision_task
def lasting():
    Timer.get(seconds=3600).result


@decision_task
def failing(message):
    raise LookupError(message)


@decision_task
def posted(letter, tags):
    return [letter, tags]


@pytest.fixture
def office(stage):
    """A stage on which all of these are served."""
    stage.activities(double)
    stage.deciders(doubled, lasting, failing, posted)
    return stage


def answer(stage, run, *decisions):
    """Answer the decision task of `run` as another client does."""
    task = stage.client.poll_for_decision_task(domain='tests', taskList={'name': 'tests'})
    assert task['workflowExecution']['runId'] == run.run_id
    stage.client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=list(decisions))


def started(run):
    return attributes(run.history()[0])


def test_arguments_are_those_of_a_call(office):
    assert office.run(doubled, 2) == 4
    assert office.run(doubled, number=2, plus=1) == 5


def test_options_are_told_from_arguments_by_their_names(stage):
    stage.register(doubled)
    run = stage.start(
        doubled, 2, plus=1, workflow_id='order 7', tags=['a', 'b'], task_list='other', task_priority=3,
        execution_start_to_close_timeout=60, task_start_to_close_timeout=5, child_policy='ABANDON',
    )
    assert run.workflow_id == 'order 7'
    assert repr(run) == f'<WorkflowRun order 7 {run.run_id}>'
    found = started(run)
    assert found['input'] == '[[2],{"plus":1}]'
    assert found['taskList'] == {'name': 'other'}
    assert (found['taskPriority'], found['tagList'], found['childPolicy']) == ('3', ['a', 'b'], 'ABANDON')
    assert (found['executionStartToCloseTimeout'], found['taskStartToCloseTimeout']) == ('60', '5')


def test_an_option_that_is_a_parameter_too_is_given_by_options(office):
    with pytest.raises(DefinitionError, match=r"'tags' is a parameter of posted .* by decider.options\(tags=\.\.\.\)"):
        office.start(posted, 'letter', tags=['x'])
    run = office.start(posted.options(tags=['t']), 'letter', ['x'])
    assert run.result(timeout=20) == ['letter', ['x']]
    assert started(run)['tagList'] == ['t']


@pytest.mark.parametrize(('args', 'kwargs', 'error', 'text'), [
    ((), {}, TypeError, "doubled.*missing a required argument: 'number'"),
    ((1, 2), {}, TypeError, 'too many positional'),
    ((1,), {'minus': 1}, TypeError, "'minus'"),
    ((), {'number': {1}}, SerializationError, r'doubled 1.0: argument .*number.*set'),
    (({1},), {}, SerializationError, r"doubled 1.0: argument 'number'.*set"),
    (('x' * 40_000,), {}, PayloadTooLargeError, 'the input is 40,009 characters, and SWF takes 32,768'),
    ((1,), {'workflow_id': 'a:b'}, DefinitionError, 'workflow_id may not hold'),
    ((1,), {'child_policy': 'KEEP'}, DefinitionError, 'child_policy of doubled is one of TERMINATE'),
    ((1,), {'tags': list('abcdef')}, DefinitionError, 'at most 5'),
])
def test_what_a_call_would_not_take_is_not_started(stage, args, kwargs, error, text):
    stage.register(doubled)
    with pytest.raises(error, match=text):
        stage.start(doubled, *args, **kwargs)
    counted = stage.client.count_open_workflow_executions(domain='tests', startTimeFilter={'oldestDate': 0})
    assert counted['count'] == 0


def test_only_deciders_are_started(stage):
    for wrong in (double, len, 'doubled'):
        with pytest.raises(DefinitionError, match='what is started is a function with @decision_task above it'):
            stage.start(wrong, 1)


def test_an_open_execution_holds_its_workflow_id(office):
    run = office.start(lasting, workflow_id='w')
    with pytest.raises(WorkflowAlreadyStartedError, match="a workflow with the id 'w' is open in 'tests'"):
        office.start(lasting, workflow_id='w')
    run.terminate()
    office.start(lasting, workflow_id='w').terminate()


def test_a_type_that_swf_does_not_know_is_said_with_what_to_do(stage):
    with pytest.raises(ConfigurationError, match=r'Register doubled 1.0 and its domain: pyswfaws register .*test_clie'):
        stage.start(doubled, 1)
    stage.register(doubled)
    stage.client.deprecate_workflow_type(domain='tests', workflowType={'name': 'doubled', 'version': '1.0'})
    with pytest.raises(ConfigurationError, match='another version'):
        stage.start(doubled, 1)


def test_domain_and_task_list_may_be_left_to_the_environment(stage, monkeypatch):
    with pytest.raises(ConfigurationError, match='no domain: '):
        WorkflowClient(client=stage.client)
    monkeypatch.setenv('PYSWFAWS_DOMAIN', 'tests')
    stage.register(doubled)
    with pytest.raises(ConfigurationError, match="no task list for 'doubled': give task_list= to the client"):
        WorkflowClient(client=stage.client).start(doubled, 1)
    monkeypatch.setenv('PYSWFAWS_TASK_LIST', 'elsewhere')
    assert started(WorkflowClient(client=stage.client).start(doubled, 1))['taskList'] == {'name': 'elsewhere'}


def test_a_failed_workflow_raises_its_reason(office):
    run = office.start(failing, 'nö')
    with pytest.raises(WorkflowFailed) as failed:
        run.result(timeout=20)
    error = failed.value
    assert (error.workflow_id, error.run_id, error.reason) == (run.workflow_id, run.run_id, 'LookupError: nö')
    assert str(error) == f"workflow '{run.workflow_id}' (run {run.run_id}) Failed: LookupError: nö"
    failure = Failure.read(error.reason, error.details)
    assert failure.types[0] == 'LookupError'
    assert 'test_client.py' in failure.traceback
    assert run.status == 'FAILED'


def test_other_ends_are_other_exceptions(stage):
    stage.register(lasting)
    run = stage.start(lasting)
    assert run.status == 'OPEN'
    run.terminate('enough', 'and more')
    with pytest.raises(WorkflowTerminated) as terminated:
        run.result()
    assert (terminated.value.reason, terminated.value.details) == ('enough', 'and more')
    assert run.status == 'TERMINATED'

    run = stage.start(lasting)
    answer(stage, run)      # the decision task that the terminated one left is gone with it
    run.cancel()
    answer(stage, run, decision('CancelWorkflowExecution', details='as asked'))
    with pytest.raises(WorkflowCanceled) as canceled:
        run.result()
    assert canceled.value.details == 'as asked'

    run = stage.start(lasting, execution_start_to_close_timeout=1)
    with pytest.raises(WorkflowTimedOut, match='TimedOut: START_TO_CLOSE'):
        run.result(timeout=20)


def test_a_result_that_takes_too_long(office):
    run = office.start(lasting)
    with pytest.raises(ResultTimeoutError, match=r'has not closed within 0.01 seconds') as late:
        run.result(timeout=0.01)
    assert isinstance(late.value, TimeoutError)
    with pytest.raises(ResultTimeoutError):
        run.result(timeout=0)
    assert run.status == 'OPEN'


def test_a_run_that_continues_is_followed(stage):
    stage.register(doubled)
    run = stage.start(doubled, 1)
    first = run.run_id
    answer(stage, run, decision('ContinueAsNewWorkflowExecution', input='[[2],{}]'))
    assert run.status == 'CONTINUED_AS_NEW'
    stage.activities(double)
    stage.deciders(doubled)
    assert run.result(timeout=20) == 4
    assert run.run_id != first
    assert started(run)['continuedExecutionRunId'] == first


@pytest.mark.parametrize(('text', 'value'), [(None, None), ('0', 0), ('"a"', 'a'), ('{"a":[null]}', {'a': [None]})])
def test_a_result_of_another_client_is_read(stage, text, value):
    stage.register(doubled)
    run = stage.start(doubled, 1)
    answer(stage, run, decision('CompleteWorkflowExecution', result=text))
    assert run.result() == value


def test_a_signal_carries_json(stage):
    stage.register(lasting)
    run = stage.start(lasting)
    run.signal('approval', {'by': 'Zoë'})
    run.signal('nothing')
    signals = [attributes(event) for event in run.history() if event['eventType'] == 'WorkflowExecutionSignaled']
    assert [(one['signalName'], one['input']) for one in signals] == [('approval', '{"by":"Zoë"}'), ('nothing', 'null')]
    with pytest.raises(SerializationError):
        run.signal('approval', {1})
    with pytest.raises(DefinitionError, match='name is a text of 1 to 256 characters'):
        run.signal('')


def test_a_history_of_several_pages_is_given_whole(stage):
    stage.register(lasting)
    run = stage.start(lasting)
    for _ in range(1100):
        stage.client.signal_workflow_execution(domain='tests', workflowId=run.workflow_id, signalName='s')
    assert [event['eventId'] for event in run.history()] == list(range(1, 1103))


def test_a_result_is_waited_for_while_swf_does_not_answer(office, until, caplog):
    office.mishaps('throttle:GetWorkflowExecutionHistory')
    run = office.start(doubled, 4)
    asking = ThreadPoolExecutor(1)
    result = asking.submit(run.result, timeout=20)
    until(lambda: 'Rate exceeded; trying on' in caplog.text)
    office.mishaps()
    assert result.result() == 8
    asking.shutdown()


def test_a_result_of_what_is_not_there_is_not_waited_for(stage):
    stage.register(doubled)
    run = stage.start(doubled, 4)
    with pytest.raises(WorkflowNotFoundError, match="and the run id 'of another' in the domain 'tests'"):
        stage.starter.get(run.workflow_id, 'of another').result()
    with pytest.raises(WorkflowNotFoundError, match="no execution with the workflow id 'nobody' in the domain"):
        stage.starter.get('nobody').result()
