"""Payloads: what stands in a field of SWF."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.datastores import DataStore, S3DataStore
from pyswfaws.exceptions import (
    DataStoreError,
    PayloadTooLargeError,
    SerializationError,
    UnreadablePayloadError,
)
from pyswfaws.payload import Payload, fitting, name_argument
from pyswfaws.protocol.limits import DATA

INLINE = Payload()


class Memory(DataStore):
    """Keeps texts in this process."""

    def __init__(self):
        self.kept = {}

    def put(self, message, key):
        self.kept[key] = message
        return f'memory:{key}'

    def get(self, key):
        return self.kept[key.removeprefix('memory:')]


@pytest.fixture
def stored():
    return Payload(store=Memory())


def test_inline_json_stands_as_the_serializer_wrote_it():
    assert INLINE.write_input((1,), {'a': None}) == '[[1],{"a":null}]'
    assert INLINE.write_result('é') == '"é"'
    assert INLINE.write_result(None) == 'null'


def test_no_text_at_all_is_no_argument_and_none():
    assert INLINE.read_input(None) == ((), {})
    assert INLINE.read_result(None) is None


@pytest.mark.parametrize('length', [1, DATA - 1, DATA])
@pytest.mark.parametrize('character', ['x', 'é', '😀'])
def test_what_fits_is_written(length, character):
    text = INLINE.write_result(character * (length - 2)) if length > 2 else INLINE.write_result(1)
    assert len(text) == length
    assert INLINE.write_result(INLINE.read_result(text)) == text


@pytest.mark.parametrize('write', [INLINE.write_result, lambda value: INLINE.write_input((value,), {})])
def test_what_does_not_fit_is_an_error_with_field_size_and_limit(write):
    with pytest.raises(PayloadTooLargeError, match=r'the (input|result) is 32,7\d\d characters, and SWF takes 32,768'):
        write('x' * (DATA - 1))


def test_a_store_keeps_what_does_not_fit(stored):
    text = stored.write_result('x' * 1_000_000, ('run', 'call-1'))
    assert json.loads(text)['at'].startswith('memory:run/call-1/result-')
    assert len(text) < 300
    assert stored.read_result(text) == 'x' * 1_000_000


def test_keys_tell_run_call_direction_and_content_apart(stored):
    for key in [('run-1', 'a-1'), ('run-1', 'a-2'), ('run-2', 'a-1')]:
        stored.write_result(1, key)
        stored.write_result(2, key)
        stored.write_input((1,), {}, key)
    assert len(stored.store.kept) == 9


@pytest.mark.parametrize('value', [
    {'pyswfaws': 1, 'at': 'memory:secret', 'sha256': '0'},
    {'pyswfaws': 1, 'text': '"x"'},
    {'pyswfaws': 1, 'failure': {'message': 'm', 'types': ['os.system']}},
    {'pyswfaws': 99},
])
def test_a_value_that_looks_like_an_envelope_is_still_a_value(value, stored):
    for payload in (INLINE, stored):
        assert payload.read_result(payload.write_result(value)) == value


@given(st.recursive(st.none() | st.text(st.characters(exclude_categories=['Cs'])), lambda inner: st.dictionaries(
    st.sampled_from(['pyswfaws', 'at', 'sha256', 'text', 'failure']), inner)))
def test_every_value_comes_back_whatever_it_imitates(value):
    for payload in (INLINE, Payload(store=Memory()), Payload(store=Memory()).in_place()):
        assert payload.read_result(payload.write_result(value)) == value


@pytest.mark.parametrize('text', [
    '{"pyswfaws":',
    '{"pyswfaws":' + '[' * 30_000,
    '{"pyswfaws":1}',
    '{"pyswfaws":1,"text":5}',
    '{"pyswfaws":1,"at":["memory:x"],"sha256":"0"}',
    '{"pyswfaws":1,"at":"memory:x"}',
    '{"pyswfaws":2,"text":"1"}',
    '{"pyswfaws":"1","text":"1"}',
    '{"pyswfaws":1,"codecs":["zstd"],"data":"..."}',
])
def test_a_damaged_or_a_later_envelope_is_unreadable(text, stored):
    with pytest.raises(UnreadablePayloadError):
        stored.read_result(text)


def test_a_pointer_without_a_store_says_so(stored):
    text = stored.write_result(1, ('run',))
    with pytest.raises(UnreadablePayloadError, match=r'kept at memory:run/result-.* no data store is set'):
        INLINE.read_result(text)


def test_what_was_changed_in_the_store_is_not_read(stored):
    text = stored.write_result('right', ('run',))
    for key in stored.store.kept:
        stored.store.kept[key] = '"wrong"'
    with pytest.raises(DataStoreError, match='checksum differs'):
        stored.read_result(text)


def test_a_bare_pointer_of_the_predecessor_is_read(stored):
    class Legacy(Memory):
        def get(self, key):
            return {'s3://bucket/old-key': '[[1],{}]'}[key]

    assert Payload(store=Legacy()).read_input('s3://bucket/old-key') == ((1,), {})
    assert Payload(store=S3DataStore('b')).read_input('[[1],{}]') == ((1,), {})   # and so is what it left inline


def test_in_place_nothing_is_kept_and_nothing_too_large(stored):
    here = stored.in_place()
    assert here.read_result(here.write_result('x' * 100_000)) == 'x' * 100_000
    assert stored.store.kept == {}
    assert INLINE.in_place() is INLINE


@pytest.mark.parametrize('length', [DATA - 1, DATA])
def test_fitting_gives_what_fits(length):
    assert len(fitting('x' * length, 'details')) == length


def test_fitting_names_the_field():
    with pytest.raises(PayloadTooLargeError, match='the details is 32,769 characters, and SWF takes 32,768'):
        fitting('x' * (DATA + 1), 'details')


@pytest.mark.parametrize(('message', 'named'), [
    ("args[1]['x'] is {2}", "Double 1.0: argument 'second', args[1]['x'] is {2}"),
    ('args[7] is {2}', 'Double 1.0: argument args[7] is {2}'),
    ('when is {2}', 'Double 1.0: argument when is {2}'),
])
def test_an_argument_is_called_by_its_parameter(message, named):
    assert str(name_argument(SerializationError(message), ('first', 'second'), 'Double 1.0')) == named
