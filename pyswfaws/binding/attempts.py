"""Attempts: one attempt of an activity, as the function that runs sees it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

from pyswfaws.binding.context import ActivityInfo
from pyswfaws.binding.passthrough import PassThrough, refuse
from pyswfaws.exceptions import ActivityCancelled, CompletedLater, UnreadablePayloadError
from pyswfaws.payload import Payload
from pyswfaws.protocol.limits import LIMITED_DATA
from pyswfaws.serializers import JsonSerializer
from pyswfaws.serializers.plain import dump

E = TypeVar('E', bound=BaseException)


class Attempt(PassThrough):
    """The interceptor inside an activity that a worker, or the serial mode, runs.

    `noted` is what the activity said last of how far it has come, as it stands in SWF's field. `ended` says, once it is
    so, that nobody waits for it any more. `on_look` is called whenever the activity says something or asks.
    """

    def __init__(self, payload: Payload, info: ActivityInfo, key: Sequence[str] = ()) -> None:
        self.noted: str | None = None
        self.ended: ActivityCancelled | None = None
        self.on_look: Callable[[], None] = lambda: None
        self._watchers: list[Callable[[ActivityCancelled], None]] = []
        self._info = info
        self._payload = payload
        self._key = key

    def heartbeat(self, details: Any) -> None:
        """Note the details; raises an ActivityCancelled where nobody waits any more."""
        if details is not None:
            text = dump(details, 'details')
            self.noted = noted_in(self._payload).put(text, 'heartbeat', self._key, LIMITED_DATA)
        self.on_look()
        if self.ended is not None:
            raise ActivityCancelled(str(self.ended), is_lost=self.ended.is_lost)

    def end(self, ended: ActivityCancelled) -> None:
        """Take note, in any thread, that nobody waits for it any more. After a cancel, only that it is lost is news."""
        if self.ended is None or (ended.is_lost and not self.ended.is_lost):
            self.ended = ended
            for call in tuple(self._watchers):
                call(ended)

    def when_ended(self, call: Callable[[ActivityCancelled], None]) -> None:
        """Have `call` called, in the thread that finds out, when nobody waits any more; at once if that is so now."""
        self._watchers.append(call)
        if self.ended is not None:
            call(self.ended)

    def activity_info(self) -> ActivityInfo:
        """Give what the attempt knows of itself."""
        return self._info

    def is_cancelled(self) -> bool:
        """Whether nobody waits for it any more."""
        self.on_look()
        return self.ended is not None

    def complete_later(self) -> NoReturn:
        """Leave the function, to be answered by whoever has the token; refuses where there is none."""
        if not self._info.task_token:
            refuse('activity.complete_later', 'an activity that a worker runs, not in a Lambda function')
        raise CompletedLater


def only_in(error: BaseException, kind: type[E]) -> E | None:
    """Give the exception of that kind that `error` is, or is a group of and of nothing else, as a task group raises."""
    if isinstance(error, BaseExceptionGroup) and error.split(kind)[1] is None:
        return only_in(error.exceptions[0], kind)
    return error if isinstance(error, kind) else None


def noted_in(payload: Payload) -> Payload:
    """Give how heartbeats are written where `payload` is how results are: as JSON, and kept in the same place."""
    return replace(payload, serializer=JsonSerializer())


def read_noted(payload: Payload, text: str | None) -> Any:
    """Give what a heartbeat said: its value, or the text itself, as another client may have left it."""
    try:
        return noted_in(payload).read_result(text)
    except UnreadablePayloadError:
        return text
