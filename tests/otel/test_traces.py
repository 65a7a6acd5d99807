"""One trace from a start to everything that came of it: each real thing once, whoever tells of it, and how often."""

import importlib.util
import json
import pickle
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import StatusCode

from pyswfaws import AesGcmCodec, Middleware, WorkflowFailed, activity_task, decision_task, set_middleware
from pyswfaws.middleware import Chain
from pyswfaws.otel import Metrics, Traces
from pyswfaws.swflocal import SwfLocal
from pyswfaws.workers.registration import register

FLOWS = Path(__file__).with_name('flows.py')


def _load():
    spec = importlib.util.spec_from_file_location('otel_flows', FLOWS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


flows = _load()
EXPORTER = InMemorySpanExporter()


@pytest.fixture(scope='module', autouse=True)
def provider():
    """The process's provider; OpenTelemetry has one, for good."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)
    return provider


@pytest.fixture
def spans():
    """Trace everything in this process, and give the spans."""
    EXPORTER.clear()
    set_middleware(Traces())
    yield EXPORTER.get_finished_spans
    set_middleware()


def named(spans, name):
    (found,) = [span for span in spans() if span.name == name]
    return found


def parents(spans):
    """Give each span's name and that of its parent, counted."""
    names = {span.context.span_id: span.name for span in spans()}
    return Counter((span.name, names[span.parent.span_id] if span.parent else None) for span in spans())


WAYS = pytest.mark.parametrize('kept', [1000, 1, 0], ids=['kept', 'one', 'cold'])


@WAYS
def test_one_trace_has_everything_once(stage, spans, kept):
    stage.activities(flows.double, flows.treble)
    stage.deciders(flows.outer, flows.inner, kept=kept)
    with trace.get_tracer('tests').start_as_current_span('the request'):
        run = stage.start(flows.outer, 5)
    assert run.result(timeout=30) == 23
    stage.end()
    found = parents(spans)
    decisions = {key: found.pop(key) for key in list(found) if key[0].startswith('decide')}
    assert found == {
        ('the request', None): 1,
        ('start outer', 'the request'): 1,
        ('workflow outer', 'start outer'): 1,
        ('first half', 'workflow outer'): 1,
        ('at once', 'workflow outer'): 1,
        ('second half', 'workflow outer'): 1,
        ('timer', 'workflow outer'): 1,
        ('workflow inner', 'workflow outer'): 1,
        ('activity double', 'workflow outer'): 1,
        ('activity double', 'workflow inner'): 1,
        ('activity treble', 'workflow outer'): 1,
        ('inside', 'activity double'): 2,
        ('inside async', 'activity treble'): 1,
    }
    assert set(decisions) == {('decide outer', 'workflow outer'), ('decide inner', 'workflow inner')}
    assert decisions['decide outer', 'workflow outer'] == sum(
        event['eventType'] == 'DecisionTaskCompleted' for event in run.history()
    )
    assert len({span.context.trace_id for span in spans()}) == 1
    assert len({span.context.span_id for span in spans()}) == len(spans())


@WAYS
def test_ids_follow_from_the_execution(stage, spans, kept):
    """Whoever tells of a thing, and however often, tells of the same span."""
    other = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(other))
    stage.activities(flows.double, middleware=[Traces(), Traces(provider)])
    stage.deciders(flows.inner, kept=kept, middleware=[Traces(provider), Traces()])
    assert stage.run(flows.inner, 5) == 10
    stage.end()

    def told(spans):
        return {(span.name, span.context.trace_id, span.context.span_id, span.parent.span_id) for span in spans
                if not span.name.startswith(('start', 'inside'))}

    assert told(spans()) == told(other.get_finished_spans())
    assert len(told(spans())) == 4


def test_what_spans_say(stage, spans):
    stage.activities(flows.double)
    stage.deciders(flows.inner)
    run = stage.start(flows.inner, 5)
    run.result(timeout=30)
    stage.end()
    history = run.history()
    common = {
        'swf.domain': 'tests', 'swf.task_list': 'tests', 'swf.workflow_id': run.workflow_id, 'swf.run_id': run.run_id,
    }
    workflow = {**common, 'swf.workflow.type': 'inner 1.0'}
    assert named(spans, 'start inner').attributes == workflow
    assert named(spans, 'activity double').attributes == {
        **common, 'swf.activity.type': 'double 1.0', 'swf.activity.id': 'double-1', 'swf.activity.attempt': 1,
    }
    decisions = [span for span in spans() if span.name == 'decide inner']
    first, last = sorted(decisions, key=lambda span: span.attributes['swf.event_id'])
    assert first.attributes == {
        **workflow, 'swf.event_id': 3, 'swf.decision.kept': False, 'swf.decision.taken': True,
        'swf.decision.types': ('ScheduleActivityTask',),
    }
    assert (last.attributes['swf.event_id'], last.attributes['swf.decision.kept']) == (9, True)
    whole = named(spans, 'workflow inner')
    assert whole.attributes == {**workflow, 'swf.state': 'COMPLETED'}
    assert whole.start_time == round(history[2]['eventTimestamp'].timestamp() * 1e9)
    assert whole.status.status_code is StatusCode.UNSET


def test_errors_are_recorded_by_attempt(stage, spans, tmp_path):
    stage.activities(flows.fails_once)
    stage.deciders(flows.retried)
    assert stage.run(flows.retried, str(tmp_path / 'tried')) == 'done'
    stage.end()
    first, second = (span for span in spans() if span.name == 'activity fails_once')
    assert (first.status.status_code, first.attributes['error.type']) == (StatusCode.ERROR, 'ValueError')
    assert first.events[0].attributes['exception.message'] == 'the first time'
    assert (second.status.status_code, second.attributes['swf.activity.attempt']) == (StatusCode.UNSET, 2)


def test_messages_of_errors_can_be_left_out(stage, spans, tmp_path):
    stage.activities(flows.fails_once, middleware=[Traces(exceptions=False)])
    stage.deciders(flows.retried)
    stage.run(flows.retried, str(tmp_path / 'tried'))
    stage.end()
    first, _ = (span for span in spans() if span.name == 'activity fails_once')
    assert (first.events, first.attributes['error.type']) == ((), 'ValueError')
    assert 'the first time' not in first.to_json()


def test_messages_are_left_out_where_values_are_encrypted(stage, spans, tmp_path):
    codec = AesGcmCodec({'k': bytes(32)}, current='k')

    @activity_task(data_codecs=[codec], max_attempts=1)
    def fails_in_secret():
        raise ValueError('the secret')

    @decision_task(data_codecs=[codec])
    def tries():
        fails_in_secret().result

    stage.activities(fails_in_secret)
    stage.deciders(tries)
    with pytest.raises(WorkflowFailed):
        stage.run(tries)
    stage.end()
    assert named(spans, 'activity fails_in_secret').attributes['error.type'] == 'ValueError'
    assert not any('the secret' in span.to_json() for span in spans())


def test_a_workflow_that_fails_is_an_error(stage, spans):
    stage.deciders(flows.broken)
    with pytest.raises(WorkflowFailed):
        stage.run(flows.broken)
    stage.end()
    whole = named(spans, 'workflow broken')
    assert (whole.status.status_code, whole.attributes['error.type']) == (StatusCode.ERROR, 'ValueError')


def test_a_run_that_continues_another_is_linked_to_it(stage, spans):
    stage.deciders(flows.twice)
    assert stage.run(flows.twice, 1) == 2
    stage.end()
    by_state = {span.attributes['swf.state']: span for span in spans() if span.name == 'workflow twice'}
    first, second = by_state['CONTINUED_AS_NEW'], by_state['COMPLETED']     # told by two threads, in any order
    assert second.links[0].context.span_id == first.context.span_id
    assert second.parent.span_id == first.parent.span_id == named(spans, 'start twice').context.span_id


def test_an_execution_that_was_started_without_has_a_trace_of_its_own(stage, spans):
    stage.activities(flows.double)
    stage.deciders(flows.inner)
    set_middleware(Middleware())
    run = stage.start(flows.inner, 5)
    set_middleware(Traces())
    run.result(timeout=30)
    stage.end()
    found = [span for span in spans() if span.name != 'decide inner']     # the first may have come before the tracing
    assert {span.name for span in found} == {'workflow inner', 'activity double', 'inside'}
    assert len({span.context.trace_id for span in found}) == 1
    assert named(spans, 'workflow inner').parent is None


def test_what_is_not_sampled_at_the_start_is_recorded_nowhere(stage, spans):
    stage.activities(flows.double)
    stage.deciders(flows.inner)
    stage.starter.middleware = Chain([Traces(TracerProvider(sampler=ParentBased(ALWAYS_OFF)))])
    assert stage.run(flows.inner, 5) == 10
    stage.end()
    assert spans() == ()


def test_without_an_sdk_nothing_is_recorded_and_nothing_breaks(stage, spans):
    quiet = Traces(trace.NoOpTracerProvider())
    stage.activities(flows.double, middleware=[quiet])
    stage.deciders(flows.inner, middleware=[quiet])
    stage.starter.middleware = Chain([quiet])
    assert stage.run(flows.inner, 5) == 10


def test_another_process_makes_its_own_of_it(stage, spans):
    used = Traces(exceptions=False)
    stage.activities(flows.double, middleware=[used])
    stage.deciders(flows.inner)
    stage.run(flows.inner, 5)
    assert pickle.loads(pickle.dumps(used))._exceptions is False
    assert isinstance(pickle.loads(pickle.dumps(Metrics())), Metrics)


@pytest.mark.parametrize(('dies', 'name', 'untold'), [
    ('activities', 'survives', {
        ('activity dies_once timed out', 'workflow survives'): 1, ('activity dies_once', 'workflow survives'): 1,
    }),
    ('deciders', 'undecided', {
        ('in the decider', 'workflow undecided'): 1, ('activity fails_once', 'workflow undecided'): 1,
    }),
])
def test_processes_that_share_nothing_make_one_trace_and_deaths_do_not_double_it(tmp_path, dies, name, untold):
    out = {what: tmp_path / what for what in ('start', 'deciders', 'activities')}

    def begin(what):
        return subprocess.Popen(
            [sys.executable, str(FLOWS), what, url, str(out[what]), name], stdout=subprocess.PIPE, text=True,
        )

    served = [flows.survives, flows.undecided, flows.dies_once, flows.fails_once]
    with SwfLocal(poll_timeout=1) as swf, swf.serve(port=0) as url:
        for _ in register(swf.direct_client(), 'tests', served, default_task_list='tests'):
            pass
        running = {what: begin(what) for what in out}
        try:
            assert running[dies].wait(60) == -signal.SIGKILL
            running['another'] = begin(dies)
            assert running['start'].communicate(timeout=60)[0] == 'done\n'
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.communicate(timeout=30)
    spans = [json.loads(line) for path in out.values() for line in path.read_text().splitlines()]
    ids = [span['context']['span_id'] for span in spans]
    names = dict(zip(ids, (span['name'] for span in spans), strict=True))
    assert len(set(ids)) == len(ids)
    assert len({span['context']['trace_id'] for span in spans}) == 1
    found = Counter((span['name'], names.get(span['parent_id'])) for span in spans)
    assert found.pop((f'decide {name}', f'workflow {name}')) >= 2
    assert found == {(f'start {name}', None): 1, (f'workflow {name}', f'start {name}'): 1, **untold}
