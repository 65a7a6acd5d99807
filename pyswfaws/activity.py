"""The activity as its function sees it: how it says how far it has come, and learns whether it is still wanted.

Each of these works in the thread, or the coroutine, in which the worker runs the function, and in whatever has a copy
of its context (`asyncio.to_thread`, ``contextvars.copy_context().run``). In a plain call, outside a worker, `heartbeat`
does nothing and `complete_later` raises a RuntimeError; inside a decider each does.
"""

from typing import Any, NoReturn

from pyswfaws.binding.context import ActivityInfo, current
from pyswfaws.binding.passthrough import PASS_THROUGH

__all__ = ['ActivityInfo', 'complete_later', 'heartbeat', 'info', 'is_cancelled']


def heartbeat(details: Any = None) -> None:
    """Say how far the activity has come, and learn whether it is still wanted. Never waits for SWF.

    `details` is anything that JSON can write, in 2,048 characters unless the function's results have a data store. The
    next attempt finds it as ``info().last_heartbeat``. It is sent at once, or a little later: no more often than each
    tenth of the heartbeat timeout, and once a second. Without details the worker beats by itself, at a third of the
    timeout.

    Raises an ActivityCancelled where a cancel of the activity was requested, it has timed out, or its workflow has
    closed; a SerializationError or PayloadTooLargeError for details that cannot be written. See the SWF API,
    RecordActivityTaskHeartbeat.
    """
    current(PASS_THROUGH).heartbeat(details)


def info() -> ActivityInfo:
    """Give what the attempt that runs knows of itself."""
    return current(PASS_THROUGH).activity_info()


def is_cancelled() -> bool:
    """Whether nobody waits for the activity any more, for a function that would rather look than be interrupted."""
    return current(PASS_THROUGH).is_cancelled()


def complete_later() -> NoReturn:
    """End the function without an answer: somebody else gives it, by ``info().task_token`` and a client.

    The token goes to whoever will know the answer: to a person by mail, to another system as the key of a request. The
    attempt stays open until `WorkflowClient.activity` or `AsyncWorkflowClient.activity` answers it. The worker beats
    for it no longer, so its heartbeat timeout counts on whoever has the token; its other timeouts are what they are.
    See the SWF API, RespondActivityTaskCompleted.

    Raises a RuntimeError in a plain call of the function, where nobody waits for an answer.
    """
    current(PASS_THROUGH).complete_later()
