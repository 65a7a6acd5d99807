"""Processes: SWF Local and the workers of the demo, each a process of its own, and none left behind."""

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Self

from pyswfaws.exceptions import PyswfawsError

_PATIENCE: Final = 15.0     # seconds for a process to say that it is there, or to end
_SERVICE: Final = 'SWF Local'
_PROGRAM: Final = (sys.executable, '-m', 'pyswfaws.cli.main')


class Processes:
    """Child processes by name; at the end of the block all are ended, and those that will not are killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start_service(self) -> str:
        """Start SWF Local on a file, and give its endpoint once it accepts connections."""
        process = self._start(_SERVICE, 'local', '--db', str(self._folder / 'swf.db'), '--port', '0',
                              '--poll-timeout', '1')
        first_line: queue.Queue[str] = queue.Queue()
        stream = process.stdout
        assert stream is not None, 'it was asked for'
        threading.Thread(target=lambda: first_line.put(stream.readline()), daemon=True).start()
        try:
            url = first_line.get(timeout=_PATIENCE).strip()
        except queue.Empty:
            url = ''
        if not url:
            raise PyswfawsError(f'{_SERVICE} did not start: {self.log_of(_SERVICE) or "it said nothing"}')
        return url

    def start_worker(self, name: str, url: str, domain: str, *options: str) -> None:
        """Start a worker of the demo's functions, called `name`."""
        self._start(
            name, 'worker', 'pyswfaws.demo.flows', '--endpoint-url', url, '--domain', domain,
            '--task-list', 'bakery', '--region', 'us-east-1', '--identity', name, *options,
        )

    def kill(self, name: str) -> None:
        """Kill a process, as `kill -9` does: it has no chance to tell anybody."""
        process = self._running[name]
        process.kill()
        process.wait()

    def end(self) -> None:
        """End all processes, the service last, so that workers can still answer; kill those that will not."""
        service = [process for name, process in self._running.items() if name == _SERVICE]
        workers = [process for name, process in self._running.items() if name != _SERVICE]
        try:
            for processes in (workers, service):
                for process in processes:
                    process.terminate()
                for process in processes:
                    process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            pass        # it is killed below
        finally:        # a second Ctrl-C comes here too
            for process in (*workers, *service):
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()
            self._running.clear()

    def log_of(self, name: str) -> str:
        """Give what a process wrote to its log."""
        path = self._log(name)
        return path.read_text(errors='replace').strip() if path.exists() else ''

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        with self._log(name).open('w') as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*_PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if name == _SERVICE else log,
                stderr=log,
                text=True,
                start_new_session=True,     # a Ctrl-C is for us to pass on
                env={**os.environ, 'PYTHONUNBUFFERED': '1'},
            )
        self._running[name] = process
        return process

    def _log(self, name: str) -> Path:
        return self._folder / f'{name.replace(" ", "-").lower()}.log'
