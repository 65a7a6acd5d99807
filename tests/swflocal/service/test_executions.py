"""Executions from outside, their timers and their ends; children, continuations, and messages between executions."""

import pytest

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.service import Quotas

COMPLETE = decision('CompleteWorkflowExecution')
W = {'name': 'W', 'version': '1'}


def child(workflow_id='c', **options):
    return decision('StartChildWorkflowExecution', **{'workflowType': W, 'workflowId': workflow_id, **options})


def timer(timer_id='t', seconds='10', **options):
    return decision('StartTimer', timerId=timer_id, startToFireTimeout=seconds, **options)


def decide_for(swf, workflow_id, *decisions):
    """Answer the next decision task, which is that of this execution; those before it are answered empty."""
    while (task := swf.poll())['workflowExecution']['workflowId'] != workflow_id:
        swf.answer(task)
    swf.answer(task, *decisions)


class TestStart:
    def test_the_first_event_holds_what_was_given_and_the_defaults(self, swf):
        swf.start(input='i', tagList=['a', 'b'], taskPriority='5', lambdaRole='arn:role', childPolicy='ABANDON')
        assert swf.last('WorkflowExecutionStarted') == {
            'workflowType': W, 'input': 'i', 'tagList': ['a', 'b'], 'taskPriority': '5', 'lambdaRole': 'arn:role',
            'childPolicy': 'ABANDON', 'taskList': {'name': 'decider'}, 'executionStartToCloseTimeout': '1000',
            'taskStartToCloseTimeout': '100', 'parentInitiatedEventId': 0}

    def test_run_ids_look_like_the_services(self, swf):
        run_id = swf.start()
        assert len(run_id) == 46
        assert run_id.startswith('22')

    def test_the_order_of_checks(self, swf):
        swf.start()
        swf('RegisterWorkflowType', name='bare', version='1')
        bare = {'workflowId': 'b', 'workflowType': {'name': 'bare', 'version': '1'}}
        swf.refuses('UnknownResourceFault', 'Unknown domain: x', 'StartWorkflowExecution', domain='x', **bare)
        swf.refuses('UnknownResourceFault', 'Unknown type: WorkflowType=[name=no, version=1]',
                    'StartWorkflowExecution', workflowId='w', workflowType={'name': 'no', 'version': '1'})
        swf.refuses('WorkflowExecutionAlreadyStartedFault', 'Already Started',
                    'StartWorkflowExecution', **{**bare, 'workflowId': 'w'})
        given = {}
        for member, value in {
            'executionStartToCloseTimeout': '1', 'taskList': {'name': 'x'}, 'taskStartToCloseTimeout': '1',
            'childPolicy': 'ABANDON',
        }.items():
            swf.refuses('DefaultUndefinedFault', member, 'StartWorkflowExecution', **bare, **given)
            given[member] = value
        swf('StartWorkflowExecution', **bare, **given)
        swf('DeprecateWorkflowType', workflowType={'name': 'bare', 'version': '1'})
        swf.refuses('TypeDeprecatedFault', 'WorkflowType=[name=bare, version=1]', 'StartWorkflowExecution', **bare)

    def test_a_closed_execution_of_the_same_id_is_no_obstacle(self, swf):
        first = swf.start()
        swf.decide(COMPLETE)
        assert swf.start() != first

    def test_the_limit_of_open_executions(self, make):
        swf = make(quotas=Quotas(open_executions=2))
        swf.register()
        swf.start('a')
        swf.start('b')
        swf.refuses('LimitExceededFault', 'Too many open executions: 2',
                    'StartWorkflowExecution', workflowId='c', workflowType=W)
        swf('TerminateWorkflowExecution', workflowId='a')
        swf.start('c')


class TestFromOutside:
    def test_signal(self, swf):
        run_id = swf.start()
        swf('SignalWorkflowExecution', workflowId='w', runId=run_id, signalName='s', input='i')
        assert swf.last('WorkflowExecutionSignaled') == {'signalName': 's', 'input': 'i', 'externalInitiatedEventId': 0}

    def test_request_cancel_is_recorded_each_time(self, swf):
        swf.start()
        assert swf.describe()['executionInfo']['cancelRequested'] is False
        swf('RequestCancelWorkflowExecution', workflowId='w')
        swf('RequestCancelWorkflowExecution', workflowId='w')
        assert swf.types()[2:] == ['WorkflowExecutionCancelRequested'] * 2
        assert swf.last('WorkflowExecutionCancelRequested') == {'externalInitiatedEventId': 0}
        assert swf.describe()['executionInfo']['cancelRequested'] is True
        swf.decide(decision('CancelWorkflowExecution', details='d'))
        assert swf.last('WorkflowExecutionCanceled') == {'details': 'd', 'decisionTaskCompletedEventId': 6}
        info = swf.describe()['executionInfo']
        assert (info['executionStatus'], info['closeStatus'], info['cancelRequested']) == ('CLOSED', 'CANCELED', False)

    def test_terminate(self, swf):
        swf.start()
        swf('TerminateWorkflowExecution', workflowId='w', reason='r', details='d', childPolicy='ABANDON')
        assert swf.last('WorkflowExecutionTerminated') == {
            'cause': 'OPERATOR_INITIATED', 'childPolicy': 'ABANDON', 'reason': 'r', 'details': 'd'}
        assert swf('CountPendingDecisionTasks', taskList={'name': 'decider'})['count'] == 0

    @pytest.mark.parametrize(('operation', 'more'), [
        ('SignalWorkflowExecution', {'signalName': 's'}), ('RequestCancelWorkflowExecution', {}),
        ('TerminateWorkflowExecution', {})])
    def test_unknown_and_closed_executions(self, swf, operation, more):
        run_id = swf.start()
        swf('TerminateWorkflowExecution', workflowId='w')
        swf.refuses('UnknownResourceFault', 'Unknown execution, workflowId = w', operation, workflowId='w', **more)
        swf.refuses('UnknownResourceFault', f'Unknown execution: WorkflowExecution=[workflowId=w, runId={run_id}]',
                    operation, workflowId='w', runId=run_id, **more)

    def test_fail(self, swf):
        swf.start()
        swf.decide(decision('FailWorkflowExecution', reason='r', details='d'))
        assert swf.last('WorkflowExecutionFailed') == {
            'reason': 'r', 'details': 'd', 'decisionTaskCompletedEventId': 4}

    def test_execution_timeout_ends_it_whatever_is_open(self, swf):
        swf.start(executionStartToCloseTimeout='50')
        swf.poll()
        swf.at(50.0)
        assert swf.types()[-1] == 'WorkflowExecutionTimedOut'
        assert swf.last('WorkflowExecutionTimedOut') == {'timeoutType': 'START_TO_CLOSE', 'childPolicy': 'TERMINATE'}

    def test_the_limit_of_the_history(self, make):
        swf = make(quotas=Quotas(events=10))
        swf.register()
        swf.start()
        swf.decide(*[decision('RecordMarker', markerName='m')] * 8)
        assert swf.types()[-1] == 'WorkflowExecutionTerminated'
        assert swf.last('WorkflowExecutionTerminated') == {'cause': 'EVENT_LIMIT_EXCEEDED', 'childPolicy': 'TERMINATE'}


class TestTimers:
    def test_fires_when_it_is_due_and_never_early(self, swf):
        swf.start()
        swf.decide(timer(control='c'))
        assert swf.last('TimerStarted') == {
            'timerId': 't', 'startToFireTimeout': '10', 'control': 'c', 'decisionTaskCompletedEventId': 4}
        swf.at(9.999)
        assert swf.types()[-1] == 'TimerStarted'
        swf.at(10.0)
        assert swf.types()[5:] == ['TimerFired', 'DecisionTaskScheduled']
        assert swf.last('TimerFired') == {'timerId': 't', 'startedEventId': 5}

    def test_zero_fires_at_once(self, swf):
        swf.start()
        swf.decide(timer(seconds='0'))
        swf.at(0.0)
        assert swf.types()[5] == 'TimerFired'

    def test_ids_and_limits(self, make):
        swf = make(quotas=Quotas(open_timers=2))
        swf.register()
        swf.start()
        swf.decide(timer('a'), timer('a'))
        assert swf.last('StartTimerFailed') == {
            'timerId': 'a', 'cause': 'TIMER_ID_ALREADY_IN_USE', 'decisionTaskCompletedEventId': 4}
        swf.decide(timer('b'), timer('c'))
        assert swf.last('StartTimerFailed')['cause'] == 'OPEN_TIMERS_LIMIT_EXCEEDED'

    def test_cancel(self, swf):
        swf.start()
        swf.decide(timer(), decision('CancelTimer', timerId='t'), timer(), decision('CancelTimer', timerId='x'))
        assert swf.types()[4:] == [
            'TimerStarted', 'TimerCanceled', 'TimerStarted', 'CancelTimerFailed', 'DecisionTaskScheduled']
        assert swf.last('TimerCanceled')['startedEventId'] == 5
        assert swf.last('CancelTimerFailed') == {
            'timerId': 'x', 'cause': 'TIMER_ID_UNKNOWN', 'decisionTaskCompletedEventId': 4}

    def test_those_missed_fire_in_the_order_of_their_deadlines_with_the_time_of_the_return(self, swf):
        swf.start()
        swf.decide(timer('late', '30'), timer('early', '10'))
        swf.at(77.0)
        fired = [e for e in swf.history() if e['eventType'] == 'TimerFired']
        assert [e['timerFiredEventAttributes']['timerId'] for e in fired] == ['early', 'late']
        assert {e['eventTimestamp'] for e in fired} == {77.0}

    def test_time_never_goes_backwards(self, swf):
        swf.now = 10.0
        swf.start('first')
        swf.now = 3.0
        swf.start('second')
        assert swf.history('second')[0]['eventTimestamp'] == 10.0


class TestChildren:
    def test_started_and_completed(self, swf):
        parent = swf.start()
        swf.decide(child(input='i', control='c', tagList=['t']))
        assert swf.types()[4:] == [
            'StartChildWorkflowExecutionInitiated', 'ChildWorkflowExecutionStarted', 'DecisionTaskScheduled']
        run = {'workflowId': 'c', 'runId': swf.runs('c')[0]}
        assert swf.last('ChildWorkflowExecutionStarted') == {
            'workflowExecution': run, 'workflowType': W, 'initiatedEventId': 5}
        started = swf.last('WorkflowExecutionStarted', 'c')
        assert started['parentWorkflowExecution'] == {'workflowId': 'w', 'runId': parent}
        assert (started['parentInitiatedEventId'], started['input'], started['tagList']) == (5, 'i', ['t'])
        assert 'control' not in started
        assert swf.describe('c')['executionInfo']['parent'] == {'workflowId': 'w', 'runId': parent}
        decide_for(swf, 'c', decision('CompleteWorkflowExecution', result='r'))
        assert swf.last('ChildWorkflowExecutionCompleted') == {
            'workflowExecution': run, 'workflowType': W, 'initiatedEventId': 5, 'startedEventId': 6, 'result': 'r'}
        assert swf.describe()['openCounts']['openChildWorkflowExecutions'] == 0

    @pytest.mark.parametrize(('close', 'event', 'more'), [
        (decision('FailWorkflowExecution', reason='r', details='d'), 'Failed', {'reason': 'r', 'details': 'd'}),
        (decision('CancelWorkflowExecution', details='d'), 'Canceled', {'details': 'd'}),
    ])
    def test_other_closes(self, swf, close, event, more):
        swf.start()
        swf.decide(child())
        decide_for(swf, 'c', close)
        closed = swf.last(f'ChildWorkflowExecution{event}')
        assert {k: v for k, v in closed.items() if k in {'reason', 'details'}} == more
        assert (closed['initiatedEventId'], closed['startedEventId']) == (5, 6)

    def test_terminated_and_timed_out(self, swf):
        swf.start()
        swf.decide(child('a'), child('b', executionStartToCloseTimeout='20'))
        swf('TerminateWorkflowExecution', workflowId='a')
        swf.at(20.0)
        assert swf.last('ChildWorkflowExecutionTerminated')['workflowExecution']['workflowId'] == 'a'
        assert swf.last('ChildWorkflowExecutionTimedOut')['timeoutType'] == 'START_TO_CLOSE'

    def test_refused_at_once_has_no_initiated_event(self, make):
        swf = make(quotas=Quotas(open_children=1))
        swf.register()
        swf('RegisterWorkflowType', name='bare', version='1')
        swf.start()
        swf.decide(child(workflowType={'name': 'no', 'version': '1'}, control='k'),
                   child(workflowType={'name': 'bare', 'version': '1'}), child('a'), child('b'))
        failed = [e['startChildWorkflowExecutionFailedEventAttributes'] for e in swf.history()
                  if e['eventType'] == 'StartChildWorkflowExecutionFailed']
        assert failed[0] == {
            'workflowType': {'name': 'no', 'version': '1'}, 'workflowId': 'c', 'control': 'k', 'initiatedEventId': 0,
            'cause': 'WORKFLOW_TYPE_DOES_NOT_EXIST', 'decisionTaskCompletedEventId': 4}
        assert [f['cause'] for f in failed[1:]] == ['DEFAULT_CHILD_POLICY_UNDEFINED', 'OPEN_CHILDREN_LIMIT_EXCEEDED']

    def test_open_workflows_limit(self, make):
        swf = make(quotas=Quotas(open_executions=2))
        swf.register()
        swf.start()
        swf.decide(child('a'), child('b'))
        assert swf.last('StartChildWorkflowExecutionFailed')['cause'] == 'OPEN_WORKFLOWS_LIMIT_EXCEEDED'

    def test_already_running_is_found_after_the_initiated_event(self, swf):
        swf.start('taken')
        swf.start()
        decide_for(swf, 'w', child('taken', control='k'))
        assert swf.last('StartChildWorkflowExecutionFailed') == {
            'workflowType': W, 'workflowId': 'taken', 'control': 'k', 'initiatedEventId': 5,
            'cause': 'WORKFLOW_ALREADY_RUNNING', 'decisionTaskCompletedEventId': 4}
        assert swf.types()[-1] == 'DecisionTaskScheduled'
        assert swf.describe()['openCounts']['openChildWorkflowExecutions'] == 0

    def test_a_child_of_a_list_that_closes_starts_and_leaves_nothing_in_the_parent(self, swf):
        swf.start()
        swf.decide(child(childPolicy='ABANDON'), COMPLETE)
        assert swf.types()[-1] == 'WorkflowExecutionCompleted'
        assert swf.types('c') == ['WorkflowExecutionStarted', 'DecisionTaskScheduled']
        swf.decide(COMPLETE)
        assert swf.types()[-1] == 'WorkflowExecutionCompleted'

    def test_nothing_is_inherited(self, swf):
        swf.start(tagList=['t'], taskPriority='4', childPolicy='ABANDON', lambdaRole='r')
        swf.decide(child())
        started = swf.last('WorkflowExecutionStarted', 'c')
        assert {'tagList', 'taskPriority', 'lambdaRole'}.isdisjoint(started)
        assert started['childPolicy'] == 'TERMINATE'


class TestChildPolicy:
    @pytest.mark.parametrize('policy', ['TERMINATE', 'REQUEST_CANCEL', 'ABANDON'])
    @pytest.mark.parametrize('end', ['terminate', 'time out'])
    def test_applied_when_the_parent_is_terminated_or_times_out(self, swf, policy, end):
        parent = swf.start(childPolicy=policy, executionStartToCloseTimeout='50')
        swf.decide(child())
        if end == 'terminate':
            swf('TerminateWorkflowExecution', workflowId='w')
        else:
            swf.at(50.0)
        last = {
            'TERMINATE': 'WorkflowExecutionTerminated', 'REQUEST_CANCEL': 'WorkflowExecutionCancelRequested',
            'ABANDON': 'DecisionTaskScheduled'}[policy]
        assert swf.types('c')[-1] == last
        if policy == 'TERMINATE':
            assert swf.last(last, 'c') == {'cause': 'CHILD_POLICY_APPLIED', 'childPolicy': 'TERMINATE'}
        elif policy == 'REQUEST_CANCEL':
            assert swf.last(last, 'c') == {
                'cause': 'CHILD_POLICY_APPLIED', 'externalInitiatedEventId': 0,
                'externalWorkflowExecution': {'workflowId': 'w', 'runId': parent}}

    def test_not_applied_when_the_parent_completes(self, swf):
        swf.start()
        swf.decide(child())
        decide_for(swf, 'w', COMPLETE)
        assert swf.describe('c')['executionInfo']['executionStatus'] == 'OPEN'

    def test_reaches_grandchildren_by_the_childs_own_policy(self, swf):
        swf.start()
        swf.decide(child())
        decide_for(swf, 'c', child('g'))
        swf('TerminateWorkflowExecution', workflowId='w')
        assert swf.types('g')[-1] == 'WorkflowExecutionTerminated'

    def test_a_request_to_terminate_overrides_the_policy(self, swf):
        swf.start()
        swf.decide(child())
        swf('TerminateWorkflowExecution', workflowId='w', childPolicy='ABANDON')
        assert swf.describe('c')['executionInfo']['executionStatus'] == 'OPEN'


    def test_does_not_reach_an_execution_that_only_has_the_childs_name(self, make):
        swf = make(quotas=Quotas(events=9))
        swf.register()
        swf.start('taken')
        swf.start()
        decide_for(swf, 'w', *[decision('RecordMarker', markerName='m')] * 5, child('taken'))
        assert swf.types()[-1] == 'WorkflowExecutionTerminated'
        assert swf.describe('taken')['executionInfo']['executionStatus'] == 'OPEN'


class TestContinueAsNew:
    def test_a_new_run_at_the_same_instant(self, swf):
        first = swf.start(input='old', tagList=['old'], taskPriority='3')
        swf.now = 5.0
        swf.decide(decision('ContinueAsNewWorkflowExecution', input='new', childPolicy='ABANDON'))
        old, new = swf.runs('w')
        assert old == first
        assert swf.last('WorkflowExecutionContinuedAsNew', run_id=old) == {
            'newExecutionRunId': new, 'workflowType': W, 'input': 'new', 'childPolicy': 'ABANDON',
            'executionStartToCloseTimeout': '1000', 'taskList': {'name': 'decider'}, 'taskStartToCloseTimeout': '100',
            'decisionTaskCompletedEventId': 4}
        assert swf.last('WorkflowExecutionStarted') == {
            'workflowType': W, 'input': 'new', 'childPolicy': 'ABANDON', 'executionStartToCloseTimeout': '1000',
            'taskList': {'name': 'decider'}, 'taskStartToCloseTimeout': '100', 'continuedExecutionRunId': old,
            'parentInitiatedEventId': 0}
        assert swf.history()[0]['eventTimestamp'] == 5.0

    def test_failures_schedule_a_decision_task(self, swf):
        swf.start()
        swf.decide(decision('ContinueAsNewWorkflowExecution', workflowTypeVersion='9'))
        assert swf.last('ContinueAsNewWorkflowExecutionFailed') == {
            'cause': 'WORKFLOW_TYPE_DOES_NOT_EXIST', 'decisionTaskCompletedEventId': 4}
        assert swf.types()[-1] == 'DecisionTaskScheduled'
        task = swf.poll()
        swf('SignalWorkflowExecution', workflowId='w', signalName='s')
        swf.answer(task, decision('ContinueAsNewWorkflowExecution'))
        assert swf.last('ContinueAsNewWorkflowExecutionFailed')['cause'] == 'UNHANDLED_DECISION'

    def test_a_child_that_continues_reports_its_last_close(self, swf):
        parent = swf.start()
        swf.decide(child())
        decide_for(swf, 'c', decision('ContinueAsNewWorkflowExecution'))
        assert swf.types()[-1] == 'DecisionTaskStarted' or 'ChildWorkflowExecutionCompleted' not in swf.types()
        assert swf.describe()['openCounts']['openChildWorkflowExecutions'] == 1
        last = swf.runs('c')[-1]
        assert swf.last('WorkflowExecutionStarted', 'c')['parentWorkflowExecution'] == {
            'workflowId': 'w', 'runId': parent}
        decide_for(swf, 'c', COMPLETE)
        assert swf.last('ChildWorkflowExecutionCompleted')['workflowExecution'] == {'workflowId': 'c', 'runId': last}

    def test_workers_of_the_old_run_are_told(self, swf):
        run_id = swf.start()
        task = swf.poll()
        swf.answer(task, decision(
            'ScheduleActivityTask', activityType={'name': 'A', 'version': '1'}, activityId='a'))
        token = swf.work()['taskToken']
        swf('SignalWorkflowExecution', workflowId='w', signalName='s')
        swf.decide(decision('ContinueAsNewWorkflowExecution'))
        swf.refuses('UnknownResourceFault', f'Unknown execution: WorkflowExecution=[workflowId=w, runId={run_id}]',
                    'RespondActivityTaskCompleted', taskToken=token)


class TestMessages:
    def test_a_signal_between_executions(self, swf):
        target, source = swf.start('target'), swf.start('source')
        decide_for(swf, 'source', decision(
            'SignalExternalWorkflowExecution', workflowId='target', signalName='s', input='i', control='k'))
        assert swf.last('WorkflowExecutionSignaled', 'target') == {
            'signalName': 's', 'input': 'i', 'externalInitiatedEventId': 5,
            'externalWorkflowExecution': {'workflowId': 'source', 'runId': source}}
        assert swf.last('ExternalWorkflowExecutionSignaled', 'source') == {
            'workflowExecution': {'workflowId': 'target', 'runId': target}, 'initiatedEventId': 5}
        assert swf.types('source')[4:] == [
            'SignalExternalWorkflowExecutionInitiated', 'ExternalWorkflowExecutionSignaled', 'DecisionTaskScheduled']

    def test_a_cancel_request_between_executions(self, swf):
        swf.start('target')
        source = swf.start('source')
        decide_for(swf, 'source', decision('RequestCancelExternalWorkflowExecution', workflowId='target', control='k'))
        assert swf.last('WorkflowExecutionCancelRequested', 'target') == {
            'externalInitiatedEventId': 5, 'externalWorkflowExecution': {'workflowId': 'source', 'runId': source}}
        assert swf.types('source')[-2:] == ['ExternalWorkflowExecutionCancelRequested', 'DecisionTaskScheduled']

    @pytest.mark.parametrize('kind', ['SignalExternalWorkflowExecution', 'RequestCancelExternalWorkflowExecution'])
    def test_an_unknown_target(self, swf, kind):
        swf.start()
        named = {'signalName': 's'} if kind.startswith('Signal') else {}
        swf.decide(decision(kind, workflowId='nobody', runId='r', control='k', **named))
        assert swf.last(f'{kind}Failed') == {
            'workflowId': 'nobody', 'runId': 'r', 'control': 'k', 'cause': 'UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION',
            'initiatedEventId': 5, 'decisionTaskCompletedEventId': 4}
        assert swf.types()[-1] == 'DecisionTaskScheduled'

    def test_a_signal_to_oneself(self, swf):
        swf.start()
        swf.decide(decision('SignalExternalWorkflowExecution', workflowId='w', signalName='s'))
        assert swf.types()[4:] == [
            'SignalExternalWorkflowExecutionInitiated', 'WorkflowExecutionSignaled',
            'ExternalWorkflowExecutionSignaled', 'DecisionTaskScheduled']

    def test_a_signal_of_a_list_that_closes_is_delivered(self, swf):
        swf.start('target')
        swf.start()
        decide_for(swf, 'w', decision('SignalExternalWorkflowExecution', workflowId='target', signalName='s'), COMPLETE)
        assert swf.types()[-2:] == ['SignalExternalWorkflowExecutionInitiated', 'WorkflowExecutionCompleted']
        assert 'WorkflowExecutionSignaled' in swf.types('target')


class TestRefusalsOnDemand:
    def test_the_next_decisions_of_a_type_are_refused_with_the_cause_asked_for(self, swf):
        swf.service.refuse_next('StartTimer', 'TIMER_CREATION_RATE_EXCEEDED', times=2)
        swf.start()
        swf.decide(timer('a'), timer('b'), timer('c'))
        assert swf.types()[4:] == ['StartTimerFailed', 'StartTimerFailed', 'TimerStarted', 'DecisionTaskScheduled']

    def test_a_close_refused_for_another_cause_gives_the_decider_another_turn(self, swf):
        swf.service.refuse_next('CompleteWorkflowExecution', 'OPERATION_NOT_PERMITTED')
        swf.start()
        swf.decide(COMPLETE)
        assert swf.types()[4:] == ['CompleteWorkflowExecutionFailed', 'DecisionTaskScheduled']
        swf.decide(COMPLETE)
        assert swf.types()[-1] == 'WorkflowExecutionCompleted'
