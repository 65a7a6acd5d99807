"""Retry: when something that did not come to a result is tried again."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from pyswfaws.binding.checks import as_tuple, check, is_number, is_whole
from pyswfaws.failures import Failure, full_name
from pyswfaws.protocol.limits import YEAR

RETRY_STATES: Final = ('FAILED_TO_SCHEDULE', 'FAILED', 'TIMED_OUT', 'CANCELED', 'TERMINATED')
STEEPEST: Final = 100       # of a backoff, so that its powers stay numbers

_LONGEST_THROTTLE: Final = 60   # seconds between two attempts that SWF refuses for their number


@dataclass(frozen=True)
class Ended:
    """How an attempt ended: its state, what is known of its failure, and when, in seconds since the first began."""

    state: str
    failure: Failure
    elapsed: float = 0

    @property
    def is_throttled(self) -> bool:
        """Whether SWF refused it only because there were too many, or too many a second."""
        cause = self.failure.reason
        return self.state == 'FAILED_TO_SCHEDULE' and cause.endswith(('_RATE_EXCEEDED', '_LIMIT_EXCEEDED'))


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """When, and after how long, an activity or child workflow that did not come to a result is tried again.

    `max_attempts` counts the first attempt too. `retry_states` are the states after which it is tried again:
    ``FAILED_TO_SCHEDULE``, ``FAILED``, ``TIMED_OUT``, ``CANCELED``, ``TERMINATED``. Before the second attempt
    `initial_interval` seconds pass, and `backoff` times as many before each further one, at the most `max_interval`;
    they pass as a timer of the workflow. `jitter`, from 0 to 1, is the part of an interval that is drawn by lot. No
    attempt begins more than `total_timeout` seconds after the first. Of exceptions, those that are one of `retry_on`
    are tried again (all, unless given), except those that are one of `non_retryable`. A result that cannot be written,
    or is too large, is tried again only if `retry_on` has a class for it, such as `PayloadError`.

    What SWF refuses because there are too many, or too many a second, is always tried again, and is not counted.
    """

    max_attempts: int = 5
    retry_states: Sequence[str] = ('FAILED_TO_SCHEDULE', 'FAILED', 'TIMED_OUT')
    initial_interval: float = 0
    backoff: float = 2
    max_interval: float = 3600
    jitter: float = 0
    total_timeout: float | None = None
    retry_on: tuple[type[BaseException], ...] = ()
    non_retryable: tuple[type[BaseException], ...] = ()

    def __post_init__(self) -> None:
        check(is_whole(self.max_attempts) and self.max_attempts >= 1, self, 'max_attempts', 'an int of 1 or more')
        object.__setattr__(self, 'retry_states', as_tuple(self.retry_states, 'retry_states', 'a tuple of states'))
        check(
            all(state in RETRY_STATES for state in self.retry_states),
            self, 'retry_states', f'of {", ".join(RETRY_STATES)}',
        )
        for name in ('initial_interval', 'max_interval', 'total_timeout'):
            value = getattr(self, name)
            fine = (value is None and name == 'total_timeout') or (is_number(value) and 0 <= value <= YEAR)
            check(fine, self, name, f'seconds from 0 to {YEAR:,} (a year)')
        check(is_number(self.backoff) and 1 <= self.backoff <= STEEPEST, self, 'backoff', 'a number from 1 to 100')
        check(is_number(self.jitter) and 0 <= self.jitter <= 1, self, 'jitter', 'a number from 0 to 1')
        for name in ('retry_on', 'non_retryable'):
            value = getattr(self, name)
            fine = isinstance(value, tuple) and all(
                isinstance(cls, type) and issubclass(cls, BaseException) for cls in value
            )
            check(fine, self, name, 'a tuple of exception classes')

    def delay(self, attempts: Sequence[Ended], seed: str = '') -> float | None:
        """Give the seconds before the attempt after `attempts`, the latest last; None where that was the last.

        The lot for the jitter is drawn from `seed`, so that every replay draws the same.
        """
        latest = attempts[-1]
        if latest.is_throttled:
            return throttle_delay(attempts, seed)
        counted = sum(not ended.is_throttled for ended in attempts)
        if counted >= self.max_attempts or latest.state not in self.retry_states or self._is_final(latest.failure):
            return None
        interval = min(self.initial_interval * self.backoff ** min(counted - 1, 64), self.max_interval)
        interval *= 1 - self.jitter * Random(seed).random()  # noqa: S311 - spreads attempts, keeps no secret
        if self.total_timeout is not None and latest.elapsed + interval > self.total_timeout:
            return None
        return interval

    def _is_final(self, failure: Failure) -> bool:
        if any(full_name(cls) in failure.types for cls in self.non_retryable):
            return True
        wanted = any(full_name(cls) in failure.types for cls in self.retry_on)
        return not wanted and (failure.is_final or bool(self.retry_on and failure.types))


def throttle_delay(attempts: Sequence[Ended], seed: str = '') -> float | None:
    """Give the seconds before the next attempt of what SWF refused for its number alone; None for what else it was."""
    if not attempts[-1].is_throttled:
        return None
    in_a_row = next((n for n, ended in enumerate(reversed(attempts)) if not ended.is_throttled), len(attempts))
    part = 0.5 + Random(seed).random() / 2  # noqa: S311 - as above
    return float(min(2 ** min(in_a_row - 1, 16), _LONGEST_THROTTLE) * part)
