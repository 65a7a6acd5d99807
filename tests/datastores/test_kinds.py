"""What is peculiar to one kind of store."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.datastores import (
    DataStore,
    FileDataStore,
    FsspecDataStore,
    MemoryDataStore,
    OverflowDataStore,
    S3DataStore,
    SwfDataStore,
    key_of,
    store_at,
)
from pyswfaws.exceptions import ConfigurationError, DataLostError, DataStoreError, DefinitionError
from pyswfaws.payload import Payload


def test_swf_itself_keeps_the_text_where_it_is():
    store = SwfDataStore()
    assert store.get(store.put('text', 'key')) == 'text'
    assert store.is_inline
    assert not store.owns('text')
    assert repr(store) == 'SwfDataStore()'


def test_a_store_of_ones_own_is_not_inline():
    class Own(DataStore):
        def put(self, message, key):
            return key

        def get(self, key):
            return key

    assert not Own().is_inline
    assert Own().owns('anything')
    assert repr(Own()) == 'Own()'


# Files.


def test_files_are_for_their_user_only(tmp_path):
    FileDataStore(tmp_path / 'data').put('text', 'run/a')
    assert stat.S_IMODE((tmp_path / 'data').stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / 'data' / 'run' / 'a').stat().st_mode) == 0o600


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / 'secret').write_text('secret')
    store = FileDataStore(tmp_path / 'data')
    pointer = store.put('text', 'run/a')
    (tmp_path / 'data' / 'run' / 'a').unlink()
    (tmp_path / 'data' / 'run' / 'a').symlink_to(tmp_path / 'secret')
    with pytest.raises(DataStoreError, match='leads out of'):
        store.get(pointer)


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, 'No space left on device')

    store = FileDataStore(tmp_path)
    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(DataStoreError, match='No space left'):
        store.put('text', 'run/a')
    assert [path for path in tmp_path.rglob('*') if path.is_file()] == []
    assert list(store.objects()) == []


def test_a_folder_that_is_not_there_is_an_outage_and_no_loss(tmp_path):
    store = FileDataStore(tmp_path / 'mount')
    with pytest.raises(DataStoreError, match='there is no folder') as raised:
        store.get(f'file://{tmp_path}/mount/run/a')
    assert not isinstance(raised.value, DataLostError)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    store = FileDataStore(tmp_path)
    pointer = store.put('text', 'run/a')
    (tmp_path / 'run' / 'a').write_bytes(b'\xff')
    with pytest.raises(DataStoreError, match=r'reading file://.*/run/a'):
        store.get(pointer)
    with pytest.raises(DataStoreError, match='deleting'):
        store.delete(pointer.removesuffix('/a'))


@pytest.mark.parametrize('folder', ['', None, 5])
def test_what_names_no_folder_is_refused(folder):
    with pytest.raises(DefinitionError, match='folder is the path'):
        FileDataStore(folder)


# fsspec.


@pytest.mark.parametrize('url', ['', None, 'folder', '/folder'])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(DefinitionError, match='url is a URL'):
        FsspecDataStore(url)


def test_a_file_system_that_fsspec_does_not_know_is_named():
    with pytest.raises(ConfigurationError, match=r'gopher://host/folder cannot be used.*pyswfaws\[fsspec\]'):
        FsspecDataStore('gopher://host/folder').get('gopher://host/folder/key')


def test_what_a_file_system_raises_is_a_failure_of_the_store(tmp_path):
    store = FsspecDataStore(f'file://{tmp_path}')
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataStoreError, match=r'writing file://.*file/key') as raised:
        store.put('text', 'file/key')
    assert not isinstance(raised.value, DataLostError)


# Two stores in one.


def test_each_of_two_stores_reads_its_own(tmp_path):
    old, new = MemoryDataStore(), FileDataStore(tmp_path)
    before = Payload(store=old).write_result('x', ('run',))
    both = Payload(store=OverflowDataStore(old, new, 100))
    small, large = both.write_result('y', ('run',)), both.write_result('y' * 1000, ('run',))
    assert '"memory:' in small
    assert '"file:' in large
    assert [both.read_result(text) for text in (before, small, large)] == ['x', 'y', 'y' * 1000]
    assert both.store.owns('memory:x')
    store = both.store
    assert store.get(store.put('short', 'a')) == 'short'
    assert store.get(store.put('x' * 101, 'b')) == 'x' * 101


@pytest.mark.parametrize(('arguments', 'message'), [
    ((SwfDataStore(), 's3'), 'large is a DataStore'), ((None, SwfDataStore()), 'small is a DataStore'),
    ((SwfDataStore(), MemoryDataStore(), '5'), 'threshold is'),
    ((SwfDataStore(), MemoryDataStore(), -1), 'threshold is'),
    ((SwfDataStore(), MemoryDataStore(), True), 'threshold is'),
])
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(DefinitionError, match=message):
        OverflowDataStore(*arguments)


# Addresses and keys.


@pytest.mark.parametrize(('address', 'store'), [
    ('s3://swf-data', "S3DataStore('swf-data', '')"), ('s3://swf-data/a/b/', "S3DataStore('swf-data', 'a/b')"),
    ('file:///var/data', "FileDataStore('/var/data')"), ('file:///a%20b', "FileDataStore('/a b')"),
    ('gs://bucket/prefix', "FsspecDataStore('gs://bucket/prefix')"),
])
def test_an_address_is_a_store(address, store):
    assert repr(store_at(address)) == store


@pytest.mark.parametrize('address', ['', 'swf-data', '/var/data', 's3://', 's3:///', 'file://'])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ConfigurationError, match='is no address of a data store'):
        store_at(address)


def test_kms_goes_with_its_kind_of_encryption():
    with pytest.raises(DefinitionError, match='kms_key_id goes with'):
        S3DataStore('bucket', kms_key_id='alias/swf')
    assert S3DataStore('bucket', kms_key_id='alias/swf', server_side_encryption='aws:kms')


@given(st.lists(st.text(), min_size=1))
def test_a_key_holds_nothing_that_climbs_or_hides(parts):
    try:
        key = key_of(*parts)
    except UnicodeEncodeError:      # a lone surrogate, which no id of SWF can hold
        return
    assert set(key) <= set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-_.=%~')
    assert len(key.split('/')) == len(parts)
    assert not {'', '.', '..'} & set(key.split('/'))
    assert max(map(len, key.split('/'))) <= 200


@given(st.tuples(st.text('ab./%-:~'), st.text('ab./%-:')), st.tuples(st.text('ab./%-:~'), st.text('ab./%-:')))
def test_different_parts_give_different_keys(one, other):
    assert (key_of(*one) == key_of(*other)) == (one == other)


@given(st.sampled_from(['é', '/', 'a']), st.integers(60, 300), st.integers(60, 300))
def test_parts_that_are_cut_are_told_apart(character, one, other):
    assert (key_of(character * one) == key_of(character * other)) == (one == other)
