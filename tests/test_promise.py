"""Promises made by hand, timers and markers as a user meets them."""

from datetime import timedelta

import pytest

from pyswfaws.binding.context import bound
from pyswfaws.binding.interceptors import Serial
from pyswfaws.exceptions import (
    DefinitionError,
    PayloadTooLargeError,
    SerializationError,
    UnfulfilledPromiseException,
)
from pyswfaws.promise import Marker, Promise, RecordedMarker, Timer


def test_a_promise_made_by_hand_is_settled_by_hand():
    promise = Promise()
    assert not promise.is_ready
    assert repr(promise) == '<Promise not ready>'
    with pytest.raises(UnfulfilledPromiseException, match='made by hand'):
        promise.result
    promise.result = None
    assert promise.is_ready
    assert (promise.result, promise.exception) == (None, None)
    assert repr(promise) == '<Promise ready>'


def test_a_failure_is_raised_at_the_result_with_its_cause():
    promise, failure, cause = Promise(), ValueError('v'), KeyError('k')
    promise.settle_failure(failure, cause)
    assert promise.exception is failure
    for _ in range(2):
        with pytest.raises(ValueError, match='v') as caught:
            promise.result
        assert caught.value.__cause__ is cause


def test_a_promise_can_be_awaited():
    promise = Promise()
    promise.result = 5

    async def reads():
        return await promise

    with pytest.raises(StopIteration) as end:
        reads().send(None)
    assert end.value.value == 5


@pytest.mark.parametrize('seconds', [0, .001, timedelta(0), timedelta(milliseconds=1)])
def test_a_timer_takes_seconds_or_a_timedelta(seconds):
    with bound(Serial()):
        assert Timer.get(seconds).result is None


@pytest.mark.parametrize('seconds', [-1, 31_536_001, float('nan'), float('inf'), '10', None, True, timedelta(days=366)])
def test_what_is_no_time_is_refused(seconds):
    with pytest.raises(DefinitionError, match='seconds is a number from 0 to 31,536,000'):
        Timer.get(seconds=seconds)


def test_a_marker_is_ready_at_once():
    marker = Marker(name='stage', details='doubled')
    assert marker.is_ready
    assert marker.result == RecordedMarker('stage', 'doubled')
    assert marker.result.name == 'stage'


@pytest.mark.parametrize('name', ['', 'x' * 257, None, 7, 'pyswfaws:cached:a-1'])
def test_what_is_no_name_of_a_marker_is_refused(name):
    with pytest.raises(DefinitionError, match='name is a text of 1 to 256 characters'):
        Marker(name)


@pytest.mark.parametrize('details', [{1}, float('nan'), '\ud800', {'a': '\ud800'}, [[object()]]])
def test_details_that_cannot_be_written_are_refused(details):
    with pytest.raises(SerializationError, match="the details of the marker 'stage'"):
        Marker('stage', details)


def test_details_that_do_not_fit_are_refused():
    with pytest.raises(PayloadTooLargeError, match='the marker is 32,769'):
        Marker('stage', 'x' * 32_769)
