"""Data stores: what is put can be got, from the place that was said and no other. S3 is moto's, in process."""

import re
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from pyswfaws.contents import CONTENTS
from pyswfaws.datastores import DataStore, S3DataStore, SwfDataStore, key_of
from pyswfaws.exceptions import DataStoreError, DefinitionError, UnreadablePayloadError
from pyswfaws.payload import Payload


@pytest.fixture
def s3(monkeypatch):
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'):
        monkeypatch.setenv(name, 'testing')
    monkeypatch.setenv('AWS_DEFAULT_REGION', 'us-east-1')
    with mock_aws():
        client = boto3.client('s3')
        client.create_bucket(Bucket='swf-data')
        client.create_bucket(Bucket='other')
        yield client
        client.close()


def keys(client, bucket='swf-data'):
    return [found['Key'] for found in client.list_objects_v2(Bucket=bucket).get('Contents', [])]


def test_swf_itself_keeps_the_text_where_it_is():
    store = SwfDataStore()
    assert store.get(store.put('text', 'key')) == 'text'
    assert store.is_inline
    assert repr(store) == 'SwfDataStore()'


@pytest.mark.parametrize('text', ['', 'x', 'é😀', 'x' * 1_000_000])
def test_what_is_put_into_s3_can_be_got_by_its_pointer(text, s3):
    pointer = S3DataStore('swf-data', client=s3).put(text, 'run/call-1/input-0')
    assert pointer == 's3://swf-data/run/call-1/input-0'
    assert S3DataStore('swf-data', client=s3).get(pointer) == text


@pytest.mark.parametrize('base_key', ['foo', 'foo/', '/foo', '/foo/'])
def test_a_base_key_is_a_folder_however_it_is_written(base_key, s3):
    S3DataStore('swf-data', base_key, client=s3).put('text', 'key')
    assert keys(s3) == ['foo/key']


def test_a_client_is_made_once_however_many_threads_come_by(s3):
    store = S3DataStore('swf-data', 'foo', 'key', 'secret')
    with ThreadPoolExecutor(4) as threads:
        pointers = list(threads.map(lambda n: store.put('text', f'key-{n}'), range(4)))
        clients = set(threads.map(lambda _: id(store._s3()), range(4)))
    assert {store.get(pointer) for pointer in pointers} == {'text'}
    assert keys(s3) == [f'foo/key-{n}' for n in range(4)]
    assert len(clients) == 1
    assert repr(store) == "S3DataStore('swf-data', 'foo')"
    store._s3().close()


def test_a_client_is_made_anew_in_another_process(s3):
    store = S3DataStore('swf-data')
    first = store._s3()
    store._made_in = -1     # as after a fork
    assert store._s3() is not first
    store._s3().close()
    first.close()


def test_a_client_that_was_given_is_used(s3):
    assert S3DataStore('swf-data', client=s3)._s3() is s3


@pytest.mark.parametrize('pointer', ['s3://other/key', 's3://swf-data-2/key', '/etc/passwd', 'key', ''])
def test_a_pointer_elsewhere_is_refused(pointer, s3):
    s3.put_object(Bucket='other', Key='key', Body=b'secret')
    with pytest.raises(DataStoreError, match='is no object under s3://swf-data/'):
        S3DataStore('swf-data', client=s3).get(pointer)


def test_what_s3_cannot_do_is_named_with_its_object(s3):
    with pytest.raises(DataStoreError, match=r's3://swf-data/missing is not there: .*NoSuchKey'):
        S3DataStore('swf-data', client=s3).get('s3://swf-data/missing')
    with pytest.raises(DataStoreError, match=r'writing s3://nowhere/key: .*NoSuchBucket'):
        S3DataStore('nowhere', client=s3).put('text', 'key')


def test_what_is_no_text_is_named_with_its_object(s3):
    s3.put_object(Bucket='swf-data', Key='key', Body=b'\xff')
    with pytest.raises(DataStoreError, match='reading s3://swf-data/key'):
        S3DataStore('swf-data', client=s3).get('s3://swf-data/key')


@pytest.mark.parametrize(('arguments', 'message'), [
    (('',), 'bucket is the name'), (('a/b',), 'bucket is the name'), ((None,), 'bucket is a str'),
    (('bucket', None), 'base_key is a str'),
])
def test_what_names_no_bucket_is_refused(arguments, message):
    with pytest.raises(DefinitionError, match=message):
        S3DataStore(*arguments)


def test_payloads_in_s3(s3):
    payload = Payload(store=S3DataStore('swf-data', 'runs', client=s3))
    first = payload.write_input((1,), {}, ('run-1', 'Double-1'))
    second = payload.write_input((1,), {}, ('run-2', 'Double-1'))
    assert payload.read_input(first) == payload.read_input(second) == ((1,), {})
    CONTENTS.clear()
    assert len(keys(s3)) == 2
    assert all(re.fullmatch(r'runs/run-[12]/Double-1/input-[0-9a-f]{16}', key) for key in keys(s3))
    s3.put_object(Bucket='swf-data', Key=keys(s3)[0], Body=b'[[2],{}]')
    with pytest.raises(DataStoreError, match='checksum differs'):
        payload.read_input(first)


def test_what_the_predecessor_left_in_s3_is_read(s3):
    s3.put_object(Bucket='swf-data', Key='Double-task-2', Body=b'[[5], {}]')
    payload = Payload(store=S3DataStore('swf-data', client=s3))
    assert payload.read_input('s3://swf-data/Double-task-2') == ((5,), {})
    with pytest.raises(DataStoreError, match='is no object under s3://swf-data/'):
        payload.read_input('s3://other/Double-task-2')
    with pytest.raises(UnreadablePayloadError):
        Payload().read_input('s3://swf-data/Double-task-2')


@given(st.lists(st.text(), min_size=1))
def test_a_key_holds_nothing_that_climbs_or_hides(parts):
    try:
        key = key_of(*parts)
    except UnicodeEncodeError:      # a lone surrogate, which no id of SWF can hold
        return
    assert re.fullmatch(r'[A-Za-z0-9/\-_.=%~]+', key)
    assert len(key.split('/')) == len(parts)
    assert not {'', '.', '..'} & set(key.split('/'))


@given(st.tuples(st.text('ab./%-:'), st.text('ab./%-:')), st.tuples(st.text('ab./%-:'), st.text('ab./%-:')))
def test_different_parts_give_different_keys(one, other):
    assert (key_of(*one) == key_of(*other)) == (one == other)


def test_a_store_of_ones_own_is_not_inline():
    class Own(DataStore):
        def put(self, message, key):
            return key

        def get(self, key):
            return key

    assert not Own().is_inline
    assert repr(Own()) == 'Own()'
