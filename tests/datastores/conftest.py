"""The stores, one of each kind, empty."""

import boto3
import fsspec
import pytest
from moto import mock_aws

from pyswfaws.contents import CONTENTS
from pyswfaws.datastores import (
    FileDataStore,
    FsspecDataStore,
    MemoryDataStore,
    OverflowDataStore,
    S3DataStore,
    SwfDataStore,
)


@pytest.fixture(autouse=True)
def nothing_read_before():
    CONTENTS.clear()


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


@pytest.fixture
def memory_files():
    yield
    fsspec.filesystem('memory').rm('/', recursive=True)


@pytest.fixture(params=['memory', 'file', 's3', 's3 under a key', 'fsspec memory', 'fsspec local', 'overflow'])
def store(request, tmp_path):
    def asked(name):
        return request.getfixturevalue(name)

    def under_a_key():
        return S3DataStore(
            'swf-data', 'runs/of ours', client=asked('s3'), server_side_encryption='AES256', checksum='SHA256',
            storage_class='STANDARD_IA', tags={'team': 'a=b c'},
        )

    def in_memory():
        asked('memory_files')
        return FsspecDataStore('memory://runs')

    return {
        'memory': MemoryDataStore,
        'file': lambda: FileDataStore(tmp_path / 'a folder' / 'données'),
        's3': lambda: S3DataStore('swf-data', client=asked('s3')),
        's3 under a key': under_a_key,
        'fsspec memory': in_memory,
        'fsspec local': lambda: FsspecDataStore(f'file://{tmp_path}/files'),
        'overflow': lambda: OverflowDataStore(SwfDataStore(), MemoryDataStore(), 0),
    }[request.param]()
