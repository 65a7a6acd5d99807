"""Metrics: how many, how long, how full. The table `METRICS` has them all; the docs have the same table.

Where AWS Flow for Java has a metric for the same, `flow` is its name there (the operation, where it is a latency).
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Final, NamedTuple

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from pyswfaws.exceptions import ActivityCancelled, CompletedLater
from pyswfaws.middleware import Middleware
from pyswfaws.work import ActivityWork, DecisionWork, StartCall

_SECONDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
_NUMBERS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 25_000)


class Metric(NamedTuple):
    """A metric: its instrument in OpenTelemetry's words, its unit, what it says and by which attributes."""

    kind: str
    unit: str
    attributes: tuple[str, ...]
    what: str
    flow: str = ''


#: Every metric, by its name after ``pyswfaws.``.
METRICS: Final[Mapping[str, Metric]] = {
    'start.duration': Metric(
        'histogram', 's', ('workflow', 'outcome'), 'a start by a client', 'StartWorkflowExecution',
    ),
    'decision.duration': Metric(
        'histogram', 's', ('workflow', 'task_list', 'outcome'),
        'a decision task, from its history to its answer', 'DecisionTaskExecution',
    ),
    'decision.queue_delay': Metric(
        'histogram', 's', ('workflow', 'task_list'), 'how long the task waited for a worker',
    ),
    'decision.decisions': Metric(
        'histogram', '{decision}', ('workflow', 'task_list'), 'decisions of a task', 'DecisionCount',
    ),
    'decision.history_length': Metric(
        'histogram', '{event}', ('workflow', 'task_list'), 'events that the history has by then', 'MaxHistoryEventId',
    ),
    'decision.failures_in_row': Metric(
        'histogram', '{task}', ('workflow', 'task_list'),
        'tasks of the execution that were lost in a row before this one', 'SuccessiveDecisionFailure',
    ),
    'activity.duration': Metric(
        'histogram', 's', ('activity', 'task_list', 'outcome'), 'an attempt of an activity', 'ActivityTaskExecution',
    ),
    'activity.queue_delay': Metric(
        'histogram', 's', ('activity',), 'how long it waited for a worker, told when its decider knows its outcome',
    ),
    'activity.running': Metric(
        'updowncounter', '{activity}', ('activity', 'task_list'), 'activities that run now',
    ),
    'workflow.duration': Metric(
        'histogram', 's', ('workflow', 'outcome'), 'an execution, from its start to the decision that closed it',
    ),
    'worker.counts': Metric(
        'counter', '{event}', ('domain', 'worker', 'what'), 'what the `counts` of workers count, by the same words',
    ),
}


class Metrics(Middleware):
    """Tells OpenTelemetry the figures of `METRICS`. Give it to `set_middleware`, in clients and workers alike.

    `meter_provider` is the SDK's; without one it is the global one.
    """

    def __init__(self, meter_provider: MeterProvider | None = None) -> None:
        self._provider = meter_provider
        meter = (meter_provider or metrics.get_meter_provider()).get_meter('pyswfaws')
        self._counted: list[tuple[Mapping[str, str], Counter[str]]] = []
        self._lock = threading.Lock()
        self._tell: dict[str, Callable[..., None]] = {}
        for name, metric in METRICS.items():
            about = {'name': f'pyswfaws.{name}', 'unit': metric.unit, 'description': metric.what}
            if metric.kind == 'histogram':
                boundaries = _SECONDS if metric.unit == 's' else _NUMBERS
                histogram = meter.create_histogram(**about, explicit_bucket_boundaries_advisory=boundaries)
                self._tell[name] = histogram.record
            elif metric.kind == 'updowncounter':
                self._tell[name] = meter.create_up_down_counter(**about).add
            else:
                meter.create_observable_counter(callbacks=[self._observed], **about)

    def __reduce__(self) -> tuple[Any, ...]:
        """Give what another process makes its own of; it has a global provider of its own."""
        return Metrics, (self._provider,)

    @contextmanager
    def start(self, call: StartCall) -> Iterator[None]:
        """Time a start."""
        with self._timing('start.duration', {'workflow': call.name}):
            yield

    @contextmanager
    def activity(self, work: ActivityWork) -> Iterator[None]:
        """Time an attempt, and count it among what runs."""
        attributes = {'activity': work.name, 'task_list': work.task_list}
        self._tell['activity.running'](1, attributes)
        try:
            with self._timing('activity.duration', attributes):
                yield
        finally:
            self._tell['activity.running'](-1, attributes)

    @contextmanager
    def decision(self, work: DecisionWork) -> Iterator[None]:
        """Time a decision task; once it is taken, tell what it made known."""
        attributes = {'workflow': work.name, 'task_list': work.task_list}
        self._tell['decision.queue_delay'](work.queue_delay, attributes)
        self._tell['decision.failures_in_row'](work.failures_in_row, attributes)
        self._tell['decision.history_length'](work.event_id, attributes)
        with self._timing('decision.duration', attributes, lambda: 'completed' if work.is_taken else 'refused'):
            yield
        if not work.is_taken:
            return
        self._tell['decision.decisions'](len(work.decisions), attributes)
        for settled in work.settled:
            if settled.kind == 'activity' and settled.begun_at is not None:
                self._tell['activity.queue_delay'](settled.begun_at - settled.opened_at, {'activity': settled.name})
        if work.close_status is not None:
            took = max(0.0, work.decided_at - work.began_at)
            self._tell['workflow.duration'](took, {'workflow': work.name, 'outcome': work.close_status.lower()})

    def worker(self, worker: Any) -> None:
        """Let the worker's counts be read whenever somebody asks."""
        with self._lock:
            self._counted.append(({'domain': worker.domain, 'worker': type(worker).__name__}, worker.counts))

    def _observed(self, _options: CallbackOptions) -> Iterator[Observation]:
        totals: Counter[tuple[tuple[str, str], ...]] = Counter()
        with self._lock:
            for attributes, counts in self._counted:
                for what, number in list(counts.items()):
                    totals[*attributes.items(), ('what', what)] += number
        for key, number in totals.items():
            yield Observation(number, dict(key))

    @contextmanager
    def _timing(
        self, name: str, attributes: Mapping[str, str], outcome: Callable[[], str] = lambda: 'completed',
    ) -> Iterator[None]:
        began, ended = perf_counter(), 'failed'
        try:
            yield
            ended = outcome()
        except ActivityCancelled:
            ended = 'canceled'
            raise
        except CompletedLater:
            ended = 'completed_later'
            raise
        finally:
            self._tell[name](perf_counter() - began, {**attributes, 'outcome': ended})
