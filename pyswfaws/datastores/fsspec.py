"""Texts in whatever file system fsspec knows: Google Cloud Storage, Azure, SFTP, HDFS and many more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from pyswfaws.datastores.base import KeptObject, ListedDataStore, key_under
from pyswfaws.exceptions import ConfigurationError, DataLostError, DataStoreError, DefinitionError, describe_value


class FsspecDataStore(ListedDataStore):
    """Keeps texts under `url`, which fsspec understands, as ``gs://bucket/prefix`` or ``sftp://host/folder``.

    `options` are what fsspec's file system takes. Needs the extra ``fsspec``, and the package that fsspec names for the
    kind of file system.
    """

    def __init__(self, url: str, **options: Any) -> None:
        if not isinstance(url, str) or '://' not in url:
            raise DefinitionError(f'url is a URL, as gs://bucket/prefix, but it is {describe_value(url)}')
        self.url = url.rstrip('/') if not url.endswith('://') else url
        self._options = options
        self._start = url if url.endswith('://') else f'{self.url}/'

    @cached_property
    def _place(self) -> tuple[Any, str]:
        """The file system, and the path in it."""
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra

            system, path = url_to_fs(self.url, **self._options)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(
                f"{self.url} cannot be used: {error}. FsspecDataStore needs pip install 'pyswfaws[fsspec]', and the "
                'package of that kind of file system'
            ) from error
        return system, str(path).rstrip('/')

    def put(self, message: str, key: str) -> str:  # noqa: D102
        system, folder = self._place
        path, pointer = f'{folder}/{key}', f'{self._start}{key}'
        with self._explaining('writing', pointer):
            system.makedirs(path.rpartition('/')[0], exist_ok=True)
            system.pipe_file(path, message.encode())
        return pointer

    def get(self, key: str) -> str:  # noqa: D102
        system, folder = self._place
        path = f'{folder}/{key_under(self._start, key)}'
        with self._explaining('reading', key):
            return str(system.cat_file(path).decode())

    def owns(self, pointer: str) -> bool:  # noqa: D102
        return pointer.startswith(self._start)

    def objects(self) -> Iterator[KeptObject]:  # noqa: D102
        system, folder = self._place
        with self._explaining('listing', self.url):
            found = system.find(folder, detail=True)
            for path, status in found.items():
                key = path.removeprefix(f'{folder}/')
                written = system.modified(path)
                moment = written.timestamp() if isinstance(written, datetime) else float(written)
                yield KeptObject(key, f'{self._start}{key}', int(status['size'] or 0), moment)

    def delete(self, pointer: str) -> None:  # noqa: D102
        system, folder = self._place
        path = f'{folder}/{key_under(self._start, pointer)}'
        with self._explaining('deleting', pointer):
            if system.exists(path):
                system.rm_file(path)

    @contextmanager
    def _explaining(self, what: str, pointer: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise DataLostError(f'{pointer} is not there') from error
        except Exception as error:  # each file system raises what its own library raises, so there is no list
            raise DataStoreError(f'{what} {pointer}: {type(error).__name__}: {error}') from error

    def __repr__(self) -> str:
        return f'FsspecDataStore({self.url!r})'
