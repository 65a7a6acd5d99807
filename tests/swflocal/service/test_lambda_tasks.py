"""Lambda tasks: scheduled by a decision, started and answered by whoever invokes functions for the service."""

import pytest

from pyswfaws.protocol.decisions import decision


def schedule(id='l', **options):  # noqa: A002
    return decision('ScheduleLambdaFunction', id=id, name='function', **options)


@pytest.fixture
def scheduled(swf):
    swf.start(lambdaRole='any')
    swf.decide(schedule(input='[1]', control='c'))
    return swf


def test_without_a_role_it_cannot_be_started(swf):
    swf.start()
    swf.decide(schedule())
    assert swf.types()[4:] == ['LambdaFunctionScheduled', 'StartLambdaFunctionFailed', 'DecisionTaskScheduled']
    assert swf.last('StartLambdaFunctionFailed') == {
        'scheduledEventId': 5, 'cause': 'ASSUME_ROLE_FAILED',
        'message': 'No IAM role is attached to the current workflow execution.'}
    assert swf.service.start_invocation(0.0) is None


def test_completed(scheduled):
    invocation = scheduled.service.start_invocation(1.0)
    assert (invocation.name, invocation.input, invocation.id, invocation.domain) == ('function', '[1]', 'l', 'd')
    assert scheduled.describe()['openCounts']['openLambdaFunctions'] == 1
    assert scheduled.service.finish_invocation(2.0, invocation.token, result='"r"')
    assert scheduled.types()[4:] == [
        'LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionCompleted', 'DecisionTaskScheduled']
    assert scheduled.last('LambdaFunctionCompleted') == {'scheduledEventId': 5, 'startedEventId': 6, 'result': '"r"'}
    assert not scheduled.service.finish_invocation(2.0, invocation.token, result='"r"')


def test_failed(scheduled):
    invocation = scheduled.service.start_invocation(1.0)
    scheduled.service.finish_invocation(1.0, invocation.token, reason='UnhandledError', details='d')
    assert scheduled.last('LambdaFunctionFailed') == {
        'scheduledEventId': 5, 'startedEventId': 6, 'reason': 'UnhandledError', 'details': 'd'}


def test_absent_input_reaches_the_function_as_an_empty_object(swf):
    swf.start(lambdaRole='any')
    swf.decide(schedule())
    assert swf.service.start_invocation(0.0).input == '{}'


@pytest.mark.parametrize(('given', 'at'), [({}, 901.0), ({'startToCloseTimeout': '5'}, 6.0)])
def test_timeout_from_the_start(swf, given, at):
    swf.start(lambdaRole='any')
    swf.decide(schedule(**given))
    invocation = swf.service.start_invocation(1.0)
    swf.at(at - 0.001)
    assert swf.types()[-1] == 'LambdaFunctionStarted'
    swf.at(at)
    assert swf.last('LambdaFunctionTimedOut') == {
        'scheduledEventId': 5, 'startedEventId': 6, 'timeoutType': 'START_TO_CLOSE'}
    assert not swf.service.finish_invocation(at, invocation.token, result='1')


def test_an_open_id_is_in_use_and_a_closed_one_is_free(scheduled):
    scheduled('SignalWorkflowExecution', workflowId='w', signalName='s')
    scheduled.decide(schedule())
    assert scheduled.last('ScheduleLambdaFunctionFailed') == {
        'id': 'l', 'name': 'function', 'cause': 'ID_ALREADY_IN_USE', 'decisionTaskCompletedEventId': 9}
    invocation = scheduled.service.start_invocation(0.0)
    scheduled.service.finish_invocation(0.0, invocation.token, result='1')
    scheduled.decide(schedule())
    assert scheduled.types()[-1] == 'LambdaFunctionScheduled'


def test_the_role_may_be_the_types_default(make):
    swf = make()
    swf.register(defaultLambdaRole='arn:bar')
    swf.start()
    swf.decide(schedule())
    assert swf.service.start_invocation(0.0) is not None


def test_an_answer_that_comes_after_the_close_is_not_waited_for(scheduled):
    invocation = scheduled.service.start_invocation(0.0)
    scheduled('TerminateWorkflowExecution', workflowId='w')
    assert not scheduled.service.finish_invocation(0.0, invocation.token, result='1')
