"""Reloading: the command restarts when its sources change. For development: what runs is cut off, and runs again.

On SWF Local a poll that is cut off is noticed. Amazon SWF may hand a task to it, which then waits for its timeout.
"""

import os
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import click

from pyswfaws.cli.restarting import restart
from pyswfaws.exceptions import PyswfawsError

_PAUSE: Final = 0.3     # seconds between two looks


class Sources:
    """The files under `folder` that modules were imported from, each as it was when it was first seen.

    What was written since `began` (Unix nanoseconds), and is seen only now, counts as changed: it may have been
    imported before. A time in the future is another machine's, and tells nothing.
    """

    def __init__(self, folder: Path, began: int) -> None:
        self._folder = folder
        self._began = began
        self._seen: dict[Path, int] = {}

    def add(self, names: Iterable[str]) -> None:
        """Take in files, as far as they are under the folder, and not of an environment there."""
        for name in names:
            path = Path(name)
            if path not in self._seen and path.is_relative_to(self._folder) and 'site-packages' not in path.parts:
                moment = _changed_at(path)
                self._seen[path] = self._began if self._began < moment <= time.time_ns() else moment

    def look(self) -> None:
        """Take in the files of the modules that are imported by now."""
        self.add([file for module in list(sys.modules.values()) if (file := getattr(module, '__file__', None))])

    def changed(self) -> Path | None:
        """Give a file that is no more as it was; None if all are."""
        self.look()
        return next((path for path, moment in list(self._seen.items()) if _changed_at(path) != moment), None)


@contextmanager
def reloading(folder: Path) -> Iterator[Sources]:
    """Restart the command when a source under `folder` changes while the block runs, or after it has failed.

    Gives the sources, for a look as soon as they are imported: what changes before the first look is not seen.
    """
    with suppress(ChildProcessError):       # what this process had started before it was restarted, and has left
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    sources = Sources(folder, time.time_ns())
    threading.Thread(target=_watch, args=(sources,), name='reloading', daemon=True).start()
    try:
        yield sources
    except Exception as error:  # noqa: BLE001 - user code: a module that is imported, and may be mended
        if isinstance(error, PyswfawsError):
            click.echo(f'Error: {error}', err=True)
        else:
            traceback.print_exc()
        sources.add(_files_of(error))
        click.echo('waiting for a change of the sources', err=True)
        threading.Event().wait()


def _watch(sources: Sources) -> None:
    while (path := sources.changed()) is None:
        time.sleep(_PAUSE)
    click.echo(f'{path} has changed: starting again', err=True)
    restart()


def _files_of(error: BaseException) -> Iterator[str]:
    """Give the files that an error leads through: a module that cannot be imported is not among the others."""
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename
    frame: TracebackType | None = error.__traceback__
    while frame is not None:
        yield frame.tb_frame.f_code.co_filename
        frame = frame.tb_next


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
