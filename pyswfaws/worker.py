"""Worker: serves deciders and activities in one process.

It is a worker for each kind of function that it finds in its target, and hands each option to those that take it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from inspect import signature, unwrap
from typing import Any, Final, Self, TypedDict, Unpack

from pyswfaws.activityworker import DistributedActivityWorker, Execution
from pyswfaws.binding.decorated import Activity
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import Task, scanned
from pyswfaws.decisionworker import DistributedDecisionWorker
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.middleware import Middleware
from pyswfaws.workers.clients import explaining_faults
from pyswfaws.workers.guard import Mode
from pyswfaws.workers.place import one_domain
from pyswfaws.workers.registration import register as registered
from pyswfaws.workers.running import run
from pyswfaws.workers.worker import TaskWorker

__all__ = ['Worker']

logger = logging.getLogger('pyswfaws')

_WORKERS: Final[Mapping[type, Callable[..., TaskWorker]]] = {
    ActivityType: DistributedActivityWorker,
    WorkflowType: DistributedDecisionWorker,
}


class Options(TypedDict, total=False):
    """The options of `DistributedActivityWorker`, of `DistributedDecisionWorker`, and of both."""

    activity_object: Any
    decision_object: Any
    swf_domain: str | None
    swf_task_list: str | Sequence[str] | None
    default_task_list: str | None
    client: Any
    session: Any
    region_name: str | None
    endpoint_url: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    identity: str | None
    pollers: int
    drain_timeout: float
    concurrency: int
    execution: Execution
    kill_after: float
    max_per_second: float | None
    max_tasks: int | None
    max_memory: float | None
    kept: int
    kept_bytes: int
    verify: float
    affinity: bool
    affinity_timeout: float
    guard: Mode
    fail_after: int | None
    middleware: Sequence[Middleware] | None


class Worker:
    """Serves the decorated functions of `target` from SWF, in this process.

    `target` is a module, a package, a dotted name, a decorated function, or a list of such. The options are those of
    `DistributedActivityWorker` and `DistributedDecisionWorker`. With `activities=False` or `deciders=False`, the other
    kind is served only; with `register`, the domain and the types are registered when it begins.

    ``start()`` blocks until ``stop()`` is called or a signal comes. As a context manager, it serves while the block
    runs. `workers` are those that it is made of.

    Raises a ConfigurationError where there is nothing to serve, or a DefinitionError about an option.
    """

    def __init__(
        self,
        target: Any,
        *,
        activities: bool = True,
        deciders: bool = True,
        register: bool = False,
        **options: Unpack[Options],
    ) -> None:
        chosen = {ActivityType: activities, WorkflowType: deciders}
        if isinstance(target, list | tuple) and not target:
            raise ConfigurationError('a worker is given what it serves, but the list of it is empty')
        self._tasks = [task for task in scanned(target) if chosen[type(task.definition)]]
        if not self._tasks:
            names = ', '.join(map(str, target)) if isinstance(target, list | tuple) else target
            raise ConfigurationError(f'{names} has nothing decorated of the kind that was asked for')
        self._registers = register
        self._default_task_list = options.get('default_task_list')
        self.domain = one_domain(options.get('swf_domain'), (task.definition.domain for task in self._tasks))
        self.workers = list(_workers(self._tasks, {**options, 'swf_domain': self.domain}))

    @property
    def retired(self) -> str | None:
        """Why it ended by itself, to be replaced; None if it did not."""
        return next((worker.retired for worker in self.workers if worker.retired), None)

    def start(self) -> str | None:
        """Serve until `stop()` is called or a signal comes; gives back when all running work is answered.

        Gives None, or why the worker ended by itself, to be replaced: it has run `max_tasks`, or takes more than
        `max_memory`.

        Raises a ConfigurationError where it cannot work at all: no credentials, no answer, or a domain or type that is
        not registered.
        """
        run([self])
        return self.retired

    def begin(self) -> None:
        """Start the polling threads, and give back at once."""
        if self._registers:
            self._register()
        strangers = sorted(_not_served(self._tasks))
        if strangers:
            logger.info(
                'deciders here call activities that this worker does not serve; some other has to: %s',
                ', '.join(strangers),
            )
        for worker in self.workers:
            worker.begin()

    def stop(self) -> None:
        """End for good, from any thread: no new poll; open polls are waited out, running work is finished and answered.

        A worker that is stopped before it starts ends at once, so that no signal is lost on the way.
        """
        for worker in self.workers:
            worker.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every thread has ended, `timeout` seconds for each worker, or for good; whether they have.

        What they have begun is finished then, however long that takes. Raises what ended one before its time.
        """
        if self.retired:
            for worker in self.workers:
                if not worker.retired:
                    worker.stop()
        ended: list[bool] = []
        with ExitStack() as each:       # of whom none is forgotten, whatever another raises
            for worker in self.workers:
                each.callback(lambda worker: ended.append(worker.wait(timeout)), worker)
        return all(ended)

    def __enter__(self) -> Self:
        with ExitStack() as ending:
            ending.push(self)           # what has begun is ended, where not all can begin
            self.begin()
            ending.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.wait()

    def _register(self) -> None:
        with explaining_faults():
            for one in registered(
                self.workers[0].client, self.domain, self._tasks, default_task_list=self._default_task_list,
            ):
                if one.differences:
                    logger.warning(
                        "%s: %s; give the code's another version, such as %s",
                        one.what, '; '.join((one.outcome, *one.differences)), one.next_version,
                    )
                else:
                    logger.info('%s: %s', one.what, one.outcome)


def _workers(tasks: Sequence[Task], options: Mapping[str, Any]) -> Iterator[TaskWorker]:
    """Give a worker for each kind of task that there is, with the options that it takes."""
    taken = {kind: options.keys() & signature(made).parameters.keys() for kind, made in _WORKERS.items()}
    unknown = options.keys() - set().union(*taken.values())
    if unknown:
        raise TypeError(
            f'a worker has no option {", ".join(sorted(unknown))}; it has {", ".join(Options.__annotations__)}'
        )
    for kind, made in _WORKERS.items():
        ours = [task for task in tasks if isinstance(task.definition, kind)]
        if ours:
            yield made(ours, **{name: options[name] for name in taken[kind]})


def _not_served(tasks: Iterable[Task]) -> set[str]:
    """Give the activities that the modules of deciders know by name, and that are not among `tasks`.

    A decider's calls of them are scheduled like any other, but a scan does not find what a module only imports. Where
    no activities are served at all, that is on purpose.
    """
    served = {task.definition.key for task in tasks if isinstance(task, Activity)}
    deciders = [task for task in tasks if not isinstance(task, Activity)] if served else []
    return {
        f'{known.definition.name} {known.definition.version} of {known.__wrapped__.__module__}'
        for decider in deciders
        for known in unwrap(decider.definition.function).__globals__.values()
        if isinstance(known, Activity) and known.definition.key not in served
        and known.definition.lambda_function is None
    }
