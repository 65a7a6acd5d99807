"""Embedded: SWF Local, workers and a client in one process. For a first hour, small jobs and demonstrations."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from typing import Any

from pyswfaws.client import WorkflowClient
from pyswfaws.swflocal import SwfLocal
from pyswfaws.worker import Worker

__all__ = ['embedded']

_DOMAIN = 'embedded'
_TASK_LIST = 'default'


@contextmanager
def embedded(target: Any, path: str | PathLike[str] | None = None, *, concurrency: int = 8) -> Iterator[WorkflowClient]:
    """Serve every decorated function of `target` in this process, and give a client to start them with.

    `target` is a module, its name (``__name__``), a package or decorated functions. With `path`, the executions are
    kept in that file and go on where they were when it is used again; without, they live in memory. Whatever domain
    the functions name, this is one of its own.
    """
    with SwfLocal(path) as swf, ExitStack() as ending:      # undone from the last line up, whatever one of them raises
        worker = Worker(
            target, client=swf.direct_client(), swf_domain=_DOMAIN, default_task_list=_TASK_LIST,
            concurrency=concurrency, register=True,
        )
        ending.callback(worker.wait)
        ending.callback(swf.end_polls)      # but not the service: running work is to be answered
        ending.callback(worker.stop)
        worker.begin()
        yield WorkflowClient(_DOMAIN, client=swf.direct_client(), task_list=_TASK_LIST)
