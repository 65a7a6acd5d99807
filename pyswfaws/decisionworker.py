"""The decision workers: one that replays deciders over Amazon SWF, and one that runs a whole workflow in one thread."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from pyswfaws.binding.calls import naming_arguments
from pyswfaws.binding.checks import Duration, check_count
from pyswfaws.binding.context import Arguments, in_hand
from pyswfaws.binding.decider import program_of
from pyswfaws.binding.decorated import Activity
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.distributed import failing
from pyswfaws.binding.interceptors import Serial, run_serially
from pyswfaws.binding.registry import Served, served_by
from pyswfaws.exceptions import ConfigurationError, DataStoreError, DecisionError, PyswfawsError
from pyswfaws.middleware import Middleware
from pyswfaws.operations.answering import ActivityHandle, definition_of
from pyswfaws.operations.drivers import Thread
from pyswfaws.payload import Payload, published
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay
from pyswfaws.work import DecisionWork
from pyswfaws.workers.affinity import Affinity, may_read_histories
from pyswfaws.workers.clients import FAULTS, MAY_NOT, Access, fault_of, is_permanent
from pyswfaws.workers.failing import Failing
from pyswfaws.workers.guard import Guard, Mode
from pyswfaws.workers.histories import Histories, Insist
from pyswfaws.workers.parking import Execution, Keeper, keeper_of
from pyswfaws.workers.quiet import Quiet
from pyswfaws.workers.verifying import Verification
from pyswfaws.workers.worker import TaskWorker

__all__ = ['DistributedDecisionWorker', 'LocalDecisionWorker']

T = TypeVar('T')

#: Faults that refuse an answer for what is no matter of its decisions.
_ELSEWHERE: Final = ('UnknownResourceFault', *MAY_NOT)
_NEEDS_HISTORIES: Final = 'it needs the permission swf:GetWorkflowExecutionHistory'


class DistributedDecisionWorker(TaskWorker):
    """Decides workflows from SWF.

    `decision_function` is a decorated function, a module, a package, or a dotted name of one; `decision_object` is what
    methods are called on. What is given here goes before what the decorators say: `swf_domain`, `swf_task_list` (one
    name, or several), and, for a single function, `workflow_type` and `workflow_version`.

    `client` is a boto3-shaped SWF client; without one, one is made from the AWS arguments, which are boto3's. `pollers`
    polls are open for each task list, and as many threads decide. Activities and children that name no task list of
    their own go to the one on which their decider was started.

    The deciders of up to `kept` executions stay where they are between two decision tasks, as long as they take no more
    than `kept_bytes` in all, and are given what is new; with 0, each is replayed from its start each time. A share of
    what they decide, `verify`, from 0 to 1, is compared with what a replay from the start decides.

    With `affinity`, SWF is asked to bring the tasks of these executions back to this worker, by a task list of its own;
    a worker that dies costs each of them `affinity_timeout` seconds, once. `counts` tells how all that went.

    `guard` is 'warn' to log what deciders do that a replay would do otherwise, such as reading the clock, or 'raise' to
    leave such decision tasks unanswered; it slows deciders down, so it is 'off' unless asked for. `middleware` stands
    around each decision task; without it, that of the process does (`set_middleware`).

    A task that cannot be decided is left to its timeout, and tried again at growing distances; with `fail_after`, the
    execution fails once so many decision tasks in a row have timed out, and this worker cannot decide it either. Once
    the worker was told to stop, nothing is tried again for longer than `drain_timeout` seconds.
    """

    kind = 'decision'

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
        drain_timeout: float = 30,
        pollers: int = 2,
        default_task_list: str | None = None,
        kept: int = 1000,
        kept_bytes: int = 256 * 2**20,
        verify: float = 0,
        affinity: bool = True,
        affinity_timeout: float = 5,
        guard: Mode = 'off',
        fail_after: int | None = None,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        check_count(kept, 'kept', 0)
        check_count(kept_bytes, 'kept_bytes', 0)
        self._fail_after = None if fail_after is None else check_count(fail_after, 'fail_after', 0)
        self.deciders: dict[tuple[str, str], Served[WorkflowType]] = served_by(
            decision_function, WorkflowType, decision_object, workflow_type, workflow_version,
        )
        self._affinity = Affinity(affinity_timeout, is_on=affinity and kept > 0)
        super().__init__(
            swf_domain, swf_task_list, default_task_list,
            Access(client, session, region_name, endpoint_url, aws_access_key_id, aws_secret_access_key),
            identity=identity, pollers=pollers, threads=pollers, drain_timeout=drain_timeout, middleware=middleware,
        )
        self._histories = Histories(self.polls, self.client, self.domain, self.identity, self._affinity)
        self._keepers = [
            Keeper(f'decider {n}', -(-kept // pollers), -(-kept_bytes // pollers), self.counts)
            for n in range(1, pollers + 1)
        ]
        self._guard = Guard(guard, self.logger.warning)
        self._quiet = Quiet()
        self._verification = Verification(verify, self.counts, self._quiet)
        self._failing = Failing()

    def begin(self) -> None:
        """Start the polling threads, and give back at once."""
        if self._affinity.is_on and not may_read_histories(self.client, self.domain):
            self._affinity.give_up(_NEEDS_HISTORIES)
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
        return (*self.task_lists, self._affinity.task_list) if self._affinity.is_on else self.task_lists

    def _poll(self, task_list: str) -> Any:
        return self._histories.poll(task_list)

    def _poll_on(self, task_list: str) -> None:
        super()._poll_on(task_list)
        if task_list == self._affinity.task_list:
            self._hand_back(self._affinity)

    def _hand_back(self, affinity: Affinity) -> None:
        """Take the tasks that still come to the list of this worker, until a poll brings none, to hand them back."""
        while affinity.coming and time.monotonic() < self._drained_by:
            try:
                task = self._insist(partial(self._poll, affinity.task_list), 'NONE', f'polling {affinity.task_list}')
            except FAULTS:
                return      # the service stays away: SWF reverts to the common list by itself
            if not task.get('taskToken'):
                return
            self._work(task, affinity.task_list)

    def _work(self, task: Any, task_list: str) -> None:
        execution = Execution.of(task)
        keeper = keeper_of(execution, self._keepers)
        keeper.run(execution, self._serve, keeper, task, task_list)

    def _serve(self, keeper: Keeper, task: Any, task_list: str) -> None:
        work = DecisionWork.of(task, self.domain, task_list)
        with in_hand(work):
            self._serve_work(keeper, task, work)

    def _serve_work(self, keeper: Keeper, task: Any, work: DecisionWork) -> None:
        """Decide a task and answer it, in the keeper's thread."""
        execution, workflow_type = Execution.of(task), task['workflowType']
        what = (
            f'workflow {workflow_type["name"]} {workflow_type["version"]} ({execution.workflow_id} {execution.run_id}, '
            f'decision task {task["startedEventId"]})'
        )
        self._affinity.arrived(execution)
        wait = self._failing.wait(execution, time.monotonic()) if self._fail_after is None else 0
        if wait:
            self.counts.add('put off')
            self.logger.info('%s: left to its timeout unread; it failed here, and is tried again in %.0f s', what, wait)
            return
        replay = keeper.take(execution, task['previousStartedEventId'])
        try:
            served = self._served(task)
            limit = served.definition.task_start_to_close_timeout
            work.is_kept = replay is not None
            replay = replay or self._replay(task)
            insist = partial(self._insist, limit=limit, what=what)
            self._catch_up(replay, task, work.task_list, insist)
            work.read(replay.history)
            if replay.history.reverted_turns:
                self.counts.add('reversions', replay.history.reverted_turns)
            with self.middleware.decision(work):
                answer = self._decide(replay, work)
                if work.is_kept and self._verification.is_due():
                    replay = self._verified(keeper, replay, task, work, insist, what)
                    answer = self._decide(replay, work)
                stays = not self._stopping.is_set()     # asked once: what SWF is told is what is done
                work.is_taken = self._respond(task, answer, limit, what, **self._next_list(replay, work, stays=stays))
        except BaseException as error:     # user code ran in there; the execution must not fail by our fault
            if replay is not None:
                keeper.drop(replay)
            if work.is_taken:
                self.logger.exception('%s: the decision was taken, but what stands around it failed', what)
            else:
                self._give_up(error, replay, task, what)
            if self.handle_exception(error, task):
                self.stop()
            return
        self._failing.decided(execution)
        if work.is_taken and stays and replay.program.ending is None:
            keeper.keep(execution, replay)
        else:
            keeper.drop(replay)

    def _respond(self, task: Any, answer: dict[str, Any], limit: Duration, what: str, **next_list: Any) -> bool:
        """Answer a task; whether SWF took it. Raises its fault where what was decided is no good, and never will be."""
        respond = partial(self.client.respond_decision_task_completed, taskToken=task['taskToken'], **answer)
        refusal = self._answer(lambda: self._affinity.tried(respond, **next_list), limit, what)
        if refusal is not None and is_permanent(refusal) and fault_of(refusal) not in _ELSEWHERE:
            self._affinity.arrived(Execution.of(task))      # no other will come to our list
            raise refusal
        return refusal is None

    def _give_up(self, error: BaseException, replay: Replay | None, task: Any, what: str) -> None:
        """Leave a task to its timeout; or fail its execution, where so many were lost as `fail_after` says."""
        self.counts.add('decision failures')
        is_outage = isinstance(error, (*FAULTS, DataStoreError)) and not is_permanent(error)
        lost = replay.history.timed_out_turns if replay is not None else 0
        fails = replay is not None and not is_outage and self._fail_after is not None and lost >= self._fail_after
        self.logger.error(
            '%s: no decision, %s%s: %s',
            what, 'and the execution fails' if fails else 'the task is left to its timeout',
            f', as {lost} before it' if lost and not fails else '', error,
            exc_info=None if isinstance(error, (PyswfawsError, *FAULTS)) else error,    # which says more, then
        )
        if fault_of(error) in MAY_NOT:
            self._affinity.give_up(_NEEDS_HISTORIES)
        elif replay is not None and not is_outage:
            definition = self._served(task).definition
            limit = definition.task_start_to_close_timeout
            self._failing.failed(Execution.of(task), limit, time.monotonic())
            if fails:
                end = DecisionError(f'{lost + 1} decision tasks in a row could not be decided: {error}')
                end.__cause__ = error
                answer = {'taskToken': task['taskToken'], 'decisions': [failing(end, definition, replay)]}
                self._answer(partial(self.client.respond_decision_task_completed, **answer), limit, what)

    def _replay(self, task: Any, computed: Mapping[str, str] | None = None) -> Replay:
        execution = Execution.of(task)
        return Replay(program_of(*self._served(task)), execution.run_id, execution.workflow_id, computed)

    def _served(self, task: Any) -> Served[WorkflowType]:
        served = self.deciders.get((task['workflowType']['name'], task['workflowType']['version']))
        if served is None:
            serves = ', '.join(' '.join(key) for key in self.deciders)
            raise DecisionError(f'this worker does not serve that type; it serves {serves}')
        return served

    def _catch_up(self, replay: Replay, task: Any, task_list: str, insist: Insist) -> None:
        """Take in what is new of the history, up to the task."""
        for events in self._histories.unseen(task, task_list, replay.history.last_event_id, insist):
            replay.fold(events)

    def _decide(self, replay: Replay, work: DecisionWork) -> dict[str, Any]:
        """Give the members of the answer to a task."""
        history = replay.history
        with self._guard.watching():
            work.decisions = decide(replay)
        answer: dict[str, Any] = {'decisions': work.decisions}
        if replay.published not in (None, history.execution_context):
            answer['executionContext'] = replay.published
        return answer

    def _verified(
        self, keeper: Keeper, kept: Replay, task: Any, work: DecisionWork, insist: Insist, what: str,
    ) -> Replay:
        """Give the kept replay where one from the start decides the same, or else that one; the other is dropped."""
        replayed = self._replay(task, kept.computed)
        try:
            self._catch_up(replayed, task, work.task_list, insist)
            holds = self._verification.holds(kept, work.decisions, replayed, what)
        except BaseException:
            keeper.drop(replayed)
            raise
        keeper.drop(replayed if holds else kept)
        return kept if holds else replayed

    def _next_list(self, replay: Replay, work: DecisionWork, *, stays: bool) -> dict[str, Any]:
        """Give the members of an answer that say where the next task of the execution goes."""
        if not self._affinity.is_on or replay.program.ending is not None:
            return {}
        if stays:
            return self._affinity.asking(Execution(work.workflow_id, work.run_id))
        return self._affinity.handing_back(work.task_list)

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

    def activity(self, token: str, activity: Activity[..., T]) -> ActivityHandle[T]:
        """Get hold of an attempt of an activity that waits for its answer, as `WorkflowClient.activity` does."""
        definition = definition_of(activity)
        in_place = replace(definition, result=definition.result.in_place())
        return ActivityHandle(Thread(self._serial.tasks), token, in_place)

    @property
    def published(self) -> Any:
        """What the decider published last (`workflow.publish`)."""
        return published(self._serial.published)
