"""Activities of the trials: in a module, and when distributed in a process, of their own."""

import asyncio
import os
import time
from pathlib import Path

from pyswfaws import RetryPolicy, activity_task


def note(path):
    """Add a line to a file, and say how many it has now."""
    with Path(path).open('a+') as file:
        file.write(f'{os.getpid()}\n')
        file.seek(0)
        return len(file.readlines())


@activity_task
def double(number):
    return number * 2


@activity_task
def echo(value):
    return value


@activity_task
def greet(name, greeting='Grüß Gott', *, mark='!'):
    return f'{greeting}, {name}{mark}'


@activity_task
async def add(a, b):
    await asyncio.sleep(0)
    return a + b


@activity_task
def tick(path):
    return note(path)


@activity_task(max_attempts=1)
def fail(message):
    raise LookupError(message)


@activity_task(retry=RetryPolicy(max_attempts=3, initial_interval=1, backoff=1))
def succeed_at(attempt, path):
    """Fail until the given attempt, whose number is the result."""
    found = note(path)
    if found < attempt:
        raise ConnectionError(f'attempt {found}')
    return found


@activity_task(heartbeat_timeout=1)
def survive(path):
    """Never come back the first time; the file says which process that was."""
    if note(path) == 1:
        time.sleep(600)
    return 'survived'


@activity_task
def wait_for(path, started):
    """Come back when there is a file `path`; make the file `started` before."""
    Path(started).touch()
    while not Path(path).exists():
        time.sleep(0.01)
    return 'it is there'


@activity_task(heartbeat_timeout=1, max_attempts=100)
def carry(number):
    time.sleep(0.1)
    return number


@activity_task
def pass_on(number):
    """Take as long as real work does, so that a restart finds executions in every state."""
    time.sleep(0.05)
    return number * 2
