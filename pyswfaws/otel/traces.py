"""Traces: one from a start through decision tasks, activities and children, over all processes that have a part in it.

======================================= ======================================== =====================================
span                                    its parent                               made by
======================================= ======================================== =====================================
``start NAME``                          whatever is going on where it is made    the client
``workflow NAME``, from its start to    its start; of a child, the parent's      the worker whose decision closed it
its end                                 workflow; it links to the run that it
                                        continues
``decide NAME``                         its workflow                             the decision worker
``activity NAME``: one attempt          its workflow                             the activity worker
``timer``, ``Lambda function NAME``;    its workflow                             the worker that decided what follows
what timed out, was terminated or
refused, as ``activity NAME timed out``
======================================= ======================================== =====================================

Each is told of once it has happened: of a decision, and of what it made known, once SWF has taken the answer. What a
worker did that was killed is not told of, but that its task timed out is. See `pyswfaws.otel.ids` for how processes
that share nothing agree on the ids.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from typing import Any, Final, cast

from opentelemetry import propagate, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, Tracer, TracerProvider
from opentelemetry.util.types import AttributeValue

from pyswfaws.exceptions import ActivityCancelled, CompletedLater
from pyswfaws.middleware import HEADERS, Middleware
from pyswfaws.otel.ids import DerivedIds, ExecutionTrace, prescribing
from pyswfaws.work import ActivityWork, DecisionWork, Settled, StartCall

#: What nobody else tells of: it runs in no worker of ours, or its worker may be dead.
_UNTOLD_KINDS: Final = frozenset({'timer', 'Lambda function'})
_UNTOLD_STATES: Final = frozenset({'TIMED_OUT', 'TERMINATED', 'FAILED_TO_SCHEDULE'})

_ENDED_WELL: Final = frozenset({'COMPLETED', 'CANCELED', 'CONTINUED_AS_NEW'})


class Traces(Middleware):
    """Tells OpenTelemetry what is done, as spans. Give it to `set_middleware`, in clients and workers alike.

    `tracer_provider` is the SDK's; without one it is the global one, as it is at the first use.
    With `exceptions`, spans have the messages and tracebacks of what activities raise, unless their values are
    encrypted; without, the names of the classes only.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None, *, exceptions: bool = True) -> None:
        self._provider = tracer_provider
        self._exceptions = exceptions
        self._made: Tracer | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Give what another process makes its own of; it has a global provider of its own."""
        return partial(Traces, exceptions=self._exceptions), (self._provider,)

    @contextmanager
    def start(self, call: StartCall) -> Iterator[None]:
        """Tell of a start, and let what follows from it be in the same trace."""
        attributes = {**_common(call), 'swf.workflow.type': f'{call.name} {call.version}'}
        with self._tracer.start_as_current_span(
            f'start {call.name}', kind=SpanKind.PRODUCER, attributes=attributes,
        ) as span:
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            room = HEADERS - sum(map(len, (*call.headers, *call.headers.values())))
            for name, value in carrier.items():     # the trace first; baggage may be longer than there is room
                room -= len(name) + len(value)
                if room >= 0:
                    call.headers[name] = value
            yield
            span.set_attribute('swf.run_id', call.run_id or '')

    @contextmanager
    def activity(self, work: ActivityWork) -> Iterator[None]:
        """Tell of an attempt of an activity; what it calls is inside."""
        execution = ExecutionTrace(work.run_id, work.headers)
        span = self._span(
            f'activity {work.name}', execution.span(work.activity_id), execution.context,
            kind=SpanKind.CONSUMER,
            attributes={
                **_common(work),
                'swf.run_id': work.run_id,
                'swf.activity.type': f'{work.name} {work.version}',
                'swf.activity.id': work.activity_id,
                'swf.activity.attempt': work.attempt,
            },
        )
        with self._during(span, trace.set_span_in_context(span, execution.context), is_secret=work.is_secret):
            yield

    @contextmanager
    def decision(self, work: DecisionWork) -> Iterator[None]:
        """Tell of a decision task, and, once it is taken, of all that it made known."""
        execution = ExecutionTrace(work.run_id, work.headers)
        span = self._span(
            f'decide {work.name}', execution.span('decision', str(work.event_id)), execution.context,
            kind=SpanKind.CONSUMER,
            attributes={**_of_workflow(work), 'swf.event_id': work.event_id, 'swf.decision.kept': work.is_kept},
        )
        with self._during(span, execution.context):     # the decider's own spans are in its workflow's, in any replay
            yield
            span.set_attribute('swf.decision.types', [one['decisionType'] for one in work.decisions])
            span.set_attribute('swf.decision.taken', work.is_taken)
        if work.is_taken:
            for settled in work.settled:
                if settled.kind in _UNTOLD_KINDS or settled.state in _UNTOLD_STATES:
                    self._tell_settled(settled, work, execution)
            if work.close_status is not None:
                self._tell_closed(work, work.close_status, execution)

    def _tell_settled(self, settled: Settled, work: DecisionWork, execution: ExecutionTrace) -> None:
        what = '' if settled.state in _ENDED_WELL else settled.state.lower().replace('_', ' ')
        span = self._span(
            ' '.join(filter(None, (settled.kind, settled.name, what))),
            execution.span(settled.id, settled.state),
            execution.context,
            start_time=_nanoseconds(settled.opened_at),
            attributes={'swf.run_id': work.run_id, 'swf.id': settled.id, 'swf.state': settled.state},
        )
        if settled.state not in _ENDED_WELL:
            _mark_failed(span, settled.reason or settled.state)
        span.end(_nanoseconds(settled.ended_at))

    def _tell_closed(self, work: DecisionWork, status: str, execution: ExecutionTrace) -> None:
        parent, continued = work.parent_run_id, work.continued_run_id
        span = self._span(
            f'workflow {work.name}',
            execution.span(),
            execution.start if parent is None else execution.inside(parent),
            start_time=_nanoseconds(work.began_at),
            attributes={**_of_workflow(work), 'swf.state': status},
            links=[] if continued is None else [execution.link(continued)],
        )
        if status not in _ENDED_WELL:
            _mark_failed(span, work.failure.partition(':')[0] or status)
        span.end()

    def _span(
        self,
        name: str,
        span_context: SpanContext,
        parent: Context,
        *,
        attributes: dict[str, AttributeValue],
        kind: SpanKind = SpanKind.INTERNAL,
        start_time: int | None = None,
        links: Sequence[Link] = (),
    ) -> Span:
        with prescribing(span_context):
            return self._tracer.start_span(
                name, parent, kind, attributes, links, start_time or time.time_ns(),
            )

    @property
    def _tracer(self) -> Tracer:
        """The tracer; it is kept once there is one that makes spans."""
        if self._made is not None:
            return self._made
        provider = self._provider or trace.get_tracer_provider()
        tracer: Any = provider.get_tracer('pyswfaws', version('pyswfaws'))
        if hasattr(tracer, 'id_generator'):     # as the SDK's have, and the API's, which make no spans, have not
            if not isinstance(tracer.id_generator, DerivedIds):
                tracer.id_generator = DerivedIds(tracer.id_generator)
            self._made = tracer
        return cast('Tracer', tracer)

    @contextmanager
    def _during(self, span: Span, context: Context, *, is_secret: bool = False) -> Iterator[None]:
        """Let `context` be the current one, and end `span` with what happens in it."""
        token = attach(context)
        try:
            yield
        except (ActivityCancelled, CompletedLater) as told:     # no failures: ways in which an activity ends
            span.set_attribute('swf.state', 'CANCELED' if isinstance(told, ActivityCancelled) else 'COMPLETED_LATER')
            raise
        except BaseException as error:
            _mark_failed(span, type(error).__qualname__)
            if self._exceptions and not is_secret:
                span.record_exception(error)
            raise
        finally:
            detach(token)
            span.end()


def _common(work: StartCall | ActivityWork | DecisionWork) -> dict[str, AttributeValue]:
    return {'swf.domain': work.domain, 'swf.task_list': work.task_list, 'swf.workflow_id': work.workflow_id}


def _of_workflow(work: DecisionWork) -> dict[str, AttributeValue]:
    return {**_common(work), 'swf.run_id': work.run_id, 'swf.workflow.type': f'{work.name} {work.version}'}


def _mark_failed(span: Span, why: str) -> None:
    span.set_status(Status(StatusCode.ERROR))
    span.set_attribute('error.type', why)


def _nanoseconds(moment: float) -> int:
    return round(moment * 1e9)
