"""Payloads: what stands in a field of SWF."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.codecs import AesGcmCodec, ZlibCodec, ZstdCodec
from pyswfaws.contents import CONTENTS, Contents
from pyswfaws.datadefaults import set_data_defaults
from pyswfaws.datastores import FileDataStore, MemoryDataStore, OverflowDataStore, S3DataStore, SwfDataStore
from pyswfaws.exceptions import (
    DataLostError,
    DataStoreError,
    PayloadTooLargeError,
    SerializationError,
    UnreadablePayloadError,
)
from pyswfaws.payload import (
    Payload,
    carried,
    carrying,
    fitting,
    name_argument,
    publication,
    published,
    read_signal,
)
from pyswfaws.protocol.limits import DATA

INLINE = Payload()


@pytest.fixture(autouse=True)
def nothing_read_before():
    CONTENTS.clear()
    yield
    set_data_defaults()


@pytest.fixture
def stored():
    return Payload(store=MemoryDataStore())


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
    for payload in (INLINE, Payload(store=MemoryDataStore()), Payload(store=MemoryDataStore()).in_place()):
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
    class Legacy(MemoryDataStore):
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


# Codecs.

AES = AesGcmCodec({'k': b'k' * 32}, 'k')
CODECS = {
    'zlib': (ZlibCodec(),), 'zstd': (ZstdCodec(),), 'aes': (AES,), 'zlib, aes': (ZlibCodec(), AES),
    'zstd, aes': (ZstdCodec(), AES), 'aes, zlib': (AES, ZlibCodec()),
}
SIZES = [0, 1, 32_767, 32_768, 32_769, 1_000_000, 20_000_000]


@pytest.mark.parametrize('codecs', CODECS.values(), ids=CODECS)
@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('character', ['x', 'é'])
def test_a_value_of_any_size_comes_back_through_codecs_and_a_store(codecs, size, character):
    payload = Payload(store=OverflowDataStore(SwfDataStore(), MemoryDataStore()), codecs=codecs)
    value = character * size
    text = payload.write_result(value, ('run',))
    assert len(text) <= DATA
    assert payload.read_result(text) == value


def test_what_codecs_left_alone_stands_as_the_serializer_wrote_it():
    assert Payload(codecs=(ZlibCodec(), ZstdCodec())).write_result('small') == '"small"'


def test_each_codec_names_itself_in_the_envelope():
    envelope = json.loads(Payload(codecs=(ZlibCodec(), AES)).write_result('x' * 5000))
    assert envelope['codecs'] == ['zlib', 'aes-gcm']
    assert json.loads(Payload(codecs=(ZlibCodec(), AES)).write_result('x'))['codecs'] == ['aes-gcm']


def test_a_reader_needs_no_setting_for_compression():
    for codec in (ZlibCodec(), ZstdCodec()):
        assert INLINE.read_result(Payload(codecs=(codec,)).write_result('x' * 5000)) == 'x' * 5000


def test_a_reader_that_lacks_a_codec_says_which_and_how_to_get_it():
    with pytest.raises(UnreadablePayloadError, match=r"through the codec 'aes-gcm', which is not here.*data_codecs="):
        INLINE.read_result(Payload(codecs=(AES,)).write_result(1))
    set_data_defaults(codecs=[AES])
    assert Payload(codecs=()).read_result(Payload(codecs=(AES,)).write_result(1)) == 1


def test_in_place_nothing_is_encoded_and_nothing_too_large():
    here = Payload(codecs=(AES,)).in_place()
    assert here.write_result('x' * 100_000) == json.dumps('x' * 100_000)


@pytest.mark.parametrize('text', [
    '{"pyswfaws":1,"codecs":["zlib"],"data":"AAAA"}',
    '{"pyswfaws":1,"codecs":["zlib"],"data":"é"}',
    '{"pyswfaws":1,"codecs":["zlib"],"data":5}',
    '{"pyswfaws":1,"codecs":["os.system"],"data":"AAAA"}',
    '{"pyswfaws":1,"codecs":[["zlib"]],"data":"AAAA"}',
    '{"pyswfaws":1,"codecs":[{"a":1}],"data":"AAAA"}',
    '{"pyswfaws":1,"codecs":"zlib","data":"AAAA"}',
    '{"pyswfaws":1,"codecs":"zlib","at":"memory:x","sha256":"0"}',
    '{"pyswfaws":1,"codecs":["zlib","zlib","zlib","zlib","zlib","zlib","zlib","zlib","zlib"],"data":"AAAA"}',
    '{"pyswfaws":1,"at":"s3://other/x","sha256":"0"}',
    '{"pyswfaws":1,"at":"file:///etc/passwd","sha256":"0"}',
    '{"pyswfaws":1,"at":"","sha256":""}',
    '{"pyswfaws":1e400}',
    '{"pyswfaws":true,"text":"1"}',
    '{"pyswfaws":1.5,"text":"1"}',
])
def test_a_hostile_envelope_is_unreadable(text, stored):
    for payload in (INLINE, stored, Payload(store=stored.store, codecs=(AES,))):
        with pytest.raises(UnreadablePayloadError):
            payload.read_result(text)


def test_an_object_that_was_put_in_anothers_place_is_not_read():
    payload = Payload(store=MemoryDataStore(), codecs=(AES,))
    one, other = payload.write_result('one', ('run', 'a')), payload.write_result('other', ('run', 'b'))
    kept = payload.store.kept
    first, second = kept
    kept[first], kept[second] = kept[second], kept[first]
    for text in (one, other):
        with pytest.raises(DataLostError, match=r'memory:run/[ab]/.*checksum differs'):
            payload.read_result(text)


# Reading what is kept.


class Counting(MemoryDataStore):
    asked = 0

    def get(self, key):
        self.asked += 1
        return super().get(key)


def test_what_was_read_is_not_read_again_while_it_is_remembered():
    payload = Payload(store=Counting())
    text, again = payload.write_result([1], ('run', 'a')), payload.write_result([1], ('run', 'b'))
    first = payload.read_result(text)
    first.append(2)
    assert payload.read_result(text) == payload.read_result(again) == [1]
    assert payload.store.asked == 1


def test_what_is_remembered_has_its_limit():
    contents = Contents(room=10)
    for name in 'abc':
        contents.add(name, name * 4)
        contents.add(name, name * 4)
    assert [contents.get(name) for name in 'abc'] == [None, 'bbbb', 'cccc']
    contents.get('b')
    contents.add('d', 'dddd')
    contents.add('e', 'e' * 11)
    assert [contents.get(name) for name in 'bcde'] == ['bbbb', None, 'dddd', None]


def test_a_store_that_was_given_is_asked_before_that_of_the_process(tmp_path):
    named, of_process = Payload(store=MemoryDataStore()), FileDataStore(tmp_path)
    set_data_defaults(of_process)
    for payload in (named, Payload(store=of_process)):
        text = payload.write_result('x', ('run',))
        CONTENTS.clear()
        assert named.read_result(text) == 'x'
    with pytest.raises(UnreadablePayloadError, match=r's3://b/x, but .* and the store here is Memory.*PYSWFAWS_STORE'):
        named.read_result('{"pyswfaws":1,"at":"s3://b/x","sha256":"0"}')


# What has an envelope of its own.


@pytest.mark.parametrize('value', [None, 'x', {'pyswfaws': 1, 'at': 'x'}, ['é'] * 20_000], ids=range(4))
@pytest.mark.parametrize('codecs', [(), (ZlibCodec(),), (AES,)], ids=['', 'zlib', 'aes'])
def test_a_published_value_can_be_read(value, codecs):
    set_data_defaults(OverflowDataStore(SwfDataStore(), MemoryDataStore()), codecs)
    for key in (('run',), None):
        assert published(publication(json.dumps(value), key)) == value
    assert len(publication(json.dumps(value), ('run',))) <= DATA


def test_a_small_published_value_stands_in_the_open():
    assert publication('{"a":1}', ('run',)) == '{"pyswfaws":1,"published":{"a":1}}'
    assert published('a text of another client') == 'a text of another client'
    assert published(None) is None
    with pytest.raises(PayloadTooLargeError, match='the published is'):
        publication('1' * 32_750, ('run',))


@pytest.mark.parametrize('value', [None, 5, 'x' * 40_000, {'pyswfaws': 1}], ids=range(4))
def test_a_signal_can_be_read(value):
    set_data_defaults(OverflowDataStore(SwfDataStore(), MemoryDataStore()))
    assert read_signal(Payload().put(json.dumps(value), 'signal', ('signals', 'id'))) == value


def test_a_signal_of_another_client_is_its_text():
    assert read_signal('approved!') == 'approved!'
    assert read_signal(None) is None
    with pytest.raises(UnreadablePayloadError):
        read_signal('{"pyswfaws":1,"at":"s3://b/x","sha256":"0"}')


@pytest.mark.parametrize('length', [1, 40_000])
def test_signals_are_carried_along_however_long(length):
    set_data_defaults(OverflowDataStore(SwfDataStore(), MemoryDataStore()))
    signals = [{'name': 'n', 'input': 'x' * length}, {'name': 'm', 'input': None}]
    text = carrying('[[1],{}]', signals, ('run', 'continued'))
    assert len(text) <= DATA
    found, events, _ = carried(text)
    assert found == '[[1],{}]'
    assert [event['workflowExecutionSignaledEventAttributes']['input'] for event in events] == ['x' * length, None]
    assert carried(carrying('[[1],{}]', [])) == ('[[1],{}]', [], {})
