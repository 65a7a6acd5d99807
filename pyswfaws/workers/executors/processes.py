"""Processes: each activity runs in a process of its own, so that it can crash, or be killed, without the others.

The processes are used again, and one after the other is replaced when it has done so much or grown so large. They are
started as new programs, never forked, since a worker has threads. Each has a pipe to this one, and a thread here that
takes what it says while it runs something: that it is alive is for the worker to tell SWF, and so is the answer.

An activity that nobody waits for any more is told so first. If it has not ended `kill_after` seconds later, its process
is killed, with all that it has started.
"""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from threading import Lock, Timer
from typing import Any, Final

from pyswfaws.binding.context import bound
from pyswfaws.exceptions import (
    ActivityCancelled,
    ActivityProcessDied,
    CompletedLater,
    ConfigurationError,
    DataStoreError,
    RemoteError,
)
from pyswfaws.failures import Failure, Texts
from pyswfaws.workers.clients import FAULTS
from pyswfaws.workers.counts import Counts
from pyswfaws.workers.executors.child import LAST_GRACE
from pyswfaws.workers.executors.job import Failed, Job, Outcome
from pyswfaws.workers.executors.messages import Asked, Broken, Done, Ending, Found, Line, Noted, Ready, Task
from pyswfaws.workers.executors.recipe import Recipe
from pyswfaws.workers.executors.threads import Threads
from pyswfaws.workers.wear import Wear

#: What a child runs: it finds modules where this process does, and listens to the pipe of that number.
_PROGRAM: Final = (
    'import sys; from multiprocessing.connection import Connection; line = Connection(int(sys.argv[1])); '
    'sys.path[:] = line.recv(); from pyswfaws.workers.executors.child import start; start(line)'
)
_LOOK: Final = 1.0      # seconds between looks whether a silent process lives: what it has forked may hold its pipe


class Processes(Threads):
    """Runs activities in processes, as many at a time as it has `threads`.

    `recipe` gives what they are told, once it begins. `counts` counts those that ``crashed``, were ``killed`` and
    ``recycled``. `give_up` is called with the error when no process can be started any more.
    """

    def __init__(
        self,
        threads: int,
        recipe: Callable[[], Recipe],
        wear: Wear,
        kill_after: float,
        counts: Counts,
        give_up: Callable[[BaseException], None],
    ) -> None:
        super().__init__(threads)
        self._make_recipe = recipe
        self._recipe: Recipe | None = None
        self._wear = wear
        self._kill_after = kill_after
        self._counts = counts
        self._give_up = give_up
        self._lock = Lock()
        self._idle: list[_Child] = []       # the one used last is used next: the others may be swapped out
        self._leaving: list[_Child] = []

    def begin(self) -> None:
        """Start the first process, to see that it can be."""
        self._recipe = self._make_recipe()
        self._put_back(self._started())

    async def outcome(self, job: Job) -> Outcome:
        """Run the activity in a process, while this thread listens to it."""
        try:
            child = self._idle_one() or self._started()
        except ConfigurationError as error:
            self._give_up(error)
            return job.failed(error)
        outcome = child.run(job, self._kill_after)
        if outcome is None:
            return self._died(child, job)
        if child.was_killed:    # too late: it had just ended the activity
            child.die()
        else:
            self._put_back(child)
        return outcome

    def _died(self, child: '_Child', job: Job) -> Outcome:
        how, ended = child.die(), job.attempt.ended
        if child.was_killed and ended is not None:
            self._counts.add('killed')
            return ActivityCancelled(
                f'{ended}; it did not end within {self._kill_after:g} s, and its process was killed',
                is_lost=ended.is_lost,
            )
        self._counts.add('crashed')
        return job.failed(ActivityProcessDied(f'the process that ran it {how}'))

    def close(self) -> None:
        """Wait until all is served, and end the processes."""
        super().close()
        for child in self._idle:
            child.hang_up()
        for child in (*self._idle, *self._leaving):
            child.wait()
        self._idle, self._leaving = [], []

    def _started(self) -> '_Child':
        assert self._recipe is not None, 'it has begun'
        child = _Child(self._recipe)
        try:
            child.get_ready()
        except BaseException:
            child.die()
            raise
        return child

    def _idle_one(self) -> '_Child | None':
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if not child.has_ended():
                    return child
                child.die()
        return None

    def _put_back(self, child: '_Child') -> None:
        reason = self._wear.reason(child.tasks, child.memory)
        with self._lock:
            self._leaving = [one for one in self._leaving if not one.has_ended()]
            (self._leaving if reason else self._idle).append(child)
        if reason:
            self._counts.add('recycled')
            logging.getLogger('pyswfaws').info('process %d is replaced: %s', child.id, reason)
            child.hang_up()


class _Child:
    """A process that runs activities, as its worker holds it."""

    def __init__(self, recipe: Recipe) -> None:
        self.tasks = 0
        self.memory = 0.0
        ours, theirs = Pipe()
        with theirs:
            arguments = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001 - as multiprocessing does
            try:
                self._process = subprocess.Popen(  # noqa: S603 - what is run is this Python
                    [sys.executable, *arguments, '-c', _PROGRAM, str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise ConfigurationError(f'no process to run activities in can be started: {error}') from error
        self.id = self._process.pid
        self.was_killed = False
        self._job: Job | None = None        # that it runs
        self._warning = Lock()
        self._line = Line(ours)
        with suppress(OSError):     # it is dead already: `get_ready` says so
            self._line.send(recipe.setting['sys_path'])
            self._line.send(recipe)

    def get_ready(self) -> None:
        """Wait until it can run something; raises a ConfigurationError where it never can."""
        try:
            while not isinstance(message := self._receive(), Ready):
                if isinstance(message, Broken):
                    raise ConfigurationError(
                        f'a process to run activities in cannot import them:\n{message.traceback}'
                    )
                _log(message)
        except (EOFError, OSError):
            raise ConfigurationError(f'a process to run activities in {self.die()} as it was started') from None

    def run(self, job: Job, kill_after: float) -> Outcome | None:
        """Run an activity, and give how it ended; None where the process died of it.

        It dies too where nobody waits for the activity any more, and that has gone on for `kill_after` seconds since.
        """
        death = Timer(kill_after, self._kill_late)
        self._job = job
        self.tasks += 1
        try:
            self._line.send(Task(job.work, job.token, job.text))
            job.attempt.when_ended(lambda ended: self._warn(job, ended, death))
            done = self._listen(job)
        except (EOFError, OSError):
            return None
        finally:
            with self._warning:
                self._job = None
            if death.is_alive():
                death.cancel()
                death.join()
        self.memory = done.memory
        return _outcome_of(done)

    def die(self) -> str:
        """Kill it, unless it is dead, with all that it has started; give what became of it."""
        self._kill()
        status = self._process.wait()
        self._line.close()
        if status >= 0:
            return f'ended with exit status {status}'
        hint = ' (out of memory?)' if status == -signal.SIGKILL else ''
        return f'was killed by {signal.Signals(-status).name}{hint}'

    def hang_up(self) -> None:
        """Let it end by itself."""
        self._line.close()

    def has_ended(self) -> bool:
        """Whether it has; what it has started ends with it."""
        has_ended = self._process.poll() is not None
        if has_ended:
            self._kill()
        return has_ended

    def wait(self) -> None:
        """Wait until it has ended; kill it if it does not, and what it has started in any case."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_GRACE + _LOOK)
        self.die()

    def _listen(self, job: Job) -> Done:
        with bound(job.attempt):    # for handlers that show which activity it was that logged
            while True:
                match self._receive():
                    case Done() as done:
                        return done
                    case Noted(noted):
                        job.attempt.noted = noted
                        job.attempt.on_look()
                    case Asked():
                        self._line.send(_found(job))
                    case logging.LogRecord() as record:
                        _log(record)

    def _receive(self) -> Any:
        while (message := self._line.receive(_LOOK)) is None:
            if self.has_ended():
                raise EOFError
        return message

    def _warn(self, job: Job, ended: ActivityCancelled, death: Timer) -> None:
        """Tell it that nobody waits for `job` any more, and let its death begin, unless a cancel has done so before."""
        with self._warning:
            if self._job is job:
                with suppress(OSError):     # it has just died of something else
                    self._line.send(Ending(str(ended), ended.is_lost))
                if death.ident is None:
                    death.start()

    def _kill_late(self) -> None:
        self.was_killed = True
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):     # it is no more; macOS says the second of a zombie
            os.killpg(self.id, signal.SIGKILL)


def _outcome_of(done: Done) -> Outcome:
    match done.outcome:
        case None:
            return CompletedLater()
        case Ending(message, is_lost):
            return ActivityCancelled(message, is_lost=is_lost)
        case Texts() as texts:
            return Failed(Failure.read(*texts).remote or RemoteError(()), texts)
        case result:
            return result


def _found(job: Job) -> Found:
    try:
        return Found(job.find_noted(), None)
    except (*FAULTS, DataStoreError) as error:      # a fault of boto3's cannot be pickled
        return Found(None, Failure.of(error).remote)


def _log(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)
