"""A worker's own process, as activities see it."""

import os
import time
import uuid
from pathlib import Path

from pyswfaws import activity_task, decision_task

LIFE = str(uuid.uuid4())


@activity_task
def where():
    return [os.getpid(), os.getppid(), LIFE]


@activity_task
def roast(path):
    """Say that it has begun, and by whom; end when there is another file."""
    Path(path).write_text(str(os.getpid()))
    while not Path(f'{path}.done').exists():
        time.sleep(0.01)
    return 'roasted'


@decision_task
def look():
    return where().result


@decision_task
def dinner(path):
    return roast(path).result
