"""Texts as files of a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from pyswfaws.datastores.base import KeptObject, ListedDataStore, key_under
from pyswfaws.exceptions import DataLostError, DataStoreError, DefinitionError, describe_value

_UNFINISHED = '.unfinished-'    # how the name of a file starts while it is written; no key has a part that starts so


def _for_its_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class FileDataStore(ListedDataStore):
    """Keeps texts as files under `folder`, which every worker and client must see at the same path.

    A file is there wholly or not at all, also after a crash. Only the user that wrote it can read it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        if not isinstance(folder, str | os.PathLike) or not os.fspath(folder):
            raise DefinitionError(f'folder is the path of a folder, but it is {describe_value(folder)}')
        self.folder = Path(folder).expanduser().absolute()
        self._start = f'file://{self.folder}/'

    def put(self, message: str, key: str) -> str:  # noqa: D102
        path = self.folder / key
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f'{_UNFINISHED}{os.urandom(16).hex()}')
            try:
                with open(unfinished, 'xb', opener=_for_its_user) as file:
                    file.write(message.encode())
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise DataStoreError(f'writing {path}: {error}') from error
        return f'{self._start}{key}'

    def get(self, key: str) -> str:  # noqa: D102
        path = self._path(key)
        try:
            return path.read_bytes().decode()
        except FileNotFoundError as error:
            if self.folder.is_dir():
                raise DataLostError(f'{key} is not there any more') from error
            raise DataStoreError(f'reading {key}: there is no folder {self.folder} here') from error
        except (OSError, ValueError) as error:
            raise DataStoreError(f'reading {key}: {error}') from error

    def owns(self, pointer: str) -> bool:  # noqa: D102
        return pointer.startswith(self._start)

    def objects(self) -> Iterator[KeptObject]:  # noqa: D102
        for path in self.folder.rglob('*'):
            try:
                if path.is_file() and not path.name.startswith(_UNFINISHED):
                    key, status = path.relative_to(self.folder).as_posix(), path.stat()
                    yield KeptObject(key, f'{self._start}{key}', status.st_size, status.st_mtime)
            except FileNotFoundError:   # deleted while we looked
                continue
            except OSError as error:
                raise DataStoreError(f'listing {self.folder}: {error}') from error

    def delete(self, pointer: str) -> None:  # noqa: D102
        try:
            self._path(pointer).unlink(missing_ok=True)
        except OSError as error:
            raise DataStoreError(f'deleting {pointer}: {error}') from error

    def _path(self, pointer: str) -> Path:
        path = self.folder / key_under(self._start, pointer)
        try:
            inside = path.resolve().is_relative_to(self.folder.resolve())
        except (OSError, ValueError):   # a loop of links, a null character
            inside = False
        if not inside:
            raise DataStoreError(f'{describe_value(pointer)} leads out of {self.folder}')
        return path

    def __repr__(self) -> str:
        return f'FileDataStore({str(self.folder)!r})'
