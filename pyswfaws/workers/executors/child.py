"""Child: a process that runs activities for a worker, one after the other, for as long as the worker is there.

Its main thread runs them. Another one listens to the worker. When the worker has hung up or died the child ends, and
with it whatever it has started: it leads a process group of its own. It takes no part in Ctrl-C and SIGTERM, which
often go to each process of a terminal or a service: to end in good order is up to the worker. What it logs goes to the
worker, whose loggers have the handlers.
"""

import faulthandler
import logging
import os
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from logging.handlers import QueueHandler
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final

from pyswfaws.binding.attempts import Attempt
from pyswfaws.binding.context import in_hand
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served
from pyswfaws.exceptions import ActivityCancelled, CompletedLater
from pyswfaws.failures import Texts, message_of
from pyswfaws.middleware import Middleware
from pyswfaws.workers.executors.job import Failed, Job, Outcome, at_once, carried_out
from pyswfaws.workers.executors.messages import Asked, Broken, Done, Ending, Found, Line, Noted, Ready, Task
from pyswfaws.workers.executors.recipe import Recipe
from pyswfaws.workers.executors.threads import Inline
from pyswfaws.workers.insisting import insist
from pyswfaws.workers.wear import memory

#: Seconds that a child has to end by itself when its worker has hung up, with what modules do at the end.
LAST_GRACE: Final = 5.0

_SOON: Final = 0.05     # seconds within which an activity that only asks need not ask again


def main(line: Line) -> None:
    """Run what comes down the line; the first thing is the recipe."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)      # and not SIG_IGN, which programs that an activity starts inherit
    faulthandler.enable()       # a segfault fails the activity with its signal; where it was is said on stderr
    recipe: Recipe = line.receive()
    logging.getLogger().addHandler(_ToWorker(line))
    try:
        served, middleware = recipe.follow()
    except BaseException:  # noqa: BLE001 - user code: a module that is imported; the worker says it
        line.send(Broken(traceback.format_exc()))
        return
    line.send(Ready())
    child, place = _Child(line, served, middleware), Inline()
    Thread(target=child.listen, name='worker', daemon=True).start()
    for job in child.jobs():
        with in_hand(job.work):
            outcome = at_once(carried_out(job, place))
        child.tell(outcome)
    place.close()


class _Child:
    """What the process knows of its worker, and of what it runs for it."""

    def __init__(
        self, line: Line, served: Mapping[tuple[str, str], Served[ActivityType]], middleware: Middleware,
    ) -> None:
        self._line = line
        self._served = served
        self._middleware = middleware
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._attempt: Attempt | None = None
        self._asking = Lock()
        self._answer: Future[Found] = Future()
        self._said: tuple[str | None, float] = (None, 0.0)      # what was passed on last, and when

    def jobs(self) -> Iterator[Job]:
        """Give what is to be run, one after the other."""
        while (job := self._jobs.get()) is not None:
            yield job

    def tell(self, outcome: Outcome) -> None:
        """Tell the worker how an activity ended."""
        self._attempt = None        # before the worker sends the next
        self._line.send(Done(_told(outcome), memory()))

    def _job(self, task: Task) -> Job:
        """Give the job of a task; what it says and asks goes to the worker."""
        work, token, text = task
        served = self._served[work.name, work.version]
        insisting = partial(insist, limit=served.definition.start_to_close_timeout, what=str(work))
        job = Job(served, work, token, text, insisting, self._find_noted, self._middleware)
        job.attempt.on_look = partial(self._pass_on, job.attempt)
        return job

    def listen(self) -> None:
        """Take what the worker says, until it has hung up or died."""
        while True:
            try:
                message = self._line.receive()
            except (EOFError, OSError):
                break
            match message:
                case Task():
                    job = self._job(message)
                    self._attempt = job.attempt
                    self._jobs.put(job)
                case Ending(text, is_lost):
                    if self._attempt is not None:
                        self._attempt.end(ActivityCancelled(text, is_lost=is_lost))
                case Found():
                    self._answer.set_result(message)
        if self._attempt is None:
            self._jobs.put(None)
            time.sleep(LAST_GRACE)
        os.killpg(0, signal.SIGKILL)

    def _pass_on(self, attempt: Attempt) -> None:
        noted, moment = self._said
        now = time.monotonic()
        if attempt is self._attempt and (attempt.noted is not noted or now - moment > _SOON):
            self._said = (attempt.noted, now)
            self._line.send(Noted(attempt.noted))

    def _find_noted(self) -> str | None:
        with self._asking:
            self._answer = Future()
            self._line.send(Asked())
            noted, error = self._answer.result()
        if error is not None:
            raise error
        return noted


class _ToWorker(QueueHandler):
    """Sends records to the worker."""

    def __init__(self, line: Line) -> None:
        super().__init__(SimpleQueue())
        self._line = line

    def enqueue(self, record: logging.LogRecord) -> None:
        """Send a record, whose message is a text by now; what came by ``extra=`` as one, unless JSON has it too."""
        for name, value in vars(record).items():
            setattr(record, name, _plain(value))
        self._line.send(record)


def _plain(value: Any) -> str | float | None:
    """Give a value that any process can read: of a user's class, be it one of texts, nobody knows whether it can be."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case str():
            return str.__str__(value)
    return str(value)


def _told(outcome: Outcome) -> str | Texts | Ending | None:
    """Give how an activity ended without its exceptions, of which nobody knows whether they can be pickled."""
    match outcome:
        case Failed(_, texts):
            return texts
        case ActivityCancelled():
            return Ending(message_of(outcome), outcome.is_lost)
        case CompletedLater():
            return None
        case result:
            return result


def start(connection: Any) -> None:
    """Run the process: what its command line calls. Without its worker it ends, with all that it has started."""
    try:
        main(Line(connection))
    except (EOFError, OSError):     # of the line: the worker died while this process began, or had something to say
        os.killpg(0, signal.SIGKILL)
