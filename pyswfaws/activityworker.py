"""The activity worker: polls SWF for activity tasks, runs the decorated functions, answers."""

import threading
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from pyswfaws.binding.attempts import Attempt, read_noted
from pyswfaws.binding.checks import check_count
from pyswfaws.binding.context import ActivityInfo, in_hand
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Served, served_by
from pyswfaws.exceptions import ActivityCancelled, CompletedLater
from pyswfaws.failures import Failure, message_of
from pyswfaws.middleware import Middleware
from pyswfaws.payload import characters
from pyswfaws.protocol.limits import DATA, REASON
from pyswfaws.replay.names import attempt_of
from pyswfaws.work import ActivityWork
from pyswfaws.workers.clients import Access
from pyswfaws.workers.earlier import last_noted
from pyswfaws.workers.executors.job import Executor, Failed, Job, Outcome
from pyswfaws.workers.executors.threads import Threads
from pyswfaws.workers.heartbeats import Heartbeats
from pyswfaws.workers.responses import Reader
from pyswfaws.workers.worker import TaskWorker

__all__ = ['DistributedActivityWorker']


class DistributedActivityWorker(TaskWorker):
    """Serves activities from SWF.

    `activity_function` is a decorated function, a module, a package, or a dotted name of one; `activity_object` is what
    methods are called on. What is given here goes before what the decorators say: `swf_domain`, `swf_task_list` (one
    name, or several), and, for a single function, `activity_type` and `activity_version`.

    `client` is a boto3-shaped SWF client; without one, one is made from the AWS arguments, which are boto3's.
    `concurrency` activities run at a time for each task list, in threads, those that are coroutines on one event loop;
    `pollers` polls are open for each. `default_task_list` is for functions that name none. `middleware` stands around
    each attempt; without it, that of the process does (`set_middleware`).
    """

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
    ) -> None:
        check_count(concurrency, 'concurrency')
        self.activities: dict[tuple[str, str], Served[ActivityType]] = served_by(
            activity_function, ActivityType, activity_object, activity_type, activity_version,
        )
        super().__init__(
            swf_domain, swf_task_list, default_task_list,
            Access(client, session, region_name, endpoint_url, aws_access_key_id, aws_secret_access_key),
            identity=identity, pollers=min(check_count(pollers, 'pollers'), concurrency), threads=concurrency,
            drain_timeout=drain_timeout, middleware=middleware,
        )
        self._permits = {task_list: threading.Semaphore(concurrency) for task_list in self.task_lists}
        self._executor: Executor = Threads(concurrency, len(self.task_lists))
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
                return {}
        try:
            task = {} if self._stopping.is_set() else self._polls.poll_for_activity_task(
                domain=self.domain, taskList={'name': task_list}, identity=self.identity,
            )
        except BaseException:
            permit.release()
            raise
        if not task.get('taskToken'):
            permit.release()
        return task

    def _work(self, task: Any, task_list: str) -> None:
        self._executor.submit(self._run(task, task_list))

    async def _run(self, task: Any, task_list: str) -> None:
        try:
            await self._serve(task, task_list)
        except BaseException as error:  # noqa: BLE001 - raised again by `wait`, in the thread that waits
            self._die(error)
        finally:
            self._permits[task_list].release()

    async def _serve(self, task: Any, task_list: str) -> None:
        work = ActivityWork.of(task, self.domain, task_list)
        with in_hand(work):
            await self._serve_work(task, work)

    async def _serve_work(self, task: Any, work: ActivityWork) -> None:
        """Serve a task, to its answer. The same in every executor: in threads nothing of it ever waits for a loop."""
        name, version = task['activityType']['name'], task['activityType']['version']
        execution, token = task['workflowExecution'], task['taskToken']
        what = f'activity {name} {version} ({task["activityId"]} of {execution["workflowId"]} {execution["runId"]})'
        served = self.activities.get((name, version))
        if served is None:
            await self._executor.aside(lambda: self._refuse(task, what))
            return
        definition = served.definition
        timeout, limit = definition.heartbeat_timeout, definition.start_to_close_timeout
        attempt, key = self._attempt(definition, task, what), (execution['runId'], task['activityId'])
        insist, around = partial(self._insist, limit=limit, what=what), partial(self.middleware.activity, work)
        job = Job(served, task.get('input'), attempt, key, insist, around)
        with self._heartbeats.beating(token, None if timeout == 'NONE' else float(str(timeout)), attempt):
            outcome = await self._executor.outcome(job)
            self._note(outcome, task, what)
            if isinstance(outcome, CompletedLater) or (isinstance(outcome, ActivityCancelled) and outcome.is_lost):
                return
            await self._executor.aside(lambda: self._answer(lambda: self._send(token, outcome), limit, what))

    def _note(self, outcome: Outcome, task: Any, what: str) -> None:
        match outcome:
            case CompletedLater():
                self.logger.info('%s is answered later', what)
            case ActivityCancelled():
                self.logger.info('%s was canceled: %s', what, message_of(outcome))
            case Failed(error, texts):
                self.logger.info('%s failed: %s', what, texts.reason, exc_info=error)
                if self.handle_exception(error, task):
                    self.stop()

    def _refuse(self, task: Any, what: str) -> None:
        serves = ', '.join(' '.join(key) for key in self.activities)
        self.logger.error('%s is not served here; this worker serves %s', what, serves)
        failure = Failure(f'{what} is not served by {self.identity}, which serves {serves}'[:REASON])
        self._answer(lambda: self.client.respond_activity_task_failed(
            taskToken=task['taskToken'], reason=failure.reason, details=failure.details,
        ), 'NONE', what)

    def _attempt(self, definition: ActivityType, task: Any, what: str) -> Attempt:
        execution, activity_id = task['workflowExecution'], task['activityId']

        @cache
        def find_heartbeat() -> Any:
            return self._insist(
                lambda: read_noted(definition.result, last_noted(self.client, self.domain, execution, activity_id)),
                definition.start_to_close_timeout,
                what,
            )

        return Attempt(definition.result, ActivityInfo(
            name=definition.name,
            version=definition.version,
            activity_id=activity_id,
            workflow_id=execution['workflowId'],
            run_id=execution['runId'],
            attempt=attempt_of(activity_id)[1],
            task_token=task['taskToken'],
            find_heartbeat=find_heartbeat,
        ), (execution['runId'], activity_id))

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
