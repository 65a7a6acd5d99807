"""Ids: which span a thing has follows from its execution, so that all who tell of it tell of one.

The parts of a trace are made by processes that do not know each other, at times that are years apart, and some more
than once: a task whose worker died is done again, and a decider is replayed. None of them can hand a span on. But each
knows the run id, and what in that run it is about, and from these the id of the span is derived (SHA-256, cut). So an
activity knows the span of the execution that asked for it, long before that ends and its span is made; and what is told
twice is the same span twice.

The trace itself is what the start was made in: its id comes with the headers. An execution that was started without
any has a trace of its own, derived likewise.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, TraceFlags

from pyswfaws.binding.context import current
from pyswfaws.binding.passthrough import PASS_THROUGH

_next: ContextVar[SpanContext | None] = ContextVar('pyswfaws_next_span', default=None)


class DerivedIds:
    """An IdGenerator of the SDK: gives the ids that are prescribed, and otherwise those of another generator."""

    def __init__(self, otherwise: Any) -> None:
        self._otherwise = otherwise

    def generate_span_id(self) -> int:
        """Give a span id."""
        following = _next.get()
        return int(self._otherwise.generate_span_id() if following is None else following.span_id)

    def generate_trace_id(self) -> int:
        """Give a trace id."""
        following = _next.get()
        return int(self._otherwise.generate_trace_id() if following is None else following.trace_id)

    def is_trace_id_random(self) -> bool:
        """Whether trace ids are drawn by lot: derived ones are not."""
        return False


@contextmanager
def prescribing(span_context: SpanContext) -> Iterator[None]:
    """Let the span that is started inside be this one."""
    token = _next.set(span_context)
    try:
        yield
    finally:
        _next.reset(token)


class ExecutionTrace:
    """The trace of a run, and its spans. `start` is the context in which it was started, as its headers have it.

    `context` is that of what goes on in the run: its own span, and whatever else came along from the start.
    """

    def __init__(self, run_id: str, headers: Mapping[str, str]) -> None:
        self.start = propagate.extract(headers, Context())
        start = trace.get_current_span(self.start).get_span_context()
        self._run_id = run_id
        self._trace_id = start.trace_id if start.is_valid else _derived(16, run_id)
        self._flags = start.trace_flags if start.is_valid else TraceFlags(TraceFlags.SAMPLED)
        self._state = start.trace_state
        self.context = self.inside(run_id)

    def span(self, *what: str) -> SpanContext:
        """Give the span of something in the run; without `what`, that of the run itself."""
        return self._span(self._run_id, *what)

    def inside(self, run_id: str) -> Context:
        """Give the context of what goes on in a run of the same trace."""
        return trace.set_span_in_context(_ExecutionSpan(self._span(run_id)), self.start)

    def link(self, run_id: str) -> Link:
        """Give a link to a run of the same trace."""
        return Link(self._span(run_id))

    def _span(self, *parts: str) -> SpanContext:
        return SpanContext(
            self._trace_id, _derived(8, *parts), is_remote=True, trace_flags=self._flags, trace_state=self._state,
        )


class _ExecutionSpan(NonRecordingSpan):
    """The span of an execution, while that goes on. In a decider that is being replayed it says not to record.

    So what a decider's own code starts there is recorded when it happens, and not again at each replay.
    """

    def __init__(self, context: SpanContext) -> None:
        super().__init__(context)
        self._unrecorded = SpanContext(
            context.trace_id, context.span_id, context.is_remote, TraceFlags(TraceFlags.DEFAULT), context.trace_state,
        )

    def get_span_context(self) -> SpanContext:
        return self._unrecorded if current(PASS_THROUGH).is_replaying() else super().get_span_context()


def _derived(size: int, *parts: str) -> int:
    return int.from_bytes(hashlib.sha256('\0'.join(parts).encode()).digest()[:size]) or 1
