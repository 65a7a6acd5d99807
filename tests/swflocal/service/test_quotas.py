"""Rates, off unless asked for, and the service's figures."""

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.service import RATES, Quotas, Rate
from pyswfaws.swflocal.service.quotas import Buckets

SCHEDULE = decision('ScheduleActivityTask', activityType={'name': 'A', 'version': '1'}, activityId='a')
ATTRIBUTES = 'scheduleActivityTaskDecisionAttributes'


def test_a_bucket_empties_and_refills():
    buckets = Buckets({'op': Rate(2, 1)})
    assert [buckets.take('op', 'r', 0.0) for _ in range(3)] == [True, True, False]
    assert buckets.take('op', 'other region', 0.0)
    assert [buckets.take('op', 'r', 1.5) for _ in range(2)] == [True, False]
    assert [buckets.take('op', 'r', 100.0) for _ in range(3)] == [True, True, False]
    assert buckets.take('unlimited', 'r', 0.0)


def test_buckets_that_are_full_again_are_dropped_when_there_are_too_many():
    buckets = Buckets({'op/execution': Rate(1, 1)})
    for n in range(20_000):
        assert buckets.take('op/execution', n, float(n))
    assert len(buckets._levels) < 10_002
    assert not buckets.take('op/execution', 19_999, 19_999.0)


def test_over_its_rate_an_operation_is_throttled(make):
    swf = make(rates={'DescribeDomain': Rate(1, 1)})
    swf.register()
    swf('DescribeDomain', name='d')
    swf.refuses('ThrottlingException', 'Rate exceeded', 'DescribeDomain', name='d')
    swf.at(1.0)
    swf('DescribeDomain', name='d')


def test_over_its_rate_a_decision_is_refused(make):
    swf = make(rates={'StartTimer': Rate(1, 1)})
    swf.register()
    swf.start()
    swf.decide(*[decision('StartTimer', timerId=str(n), startToFireTimeout='1') for n in range(2)])
    assert swf.last('StartTimerFailed')['cause'] == 'TIMER_CREATION_RATE_EXCEEDED'


def test_over_the_rate_of_one_execution_its_requests_are_throttled_and_those_of_another_are_not(make):
    once = Rate(1, 1)
    swf = make(rates={f'{operation}/execution': once for operation in (
        'GetWorkflowExecutionHistory', 'SignalWorkflowExecution', 'RequestCancelWorkflowExecution',
        'RecordActivityTaskHeartbeat')})
    swf.register()
    execution = {'workflowId': 'w', 'runId': swf.start()}
    swf.start('other')
    swf.decide(SCHEDULE)
    token = swf.work()['taskToken']
    for operation, request in (
        ('GetWorkflowExecutionHistory', {'execution': execution}),
        ('SignalWorkflowExecution', {'workflowId': 'w', 'signalName': 's'}),
        ('RequestCancelWorkflowExecution', {'workflowId': 'w'}),
        ('RecordActivityTaskHeartbeat', {'taskToken': token}),
    ):
        swf(operation, **request)
        swf.refuses('ThrottlingException', 'Rate exceeded', operation, **request)
    swf('SignalWorkflowExecution', workflowId='other', signalName='s')


def test_over_the_rate_of_a_task_list_an_activity_is_refused(make):
    swf = make(rates={'ScheduleActivityTask/taskList': Rate(1, 1)})
    swf.register()
    swf.start()
    swf.decide(*[{**SCHEDULE, ATTRIBUTES: {**SCHEDULE[ATTRIBUTES], 'activityId': name, 'taskList': {'name': task_list}}}
                 for name, task_list in (('a', 'one'), ('b', 'two'), ('c', 'one'))])
    refused = swf.last('ScheduleActivityTaskFailed')
    assert (refused['activityId'], refused['cause']) == ('c', 'ACTIVITY_CREATION_RATE_EXCEEDED')


def test_the_figures_of_the_service(model):
    assert set(model['operations']) < set(RATES)
    assert (Quotas().events, Quotas().open_activities, Quotas().open_executions) == (25_000, 1_000, 100_000)
