"""S3: what is put can be got, from the place that was said and no other. S3 is moto's, in process."""

import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyswfaws.contents import CONTENTS
from pyswfaws.datastores import S3DataStore
from pyswfaws.exceptions import DataStoreError, DefinitionError, UnreadablePayloadError
from pyswfaws.payload import Payload


def keys(client, bucket='swf-data'):
    return [found['Key'] for found in client.list_objects_v2(Bucket=bucket).get('Contents', [])]


@pytest.mark.parametrize('text', ['', 'x', 'é😀', 'x' * 1_000_000])
def test_what_is_put_into_s3_can_be_got_by_its_pointer(text, s3):
    pointer = S3DataStore('swf-data', client=s3).put(text, 'run/call-1/input-0')
    assert pointer == 's3://swf-data/run/call-1/input-0'
    assert S3DataStore('swf-data', client=s3).get(pointer) == text


def test_a_store_may_go_into_a_pickle_without_the_client_that_it_made(s3):
    store = S3DataStore('swf-data', 'foo', 'key', 'secret')
    pointer = store.put('text', 'key')
    other = pickle.loads(pickle.dumps(store))
    assert other.get(pointer) == 'text'
    assert other._s3() is not store._s3()
    for one in (store, other):
        one._s3().close()


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


def test_objects_are_written_as_was_asked(s3):
    S3DataStore(
        'swf-data', client=s3, server_side_encryption='aws:kms', kms_key_id='alias/swf', storage_class='STANDARD_IA',
        tags={'team': 'a=b c', 'kind': 'payload'}, checksum='SHA256',
    ).put('text', 'key')
    found = s3.head_object(Bucket='swf-data', Key='key', ChecksumMode='ENABLED')
    assert (found['ServerSideEncryption'], found['StorageClass']) == ('aws:kms', 'STANDARD_IA')
    assert found['ContentType'] == 'application/json; charset=utf-8'
    assert found['ChecksumSHA256']
    tags = s3.get_object_tagging(Bucket='swf-data', Key='key')['TagSet']
    assert {tag['Key']: tag['Value'] for tag in tags} == {'team': 'a=b c', 'kind': 'payload'}


def test_more_objects_than_a_page_are_listed(s3):
    for n in range(1001):
        s3.put_object(Bucket='swf-data', Key=f'runs/{n}', Body=b'')
    s3.put_object(Bucket='swf-data', Key='runs2/1', Body=b'')
    assert len(list(S3DataStore('swf-data', 'runs', client=s3).objects())) == 1001


def test_an_object_outside_the_base_key_is_not_ours(s3):
    s3.put_object(Bucket='swf-data', Key='secret', Body=b'text')
    with pytest.raises(DataStoreError, match='is no object under s3://swf-data/runs/'):
        S3DataStore('swf-data', 'runs', client=s3).get('s3://swf-data/secret')
