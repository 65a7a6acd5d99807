"""The activity worker: polls SWF for activity tasks, runs the decorated functions, answers."""

import itertools
import math
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Literal, TypeAlias, get_args

from pyswfaws.binding.checks import check_count, check_positive, in_seconds, seconds_of
from pyswfaws.binding.context import in_hand
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served, served_by
from pyswfaws.exceptions import ActivityCancelled, CompletedLater, DefinitionError, describe_value
from pyswfaws.failures import Failure, message_of
from pyswfaws.middleware import Middleware
from pyswfaws.payload import characters
from pyswfaws.protocol.limits import DATA, REASON
from pyswfaws.work import ActivityWork
from pyswfaws.workers.clients import Access
from pyswfaws.workers.earlier import last_noted
from pyswfaws.workers.executors.coroutines import ASIDE, Coroutines
from pyswfaws.workers.executors.job import Executor, Failed, Job, Outcome
from pyswfaws.workers.executors.processes import Processes
from pyswfaws.workers.executors.recipe import Recipe
from pyswfaws.workers.executors.threads import Threads
from pyswfaws.workers.heartbeats import Heartbeats
from pyswfaws.workers.rates import Rate
from pyswfaws.workers.responses import Reader
from pyswfaws.workers.wear import Wear, memory
from pyswfaws.workers.worker import TaskWorker

__all__ = ['EXECUTIONS', 'DistributedActivityWorker', 'Execution']

#: Where activities run; see `pyswfaws.workers.executors`.
Execution: TypeAlias = Literal['threads', 'processes', 'asyncio']
EXECUTIONS: Final = get_args(Execution)


class DistributedActivityWorker(TaskWorker):
    """Serves activities from SWF.

    `activity_function` is a decorated function, a module, a package, or a dotted name of one; `activity_object` is what
    methods are called on. What is given here goes before what the decorators say: `swf_domain`, `swf_task_list` (one
    name, or several), and, for a single function, `activity_type` and `activity_version`.

    `client` is a boto3-shaped SWF client; without one, one is made from the AWS arguments, which are boto3's.
    `concurrency` activities run at a time for each task list, where `execution` says: in 'threads', with one event loop
    for those that are coroutines, in 'processes', or, if all are coroutines, on one event loop ('asyncio').
    `pollers` polls are open for each. `default_task_list` is for functions that name none. `middleware` stands around
    each attempt; without it, that of the process does (`set_middleware`).

    A process may go on for `kill_after` seconds with an activity that nobody waits for any more. `max_per_second`
    activities are begun in a second, on average. After `max_tasks`, or when it takes more than `max_memory` MB, a
    process is replaced, or, with the other two, the worker ends, and `start` gives the reason.
    """

    kind = 'activity'

    def __init__(
        self,
        activity_function: Any,
        activity_object: Any = None,
        swf_domain: str | None = None,
        swf_task_list: str | Sequence[str] | None = None,
        activity_type: str | None = None,
        activity_version: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        *,
        client: Any = None,
        session: Any = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        identity: str | None = None,
        drain_timeout: float = 30,
        concurrency: int = 8,
        pollers: int = 1,
        default_task_list: str | None = None,
        middleware: Sequence[Middleware] | None = None,
        execution: Execution = 'threads',
        kill_after: float = 5,
        max_per_second: float | None = None,
        max_tasks: int | None = None,
        max_memory: float | None = None,
    ) -> None:
        check_count(concurrency, 'concurrency')
        if execution not in EXECUTIONS:
            raise DefinitionError(f'execution is one of {", ".join(EXECUTIONS)}, but it is {describe_value(execution)}')
        kill_after = in_seconds(kill_after, 'kill_after')
        self._wear = Wear.checked(max_tasks, max_memory)
        self._rate = Rate(math.inf if max_per_second is None else check_positive(max_per_second, 'max_per_second'))
        self.activities: dict[tuple[str, str], Served[ActivityType]] = served_by(
            activity_function, ActivityType, activity_object, activity_type, activity_version,
        )
        super().__init__(
            swf_domain, swf_task_list, default_task_list,
            Access(client, session, region_name, endpoint_url, aws_access_key_id, aws_secret_access_key),
            identity=identity, pollers=min(check_count(pollers, 'pollers'), concurrency),
            threads=ASIDE if execution == 'asyncio' else concurrency,
            drain_timeout=drain_timeout, middleware=middleware,
        )
        self._permits = {task_list: threading.Semaphore(concurrency) for task_list in self.task_lists}
        self._count_tasks = itertools.count(1)
        threads = concurrency * len(self.task_lists)
        self._executor: Executor
        match execution:
            case 'threads':
                self._executor = Threads(threads)
            case 'asyncio':
                self._executor = Coroutines(self.activities.values())
            case 'processes':
                recipe = partial(
                    Recipe.of, self.definitions, activity_object, activity_type, activity_version, middleware,
                )
                self._executor = Processes(threads, recipe, self._wear, kill_after, self.counts, self._die)
                self._wear = Wear()     # each of them has it, and this one goes on
        self._polls = Reader(self.polls)
        self._heartbeats = Heartbeats(Reader(self.client))

    @property
    def definitions(self) -> list[ActivityType]:
        """The types that it serves."""
        return [served.definition for served in self.activities.values()]

    def begin(self) -> None:
        """Start the polling threads, and give back at once."""
        self._executor.begin()
        super().begin()

    def _finish(self) -> None:
        self._executor.close()
        self._heartbeats.close()

    def _poll(self, task_list: str) -> Any:
        permit = self._permits[task_list]
        while not permit.acquire(timeout=0.5):      # before the poll, so that no task waits in a busy worker
            if self._stopping.is_set():
                return None
        try:
            task = self._poll_in_turn(task_list)
        except BaseException:
            permit.release()
            raise
        if not _is_task(task):
            permit.release()
        return task

    def _poll_in_turn(self, task_list: str) -> Any:
        """Poll when it may bring a task: at the worker's rate; None where it was told to stop before that."""
        task: Any = None
        wait = self._rate.take(time.monotonic())
        try:
            if not self._stopping.wait(wait):
                task = self._polls.poll_for_activity_task(
                    domain=self.domain, taskList={'name': task_list}, identity=self.identity,
                )
        finally:
            if not _is_task(task):
                self._rate.give_back()
        return task

    def _work(self, task: Any, task_list: str) -> None:
        self._executor.submit(self._run(task, task_list))

    async def _run(self, task: Any, task_list: str) -> None:
        try:
            await self._serve(task, task_list)
        except BaseException as error:  # noqa: BLE001 - raised again by `wait`, in the thread that waits
            self._die(error)
        finally:
            reason = self._wear.reason(next(self._count_tasks), memory() if self._wear.max_memory else 0)
            if reason:
                self.retire(reason)     # before somebody has the permit
            self._permits[task_list].release()

    async def _serve(self, task: Any, task_list: str) -> None:
        work = ActivityWork.of(task, self.domain, task_list)
        with in_hand(work):
            await self._serve_work(task, work)

    async def _serve_work(self, task: Any, work: ActivityWork) -> None:
        """Serve a task, to its answer. The same in every executor: in threads nothing of it ever waits for a loop."""
        served, token, what = self.activities.get((work.name, work.version)), task['taskToken'], str(work)
        if served is None:
            await self._executor.aside(lambda: self._refuse(task, what))
            return
        work.is_secret = served.definition.result.is_secret
        limit = served.definition.start_to_close_timeout
        insisting = partial(self._insist, limit=limit, what=what)
        find_noted = partial(last_noted, self.client, self.domain, task['workflowExecution'], work.activity_id)
        job = Job(
            served, work, token, task.get('input'), insisting, partial(insisting, find_noted), self.middleware,
        )
        job.attempt.when_ended(lambda ended: self._note_lost(ended, what))
        beat = seconds_of(served.definition.heartbeat_timeout)
        with self._heartbeats.beating(token, job.attempt, beat, seconds_of(limit)) as pulse:
            outcome = await self._executor.outcome(job)
            self._heartbeats.answering(pulse)
            self._note(outcome, task, what, is_secret=work.is_secret)
            if isinstance(outcome, CompletedLater) or job.is_lost:
                return      # the answer is another's, or nobody would take one
            await self._executor.aside(lambda: self._answer(lambda: self._send(token, outcome), limit, what))

    def _note_lost(self, ended: ActivityCancelled, what: str) -> None:
        if ended.is_lost:
            self.counts.add('lost')
            self.logger.info('%s is not waited for any more: it timed out, or its workflow closed', what)

    def _note(self, outcome: Outcome, task: Any, what: str, *, is_secret: bool) -> None:
        match outcome:
            case CompletedLater():
                self.logger.info('%s is answered later', what)
            case ActivityCancelled():
                self.logger.info('%s was canceled: %s', what, message_of(outcome))
            case Failed(error, texts):
                exc_info = None if is_secret else error     # as the reason, which is the name of its class then
                self.logger.info('%s failed: %s', what, texts.reason, exc_info=exc_info)
                if self.handle_exception(error, task):
                    self.stop()

    def _refuse(self, task: Any, what: str) -> None:
        serves = ', '.join(' '.join(key) for key in self.activities)
        self.logger.error('%s is not served here; this worker serves %s', what, serves)
        failure = Failure(f'{what} is not served by {self.identity}, which serves {serves}'[:REASON])
        self._answer(lambda: self.client.respond_activity_task_failed(
            taskToken=task['taskToken'], reason=failure.reason, details=failure.details,
        ), 'NONE', what)

    def _send(self, token: str, outcome: Outcome) -> None:
        match outcome:
            case Failed(_, (reason, details)):
                self.client.respond_activity_task_failed(taskToken=token, reason=reason, details=details)
            case ActivityCancelled():
                details = characters(message_of(outcome))[:DATA]
                self.client.respond_activity_task_canceled(taskToken=token, **({'details': details} if details else {}))
            case result:
                self.client.respond_activity_task_completed(taskToken=token, result=result)

    def __str__(self) -> str:
        names = ', '.join(' '.join(key) for key in self.activities)
        return f'the activities {names} from {", ".join(self.task_lists)} of {self.domain}'


def _is_task(answer: Any) -> bool:
    """Whether what came of a poll is a task."""
    return answer is not None and bool(answer.get('taskToken'))
