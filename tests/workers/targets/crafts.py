"""Activities that processes run, and what goes wrong with them."""

import asyncio
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from pyswfaws import Middleware, RetryPolicy, activity, activity_task
from pyswfaws.binding.context import current
from pyswfaws.binding.passthrough import PASS_THROUGH

ONCE = RetryPolicy(max_attempts=1)
logger = logging.getLogger('crafts')


class Spoilt(Exception):  # noqa: N818
    """Is declared."""


class Word(str):
    """A text, though no pickle of it can be read."""

    __slots__ = ()

    def __new__(cls, first, second):
        return super().__new__(cls, f'{first}-{second}')


@activity_task
def double(number):
    return number * 2


@activity_task
async def halve(number):
    await asyncio.sleep(0.001)
    return [number // 2, activity.info().attempt]


@activity_task
def process():
    """Give the process and its parent."""
    return [os.getpid(), os.getppid()]


@activity_task(retry=ONCE, raises=(Spoilt,))
def spoil(text):
    raise Spoilt(text)


@activity_task(retry=ONCE)
def crash(how):
    activity.heartbeat('until then')
    match how:
        case 'segfault':
            ctypes.string_at(0)
        case 'exit':
            os._exit(3)
        case 'sys.exit':
            sys.exit(4)
        case 'memory':
            raise MemoryError('no more')
        case number:
            os.kill(os.getpid(), getattr(signal, number))
            time.sleep(60)


@activity_task(retry=RetryPolicy(max_attempts=2, initial_interval=0))
def crash_once(folder):
    """Die at the first attempt, when something has been said."""
    found = activity.info().last_heartbeat
    if activity.info().attempt == 1:
        activity.heartbeat({'done': 7})
        os.kill(os.getpid(), signal.SIGKILL)
    return found


@activity_task
def say(text):
    logger.debug('nobody hears %s', text)
    logger.warning('%s is said', text, extra={'shop': Shop('Ann'), 'number': 7, 'word': Word('bread', 'butter')})
    logging.getLogger('crafts.quiet').info('nor %s', text)


@activity_task(retry=ONCE, heartbeat_timeout=3)
def wait_until_cancelled(path, stubborn):
    """Say when it has begun; end when it is told to, unless it is stubborn."""
    Path(path).write_text(str(os.getpid()))
    for _ in range(3000):
        if activity.is_cancelled() and not stubborn:
            activity.heartbeat()
        time.sleep(0.01)


@activity_task(retry=ONCE, heartbeat_timeout=3)
def start_another(path):
    """Start a program, and wait for it, whatever happens."""
    with subprocess.Popen(['sleep', '60']) as started:
        Path(path).write_text(str(started.pid))
        started.wait()


@activity_task(retry=ONCE)
def leave_another():
    """Start a program, and leave it running."""
    return os.posix_spawnp('sleep', ['sleep', '60'], os.environ)


@activity_task(retry=ONCE, start_to_close_timeout=1, heartbeat_timeout='NONE')
def hang(path):
    Path(path).write_text(str(os.getpid()))
    while True:
        time.sleep(1)


@activity_task(retry=ONCE, start_to_close_timeout=1, heartbeat_timeout='NONE')
def look_now_and_then(path):
    """Look without asking SWF anything, until nobody waits any more."""
    attempt = current(PASS_THROUGH)
    while attempt.ended is None:
        time.sleep(0.01)
    _note(path, str(attempt.ended.is_lost))


@activity_task(retry=ONCE, start_to_close_timeout=1, heartbeat_timeout='NONE')
async def linger(path):
    _note(path, 'begun')
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        _note(path, 'cancelled')
        raise


def _note(path, text):
    Path(path).write_text(text)


@activity_task(retry=ONCE)
async def leave():
    """End the loop, if it lets itself be ended."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_exit())


async def _exit():
    raise SystemExit(3)


@activity_task(heartbeat_timeout=60)
def count(until):
    for number in range(until):
        activity.heartbeat(number)
    return threading.current_thread() is threading.main_thread()


class Marked(Middleware):
    """Marks the process, by what it was made with."""

    def __init__(self, mark):
        self.mark = mark

    @contextmanager
    def activity(self, work):
        os.environ['CRAFT'] = f'{self.mark} {work.activity_id}'
        yield
        del os.environ['CRAFT']


@activity_task
def mark():
    return os.environ.get('CRAFT')


class Shop:
    def __init__(self, name):
        self.name = name

    @activity_task
    def sell(self, thing):
        return f'{thing} of {self.name}'


def _make():
    @activity_task
    def nowhere():
        """Cannot be found by a name."""

    return nowhere


nowhere = _make()
