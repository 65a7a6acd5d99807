"""Affinity: asking SWF to bring the tasks of an execution back to the worker that keeps its decider.

An answer may name another task list for the execution's further decision tasks, and how long one may wait there. A
worker names a list of its own, which nobody else polls. If it dies, the next task waits there for that long, and SWF
reverts to the execution's own list by itself. What a worker answers after it was told to stop names the execution's own
list again; and it goes on polling its own for a while, so that the tasks of as many as possible still find it. A poll
may ask for the events since the last decision only. Source: the SWF API, RespondDecisionTaskCompleted, `taskList` and
`taskListScheduleToStartTimeout`; PollForDecisionTask, `startAtPreviousStartedEvent`.

Not every service, or botocore, knows these members: one that refuses a request with them, and takes it without, is
asked without from then on. Nothing depends on them but the cost.
"""

import logging
import os
import socket
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeVar

from botocore.exceptions import ParamValidationError

from pyswfaws.binding.checks import duration
from pyswfaws.protocol.limits import FORBIDDEN_IN_NAMES
from pyswfaws.workers.clients import FAULTS, MAY_NOT, fault_of
from pyswfaws.workers.parking import Execution

logger = logging.getLogger('pyswfaws')

T = TypeVar('T')

PRIVATE: Final = 'pyswfaws-'    # how the names of workers' own task lists begin

#: Of more executions it is not remembered that a task of theirs may come: those that were terminated stay among them.
_MOST_COMING: Final = 100_000

#: Faults that say that a request was not understood.
_NOT_UNDERSTOOD: Final = frozenset({'ValidationException', 'SerializationException'})


class Affinity:
    """The task list of one worker; a task may wait `timeout` seconds on it. Without `is_on`, nothing is asked for."""

    def __init__(self, timeout: float, *, is_on: bool = True) -> None:
        host = FORBIDDEN_IN_NAMES.sub('_', socket.gethostname())[:100]
        self.task_list = f'{PRIVATE}{host}-{os.getpid()}-{uuid.uuid4().hex[:8]}'
        self.is_on = is_on
        self._timeout = duration(timeout, 'affinity_timeout', 1)
        self._coming: OrderedDict[Execution, None] = OrderedDict()    # whose next task was asked for longest ago first

    @property
    def coming(self) -> int:
        """How many executions there are whose next task will come to this list, unless they were ended from outside."""
        return len(self._coming)

    def asking(self, execution: Execution) -> dict[str, Any]:
        """Give the members of an answer that ask for the further tasks of `execution`."""
        self._coming[execution] = None
        if len(self._coming) > _MOST_COMING:
            self._coming.popitem(last=False)
        return {'taskList': {'name': self.task_list}, 'taskListScheduleToStartTimeout': self._timeout}

    @staticmethod
    def handing_back(task_list: str) -> dict[str, Any]:
        """Give the members of an answer that let the further tasks go to `task_list` for good."""
        return {'taskList': {'name': task_list}}

    def arrived(self, execution: Execution) -> None:
        """Take note that a task of `execution` is here; the next comes only if it is asked for again."""
        self._coming.pop(execution, None)

    def tried(self, call: Callable[..., T], **members: Any) -> T:
        """Make a call with these members, or without them where the service does not know them. Raises its faults."""
        if not self.is_on or not members:
            return call()
        try:
            return call(**members)
        except FAULTS as error:
            if not isinstance(error, ParamValidationError) and fault_of(error) not in _NOT_UNDERSTOOD:
                raise
            answer = call()     # raises the same where the fault is not with them
            self.give_up(f'the service, or botocore, does not know it ({error})')
            return answer

    def give_up(self, why: str) -> None:
        """Ask for nothing any more, for the reason that `why` gives."""
        if self.is_on:
            self.is_on = False
            logger.warning('affinity is off: %s', why)


def may_read_histories(client: Any, domain: str) -> bool:
    """Whether the policy of `client` lets it read histories, which affinity needs; asked of an execution there is not.

    It is asked for before SWF is asked for anything else, since a task that is here already would be lost by a refusal.
    """
    try:
        client.get_workflow_execution_history(domain=domain, execution={'workflowId': 'none', 'runId': 'none'})
    except FAULTS as error:
        return fault_of(error) not in MAY_NOT
    return True
