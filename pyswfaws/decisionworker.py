"""The decision workers: one that replays deciders over Amazon SWF, and one that runs a whole workflow in one thread."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from pyswfaws.binding.calls import naming_arguments
from pyswfaws.binding.checks import check_count
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
from pyswfaws.workers.affinity import Affinity
from pyswfaws.workers.clients import FAULTS, Access, fault_of
from pyswfaws.workers.guard import Guard, Mode
from pyswfaws.workers.parking import Execution, Keeper, keeper_of
from pyswfaws.workers.quiet import Quiet
from pyswfaws.workers.worker import Worker

__all__ = ['DistributedDecisionWorker', 'LocalDecisionWorker']


#: Faults that say that a policy does not allow a call.
_MAY_NOT: Final = ('AccessDeniedException', 'OperationNotPermittedFault')

#: Makes a call for a task, again and again while that is of use.
Insist: TypeAlias = Callable[[Callable[[], Any]], Any]


class DistributedDecisionWorker(Worker):
    """Decides workflows from SWF.

    `decision_function` is a decorated function, a module, a package, or a dotted name of one; `decision_object` is what
    methods are called on. What is given here goes before what the decorators say: `swf_domain`, `swf_task_list` (one
    name, or several), and, for a single function, `workflow_type` and `workflow_version`.

    `client` is a boto3-shaped SWF client; without one, one is made from the AWS arguments, which are boto3's. `pollers`
    polls are open for each task list, and as many threads decide. Activities and children that name no task list of
    their own go to the one on which their decider was started.

    The deciders of up to `kept` executions stay where they are between two decision tasks, and are given what is new;
    with 0, each is replayed from its start each time. With `affinity`, SWF is asked to bring the tasks of these
    executions back to this worker, by a task list of its own; a worker that dies costs each of them `affinity_timeout`
    seconds, once. `counts` tells how it went: hits, misses and evictions.

    `guard` is 'warn' to log what deciders do that a replay would do otherwise, such as reading the clock, or 'raise' to
    leave such decision tasks unanswered; it slows deciders down, so it is 'off' unless asked for.
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
        kept: int = 1000,
        affinity: bool = True,
        affinity_timeout: float = 5,
        guard: Mode = 'off',
    ) -> None:
        check_count(kept, 'kept', 0)
        self.deciders: dict[tuple[str, str], Served[WorkflowType]] = served_by(
            decision_function, WorkflowType, decision_object, workflow_type, workflow_version,
        )
        self._affinity = Affinity(affinity_timeout) if affinity and kept else None
        super().__init__(
            swf_domain, swf_task_list, default_task_list,
            Access(client, session, region_name, endpoint_url, aws_access_key_id, aws_secret_access_key),
            identity=identity, pollers=pollers, threads=pollers,
        )
        self._keepers = [Keeper(f'decider {n}', -(-kept // pollers), self.counts) for n in range(1, pollers + 1)]
        self._guard = Guard(guard, self.logger.warning)
        self._quiet = Quiet()

    def begin(self) -> None:
        """Start the polling threads, and give back at once."""
        self._quiet.install()
        super().begin()

    def _finish(self) -> None:
        for keeper in self._keepers:
            keeper.close()
        self._quiet.remove()

    @property
    def definitions(self) -> list[WorkflowType]:
        """The types that it serves."""
        return [served.definition for served in self.deciders.values()]

    def _polled_lists(self) -> Sequence[str]:
        return self.task_lists if self._affinity is None else (*self.task_lists, self._affinity.task_list)

    def _poll(self, task_list: str) -> Any:
        return self.polls.poll_for_decision_task(
            domain=self.domain, taskList={'name': task_list}, identity=self.identity,
            startAtPreviousStartedEvent=self._affinity is not None,
        )

    def _work(self, task: Any, task_list: str) -> None:
        keeper = keeper_of(Execution.of(task), self._keepers)
        keeper.run(self._serve, keeper, task, task_list)

    def _serve(self, keeper: Keeper, task: Any, task_list: str) -> None:
        """Decide a task and answer it, in the keeper's thread."""
        execution, workflow_type = Execution.of(task), task['workflowType']
        what = (
            f'workflow {workflow_type["name"]} {workflow_type["version"]} ({execution.workflow_id} {execution.run_id}, '
            f'decision task {task["startedEventId"]})'
        )
        replay = keeper.take(execution, task['previousStartedEventId'])
        try:
            served = self._served(task)
            limit = served.definition.task_start_to_close_timeout
            replay = replay or Replay(program_of(*served), execution.run_id, execution.workflow_id)
            answer = self._decide(replay, task, task_list, partial(self._insist, limit=limit, what=what))
        except BaseException as error:     # user code ran in there; the execution must not fail by our fault
            foreseen = isinstance(error, (PyswfawsError, *FAULTS))
            lost = replay.history.timed_out_turns if replay is not None else 0
            self.logger.error(  # noqa: TRY400 - a traceback says no more where the error is one of ours
                '%s: no decision, the task is left to its timeout%s: %s',
                what, f', as {lost} before it' if lost else '', error,
                exc_info=None if foreseen else error,
            )
            self._drop(keeper, replay, what)
            if fault_of(error) in _MAY_NOT and self._affinity is not None:
                self.logger.warning('affinity is off: it needs the permission swf:GetWorkflowExecutionHistory')
                self._affinity = None
            if self.handle_exception(error, task):
                self.stop()
            return
        taken = self._answer(
            lambda: self.client.respond_decision_task_completed(taskToken=task['taskToken'], **answer), limit, what,
        )
        if taken and replay.program.ending is None and not self._stopping.is_set():
            keeper.keep(execution, replay)
        else:
            self._drop(keeper, replay, what)

    def _served(self, task: Any) -> Served[WorkflowType]:
        served = self.deciders.get((task['workflowType']['name'], task['workflowType']['version']))
        if served is None:
            serves = ', '.join(' '.join(key) for key in self.deciders)
            raise DecisionError(f'this worker does not serve that type; it serves {serves}')
        return served

    def _drop(self, keeper: Keeper, replay: Replay | None, what: str) -> None:
        if replay is not None:
            keeper.drop(replay)
            for warning in replay.program.warnings:
                self.logger.warning('%s: %s', what, warning)

    def _decide(self, replay: Replay, task: Any, task_list: str, insist: Insist) -> dict[str, Any]:
        """Give the members of the answer to a task."""
        history = replay.history
        for page in self._pages(task, task_list, history.last_event_id, insist):
            replay.fold([event for event in page if history.last_event_id < event['eventId'] <= task['startedEventId']])
        if history.started_event_id != task['startedEventId']:
            raise DecisionError(
                f'the history ends at decision task {history.started_event_id}; a page of it is missing'
            )
        with self._guard.watching():
            answer: dict[str, Any] = {'decisions': decide(replay)}
        if replay.published not in (None, history.execution_context):
            answer['executionContext'] = replay.published
        if self._affinity is not None and replay.program.ending is None:
            own_list = history.started.get('taskList', {}).get('name', task_list)
            stopping = self._stopping.is_set()
            answer |= self._affinity.handing_back(own_list) if stopping else self._affinity.asking()
        return answer

    def _pages(self, task: Any, task_list: str, known: int, insist: Insist) -> Iterator[Sequence[Event]]:
        """Give the pages of a history from event `known` + 1 at the latest; one that cannot be had raises.

        They end with the task's own start. What the poll left out of them is read from the history itself.
        """
        page, events = task, task['events']
        if not events or events[0]['eventId'] > known + 1:
            execution = {name: task['workflowExecution'][name] for name in ('workflowId', 'runId')}
            ask = partial(self.client.get_workflow_execution_history, domain=self.domain, execution=execution)
            page = insist(ask)
        else:
            ask = partial(
                self.polls.poll_for_decision_task,
                domain=self.domain, taskList={'name': task_list}, identity=self.identity,
                startAtPreviousStartedEvent=self._affinity is not None,
            )
        yield page['events']
        while page.get('nextPageToken'):
            page = insist(partial(ask, nextPageToken=page['nextPageToken']))
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
