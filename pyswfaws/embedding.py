"""Embedded: SWF Local, workers and a client in one process. For a first hour, small jobs and demonstrations."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from typing import Any

from pyswfaws.activityworker import DistributedActivityWorker
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import scanned
from pyswfaws.client import WorkflowClient
from pyswfaws.decisionworker import DistributedDecisionWorker
from pyswfaws.swflocal import SwfLocal
from pyswfaws.workers.registration import register
from pyswfaws.workers.running import Runs

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
    registry = scanned(target)
    kinds = {type(decorated.definition) for decorated in registry}
    functions = list(registry)
    with SwfLocal(path) as swf, ExitStack() as ending:      # undone from the last line up, whatever one of them raises
        client = swf.direct_client()
        for _ in register(client, _DOMAIN, registry, default_task_list=_TASK_LIST):
            pass
        workers: list[Runs] = []
        common: dict[str, Any] = {'client': client, 'swf_domain': _DOMAIN, 'default_task_list': _TASK_LIST}
        if ActivityType in kinds:
            workers.append(DistributedActivityWorker(functions, concurrency=concurrency, **common))
        if WorkflowType in kinds:
            workers.append(DistributedDecisionWorker(functions, **common))
        for worker in workers:
            ending.callback(worker.wait)
        ending.callback(swf.end_polls)      # but not the service: running work is to be answered
        for worker in workers:
            ending.callback(worker.stop)
        for worker in workers:
            worker.begin()
        yield WorkflowClient(_DOMAIN, client=client, task_list=_TASK_LIST)
