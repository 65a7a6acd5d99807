"""The figures of the table, told to an SDK, and the table held against the documentation."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from pyswfaws import DefinitionError, set_middleware
from pyswfaws.otel import Metrics
from pyswfaws.otel.metrics import METRICS

DOCS = Path(__file__).parents[2] / 'docs' / 'observability.rst'


def _load():
    spec = importlib.util.spec_from_file_location('otel_flows', Path(__file__).with_name('flows.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


flows = _load()


@pytest.fixture
def figures():
    """Measure everything in this process, and give the data points of a metric, by their attributes."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    set_middleware(Metrics(provider))

    def figures():
        data = reader.get_metrics_data()
        return {metric.name: {
            tuple(point.attributes.values()): getattr(point, 'value', None) if hasattr(point, 'value') else point
            for point in metric.data.data_points
        } for metric in data.resource_metrics[0].scope_metrics[0].metrics}

    yield figures
    set_middleware()
    provider.shutdown()


def test_every_figure_is_told(stage, figures, tmp_path):
    stage.activities(flows.double, flows.fails_once)
    stage.deciders(flows.inner, flows.retried)
    run = stage.start(flows.inner, 5)
    run.result(timeout=30)
    stage.run(flows.retried, str(tmp_path / 'tried'))
    stage.end()
    found = figures()
    assert set(found) == {f'pyswfaws.{name}' for name in METRICS}
    counted = {name: {key: point.count for key, point in points.items() if hasattr(point, 'count')}
               for name, points in found.items()}
    assert counted['pyswfaws.start.duration'] == {('inner', 'completed'): 1, ('retried', 'completed'): 1}
    assert counted['pyswfaws.decision.duration'] == {
        ('inner', 'tests', 'completed'): 2, ('retried', 'tests', 'completed'): 3,
    }
    assert counted['pyswfaws.activity.duration'] == {
        ('double', 'tests', 'completed'): 1,
        ('fails_once', 'tests', 'failed'): 1,
        ('fails_once', 'tests', 'completed'): 1,
    }
    assert counted['pyswfaws.activity.queue_delay'] == {('double',): 1, ('fails_once',): 2}
    assert counted['pyswfaws.workflow.duration'] == {('inner', 'completed'): 1, ('retried', 'completed'): 1}
    assert found['pyswfaws.decision.history_length']['inner', 'tests'].max == 9
    assert found['pyswfaws.decision.decisions']['inner', 'tests'].sum == 2
    assert found['pyswfaws.decision.failures_in_row']['inner', 'tests'].max == 0
    assert found['pyswfaws.activity.running'] == {('double', 'tests'): 0, ('fails_once', 'tests'): 0}
    assert found['pyswfaws.worker.counts']['tests', 'DistributedDecisionWorker', 'hits'] == 3


def test_starts_that_are_refused_are_told(stage, figures):
    stage.register(flows.inner)
    with pytest.raises(DefinitionError):
        stage.start(flows.inner, 5, tags=['x'] * 9)
    stage.start(flows.inner, 5, workflow_id='one')
    with pytest.raises(Exception, match='is open'):
        stage.start(flows.inner, 5, workflow_id='one')
    points = figures()['pyswfaws.start.duration']
    assert {key: point.count for key, point in points.items()} == {('inner', 'completed'): 1, ('inner', 'failed'): 1}


def test_the_documentation_has_the_table():
    rows = re.findall(r'^``pyswfaws\.(\S+)``\s+(\S+)\s+(\S+)\s', DOCS.read_text(), flags=re.MULTILINE)
    assert rows == [(name, metric.kind, metric.unit) for name, metric in METRICS.items()]


def test_without_the_extra_it_says_what_to_install():
    program = "import sys; sys.modules['opentelemetry'] = None; import pyswfaws.otel"
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("pyswfaws.otel needs pip install 'pyswfaws[otel]'\n")
