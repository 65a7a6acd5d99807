"""The client for asyncio: what `pyswfaws.client` has, to be awaited."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast, overload

from pyswfaws.binding.checks import check_count
from pyswfaws.binding.decorated import Activity, DecisionTask
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.middleware import Middleware
from pyswfaws.operations import answering, executions, listing, starting
from pyswfaws.operations.drivers import Loop
from pyswfaws.operations.steps import Steps, awaiting, awaiting_stream, named_after, run_async
from pyswfaws.workers.clients import make_client

__all__ = ['AsyncActivityHandle', 'AsyncWorkflowClient', 'AsyncWorkflowRun']

P = ParamSpec('P')
Q = ParamSpec('Q')
S = TypeVar('S')
T = TypeVar('T')


class AsyncWorkflowRun(executions.Execution[T]):
    """One execution of a workflow, as seen from outside: a `WorkflowRun` whose methods are coroutines.

    `status()` and `published()` are methods here; `events()` is for ``async for``.
    """

    def __init__(
        self,
        driver: Loop,
        domain: str,
        workflow_id: str,
        run_id: str | None = None,
        definition: WorkflowType | None = None,
    ) -> None:
        super().__init__(domain, workflow_id, run_id, definition)
        self.driver = driver

    status = awaiting(executions.status)
    published = awaiting(executions.latest_publication)
    result = awaiting(executions.result)
    describe = awaiting(executions.describe)
    history = awaiting(executions.history)
    events = awaiting_stream(executions.events)
    signal = awaiting(executions.signal)
    cancel = awaiting(executions.cancel)
    terminate = awaiting(executions.terminate)


class AsyncActivityHandle(answering.OpenActivity[T]):
    """An attempt of an activity that waits for its answer: an `ActivityHandle` whose methods are coroutines."""

    def __init__(self, driver: Loop, token: str, definition: ActivityType) -> None:
        super().__init__(token, definition)
        self.driver = driver

    complete = awaiting(answering.complete)
    fail = awaiting(answering.fail)
    cancel = awaiting(answering.cancel)
    heartbeat = awaiting(answering.heartbeat)


def _giving_run(
    operation: Callable[Concatenate[S, Q], Steps[executions.Execution[T]]],
) -> Callable[Concatenate[S, Q], Coroutine[Any, Any, AsyncWorkflowRun[T]]]:
    """Make a method of an operation that comes to an execution."""

    async def method(self: Any, *args: Q.args, **kwargs: Q.kwargs) -> Any:
        found = await run_async(self.driver, operation(self, *args, **kwargs))
        return AsyncWorkflowRun(self.driver, found.domain, found.workflow_id, found.run_id, found.definition)

    return cast('Callable[Concatenate[S, Q], Coroutine[Any, Any, AsyncWorkflowRun[T]]]', named_after(operation, method))


class AsyncWorkflowClient(starting.Place):
    """A `WorkflowClient` whose methods are coroutines; it belongs to one event loop.

    The arguments are those of `WorkflowClient`. `concurrency` calls of SWF are made at a time, in threads of its own.
    It is used in an ``async with``, or is closed by ``await client.close()``. A coroutine that is cancelled leaves at
    once; what it had begun to ask of SWF may be carried out all the same.
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
        concurrency: int = 16,
    ) -> None:
        super().__init__(domain, task_list, middleware)
        check_count(concurrency, 'concurrency')
        self._is_own = client is None
        self.client = client or make_client(
            session=session, region_name=region_name, endpoint_url=endpoint_url, connections=concurrency,
        )
        self.driver = Loop(self.client, concurrency)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for the calls that were begun, end the threads, and close the connections of the client that was made.

        A second time does nothing. A PyswfawsError is raised by whatever is asked of it afterwards.
        """
        await self.driver.close()
        if self._is_own:
            self.client.close()

    start = _giving_run(starting.start)
    signal_with_start = _giving_run(starting.signal_with_start)
    list = awaiting_stream(listing.list_executions)
    count = awaiting(listing.count_executions)

    @overload
    def get(self, workflow_id: str, run_id: str | None = None) -> AsyncWorkflowRun[Any]: ...

    @overload
    def get(
        self, workflow_id: str, run_id: str | None = None, *, decider: DecisionTask[P, T],
    ) -> AsyncWorkflowRun[T]: ...

    def get(self, workflow_id: str, run_id: str | None = None, *, decider: Any = None) -> AsyncWorkflowRun[Any]:
        """Get hold of an execution by its id, as `WorkflowClient.get` does; this asks nobody, and is not awaited."""
        definition = None if decider is None else starting.definition_of(decider)
        return AsyncWorkflowRun(self.driver, self.domain, workflow_id, run_id, definition)

    def activity(self, token: str, activity: Activity[..., T]) -> AsyncActivityHandle[T]:
        """Get hold of an attempt of an activity, as `WorkflowClient.activity` does; this is not awaited."""
        return AsyncActivityHandle(self.driver, token, answering.definition_of(activity))
