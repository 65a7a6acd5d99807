"""Processes: SWF Local and the workers of the demo, each a process of its own, and none left behind."""

import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Self

from pyswfaws.exceptions import PyswfawsError

_PATIENCE: Final = 15.0     # seconds for a process to say that it is there, or to end
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
        process = self._start('SWF Local', 'local', '--db', str(self._folder / 'swf.db'), '--port', '0',
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
            raise PyswfawsError(f'SWF Local did not start: {self.log_of("SWF Local") or "it said nothing"}')
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
        """End all processes, the service last, so that workers can still answer."""
        for name, process in sorted(self._running.items(), key=lambda item: item[0] == 'SWF Local'):
            process.send_signal(signal.SIGTERM)
            if name != 'SWF Local':
                continue
            self._wait_for_all()
        self._wait_for_all()
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
                stdout=subprocess.PIPE if name == 'SWF Local' else log,
                stderr=log,
                text=True,
                start_new_session=True,     # a Ctrl-C is for us to pass on
                env={**os.environ, 'PYTHONUNBUFFERED': '1'},
            )
        self._running[name] = process
        return process

    def _wait_for_all(self) -> None:
        for process in self._running.values():
            try:
                process.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _log(self, name: str) -> Path:
        return self._folder / f'{name.replace(" ", "-").lower()}.log'
