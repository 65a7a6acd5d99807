"""Distributed mode: what each call of a decorated function asks of SWF."""

import pytest

from pyswfaws.binding.decider import program_of
from pyswfaws.datastores import DataStore
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.promise import Marker, Timer
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay


def started(text=None):
    return [
        {'eventId': 1, 'eventType': 'WorkflowExecutionStarted',
         'workflowExecutionStartedEventAttributes': {} if text is None else {'input': text}},
        {'eventId': 2, 'eventType': 'DecisionTaskScheduled'},
        {'eventId': 3, 'eventType': 'DecisionTaskStarted'},
    ]


def decisions_of(decider, instance=None, text=None, default_task_list=None):
    """The first decisions of a decider, as (type, attributes)."""
    replay = Replay(program_of(decider.definition, decider.function_of(instance), default_task_list), '22run')
    replay.fold(started(text))
    try:
        return [(d['decisionType'], next(v for v in d.values() if isinstance(v, dict))) for d in decide(replay)]
    finally:
        replay.close()


class Shop:
    factor = 3

    @activity_task
    def times(self, value):
        return value * self.factor

    @staticmethod
    @activity_task
    def static(value):
        return value

    @classmethod
    @activity_task
    def of_class(cls, value):
        return value

    @decision_task
    def decide(self, value):
        self.times(value)
        Shop.times(self, value)
        self.static(value)
        self.of_class(value)
        return self.factor


def test_self_never_enters_a_payload():
    asked = decisions_of(Shop.decide, Shop(), '[[7],{}]')
    assert [found['input'] for _, found in asked[:-1]] == ['[[7],{}]'] * 4
    assert [found['activityId'] for _, found in asked[:-1]] == ['times-1', 'times-2', 'static-1', 'of_class-1']
    assert asked[-1] == ('CompleteWorkflowExecution', {'result': '3'})


def test_arguments_stand_as_they_were_given():
    @activity_task
    def work(first, *rest, option=None):
        return None

    @decision_task
    def decider(number, *, name):
        work(number, 2, 3, option=name)

    (_, asked), (_, closed) = decisions_of(decider, text='[[1],{"name":"é"}]')
    assert asked['input'] == '[[1,2,3],{"option":"é"}]'
    assert closed['result'] == 'null'


def test_task_lists_are_the_calls_own_or_the_types_or_the_workers():
    @activity_task
    def anywhere():
        return None

    @activity_task(swf_task_list='mine')
    def here():
        return None

    @decision_task
    def child():
        return None

    @decision_task
    def decider():
        anywhere(), here(), here.options(task_list='gpu')(), child(), child.options(task_list='theirs', tags=['t'])()

    asked = [found for _, found in decisions_of(decider, default_task_list='ours')][:-1]
    assert [found['taskList']['name'] for found in asked] == ['ours', 'mine', 'gpu', 'ours', 'theirs']
    assert asked[-1]['tagList'] == ['t']
    assert asked[-1]['workflowId'] == '22run.child-2'
    assert 'taskList' not in decisions_of(decider)[0][1]


def test_timers_and_markers_and_recorded_values():
    @cached
    def note(value):
        return value

    @decision_task
    def decider():
        Timer.get(seconds=1.2)
        Marker('stage', {'n': 1})
        Marker('text', 'as it is')
        Marker('bare')
        return [note(0), note('')]

    assert decisions_of(decider) == [
        ('StartTimer', {'timerId': 'timer-1', 'startToFireTimeout': '2'}),
        ('RecordMarker', {'markerName': 'stage', 'details': '{"n":1}'}),
        ('RecordMarker', {'markerName': 'text', 'details': 'as it is'}),
        ('RecordMarker', {'markerName': 'bare'}),
        ('RecordMarker', {'markerName': 'pyswfaws:cached:note-1', 'details': '0'}),
        ('RecordMarker', {'markerName': 'pyswfaws:cached:note-2', 'details': '""'}),
        ('CompleteWorkflowExecution', {'result': '[0,""]'}),
    ]


def test_async_deciders_and_recorded_values():
    @activity_task
    async def work():
        return None

    @cached
    async def note():
        return 5

    @decision_task
    async def decider():
        value = await note()
        await work()
        return value

    assert [kind for kind, _ in decisions_of(decider)] == ['RecordMarker', 'ScheduleActivityTask']


def test_what_is_cached_runs_outside_the_decider():
    """A decorated function that it calls is the plain one there, since the call is not replayed."""
    @activity_task
    def work():
        return 7

    @cached
    def note():
        return work()

    @decision_task
    def decider():
        return note()

    assert decisions_of(decider)[-1] == ('CompleteWorkflowExecution', {'result': '7'})


class Memory(DataStore):
    """Keeps texts in this process."""

    def __init__(self):
        self.kept = {}

    def put(self, message, key):
        assert self.kept.setdefault(key, message) == message
        return key

    def get(self, key):
        return self.kept[key]


def test_keys_are_unique_by_run_and_call():
    store = Memory()

    @activity_task(input_data_store=store)
    def work(value):
        return None

    @cached(result_data_store=store)
    def note():
        return 1

    @decision_task(input_data_store=store, result_data_store=store)
    def decider():
        work(1), work(1), note(), note(), decider.options(task_list='x')()
        return 1

    decisions_of(decider)
    assert [key.rpartition('/')[0] for key in store.kept] == [
        '22run/work-1', '22run/work-2', '22run/note-1', '22run/note-2', '22run/decider-1', '22run',
    ]


def test_a_wrong_call_raises_what_the_plain_function_would():
    @activity_task
    def work(value):
        return None

    @decision_task
    def decider():
        work()

    (kind, found), = decisions_of(decider)
    assert kind == 'FailWorkflowExecution'
    assert found['reason'].startswith('TypeError: ')
    assert 'work(): missing a required argument' in found['reason']


def test_a_decider_given_the_wrong_arguments_fails_its_execution():
    @decision_task
    def decider(one):
        return one

    assert decisions_of(decider, text='[[1,2],{}]')[0][0] == 'FailWorkflowExecution'


@pytest.mark.parametrize('value', [{1, 2}, 'x' * 40_000])
def test_a_result_that_cannot_be_written_fails_the_execution(value):
    @decision_task
    def decider():
        return value

    (kind, found), = decisions_of(decider)
    assert kind == 'FailWorkflowExecution'
    assert found['reason'].split(':')[0] in ('SerializationError', 'PayloadTooLargeError')
