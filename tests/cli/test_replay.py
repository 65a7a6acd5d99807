import json
import sys
from datetime import datetime

import pytest

from pyswfaws.testing import WorkflowEnvironment


@pytest.fixture
def bakery(call):
    """The deciders of these tests; `call` has made them importable."""
    sys.modules.pop('bakery', None)
    import bakery  # noqa: PLC0415

    yield bakery
    sys.modules.pop('bakery')


@pytest.fixture
def recorded(bakery, tmp_path):
    """Write the history of a run of a decider, as the AWS command does, to a file: its path."""
    def recorded(decider, *args, until=None):
        path = tmp_path / f'{decider.__name__}.json'
        with WorkflowEnvironment() as env:
            run = env.start(decider, *args)
            env.sleep(7 * 86_400)
            path.write_text(json.dumps({'events': run.history()[:until]}, default=datetime.isoformat))
        return path

    return recorded


@pytest.fixture
def changed(recorded, bakery):
    """A history of a decider that was another then."""
    def order(cake):
        return bakery.bake.options(task_list='oven')(cake, 2).result + bakery.bake(cake).result

    then = bakery.decision_task(order)
    return recorded(then, 'nut')


def test_what_replays_is_shown(call, recorded, bakery):
    done = call('replay', 'bakery', recorded(bakery.order, 'nut'), recorded(bakery.rest, 30))
    assert done.exit_code == 0
    first, second, third, fourth = done.stdout.splitlines()
    assert first.endswith('order.json: replays, 11 events in 2 turns, COMPLETED')
    assert second == '    decides CompleteWorkflowExecution'
    assert third.endswith('rest.json: replays, 5 events in 2 turns, OPEN')
    assert fourth.startswith('    waits at ')
    assert fourth.endswith('bakery.py:27 for timer timer-1 (SCHEDULED, event 5)')


def test_what_does_not_replay_gives_status_5(call, changed, recorded, bakery):
    done = call('replay', 'bakery:order', changed)
    assert done.exit_code == 5
    assert 'order.json: does not replay: at turn 2' in done.stdout
    done = call('replay', 'bakery', changed, recorded(bakery.rest, 30))
    assert (done.exit_code, len(done.stdout.splitlines())) == (5, 3)     # the others are replayed all the same


def test_until_an_event(call, changed):
    done = call('replay', 'bakery:order', changed, '--until', '7')
    assert done.exit_code == 0
    assert 'for activity bake-1 (COMPLETED, event 7)' in done.stdout or 'replays, 7 events' in done.stdout


def test_json(call, changed, recorded, bakery):
    done = call('replay', 'bakery', recorded(bakery.rest, 30), changed, '--format', 'json')
    rest, order = json.loads(done.stdout)
    assert (rest['events'], rest['turns'], rest['status'], rest['decisions']) == (5, 2, 'OPEN', [])
    assert rest['waiting'][0]['promises'] == ['timer timer-1 (SCHEDULED, event 5)']
    assert set(order) == {'history', 'error'}
    assert done.exit_code == 5


@pytest.mark.parametrize(('arguments', 'says'), [
    (('bakery', 'nowhere.json'), 'nowhere.json cannot be read: No such file or directory'),
    (('bakery', 'bakery.py'), 'bakery.py is no JSON'),
    (('pastry', 'nowhere.json'), "there is no module 'pastry'"),
    (('bakery:bake', 'nowhere.json'), 'bakery:bake has no decider'),
    (('bakery:undecorated', 'nowhere.json'), 'is not decorated'),
    (('bakery',), "Missing argument 'HISTORY...'"),
    (('bakery', 'nowhere.json', '--until', '0'), 'is not in the range'),
])
def test_wrong_usage_gives_status_2(call, arguments, says):
    done = call('replay', *arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_history_of_another_workflow_is_wrong_usage(call, recorded, bakery):
    @bakery.decision_task
    def celebrate():
        """Is not in the bakery."""

    done = call('replay', 'bakery', recorded(celebrate))
    assert done.exit_code == 2
    assert 'is of the workflow celebrate 1.0; the target has fail 1.0, order 1.0, rest 1.0' in done.stderr


def test_a_decider_that_was_renamed_is_the_only_one(call, recorded, bakery):
    path = recorded(bakery.order, 'nut')
    path.write_text(path.read_text().replace('"name": "order"', '"name": "bestellen"'))
    assert call('replay', 'bakery:order', path).exit_code == 0


def test_an_input_that_cannot_be_read_gives_status_1(call, recorded, bakery):
    path = recorded(bakery.order, 'nut')
    history = json.loads(path.read_text())
    history['events'][0]['workflowExecutionStartedEventAttributes']['input'] = 'nut'
    path.write_text(json.dumps(history))
    done = call('replay', 'bakery:order', path)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
