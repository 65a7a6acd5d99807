"""An Amazon SWF in memory, with room for one workflow: a chain of activities, each begun when the one before has ended.

It stands behind a boto3 client, whose ``before-send`` event it answers with the bytes that Amazon SWF would send; the
activities take no time. So a decider on that client does all that it does in production, from the bytes of responses to
those of requests, and the processor time that passes outside of this class is the decider's.

What a decider asks for must be what its `Dialect` says, to the letter. That makes a chain that has some steps behind it
already (`done`) the very history that the decider would have made itself, without the hours that this takes some.

Pages are those of recordings of the real service: 100 events from PollForDecisionTask, up to 1,000 from
GetWorkflowExecutionHistory.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import process_time, thread_time
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse

DOMAIN: Final = 'bench'
TASK_LIST: Final = 'chain'
IDENTITY: Final = 'worker-0123456789abcdef.example.com:12345'
EPOCH: Final = 1_700_000_000.0

_POLL_PAGE: Final = 100
_HISTORY_PAGE: Final = 1000


@dataclass(frozen=True)
class Dialect:
    """How a framework says things.

    `workflow` and `activity` are the names of the types (of version 1.0), `task` gives the input of a chain of so many
    steps, and `answer` the decision that closes it. `asked` gives the attributes of the decision for a step, which
    count from 0, and `result` what its activity answers.
    """

    workflow: str
    task: Callable[[int], str]
    asked: Callable[[int], dict[str, Any]]
    result: Callable[[int], str]
    answer: Callable[[int], dict[str, Any]]


class Chain:
    """Hands out the decision tasks of a chain of `steps`, `done` of which are behind it, and notes what they cost.

    With `executions`, there are so many of that chain, and each is handed out once and stays open.
    """

    def __init__(self, dialect: Dialect, steps: int, done: int = 0, executions: int | None = None) -> None:
        self.cost = 0.0                     # seconds of processor time that the decider took
        self.fetched: list[int] = [0]       # bytes of history, by decision task
        self.closed = threading.Event()
        self.wrong: str | None = None       # what was decided that is not right
        self.on_begin: Callable[[], None] = lambda: None
        self.on_close: Callable[[], None] = lambda: None
        self._dialect = dialect
        self._steps = steps
        self._executions = executions
        self._execution = 0
        self._step = done
        self._events: list[str] = []
        self._previous_started = 0
        self._task_list = TASK_LIST
        self._is_handed_out = False
        self._changed = threading.Condition()
        self._ours = 0.0                    # seconds that were spent in here since it began
        self._began: float | None = None
        self._record('WorkflowExecutionStarted', {
            'childPolicy': 'TERMINATE', 'executionStartToCloseTimeout': '31536000', 'taskStartToCloseTimeout': '60',
            'taskList': {'name': TASK_LIST}, 'workflowType': {'name': dialect.workflow, 'version': '1.0'},
            'parentInitiatedEventId': 0, 'input': dialect.task(steps),
        })
        for step in range(done):
            self._start_decision_task()
            self._play_step(step, dialect.asked(step))
        self._start_decision_task()

    # The wire.

    def client(self) -> Any:
        """Give an ordinary boto3 client that this stands behind."""
        return self.session().client('swf')

    def session(self) -> boto3.Session:
        """Give a boto3 session of which all clients are such."""
        session = boto3.Session()
        self.attach(session.events)
        return session

    def attach(self, events: Any) -> None:
        """Answer the requests of a client that exists already, or of all those that a session will make."""
        events.register('before-send.swf', self)

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        """Answer a request, as a handler of ``before-send``."""
        entered, entered_process = thread_time(), process_time()
        operation = request.headers['X-Amz-Target'].decode().rpartition('.')[2]
        answer = getattr(self, f'_{operation}')
        body = answer(json.loads(request.body), entered_process).encode()
        headers: Any = {'Content-Type': 'application/x-amz-json-1.0', 'x-amzn-RequestId': 'bench'}
        response = AWSResponse(request.url, 200, headers, _Body(body))
        with self._changed:
            self._ours += thread_time() - entered
        if self._began is None and self._is_handed_out:
            self.on_begin()
            self._began, self._ours = process_time(), 0.0
        return response

    def _PollForDecisionTask(self, request: dict[str, Any], _: float) -> str:  # noqa: N802
        if 'nextPageToken' in request:
            return self._task(int(request['nextPageToken']))
        with self._changed:
            while not self.closed.is_set():
                if request['taskList']['name'] == self._task_list and not self._is_handed_out:
                    self._is_handed_out = True
                    is_short = request.get('startAtPreviousStartedEvent', False)
                    return self._task(max(self._previous_started - 1, 0) if is_short else 0)
                self._changed.wait()
        return '{"previousStartedEventId":0,"startedEventId":0}'

    def _task(self, offset: int) -> str:
        run = f'run-{self._execution}'
        return (
            f'{{{self._page(offset, _POLL_PAGE)},"previousStartedEventId":{self._previous_started},'
            f'"startedEventId":{len(self._events)},"taskToken":"{"t" * 200}",'
            f'"workflowExecution":{{"runId":"{run}","workflowId":"chain"}},'
            f'"workflowType":{{"name":"{self._dialect.workflow}","version":"1.0"}}}}'
        )

    def _GetWorkflowExecutionHistory(self, request: dict[str, Any], _: float) -> str:  # noqa: N802
        return f'{{{self._page(int(request.get("nextPageToken", 0)), _HISTORY_PAGE)}}}'

    def _page(self, offset: int, size: int) -> str:
        events = ','.join(self._events[offset:offset + size])
        self.fetched[-1] += len(events)
        more = f',"nextPageToken":"{offset + size}"' if offset + size < len(self._events) else ''
        return f'"events":[{events}]{more}'

    def _RespondDecisionTaskCompleted(self, request: dict[str, Any], entered: float) -> str:  # noqa: N802
        with self._changed:
            self._take(request['decisions'])
            self._task_list = request.get('taskList', {}).get('name', TASK_LIST)
            if self._executions is not None:
                self._execution += 1
                self._task_list = TASK_LIST
            if self.wrong or self._execution == self._executions or self._step > self._steps:
                assert self._began is not None
                self.cost = entered - self._began - self._ours
                self.on_close()
                self.closed.set()
            self._is_handed_out = False
            self._changed.notify_all()
        return ''

    def _DescribeDomain(self, _: dict[str, Any], __: float) -> str:  # noqa: N802
        return json.dumps({
            'domainInfo': {'name': DOMAIN, 'status': 'REGISTERED'},
            'configuration': {'workflowExecutionRetentionPeriodInDays': '1'},
        })

    def _DescribeWorkflowType(self, request: dict[str, Any], _: float) -> str:  # noqa: N802
        info = {'workflowType': request['workflowType'], 'status': 'REGISTERED', 'creationDate': EPOCH}
        return json.dumps({'typeInfo': info, 'configuration': {}})

    # The history.

    def _take(self, decisions: list[dict[str, Any]]) -> None:
        """Check what was decided, and let the step end that was begun."""
        is_last = self._step == self._steps
        due = self._dialect.answer(self._steps) if is_last else {
            'decisionType': 'ScheduleActivityTask',
            'scheduleActivityTaskDecisionAttributes': self._dialect.asked(self._step),
        }
        if decisions != [due]:
            self.wrong = f'step {self._step} is to be {due}, but it is {decisions}'
        if self._executions is None:
            self._play_step(self._step, self._dialect.asked(self._step))
            self._step += 1
            self._start_decision_task()
            self.fetched.append(0)

    def _play_step(self, step: int, asked: dict[str, Any]) -> None:
        started = len(self._events)
        completed = self._record('DecisionTaskCompleted', {
            'scheduledEventId': started - 1, 'startedEventId': started,
        })
        scheduled = self._record('ActivityTaskScheduled', {**asked, 'decisionTaskCompletedEventId': completed})
        started = self._record('ActivityTaskStarted', {'identity': IDENTITY, 'scheduledEventId': scheduled})
        self._record('ActivityTaskCompleted', {
            'result': self._dialect.result(step), 'scheduledEventId': scheduled, 'startedEventId': started,
        })
        self._previous_started = completed - 1

    def _start_decision_task(self) -> None:
        scheduled = self._record('DecisionTaskScheduled', {
            'startToCloseTimeout': '60', 'taskList': {'name': self._task_list},
        })
        self._record('DecisionTaskStarted', {'identity': IDENTITY, 'scheduledEventId': scheduled})

    def _record(self, event_type: str, attributes: dict[str, Any]) -> int:
        event_id = len(self._events) + 1
        self._events.append(json.dumps({
            'eventId': event_id,
            'eventTimestamp': EPOCH + event_id / 1000,
            'eventType': event_type,
            f'{event_type[0].lower()}{event_type[1:]}EventAttributes': attributes,
        }, separators=(',', ':')))
        return event_id


class _Body:
    """The raw side of a botocore response."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield self._body
