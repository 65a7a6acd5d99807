"""Failures: what of an exception gets across."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.failures import Failure, full_name
from pyswfaws.protocol.limits import DATA, REASON


class OwnError(LookupError):
    """Of this module."""


class UnprintableError(Exception):
    def __str__(self):
        raise ZeroDivisionError


def raised(error, depth=0):
    try:
        if depth:
            raised_in_frame(error, depth)
        raise error
    except type(error) as caught:
        return caught


def raised_in_frame(error, depth):
    if depth:
        raised_in_frame(error, depth - 1)
    the_innermost_frame(error)


def the_innermost_frame(error):
    raise error


def test_an_exception_gets_across_as_texts():
    failure = Failure.of(raised(OwnError('gone')))
    assert failure.reason == 'OwnError: gone'
    assert failure.types[:3] == (full_name(OwnError), 'LookupError', 'Exception')
    assert 'raise error' in failure.traceback
    assert Failure.read(failure.reason, failure.details) == failure
    assert Failure.read(None, failure.details).reason == failure.reason


def test_that_it_is_final_gets_across_too():
    assert Failure.read(None, Failure.of(ValueError('v'), is_final=True).details).is_final
    assert not Failure.read(None, Failure.of(ValueError('v')).details).is_final


@pytest.mark.parametrize('error', [
    ValueError('x' * 100_000), ValueError('\x00' * 100_000), ValueError('"\\' * 50_000), ValueError('\ud800' * 50_000),
    ValueError('😀' * 50_000), type('N' * 1000, (Exception,), {})(), UnprintableError(), KeyError(), ValueError(''),
    ExceptionGroup('g' * 50_000, [ValueError('x' * 50_000)]),
], ids=range(10))
@pytest.mark.parametrize('depth', [0, 150])
def test_any_exception_fits(error, depth):
    failure = Failure.of(raised(error, depth))
    assert len(failure.reason) <= REASON
    assert len(failure.details) <= DATA
    failure.details.encode()
    failure.reason.encode()
    read = Failure.read(failure.reason, failure.details)
    assert read.reason == failure.reason
    assert 'test_failures.py' in read.traceback or not failure.message.isprintable()   # escapes leave no room


def test_names_that_are_all_escapes_fit_too():
    cls = Exception
    for _ in range(20):
        cls = type('\x01' * 256, (cls,), {'__module__': 'builtins'})
    assert len(Failure.of(cls('\x00' * 100_000)).details) <= DATA


def test_the_innermost_frames_are_kept():
    sources = ''.join(f'def f{n}(g):\n    return f{n - 1}(g) if {n} else g()\n' for n in range(1, 900))
    scope = {'f0': the_innermost_frame}
    exec(compile(sources, 'generated_' + 'x' * 100, 'exec'), scope)
    try:
        scope['f899'](ValueError('m'))
    except ValueError as error:
        text = Failure.of(error).details
    lines = json.loads(text)['failure']['traceback']
    assert len(text) <= DATA
    assert 'the_innermost_frame' in lines
    assert 'in f899' not in lines


@given(st.none() | st.text(), st.none() | st.text() | st.text().map('{{"pyswfaws":1,"failure":{}'.format))
def test_what_another_client_left_are_only_texts(reason, details):
    failure = Failure.read(reason, details)
    assert failure.reason == (reason or '')
    assert failure.types == ()


@pytest.mark.parametrize('details', [
    '{"pyswfaws":1,"failure":"no mapping"}',
    '{"pyswfaws":1,"failure":{"types":"os.system","message":7,"final":"yes"}}',
    '{"pyswfaws":1,"failure":{}}',
    '{"pyswfaws":2,"failure":{"final":true}}',
    '{"pyswfaws":1,"fail',
])
def test_a_failure_of_the_wrong_form_is_read_as_far_as_it_goes(details):
    failure = Failure.read('r', details)
    assert (failure.reason, failure.types, failure.is_final) == ('r', (), False)
