"""Drivers: who carries the steps of operations out, over a boto3-shaped SWF client."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, assert_never

from pyswfaws.exceptions import PyswfawsError
from pyswfaws.operations.steps import Call, Now, Step, UntilClosed, Wait, Work


class Thread:
    """Carries steps out in the thread that asks."""

    def __init__(self, client: Any) -> None:
        self.client = client
        #: SWF Local in this process tells of the end of an execution.
        self._wait_until_closed = getattr(client, 'wait_until_closed', None)

    def carry_out(self, step: Step) -> Any:
        """Do what a step says, and give what comes of it."""
        match step:
            case Call(method, members):
                return getattr(self.client, method)(**members)
            case Work(do):
                return do()
            case Wait(seconds):
                return time.sleep(seconds)
            case UntilClosed(domain, workflow_id, run_id, pause, longest):
                if self._wait_until_closed is None:
                    return time.sleep(pause)
                return self._wait_until_closed(
                    domain=domain, workflow_id=workflow_id, run_id=run_id, timeout=longest,
                )
            case Now():
                return time.monotonic()
        assert_never(step)


class Loop:
    """Carries steps out for coroutines: what blocks, in `threads` threads of its own.

    A coroutine that is cancelled leaves at once; a call that was begun for it goes on, and nobody hears its answer.
    """

    def __init__(self, client: Any, threads: int) -> None:
        self.client = client
        self._pool: ThreadPoolExecutor | None = ThreadPoolExecutor(threads, 'swf client')

    async def carry_out(self, step: Step) -> Any:
        """Do what a step says, and give what comes of it."""
        match step:
            case Call(method, members):
                return await self._in_pool(partial(getattr(self.client, method), **members))
            case Work(do):
                return await self._in_pool(do)
            case Wait(seconds):
                return await asyncio.sleep(seconds)
            case UntilClosed():     # not in a thread: thousands may wait
                return await asyncio.sleep(step.pause)
            case Now():
                return time.monotonic()
        assert_never(step)

    async def close(self) -> None:
        """End the threads, when the calls that were begun are answered; a second time does nothing."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)

    async def _in_pool(self, do: Callable[[], Any]) -> Any:
        if self._pool is None:
            raise PyswfawsError('the client is closed')
        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, do)
