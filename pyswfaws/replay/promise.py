"""Promise: the handle on something that may not be known yet."""

from collections.abc import Generator
from typing import Any, Generic, TypeVar

from pyswfaws.exceptions import UnfulfilledPromiseException

T_co = TypeVar('T_co', covariant=True)


class Promise(Generic[T_co]):
    """A value, or a failure, that is known now or later.

    Made by hand it is settled by hand, as a unit test may want it:

    >>> promise = Promise()
    >>> promise.is_ready
    False
    >>> promise.result = 10
    >>> promise.is_ready, promise.result
    (True, 10)

    What calls inside a decider answer is a promise of a subclass, which the history settles.
    """

    _value: T_co
    _exception: BaseException | None = None
    _settled = False

    @property
    def is_ready(self) -> bool:
        """Whether `result` answers at once. Inside a decider: at this point of the workflow, on every replay alike."""
        return self._settled

    @property
    def result(self) -> T_co:
        """The value, waited for where it is not known yet; raises the failure where there is none."""
        self._wait()
        if self._exception is not None:
            raise self._exception
        return self._value

    @result.setter
    def result(self, value: T_co) -> None:  # type: ignore[misc]  # who settles it has made it by hand
        self._value = value
        self._settled = True

    @property
    def exception(self) -> BaseException | None:
        """The failure, or None where there is a value; waited for like `result`."""
        self._wait()
        return self._exception

    @property
    def started(self) -> 'Promise[None]':
        """The start of a child workflow; of what has no start of its own, it is known when the result is."""
        return _Start(self)

    def cancel(self) -> None:
        """Ask for an end of what is not known yet; of a promise made by hand there is nothing to end."""

    def settle_failure(self, exception: BaseException, cause: BaseException | None = None) -> None:
        """Let `result` raise `exception`, with `cause` as what led to it."""
        exception.__cause__ = exception.__cause__ or cause
        self._exception = exception
        self._settled = True

    def _wait(self) -> None:
        if not self._settled:
            raise UnfulfilledPromiseException('this promise was made by hand, and nobody has set its result')

    def __await__(self) -> Generator[Any, None, T_co]:
        """Wait as `result` does: `await promise` in an `async def` decider needs no event loop."""
        yield from ()   # makes this a generator, which is what `await` asks for
        return self.result

    def __repr__(self) -> str:
        return f'<{type(self).__name__} {"ready" if self.is_ready else "not ready"}>'


class _Start(Promise[None]):
    """The start of what one promise stands for."""

    def __init__(self, whole: Promise[Any]) -> None:
        self._whole = whole

    @property
    def is_ready(self) -> bool:
        """Whether it has started, and ended."""
        return self._whole.is_ready

    def _wait(self) -> None:
        _ = self._whole.exception   # waits; what failed had started
        self.result = None
