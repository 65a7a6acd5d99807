"""Rates, off unless asked for, and the service's figures."""

from pyswfaws.protocol.decisions import decision
from pyswfaws.swflocal.service import RATES, Quotas, Rate
from pyswfaws.swflocal.service.quotas import Buckets


def test_a_bucket_empties_and_refills():
    buckets = Buckets({'op': Rate(2, 1)})
    assert [buckets.take('r', 'op', 0.0) for _ in range(3)] == [True, True, False]
    assert buckets.take('other region', 'op', 0.0)
    assert [buckets.take('r', 'op', 1.5) for _ in range(2)] == [True, False]
    assert [buckets.take('r', 'op', 100.0) for _ in range(3)] == [True, True, False]
    assert buckets.take('r', 'unlimited', 0.0)


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


def test_the_figures_of_the_service(model):
    assert set(model['operations']) < set(RATES)
    assert (Quotas().events, Quotas().open_activities, Quotas().open_executions) == (25_000, 1_000, 100_000)
