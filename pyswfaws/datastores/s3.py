"""Texts as objects of Amazon S3."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from pyswfaws.datastores.base import KeptObject, ListedDataStore
from pyswfaws.exceptions import DataLostError, DataStoreError, DefinitionError, describe_value

_CONTENT_TYPE: Final = 'application/json; charset=utf-8'

#: Faults of S3 that say that an object is not there.
_LOST: Final = frozenset({'NoSuchKey', '404'})


class S3DataStore(ListedDataStore):
    """Keeps texts as objects ``s3://bucket/base_key/key`` in Amazon S3.

    `client` is a boto3 S3 client; without one, a client is made at first use, from the keys given (the predecessor's
    `aws_key` and `aws_secret`) or, better, from wherever boto3 finds credentials.

    What is written is written with `server_side_encryption` (``AES256``, ``aws:kms``, ``aws:kms:dsse``) under the key
    `kms_key_id`, in `storage_class`, with `tags`, and with S3's own `checksum` (``CRC32``, ``SHA256`` ...) beside the
    digest that the pointer has; what is not given is left to the bucket. See the S3 API, PutObject.
    """

    def __init__(
        self,
        bucket: str,
        base_key: str = '',
        aws_key: str | None = None,
        aws_secret: str | None = None,
        *,
        client: Any = None,
        server_side_encryption: str | None = None,
        kms_key_id: str | None = None,
        storage_class: str | None = None,
        tags: Mapping[str, str] | None = None,
        checksum: str | None = None,
    ) -> None:
        for name, value in (('bucket', bucket), ('base_key', base_key)):
            if not isinstance(value, str):
                raise DefinitionError(f'{name} is a str, but it is {describe_value(value)}')
        if not bucket or '/' in bucket:
            raise DefinitionError(f'bucket is the name of an S3 bucket, but it is {describe_value(bucket)}')
        if kms_key_id is not None and not (server_side_encryption or '').startswith('aws:kms'):
            raise DefinitionError("kms_key_id goes with server_side_encryption='aws:kms' or 'aws:kms:dsse'")
        self.bucket = bucket
        self.base_key = base_key.strip('/')
        self._start = f's3://{bucket}/{self.base_key}/' if self.base_key else f's3://{bucket}/'
        options = {
            'ServerSideEncryption': server_side_encryption,
            'SSEKMSKeyId': kms_key_id,
            'StorageClass': storage_class,
            'Tagging': urlencode(tags) if tags else None,
            'ChecksumAlgorithm': checksum,
        }
        self._when_writing = {name: value for name, value in options.items() if value is not None}
        self._when_reading = {'ChecksumMode': 'ENABLED'} if checksum else {}
        self._credentials = (aws_key, aws_secret)
        self._given_client = client
        self._own_client: Any = None
        self._made_in = 0               # the process that made it: a client does not survive a fork
        self._making = Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Go into a pickle, for another process of the same program, without the client that was made here."""
        state = vars(self) | {'_own_client': None, '_made_in': 0}
        del state['_making']
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state, _making=Lock())

    def put(self, message: str, key: str) -> str:  # noqa: D102
        pointer = f'{self._start}{key}'
        with self._explaining('writing', pointer):
            self._s3().put_object(
                **self._at(pointer), Body=message.encode(), ContentType=_CONTENT_TYPE, **self._when_writing,
            )
        return pointer

    def get(self, key: str) -> str:  # noqa: D102
        with self._explaining('reading', key):
            body = self._s3().get_object(**self._at(key), **self._when_reading)['Body']
            with closing(body):
                return str(body.read().decode())

    def owns(self, pointer: str) -> bool:  # noqa: D102
        return pointer.startswith(self._start)

    def objects(self) -> Iterator[KeptObject]:  # noqa: D102
        start = self._start.removeprefix(f's3://{self.bucket}/')
        with self._explaining('listing', self._start):
            for page in self._s3().get_paginator('list_objects_v2').paginate(Bucket=self.bucket, Prefix=start):
                for found in page.get('Contents', ()):
                    key = found['Key'].removeprefix(start)
                    yield KeptObject(key, f'{self._start}{key}', found['Size'], found['LastModified'].timestamp())

    def delete(self, pointer: str) -> None:  # noqa: D102
        with self._explaining('deleting', pointer):
            self._s3().delete_object(**self._at(pointer))

    def _at(self, pointer: str) -> dict[str, str]:
        """Give bucket and key; of what somebody else has left in a history only what is ours."""
        if not self.owns(pointer):
            raise DataStoreError(f'{describe_value(pointer)} is no object under {self._start}')
        return {'Bucket': self.bucket, 'Key': pointer.removeprefix(f's3://{self.bucket}/')}

    @contextmanager
    def _explaining(self, what: str, pointer: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - AWS is loaded when it is needed

        try:
            yield
        except ClientError as error:
            if error.response.get('Error', {}).get('Code') in _LOST:
                raise DataLostError(f'{pointer} is not there: {error}') from error
            raise DataStoreError(f'{what} {pointer}: {error}') from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise DataStoreError(f'{what} {pointer}: {error}') from error

    def _s3(self) -> Any:
        if self._given_client is not None:
            return self._given_client
        with self._making:  # the threads of a worker come by at once
            if self._made_in != os.getpid():
                import boto3  # noqa: PLC0415 - AWS is loaded when it is needed

                key, secret = self._credentials
                session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret)
                self._own_client, self._made_in = session.client('s3'), os.getpid()
            return self._own_client

    def __repr__(self) -> str:
        return f'S3DataStore({self.bucket!r}, {self.base_key!r})'
