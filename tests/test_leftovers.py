"""Leftovers: nothing is one that any execution needs, or may need."""

import json
import time

import pytest
from click.testing import CliRunner

from pyswfaws import Signal, activity_task, continue_as_new, decision_task, workflow
from pyswfaws.cli.connection import Connection
from pyswfaws.cli.main import main
from pyswfaws.contents import CONTENTS
from pyswfaws.datadefaults import set_data_defaults
from pyswfaws.datastores import FileDataStore
from pyswfaws.exceptions import DataStoreError
from pyswfaws.leftovers import DAY, survey

LONG_AFTER = 400 * DAY


@pytest.fixture
def place(tmp_path):
    CONTENTS.clear()
    store = FileDataStore(tmp_path / 'data')
    set_data_defaults(store)
    yield store
    set_data_defaults()


@activity_task
def double(value):
    return value * 2


@decision_task
def child(value):
    return [value]


@decision_task
def parent(value):
    found = child(double(value).result).result
    workflow.publish(found)
    return [Signal.get('go').result, found]


@decision_task
def turning(n):
    return continue_as_new(n + 1) if n < 3 else Signal.get('go').result


def swept(stage, place, later=LONG_AFTER, **options):
    return survey(place, stage.client, time.time() + later, **options)


@pytest.fixture
def served(stage):
    stage.activities(double)
    stage.deciders(parent, child, turning)
    return stage


def test_what_an_open_execution_names_is_needed_whoever_wrote_it(served, place, until):
    run = served.start(parent, 'x')
    until(lambda: run.published)
    assert swept(served, place).leftover == []
    assert len(swept(served, place).kept) == len(list(place.objects()))
    run.signal('go', 1)
    assert run.result(timeout=30) == [1, ['xx']]
    assert swept(served, place).leftover == []


def test_what_belongs_to_executions_that_are_gone_is_left_over_once_it_is_old(served, place):
    served.run(child, 'x')
    gone = place.put('"x"', '22gone=/double-1/result-0123456789abcdef')
    assert [one.pointer for one in swept(served, place).leftover] == [gone]
    assert swept(served, place, later=0).leftover == []
    assert [one.pointer for one in swept(served, place, later=7200, age=3600).leftover] == [gone]


@pytest.mark.parametrize('key', ['mine', '22gone=/notes.txt', '22gone=/double-1/result-short', 'Double-task-2'])
def test_what_is_none_of_ours_is_kept(served, place, key):
    place.put('text', key)
    assert swept(served, place).leftover == []


def test_what_was_handed_on_by_runs_that_are_gone_is_needed(served, place, until):
    run = served.start(turning, 0)
    until(lambda: run.status == 'CONTINUED_AS_NEW')
    until(lambda: [one for one in place.objects() if 'continued' in one.key])

    class OnlyOpen:
        """A service whose closed executions are over their retention."""

        def __getattr__(self, name):
            return getattr(served.client, name)

        def list_closed_workflow_executions(self, **request):
            return {'executionInfos': []}

    def last():
        (found,) = served.client.list_open_workflow_executions(
            domain='tests', startTimeFilter={'oldestDate': 0})['executionInfos'] or [None]
        return found and len(list(place.objects())) == 4 and found

    until(last)
    found = survey(place, OnlyOpen(), time.time() + LONG_AFTER)
    needed = [one.key for one in found.kept if '/continued/' in one.key]
    assert len(needed) == 1
    assert len(found.leftover) == 2
    for one in found.leftover:
        place.delete(one.pointer)
    CONTENTS.clear()
    run.signal('go', 'done') if run.status == 'OPEN' else served.client.signal_workflow_execution(
        domain='tests', workflowId=run.workflow_id, signalName='go', input='"done"')
    assert run.result(timeout=30) == 'done'


def test_what_cannot_be_looked_at_ends_it(served, place):
    class Refusing:
        def __getattr__(self, name):
            return getattr(served.client, name)

        def get_workflow_execution_history(self, **request):
            raise DataStoreError('not let in')

    served.run(child, 'x')
    with pytest.raises(DataStoreError, match='not let in'):
        survey(place, Refusing(), time.time())


# The command.


@pytest.fixture
def command(served, place, monkeypatch):
    monkeypatch.setattr(Connection, 'client', lambda self: served.client)
    monkeypatch.setattr(time, 'time', lambda real=time.time: real() + LONG_AFTER)

    def run(*arguments):
        return CliRunner().invoke(main, ['store', 'gc', f'file://{place.folder}', *arguments])

    return run


def test_the_command_lists_and_deletes_when_asked(served, place, command):
    served.run(child, 'x')
    gone = place.put('"x"', '22gone=/double-1/result-0123456789abcdef')
    shown = command()
    assert (shown.exit_code, gone in shown.output) == (0, True)
    assert '1 of 3 objects, 3 bytes, left over; --delete deletes them' in shown.output
    assert json.loads(command('--format', 'json').output)['leftover'][0]['pointer'] == gone
    assert len(list(place.objects())) == 3
    assert '1 of 3 objects, 3 bytes, deleted' in command('--delete').output
    assert len(list(place.objects())) == 2


def test_where_nothing_belongs_to_this_service_nothing_is_deleted(place, command):
    place.put('"x"', '22gone=/double-1/result-0123456789abcdef')
    refused = command('--delete')
    assert refused.exit_code == 2
    assert 'not one object' in refused.output
    assert len(list(place.objects())) == 1


def test_an_address_that_is_none_is_wrong_usage(command):
    assert CliRunner().invoke(main, ['store', 'gc', 'swf-data']).exit_code == 2
