"""The decision workers: one that replays deciders over Amazon SWF, and one that runs a whole workflow in one thread."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from pyswfaws.binding.calls import naming_arguments
from pyswfaws.binding.checks import Duration
from pyswfaws.binding.context import Arguments
from pyswfaws.binding.decider import program_of
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.interceptors import Serial, run_serially
from pyswfaws.binding.registry import Served, served_by
from pyswfaws.exceptions import ConfigurationError, DecisionError, PyswfawsError
from pyswfaws.payload import Payload, published
from pyswfaws.protocol.events import Event
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay
from pyswfaws.workers.clients import FAULTS, make_client
from pyswfaws.workers.worker import Worker, all_task_lists, check_count, one_domain

__all__ = ['DistributedDecisionWorker', 'LocalDecisionWorker']


class DistributedDecisionWorker(Worker):
    """Decides workflows from SWF.

    `decision_function` is a decorated function, a module, a package, or a dotted name of one; `decision_object` is what
    methods are called on. What is given here goes before what the decorators say: `swf_domain`, `swf_task_list` (one
    name, or several), and, for a single function, `workflow_type` and `workflow_version`.

    `client` is a boto3-shaped SWF client; without one, one is made from the AWS arguments, which are boto3's. `pollers`
    threads poll each task list, and decide. Activities and children that name no task list of their own go to the one
    on which their decider is decided.
    """

    def __init__(
        self,
        decision_function: Any,
        decision_object: Any = None,
        swf_domain: str | None = None,
        swf_task_list: str | Sequence[str] | None = None,
        workflow_type: str | None = None,
        workflow_version: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        *,
        client: Any = None,
        session: Any = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        identity: str | None = None,
        pollers: int = 2,
        default_task_list: str | None = None,
    ) -> None:
        check_count(pollers, 'pollers')
        self.deciders: dict[tuple[str, str], Served[WorkflowType]] = served_by(
            decision_function, WorkflowType, decision_object, workflow_type, workflow_version,
        )
        domain = one_domain(swf_domain, (definition.domain for definition in self.definitions))
        task_lists = all_task_lists(
            swf_task_list, ((one.name, one.task_list) for one in self.definitions), default_task_list,
        )
        client = client or make_client(
            session=session, region_name=region_name, endpoint_url=endpoint_url,
            aws_access_key_id=aws_access_key_id, aws_secret_access_key=aws_secret_access_key,
            connections=pollers * len(task_lists),
        )
        super().__init__(client, domain, task_lists, identity=identity, pollers=pollers)

    @property
    def definitions(self) -> list[WorkflowType]:
        """The types that it serves."""
        return [served.definition for served in self.deciders.values()]

    def _poll(self, task_list: str) -> Any:
        return self.client.poll_for_decision_task(
            domain=self.domain, taskList={'name': task_list}, identity=self.identity,
        )

    def _work(self, task: Any, task_list: str) -> None:
        execution, workflow_type = task['workflowExecution'], task['workflowType']
        what = (
            f'workflow {workflow_type["name"]} {workflow_type["version"]} ({execution["workflowId"]} '
            f'{execution["runId"]}, decision task {task["startedEventId"]})'
        )
        try:
            served = self._served(task)
            limit = served.definition.task_start_to_close_timeout
            answer = self._decide(served, task, self._pages(task, task_list, limit, what), task_list, what)
        except BaseException as error:     # user code ran in there; the execution must not fail by our fault
            foreseen = isinstance(error, (PyswfawsError, *FAULTS))
            self.logger.error(  # noqa: TRY400 - a traceback says no more where the error is one of ours
                '%s: no decision, the task is left to its timeout: %s', what, error,
                exc_info=None if foreseen else error,
            )
            if self.handle_exception(error, task):
                self.stop()
            return
        self._answer(
            lambda: self.client.respond_decision_task_completed(taskToken=task['taskToken'], **answer),
            limit,
            what,
        )

    def _served(self, task: Any) -> Served[WorkflowType]:
        served = self.deciders.get((task['workflowType']['name'], task['workflowType']['version']))
        if served is None:
            serves = ', '.join(' '.join(key) for key in self.deciders)
            raise DecisionError(f'this worker does not serve that type; it serves {serves}')
        return served

    def _decide(
        self, served: Served[WorkflowType], task: Any, pages: Iterable[Sequence[Event]], task_list: str, what: str,
    ) -> dict[str, Any]:
        program, execution = program_of(*served, default_task_list=task_list), task['workflowExecution']
        with closing(Replay(program, execution['runId'], execution['workflowId'])) as replay:
            for page in pages:
                replay.fold(page)
            if replay.history.started_event_id != task['startedEventId']:
                raise DecisionError(
                    f'the history ends at decision task {replay.history.started_event_id}; a page of it is missing'
                )
            answer: dict[str, Any] = {'decisions': decide(replay)}
            if replay.published not in (None, replay.history.execution_context):
                answer['executionContext'] = replay.published
        for warning in replay.program.warnings:
            self.logger.warning('%s: %s', what, warning)
        return answer

    def _pages(self, task: Any, task_list: str, limit: Duration, what: str) -> Iterator[Sequence[Event]]:
        """Give the pages of a task's history; one that cannot be had raises, and never looks like the last."""
        page = task
        yield page['events']
        while page.get('nextPageToken'):
            ask = partial(
                self.client.poll_for_decision_task,
                domain=self.domain, taskList={'name': task_list}, identity=self.identity,
                nextPageToken=page['nextPageToken'],
            )
            page = self._insist(ask, limit, what)
            yield page['events']

    def __str__(self) -> str:
        names = ', '.join(' '.join(key) for key in self.deciders)
        return f'the workflows {names} from {", ".join(self.task_lists)} of {self.domain}'


class LocalDecisionWorker:
    """Runs a workflow in serial mode: the whole of it in this thread, as a plain program, without SWF.

    Activities and children run where they are called, timers wait by the clock. Values go through their serializers,
    and failures are those of the distributed mode, so what works here works there.
    """

    def __init__(self, decision_function: Any, decision_object: Any = None) -> None:
        served = list(served_by(decision_function, WorkflowType, decision_object).values())
        if len(served) > 1:
            names = ', '.join(definition.name for definition, _ in served)
            raise ConfigurationError(f'one workflow is run at a time, but {decision_function!r} has several: {names}')
        self._definition, self._function = served[0]

        self._serial = Serial(self._definition)

    def start(self, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow with these arguments and give its result; raises what the decider raises."""
        arguments, results = self._definition.input.in_place(), self._definition.result.in_place()
        with naming_arguments(self._definition):
            call = Arguments(*arguments.read_input(arguments.write_input(args, kwargs)))
        value = run_serially(self._definition, self._function, call, self._serial)
        return results.read_result(results.write_result(value))

    def signal(self, name: str, value: Any = None) -> None:
        """Send the workflow a signal: before its start, or from another thread while it runs."""
        self._serial.deliver(name, Payload().in_place().write_result(value))

    def cancel(self) -> None:
        """Ask the workflow to cancel, from another thread."""
        self._serial.cancel()

    @property
    def published(self) -> Any:
        """What the decider published last (`workflow.publish`)."""
        return published(self._serial.published)
