"""Failures: what of an exception gets across."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.codecs import AesGcmCodec, ZlibCodec
from pyswfaws.datastores import DataStore
from pyswfaws.exceptions import ActivityTaskFailed, DataStoreError, RemoteError, UnreadablePayloadError
from pyswfaws.failures import Failure, check_raises, full_name, raised_as
from pyswfaws.payload import Payload, make_envelope
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


def chained(*errors):
    """Raise the first from the second, and so on."""
    cause = None
    for error in reversed(errors):
        error.__cause__ = cause
        cause = error
    return raised(errors[0])


def across(failure):
    return Failure.read(failure.reason, failure.details)


def test_arguments_notes_and_causes_get_across():
    error = chained(OwnError('gone', {'at': (1, None)}), KeyError('k'), OSError(2, 'no', 'file'))
    error.add_note('after the move')
    read = across(Failure.of(error))
    assert (read.arguments, read.notes) == (('gone', {'at': [1, None]}), ('after the move',))
    assert (read.led_by.types[0], read.led_by.arguments) == ('KeyError', ('k',))
    assert (read.led_by.led_by.types[0], read.led_by.led_by.arguments) == ('FileNotFoundError', (2, 'no', 'file'))
    remote = read.remote
    assert str(remote.__cause__.__cause__) == "FileNotFoundError: [Errno 2] no: 'file'"
    assert 'OwnError' in str(remote)
    assert remote.__cause__.__context__ is None


def test_what_was_raised_while_handling_another_says_so():
    error = OwnError('gone')
    error.__context__ = KeyError('k')
    remote = across(Failure.of(error)).remote
    assert remote.__cause__ is None
    assert remote.__context__.type_name == 'KeyError'
    error.__cause__ = None      # as `raise ... from None` does
    assert across(Failure.of(error)).led_by is None


def test_a_chain_that_bites_its_tail_ends():
    first, second = OwnError(1), OwnError(2)
    first.__cause__, second.__cause__ = second, first
    failure = Failure.of(first)
    assert across(failure).led_by.led_by is None
    long = chained(*[OwnError(number) for number in range(50)])
    depth, failure = 0, across(Failure.of(long))
    while failure is not None:
        depth, failure = depth + 1, failure.led_by
    assert depth == 8


@pytest.mark.parametrize('argument', [
    object(), {1, 2}, float('nan'), b'x', 'x' * 10_000, eval('[' * 50 + ']' * 50), {(1, 2): 3},
], ids=range(7))
def test_arguments_that_json_does_not_write_in_brief_are_left(argument):
    failure = across(Failure.of(OwnError(argument)))
    assert failure.arguments is None
    assert failure.remote.arguments is None


def test_attributes_get_across_for_declared_classes_only():
    error = OwnError('gone')
    error.code, error.handle, error.long = 7, object(), 'x' * 10_000
    assert across(Failure.of(error)).attributes == {}
    assert across(Failure.of(error, (OwnError,))).attributes == {'code': 7}
    assert across(Failure.of(error, (KeyError,))).attributes == {}


def test_what_cannot_show_itself_hides_nothing():
    class Odd(dict):
        def items(self):
            raise ZeroDivisionError

    error = OwnError(Odd(a=1))
    error.odd = Odd(a=1)
    assert across(Failure.of(error, (OwnError,))).types[0] == full_name(OwnError)


def test_odd_exceptions_are_told_of_as_far_as_it_goes():
    class EmptyError(OSError):
        def __len__(self):
            return 0

        def __reduce__(self):
            raise ZeroDivisionError

    error = chained(OwnError('gone'), EmptyError(2, 'no', 'file'))
    error.__notes__ = ['one', object(), 5]
    read = across(Failure.of(error))
    assert read.notes == ('one',)
    assert read.led_by.arguments == (2, 'no', 'file')


@pytest.mark.parametrize('text', ['x', '"', 'ü', '😀'])
def test_the_traceback_has_room_whatever_else_there_is(text):
    errors = [OwnError(text * 1_000, text * 1_000) for _ in range(20)]
    for error in errors:
        error.note, error.__notes__ = text * 500, [text * 3_000] * 20
    failure = Failure.of(chained(*errors), (OwnError,), heartbeat='h' * 2_048)
    read = across(failure)
    assert len(failure.details) <= DATA
    assert read.heartbeat == 'h' * 2_048
    assert read.types == failure.types
    assert 'in raised' in read.traceback


# Where the field has no room.


class Kept(DataStore):
    def __init__(self):
        self.kept = {}
        self.is_broken = False

    def put(self, message, key):
        if self.is_broken:
            raise DataStoreError('out of order')
        self.kept[f'kept:{key}'] = message
        return f'kept:{key}'

    def get(self, key):
        return self.kept[key]


def test_the_whole_text_is_kept_where_there_is_a_store():
    store = Kept()
    payload = Payload(store=store)
    failure = Failure.read(*Failure.of(raised(ValueError('x' * 40_000))).written(payload, ('run', 'pay-1')))
    assert len(failure.details) <= DATA
    ((pointer, text),) = store.kept.items()
    assert pointer.startswith('kept:run/pay-1/failure-')
    assert 'x' * 40_000 in text
    assert payload.get(failure.kept) == text


def test_what_fits_is_kept_nowhere_else():
    store = Kept()
    assert '"kept"' not in Failure.of(raised(ValueError('v'))).written(Payload(store=store), ('run',)).details
    assert '"kept"' not in Failure.of(raised(ValueError('x' * 40_000))).written(Payload(), ('run',)).details
    assert store.kept == {}


def test_a_store_that_fails_does_not_hide_the_failure(caplog):
    store = Kept()
    store.is_broken = True
    failure = Failure.read(*Failure.of(raised(ValueError('x' * 40_000))).written(Payload(store=store), ('run',)))
    assert failure.reason.startswith('ValueError: xxx')
    assert 'could not be kept: out of order' in caplog.text


# Where payloads are encrypted.

KEYED = Payload(codecs=(ZlibCodec(), AesGcmCodec({'k1': b'0' * 32}, 'k1')))


@pytest.mark.parametrize('text', ['secret', 'secret' * 10_000, 'secret' + '😀' * 10_000, 'secret' + '\x00' * 10_000])
@pytest.mark.parametrize('codecs', [KEYED.codecs, KEYED.codecs[1:]])
def test_an_encrypted_failure_shows_no_more_than_the_names_of_classes(text, codecs):
    payload = Payload(codecs=codecs)
    failure = Failure.of(chained(OwnError(text), KeyError('secret')), is_final=True, heartbeat='"h"' * 600)
    reason, details = failure.written(payload, ('run', 'pay-1'))
    assert reason == 'OwnError'
    assert len(details) <= DATA
    assert 'secret' not in details.replace('"secret":', '')
    shown = Failure.read(reason, details)
    assert (shown.types, shown.is_final, shown.heartbeat) == (failure.types, True, '"h"' * 600)
    opened = shown.opened(payload)
    assert opened.reason == failure.reason
    assert opened.message.startswith('secret')
    assert opened.led_by is None or opened.led_by.arguments == ('secret',)
    assert 'in raised' in opened.traceback or '\x00' in text


def test_who_lacks_the_key_is_told():
    shown = Failure.read(*Failure.of(OwnError('secret')).written(KEYED, ()))
    with pytest.raises(UnreadablePayloadError, match='aes-gcm'):
        shown.opened(Payload())


def test_a_store_that_fails_leaves_the_names_of_classes(caplog):
    store = Kept()
    store.is_broken = True
    payload = Payload(store=store, codecs=KEYED.codecs)
    shown = Failure.read(*Failure.of(OwnError('secret')).written(payload, ()))
    assert shown.types[0] == full_name(OwnError)
    assert 'could not be encrypted: out of order' in caplog.text


# What is hostile stays data.


HOSTILE = [
    {'types': ['os.system'], 'args': ['rm -rf /']},
    {'types': ['tests.test_failures.OwnError'], 'args': {'a': 1}, 'notes': 7, 'cause': [], 'attributes': [1]},
    {'types': ['tests.test_failures.OwnError'], 'attributes': {
        '__class__': 'x', 'args': 5, 'remote': 'x', 'task_name': 'x', '__cause__': 'x', '__notes__': 5, 'with': 1,
        '__dict__': {}, '__traceback__': 7,
    }},
    {'types': ['FileNotFoundError'], 'args': [1, 2, 3, 4, 5, 6, 7]},
    {'types': ['UnicodeDecodeError'], 'args': ['utf-8', 'x', 10 ** 30, -1, []]},
    {'types': [None, 5, {}], 'message': {'a': 1}, 'traceback': [1], 'heartbeat': 5, 'kept': {}},
    {'types': ['E'], 'cause': {'cause': {'cause': {'cause': {'cause': {'cause': {'cause': {'cause': {'cause': {
        'cause': {'message': 'deep'}}}}}}}}}}},
]


@pytest.mark.parametrize('members', HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_members_stay_data(members):
    failure = Failure.read(None, make_envelope(failure=members))
    raises = check_raises((OwnError, OSError, UnicodeDecodeError), (ActivityTaskFailed,))
    error = raised_as(ActivityTaskFailed('pay', '1', 'pay-1', failure.reason, 'FAILED', 'd'), failure, raises)
    assert isinstance(error, ActivityTaskFailed)
    assert (error.task_name, error.task_id, error.details) == ('pay', 'pay-1', 'd')
    assert error.remote is None or isinstance(error.remote, RemoteError)
    assert str(error).startswith('pay 1 (pay-1) FAILED: ')
    assert Failure.of(raised(error), raises).details
    assert len(across(failure).details) <= DATA


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([
    'message', 'types', 'traceback', 'args', 'attributes', 'notes', 'cause', 'context', 'final', 'heartbeat', 'kept',
]), VALUES))
def test_whatever_stands_there_is_read(members):
    failure = Failure.read('reason', make_envelope(failure=members))
    assert failure.reason == 'reason'
    raised_as(ActivityTaskFailed('pay'), failure, (OwnError,))
    assert len(failure.details) <= DATA
