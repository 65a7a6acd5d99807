"""The client: starts workflows, waits for what becomes of them, finds and lists them, and answers for activities.

`pyswfaws.asyncclient` has the same for asyncio. What each operation does is written once, in `pyswfaws.operations`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast, overload

from pyswfaws.binding.decorated import Activity, DecisionTask
from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.middleware import Middleware
from pyswfaws.operations import answering, executions, listing, starting
from pyswfaws.operations.answering import ActivityHandle
from pyswfaws.operations.drivers import Thread
from pyswfaws.operations.steps import Steps, blocking, blocking_stream, named_after, run
from pyswfaws.workers.clients import make_client

__all__ = ['ActivityHandle', 'WorkflowClient', 'WorkflowRun']

P = ParamSpec('P')
Q = ParamSpec('Q')
S = TypeVar('S')
T = TypeVar('T')


class WorkflowRun(executions.Execution[T]):
    """One execution of a workflow, as seen from outside; T is the type of its result.

    `workflow_id` and `run_id` name it; after a continue-as-new `result` follows to the newest run. It is given by
    `WorkflowClient.start` and `WorkflowClient.get`.
    """

    def __init__(
        self,
        driver: Thread,
        domain: str,
        workflow_id: str,
        run_id: str | None = None,
        definition: WorkflowType | None = None,
    ) -> None:
        super().__init__(domain, workflow_id, run_id, definition)
        self.driver = driver

    status = property(blocking(executions.status))
    published = property(blocking(executions.latest_publication))
    result = blocking(executions.result)
    describe = blocking(executions.describe)
    history = blocking(executions.history)
    events = blocking_stream(executions.events)
    signal = blocking(executions.signal)
    cancel = blocking(executions.cancel)
    terminate = blocking(executions.terminate)


def _giving_run(
    operation: Callable[Concatenate[S, Q], Steps[executions.Execution[T]]],
) -> Callable[Concatenate[S, Q], WorkflowRun[T]]:
    """Make a method of an operation that comes to an execution."""

    def method(self: Any, *args: Q.args, **kwargs: Q.kwargs) -> Any:
        found = run(self.driver, operation(self, *args, **kwargs))
        return WorkflowRun(self.driver, found.domain, found.workflow_id, found.run_id, found.definition)

    return cast('Callable[Concatenate[S, Q], WorkflowRun[T]]', named_after(operation, method))


class WorkflowClient(starting.Place):
    """Starts workflows in a domain, finds and lists them, and answers for activities; safe to use from many threads.

    `domain` may be left to the environment (PYSWFAWS_DOMAIN). `client` is a boto3-shaped SWF client; without one, one
    is made from `region_name`, `endpoint_url` and `session`, which are boto3's. `task_list` is where deciders are
    decided that name no task list; it may be left to the environment (PYSWFAWS_TASK_LIST). `middleware` stands around
    each start; without it, that of the process does (`set_middleware`).

    It may be used in a ``with``, or be closed: that closes the connections of the client that it has made.
    """

    def __init__(
        self,
        domain: str | None = None,
        *,
        client: Any = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        session: Any = None,
        task_list: str | None = None,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        super().__init__(domain, task_list, middleware)
        self._is_own = client is None
        self.client = client or make_client(session=session, region_name=region_name, endpoint_url=endpoint_url)
        self.driver = Thread(self.client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of the client that was made; one that was given stays as it is."""
        if self._is_own:
            self.client.close()

    start = _giving_run(starting.start)
    signal_with_start = _giving_run(starting.signal_with_start)
    list = blocking_stream(listing.list_executions)
    count = blocking(listing.count_executions)

    @overload
    def get(self, workflow_id: str, run_id: str | None = None) -> WorkflowRun[Any]: ...

    @overload
    def get(self, workflow_id: str, run_id: str | None = None, *, decider: DecisionTask[P, T]) -> WorkflowRun[T]: ...

    def get(self, workflow_id: str, run_id: str | None = None, *, decider: Any = None) -> WorkflowRun[Any]:
        """Get hold of an execution by its id, without asking SWF whether it is there.

        Without `run_id` it is the open one, or else the one that was started last. Its result is read as `decider`
        writes it; without one, as JSON, and a failure then has no class of its own.
        """
        definition = None if decider is None else starting.definition_of(decider)
        return WorkflowRun(self.driver, self.domain, workflow_id, run_id, definition)

    def activity(self, token: str, activity: Activity[..., T]) -> ActivityHandle[T]:
        """Get hold of an attempt of an activity that waits for its answer, by its ``info().task_token``.

        The answer is written as results of `activity` are.
        """
        return ActivityHandle(self.driver, token, answering.definition_of(activity))
