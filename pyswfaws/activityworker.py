"""The activity worker: polls SWF for activity tasks, runs the decorated functions, answers."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyswfaws.binding.context import bound
from pyswfaws.binding.coroutines import run_async, run_to_end
from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.interceptors import PASS_THROUGH
from pyswfaws.binding.registry import Served, served_by
from pyswfaws.exceptions import PayloadError
from pyswfaws.failures import Failure
from pyswfaws.protocol.limits import REASON
from pyswfaws.workers.clients import make_client
from pyswfaws.workers.heartbeats import Heartbeats
from pyswfaws.workers.worker import Worker, all_task_lists, check_count, one_domain

__all__ = ['DistributedActivityWorker']


class DistributedActivityWorker(Worker):
    """Serves activities from SWF.

    `activity_function` is a decorated function, a module, a package, or a dotted name of one; `activity_object` is what
    methods are called on. What is given here goes before what the decorators say: `swf_domain`, `swf_task_list` (one
    name, or several), and, for a single function, `activity_type` and `activity_version`.

    `client` is a boto3-shaped SWF client; without one, one is made from the AWS arguments, which are boto3's.
    `concurrency` activities run at a time for each task list, in threads; `pollers` polls are open for each.
    `default_task_list` is for functions that name none.
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
        concurrency: int = 8,
        pollers: int = 1,
        default_task_list: str | None = None,
    ) -> None:
        check_count(concurrency, 'concurrency')
        check_count(pollers, 'pollers')
        self.activities: dict[tuple[str, str], Served[ActivityType]] = served_by(
            activity_function, ActivityType, activity_object, activity_type, activity_version,
        )
        domain = one_domain(swf_domain, (definition.domain for definition in self.definitions))
        task_lists = all_task_lists(
            swf_task_list, ((one.name, one.task_list) for one in self.definitions), default_task_list,
        )
        client = client or make_client(
            session=session, region_name=region_name, endpoint_url=endpoint_url,
            aws_access_key_id=aws_access_key_id, aws_secret_access_key=aws_secret_access_key,
            connections=(concurrency + pollers) * len(task_lists) + 1,
        )
        super().__init__(client, domain, task_lists, identity=identity, pollers=min(pollers, concurrency))
        self._permits = {task_list: threading.Semaphore(concurrency) for task_list in task_lists}
        self._executor = ThreadPoolExecutor(concurrency * len(task_lists), 'activity')
        self._heartbeats = Heartbeats(self.client)

    @property
    def definitions(self) -> list[ActivityType]:
        """The types that it serves."""
        return [served.definition for served in self.activities.values()]

    def _finish(self) -> None:
        self._executor.shutdown()
        self._heartbeats.close()

    def _poll(self, task_list: str) -> Any:
        permit = self._permits[task_list]
        while not permit.acquire(timeout=0.5):      # before the poll, so that no task waits in a busy worker
            if self._stopping.is_set():
                return {}
        try:
            task = {} if self._stopping.is_set() else self.client.poll_for_activity_task(
                domain=self.domain, taskList={'name': task_list}, identity=self.identity,
            )
        except BaseException:
            permit.release()
            raise
        if not task.get('taskToken'):
            permit.release()
        return task

    def _work(self, task: Any, task_list: str) -> None:
        self._executor.submit(self._run, task, self._permits[task_list])

    def _run(self, task: Any, permit: threading.Semaphore) -> None:
        try:
            self._serve(task)
        except BaseException as error:  # noqa: BLE001 - raised again by `wait`, in the thread that waits
            self._die(error)
        finally:
            permit.release()

    def _serve(self, task: Any) -> None:
        name, version = task['activityType']['name'], task['activityType']['version']
        execution = task['workflowExecution']
        what = f'activity {name} {version} ({task["activityId"]} of {execution["workflowId"]} {execution["runId"]})'
        served = self.activities.get((name, version))
        timeout = served.definition.heartbeat_timeout if served else 'NONE'
        with self._heartbeats.beating(task['taskToken'], None if timeout == 'NONE' else float(str(timeout))):
            outcome = self._outcome(served, task, what)
            limit = served.definition.start_to_close_timeout if served else 'NONE'
            self._answer(lambda: self._send(task['taskToken'], outcome), limit, what)

    def _outcome(self, served: Served[ActivityType] | None, task: Any, what: str) -> str | Failure:
        """Run the activity; give its result, as it stands in SWF's field, or its failure."""
        if served is None:
            serves = ', '.join(' '.join(key) for key in self.activities)
            self.logger.error('%s is not served here; this worker serves %s', what, serves)
            return Failure(f'{what} is not served by {self.identity}, which serves {serves}'[:REASON])
        definition, execution = served
        try:
            args, kwargs = definition.input.read_input(task.get('input'))
            with bound(PASS_THROUGH):
                value = run_to_end(execution(*args, **kwargs), run_async)
            return definition.result.write_result(value, (task['workflowExecution']['runId'], task['activityId']))
        except BaseException as error:     # user code: whatever it raises is the failure
            failure = Failure.of(error, is_final=isinstance(error, PayloadError))
            self.logger.info('%s failed: %s', what, failure.reason, exc_info=error)
            if self.handle_exception(error, task):
                self.stop()
            return failure

    def _send(self, token: str, outcome: str | Failure) -> None:
        if isinstance(outcome, Failure):
            self.client.respond_activity_task_failed(taskToken=token, reason=outcome.reason, details=outcome.details)
        else:
            self.client.respond_activity_task_completed(taskToken=token, result=outcome)

    def __str__(self) -> str:
        names = ', '.join(' '.join(key) for key in self.activities)
        return f'the activities {names} from {", ".join(self.task_lists)} of {self.domain}'
