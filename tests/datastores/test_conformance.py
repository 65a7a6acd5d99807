"""What holds of every data store: one suite, run over each."""


import pytest

from pyswfaws.datastores import ListedDataStore, OverflowDataStore, SwfDataStore, key_of
from pyswfaws.exceptions import DataLostError, DataStoreError
from pyswfaws.payload import Payload

SIZES = [0, 1, 32_767, 32_768, 32_769, 1_000_000, 20_000_000]


@pytest.fixture
def listed(store):
    if not isinstance(store, ListedDataStore):
        pytest.skip('it cannot tell what it keeps')
    return store


def test_it_is_no_inline_store(store):
    assert not store.is_inline
    assert type(store).__name__ in repr(store)


@pytest.mark.parametrize('size', SIZES)
def test_a_text_of_any_size_comes_back(store, size):
    pointer = store.put('x' * size, key_of('run', 'call-1', 'input-0'))
    assert store.get(pointer) == 'x' * size


@pytest.mark.parametrize('text', ['é😀', '\x00\r\n\u2028', '{"pyswfaws":1}', 's3://swf-data/x'])
def test_a_text_of_any_characters_comes_back_as_it_was(store, text):
    assert store.get(store.put(text, 'key')) == text


@pytest.mark.parametrize('parts', [
    ('22abc/+=', '..', 'Double-1', 'input'), ('.', '', '/'), ('a' * 1000,), ('é' * 256, 'x'), ('%2F', '%'), ('~', '='),
])
def test_a_key_may_be_made_of_anything(store, parts):
    pointer = store.put('text', key_of(*parts))
    assert store.get(pointer) == 'text'


def test_two_keys_are_two_texts(store):
    pointers = {store.put(f'text {key}', key) for key in ('run/a', 'run/b', 'run/a-b', 'run2/a')}
    assert len(pointers) == 4
    assert {store.get(pointer) for pointer in pointers} == {f'text run{end}' for end in ('/a', '/b', '/a-b', '2/a')}


def test_the_same_again_is_the_same(store):
    assert store.put('text', 'run/a') == store.put('text', 'run/a')


def test_it_knows_its_own_pointers(store):
    assert store.owns(store.put('text', 'run/a'))
    assert not store.owns('gopher://elsewhere/run/a')


def test_what_is_not_there_is_lost_and_named(store):
    pointer = store.put('text', 'run/a').replace('run/a', 'run/b')
    with pytest.raises(DataLostError, match='run/b'):
        store.get(pointer)


@pytest.mark.parametrize('change', [
    lambda pointer: pointer.replace('run/a', '../secret'),
    lambda pointer: pointer.replace('run/a', '..'),
    lambda pointer: pointer.replace('run/a', 'run/../../secret'),
    lambda pointer: pointer.replace('run/a', '/etc/passwd'),
    lambda pointer: pointer.replace('run/a', '\x00'),
    lambda _: 's3://other/secret',
    lambda _: 's3://swf-data-2/run/a',
    lambda _: 'file:///etc/passwd',
    lambda _: '/etc/passwd',
    lambda _: '',
])
def test_a_pointer_elsewhere_gives_nothing(store, change):
    pointer = change(store.put('text', 'run/a'))
    with pytest.raises(DataStoreError):
        store.get(pointer)


def test_payloads_in_it(store):
    payload = Payload(store=store)
    text = payload.write_input(({'x': 'é' * 40_000},), {}, ('run', 'call-1'))
    assert len(text) < 500
    assert payload.read_input(text) == (({'x': 'é' * 40_000},), {})


def test_what_is_kept_can_be_listed_and_deleted(listed):
    assert list(listed.objects()) == []
    pointer = listed.put('é', 'run/a')
    listed.put('text', 'run/b/c')
    found = {one.key: one for one in listed.objects()}
    assert set(found) == {'run/a', 'run/b/c'}
    assert (found['run/a'].pointer, found['run/a'].size) == (pointer, 2)
    assert found['run/a'].written_at > 1_700_000_000
    listed.delete(pointer)
    listed.delete(pointer)
    assert [one.key for one in listed.objects()] == ['run/b/c']


@pytest.mark.parametrize('pointer', ['s3://other/secret', 'file:///etc/passwd', ''])
def test_nothing_elsewhere_is_deleted(listed, pointer):
    with pytest.raises(DataStoreError):
        listed.delete(pointer)


def test_a_store_that_chooses_keeps_what_is_small_in_swf(store):
    payload = Payload(store=OverflowDataStore(SwfDataStore(), store))
    assert payload.write_result('x' * 32_766) == f'"{"x" * 32_766}"'
    text = payload.write_result('x' * 32_767, ('run',))
    assert '"at":' in text
    assert payload.read_result(text) == 'x' * 32_767
    assert Payload(store=OverflowDataStore(SwfDataStore(), store, 3)).write_result(10) == '10'
    assert '"at":' in Payload(store=OverflowDataStore(SwfDataStore(), store, 3)).write_result(1000)
