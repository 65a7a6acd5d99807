"""Rates: laws that hold for whatever times and rates. Time is an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pyswfaws import activity_task, decision_task
from pyswfaws.workers.rates import Rate

RATES = some.sampled_from([0.1, 0.5, 1, 3, 10, 1000])
WAITS = some.lists(some.floats(0, 3), min_size=1, max_size=60)


@given(RATES, WAITS)
def test_in_no_second_happens_more_than_the_rate_and_what_a_second_saved(per_second, waits):
    rate, now, moments = Rate(per_second), 0.0, []
    for wait in waits:
        now += wait
        moments.append(now + rate.take(now))
    for start in moments:
        happened = [moment for moment in moments if start <= moment < start + 1]
        assert len(happened) <= 2 * max(1, per_second)


@given(RATES, some.integers(1, 200))
def test_over_long_the_rate_is_kept_and_used(per_second, number):
    rate = Rate(per_second)
    last = max(rate.take(0.0) for _ in range(number))
    assert last == pytest.approx(max(0, (number - max(1, per_second)) / per_second))


@given(RATES, WAITS)
def test_what_is_given_back_was_never_taken(per_second, waits):
    one, other, now = Rate(per_second), Rate(per_second), 0.0
    for wait in waits:
        now += wait
        taken = one.take(now)
        assert taken == pytest.approx(other.take(now), abs=1e-6)
        one.take(now)
        one.give_back()


def test_no_rate_never_waits():
    rate = Rate(float('inf'))
    assert {rate.take(1.0) for _ in range(1000)} == {0.0}


def test_a_worker_polls_at_its_rate_and_waits_for_no_turn_when_it_ends(stage, until):
    done = []

    @activity_task
    def tick():
        done.append(True)

    @decision_task
    def decider():
        for promise in [tick() for _ in range(3)]:
            promise.result

    stage.deciders(decider)
    worker = stage.activities(tick, max_per_second=0.001)
    stage.start(decider)
    until(lambda: done)
    worker.stop()
    until(lambda: worker.wait(0.1))     # in spite of a turn that would come in a quarter of an hour
    assert len(done) == 1
