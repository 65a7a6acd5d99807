"""Data stores: where the text of a payload is kept.

`SwfDataStore` leaves it where it is, in the field of SWF. `S3DataStore` puts it into a bucket and leaves a pointer. For
a store of your own derive from `DataStore`: `put` answers what stands in SWF's field, `get` gives the text back.
"""

import os
from abc import ABC, abstractmethod
from threading import Lock
from typing import Any
from urllib.parse import quote

from pyswfaws.exceptions import DataStoreError, DefinitionError, describe_value


class DataStore(ABC):
    """Keeps texts.

    A store that keeps them elsewhere has `is_inline` False. Its `put` must answer a pointer that `get` understands in
    any other process, for as long as the execution and its history live. Keys hold letters, digits and ``/-_.=%~``
    only; the same key is only ever written with the same text.
    """

    is_inline = False

    @abstractmethod
    def put(self, message: str, key: str) -> str:
        """Keep `message` under `key` and answer the pointer; raises a DataStoreError where that fails."""

    @abstractmethod
    def get(self, key: str) -> str:
        """Give back what the pointer `key` stands for; raises a DataStoreError where that fails."""

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'


class SwfDataStore(DataStore):
    """Leaves the text in SWF itself, whose fields take 32,768 characters."""

    is_inline = True

    def put(self, message: str, key: str) -> str:  # noqa: ARG002, D102
        return message

    def get(self, key: str) -> str:  # noqa: D102
        return key


class S3DataStore(DataStore):
    """Keeps texts as objects ``s3://bucket/base_key/key`` in Amazon S3.

    `client` is a boto3 S3 client; without one, a client is made at first use, from the keys given (the predecessor's
    `aws_key` and `aws_secret`) or, better, from wherever boto3 finds credentials.
    """

    def __init__(
        self,
        bucket: str,
        base_key: str = '',
        aws_key: str | None = None,
        aws_secret: str | None = None,
        *,
        client: Any = None,
    ) -> None:
        for name, value in (('bucket', bucket), ('base_key', base_key)):
            if not isinstance(value, str):
                raise DefinitionError(f'{name} is a str, but it is {describe_value(value)}')
        if not bucket or '/' in bucket:
            raise DefinitionError(f'bucket is the name of an S3 bucket, but it is {describe_value(bucket)}')
        self.bucket = bucket
        self.base_key = base_key.strip('/')
        self._credentials = (aws_key, aws_secret)
        self._given_client = client
        self._own_client: Any = None
        self._made_in = 0               # the process that made it: a client does not survive a fork
        self._making = Lock()

    def put(self, message: str, key: str) -> str:  # noqa: D102
        path = f'{self.base_key}/{key}' if self.base_key else key
        self._call('put_object', path, Body=message.encode(), ContentType='application/json; charset=utf-8')
        return f's3://{self.bucket}/{path}'

    def get(self, key: str) -> str:  # noqa: D102
        start = f's3://{self.bucket}/'
        if not key.startswith(start):
            raise DataStoreError(f'{describe_value(key)} is no object of the bucket {self.bucket!r}')
        found = self._call('get_object', key.removeprefix(start))['Body']
        try:
            return str(found.read().decode())
        except (OSError, ValueError) as error:
            raise DataStoreError(f'reading {key} from S3: {error}') from error

    def _call(self, operation: str, path: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - AWS is loaded when it is needed

        try:
            return getattr(self._s3(), operation)(Bucket=self.bucket, Key=path, **arguments)
        except (BotoCoreError, ClientError) as error:
            raise DataStoreError(f'{operation} of s3://{self.bucket}/{path}: {error}') from error

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


def key_of(*parts: str) -> str:
    """Join `parts` to a key that is readable and safe: whatever an id contains, it cannot climb out of its folder.

    >>> key_of('22abc/+=', '..', 'Double-1', 'input')
    '22abc%2F%2B=/%2E%2E/Double-1/input'
    """
    return '/'.join(quote(part, safe='=~') if part.strip('.') else '%2E' * len(part) or '%' for part in parts)
