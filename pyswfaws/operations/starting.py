"""Starting: how a workflow is begun, and what if it has begun already.

SWF refuses a start whose workflow id has an open execution, and that is all it has for it: no token by which a repeated
request is known, and no signal that starts whom it does not find. The rest is made of that here.

*A start whose answer was lost* is sent again by botocore, and then refused because of itself. So where a repeated
request is refused, the executions of its workflow id are looked at. One is ours if it has our type, task list and
input, and was started no earlier than we tried first, by SWF's own clock. SWF's lists are late, so this is done again
and again for some seconds, and nothing else in between: what is ours may have closed, and would be started twice.

*A signal with a start* goes along in the input, where the decider finds it as if it had come before all others. So at
no moment is the execution there without it, and it does not come twice.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, NoReturn, ParamSpec, TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError

from pyswfaws.binding.calls import check_call, naming_arguments, split_options
from pyswfaws.binding.checks import check_text
from pyswfaws.binding.context import Arguments
from pyswfaws.binding.decorated import DecisionTask
from pyswfaws.binding.definitions import WorkflowType, with_options
from pyswfaws.exceptions import ConfigurationError, DefinitionError, WorkflowAlreadyStartedError, describe_value
from pyswfaws.middleware import Chain, Middleware
from pyswfaws.operations.executions import Execution, events, signal_text
from pyswfaws.operations.listing import SINCE_EVER, latest_of, list_executions
from pyswfaws.operations.steps import NOW, Call, Steps, Wait, Work, next_given
from pyswfaws.payload import carrying
from pyswfaws.protocol.events import attributes
from pyswfaws.protocol.limits import NAME
from pyswfaws.work import StartCall
from pyswfaws.workers.clients import FAULTS, fault_of, was_retried
from pyswfaws.workers.place import TASK_LIST_VARIABLE, one_domain

P = ParamSpec('P')
T = TypeVar('T')

_ALREADY: Final = 'WorkflowExecutionAlreadyStartedFault'
_UNKNOWN: Final = 'UnknownResourceFault'

_PATIENCE: Final = 10.0     # seconds for which an execution may be in the way and yet not be listed
_FIRST_PAUSE, _LAST_PAUSE = 0.01, 1.0   # seconds between two tries, growing from, up to
_CLOCKS: Final = timedelta(seconds=1)   # by which the clocks of SWF's machines may differ


class Place:
    """Where a client works: in a domain, by which task list for deciders that name none, and in what middleware."""

    def __init__(self, domain: str | None, task_list: str | None, middleware: Sequence[Middleware] | None) -> None:
        self.domain = one_domain(domain, ())
        self.task_list = task_list or os.environ.get(TASK_LIST_VARIABLE)
        self.middleware = Chain(middleware)


def start(place: Place, decider: DecisionTask[P, T], /, *args: Any, **kwargs: Any) -> Steps[Execution[T]]:
    """Start a workflow: arguments as in a call of its decider, options by keyword.

    The options are `workflow_id` (made up unless given), `id_conflict_policy`, `task_list`, `task_priority`,
    `execution_start_to_close_timeout`, `task_start_to_close_timeout`, `child_policy`, `tags` and `lambda_role`; for a
    decider that has a parameter of such a name use ``decider.options(...)``.

    `id_conflict_policy` says what is done where the workflow id has an open execution: 'FAIL', raise a
    WorkflowAlreadyStartedError; 'USE_EXISTING', give that one; 'TERMINATE_EXISTING', terminate it first. One that has
    closed is in nobody's way. See the SWF API, StartWorkflowExecution.

    Raises a ConfigurationError where SWF does not know the type or no task list is set, and what a call with these
    arguments would raise.
    """
    begin = _Start(place, *_checked(decider, Arguments(args, kwargs)))
    yield from begin.write_arguments()
    with place.middleware.start(begin.call):
        while not (yield from begin.attempt()):
            yield from begin.meet_conflict()
    return begin.execution


def signal_with_start(
    place: Place, name: str, value: Any, decider: DecisionTask[P, T], /, *args: Any, **kwargs: Any,
) -> Steps[Execution[T]]:
    """Signal the open execution of a workflow id; where there is none, start it with the signal.

    `name` and `value` are those of the signal, as in `WorkflowRun.signal`. The rest is as in `start`; `workflow_id`
    must be given, and there can be no conflict. Where it is started, the decider finds the signal before all others,
    exactly once. Where it was open, the signal comes once, or twice if SWF's answer was lost on the way.

    Raises what `start` and `signal` raise.
    """
    check_text(name, 'name', NAME)
    definition, arguments = _checked(decider, Arguments(args, kwargs))
    workflow_id = definition.workflow_id
    if workflow_id is None:
        raise DefinitionError('a signal needs to know whom it is for: give workflow_id=')
    text = yield Work(lambda: signal_text(workflow_id, value))
    definition = with_options(definition, {'id_conflict_policy': 'FAIL'})
    begin = _Start(place, definition, arguments, [{'name': name, 'input': text}])
    if (yield from _signal(place.domain, workflow_id, name, text)):
        return begin.execution
    yield from begin.write_arguments()
    with place.middleware.start(begin.call):
        while not (yield from begin.attempt()):
            if not begin.may_be_ours and (yield from _signal(place.domain, workflow_id, name, text)):
                break       # somebody else has started it meanwhile
            yield from begin.pause()
    return begin.execution


class _Start:
    """One start, which takes more than one attempt where something is in its way."""

    def __init__(
        self, place: Place, definition: WorkflowType, arguments: Arguments, signals: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._place = place
        self._definition = definition
        self._arguments = arguments
        self._signals = signals
        self._options = definition.start_attributes(place.task_list)
        if 'taskList' not in self._options:
            raise ConfigurationError(
                f'no task list for {definition.name!r}: give task_list= to the client or the start, swf_task_list= to '
                f'the decorator, or set {TASK_LIST_VARIABLE}'
            )
        #: Then what has the workflow id is ours for certain, be it listed or not.
        self._is_made_up = definition.workflow_id is None
        workflow_id = definition.workflow_id or f'{definition.name}-{uuid4()}'
        self.call = StartCall(place.domain, self._options['taskList']['name'], workflow_id, *definition.key)
        self._key = ('starts', workflow_id, uuid4().hex)
        self._text = ''
        self._members: dict[str, Any] = {}
        #: An execution that was started since then may be ours, by a try whose answer was lost.
        self._ours_since: datetime | None = None
        self._refusal: ClientError | None = None
        self._pause = _FIRST_PAUSE
        self._waited = 0.0

    @property
    def execution(self) -> Execution[Any]:
        """What has come of it: the execution by its run id, or, where that is not known, by its workflow id."""
        return Execution(self.call.domain, self.call.workflow_id, self.call.run_id, self._definition)

    @property
    def may_be_ours(self) -> bool:
        """Whether what is in the way may be our own, and is just not listed yet."""
        return self._ours_since is not None

    def write_arguments(self) -> Steps[None]:
        """Write the arguments; raises a PayloadError where they cannot be."""

        def written() -> str:
            with naming_arguments(self._definition):
                return self._definition.input.write_input(*self._arguments, self._key)

        self._text = yield Work(written)

    def attempt(self) -> Steps[bool]:
        """Start it; False where an execution is in the way that is of no use, or not found yet."""
        if not self._members:
            self._members = yield from self._request()
        began = yield NOW
        try:
            if not self.may_be_ours:    # else it would be started twice, if ours has closed meanwhile
                started = yield Call('start_workflow_execution', self._members)
                self.call.run_id = str(started['runId'])
                return True
        except ClientError as error:
            if fault_of(error) != _ALREADY:
                _explain(error, self.call.domain, self._definition)
            self._refusal = error
            if self._is_made_up:
                self._ours_since = SINCE_EVER
            elif was_retried(error):
                self._ours_since = _date_of(error, (yield NOW) - began)
        self.call.run_id = (yield from self._own()) or (yield from self._existing())
        return self.call.run_id is not None or (self._is_made_up and self._waited > _PATIENCE)

    def meet_conflict(self) -> Steps[None]:
        """Do about what is in the way what the policy says, and let the next attempt be made."""
        if not self.may_be_ours:
            if self._definition.id_conflict_policy == 'FAIL':
                raise self._refused()
            if self._definition.id_conflict_policy == 'TERMINATE_EXISTING':
                yield from _terminate(self.call.domain, self.call.workflow_id)
        yield from self.pause()

    def pause(self) -> Steps[None]:
        """Wait a little before the next attempt; raises a WorkflowAlreadyStartedError where there were enough."""
        if self._waited > _PATIENCE:
            if not self.may_be_ours:
                raise self._refused()
            self._ours_since, self._waited = None, 0.0      # it would be listed by now
        yield Wait(self._pause)
        self._waited += self._pause
        self._pause = min(self._pause * 2, _LAST_PAUSE)

    def _refused(self) -> WorkflowAlreadyStartedError:
        error = WorkflowAlreadyStartedError(
            f'a workflow with the id {self.call.workflow_id!r} is open in {self.call.domain!r}. To get hold of it: '
            "id_conflict_policy='USE_EXISTING'"
        )
        error.__cause__ = self._refusal
        return error

    def _request(self) -> Steps[dict[str, Any]]:
        """Give the members of the request: the input carries the headers that middleware has added, and the signals."""
        text = yield Work(lambda: carrying(self._text, self._signals, self._key, self.call.headers))
        return {
            'domain': self.call.domain,
            'workflowId': self.call.workflow_id,
            'workflowType': {'name': self.call.name, 'version': self.call.version},
            'input': text,
            **self._options,
        }

    def _existing(self) -> Steps[str | None]:
        """Give the run id of what is in the way, if it is to be used."""
        if self._definition.id_conflict_policy != 'USE_EXISTING':
            return None
        standing = yield from latest_of(self.call.domain, self.call.workflow_id, open_only=True)
        return None if standing is None else standing.run_id

    def _own(self) -> Steps[str | None]:
        """Give the run id of our own execution, if a try whose answer was lost has started it; open or not by now."""
        if self._ours_since is None:
            return None
        stream = list_executions(self._place, workflow_id=self.call.workflow_id)
        try:
            while (given := (yield from next_given(stream))) is not None:
                if given.item.started_at < self._ours_since:
                    if given.item.is_open:      # it was in the way from the beginning
                        self._ours_since = None
                    return None
                if (yield from self._is_own(given.item.run_id)):
                    return given.item.run_id
        except FAULTS:      # we may not look, or not now
            return None
        return None

    def _is_own(self, run_id: str) -> Steps[bool]:
        found = yield from next_given(events(Execution[Any](self.call.domain, self.call.workflow_id, run_id)))
        started = attributes(found.item) if found else {}
        return all(started.get(name) == self._members[name] for name in ('workflowType', 'taskList', 'input'))


def definition_of(decider: Any) -> WorkflowType:
    """Give what the decorator of a decider has recorded; raises a DefinitionError for what is none."""
    definition = getattr(decider, 'definition', None)
    if isinstance(definition, WorkflowType):
        return definition
    raise DefinitionError(
        f'what is started is a function with @decision_task above it, but this is {describe_value(decider)}'
    )


def _checked(decider: Any, call: Arguments) -> tuple[WorkflowType, Arguments]:
    """Give the definition with the options of the start, and the arguments."""
    definition, arguments, others = split_options(definition_of(decider), call, ('id_conflict_policy',))
    definition = with_options(definition, others)
    check_call(definition, arguments)
    return definition, arguments


def _signal(domain: str, workflow_id: str, name: str, text: str) -> Steps[bool]:
    """Signal the open execution; whether there is one."""
    try:
        yield Call(
            'signal_workflow_execution',
            {'domain': domain, 'workflowId': workflow_id, 'signalName': name, 'input': text},
        )
    except ClientError as error:
        if fault_of(error) != _UNKNOWN:
            raise
        return False
    return True


def _terminate(domain: str, workflow_id: str) -> Steps[None]:
    """Terminate the open execution, if it is still there."""
    reason = 'another one is started in its place (id_conflict_policy)'
    try:
        yield Call('terminate_workflow_execution', {'domain': domain, 'workflowId': workflow_id, 'reason': reason})
    except ClientError as error:
        if fault_of(error) != _UNKNOWN:
            raise


def _explain(error: ClientError, domain: str, definition: WorkflowType) -> NoReturn:
    """Raise what says what to do about a refused start, or else the refusal itself."""
    name, version = definition.key
    match fault_of(error):
        case 'UnknownResourceFault':
            raise ConfigurationError(
                f'{error}. Register {name} {version} and its domain: pyswfaws register '
                f'{definition.function.__module__} --domain {domain}'
            ) from error
        case 'TypeDeprecatedFault':
            raise ConfigurationError(f'{error}. Give the decider another version (swf_workflow_version=)') from error
    raise error


def _date_of(error: ClientError, elapsed: float) -> datetime | None:
    """Give when the first of the requests was sent, at the earliest, by SWF's clock; None where SWF did not say."""
    text = error.response['ResponseMetadata'].get('HTTPHeaders', {}).get('date')
    return None if text is None else parsedate_to_datetime(text) - timedelta(seconds=elapsed) - _CLOCKS
