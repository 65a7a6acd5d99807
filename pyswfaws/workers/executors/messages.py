"""Messages: what a worker and a process that runs activities for it say to each other, over a pipe of their own.

Nothing of SWF is among them but texts that stand in its fields: the calls are the worker's. They are pickled, which no
payload ever is: both ends are one program, and nobody else has the pipe.
"""

import os
import pickle
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any, NamedTuple

from pyswfaws.failures import Texts
from pyswfaws.work import ActivityWork


class Task(NamedTuple):
    """To the process: run this. `text` is its input, as it stands in SWF's field."""

    work: ActivityWork
    token: str
    text: str | None


class Ending(NamedTuple):
    """To the process: nobody waits any more for what it runs."""

    message: str
    is_lost: bool


class Found(NamedTuple):
    """To the process: what earlier attempts said last, or why that could not be found out."""

    noted: str | None
    error: Exception | None


class Ready(NamedTuple):
    """From the process: it has what it shall run."""


class Broken(NamedTuple):
    """From the process: it cannot run anything, and ends; `traceback` says why."""

    traceback: str


class Noted(NamedTuple):
    """From the process: the activity said something, or asked whether it is still wanted."""

    noted: str | None


class Asked(NamedTuple):
    """From the process: it wants what earlier attempts said last."""


class Done(NamedTuple):
    """From the process: how the activity ended. `memory` is what the process takes, in MB."""

    outcome: 'str | Texts | Ending | None'      # None: it is answered later
    memory: float


class Line:
    """One end of the pipe. Any thread may send, one receives."""

    def __init__(self, connection: 'Connection[Any, Any]') -> None:
        self._connection = connection
        self._sending = Lock()
        self._process = os.getpid()

    def send(self, message: object) -> None:
        """Send a message; raises an OSError where nobody is at the other end.

        Nothing is sent by what was forked of the process, which has the pipe too.
        """
        text = pickle.dumps(message)
        if os.getpid() == self._process:
            with self._sending:
                self._connection.send_bytes(text)

    def receive(self, seconds: float | None = None) -> Any:
        """Give the next message; None if there is none in `seconds`. Raises an EOFError or OSError at the end."""
        return pickle.loads(self._connection.recv_bytes()) if self._connection.poll(seconds) else None  # noqa: S301

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
