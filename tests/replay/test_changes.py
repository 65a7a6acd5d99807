"""Changed programs: what history recorded must be asked for again, and nothing else in the past.

One history, and edits of the decider that made it: each illegal one is found, at its turn and with its line, and each
legal one passes. The execution is not harmed either way: the error leaves the decision task unanswered.
"""

import inspect

import pytest

from pyswfaws.contents import CONTENTS
from pyswfaws.datastores import DataStore
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import DataStoreError, NonDeterminismError, SerializationError, UnreadablePayloadError
from pyswfaws.promise import Marker, Timer


@activity_task
def first():
    return None


@activity_task
def second():
    return None


@activity_task
def third():
    return None


@activity_task(swf_task_type='first', swf_task_version='2.0')
def first_of_another_version():
    return None


@decision_task
def child():
    return None


@cached
def value():
    return 0


@decision_task
def original():
    """Three turns: two calls and a timer; one more call, a child, a marker and a value; and the last wait."""
    one, two = first(), second()
    Timer.get(seconds=1).result
    three = third()
    Marker('stage')
    value()
    child().result
    return [one.result, two.result, three.result]


@pytest.fixture
def on(rehearse):
    """The history of `original`, up to its last wait."""
    on = rehearse(original)
    on.turn()
    on.done('timer-1')
    on.turn()
    on.done('child-1', 1)
    assert on.turn() == []
    on.done('first-1', 1)
    on.world.start_task()
    assert on.cold() == []
    return on


def removed():
    first()
    Timer.get(seconds=1).result


def added():
    first(), second()
    third()                 # edited
    first()                 # edited
    Timer.get(seconds=1).result


def renamed():
    first(), third(), third()    # edited
    Timer.get(seconds=1).result


def another_version():
    first_of_another_version()  # edited
    Timer.get(seconds=1).result


def waits_for_another_call():
    first(), second()
    third().result
    Timer.get(seconds=1).result


def ends_too_early():
    first(), second()
    Timer.get(seconds=1).result
    third(), Marker('stage'), value(), child()
    return 'early'


def another_child():
    first(), second()
    Timer.get(seconds=1).result
    third(), Marker('stage'), value()
    original().result           # edited


@decision_task(swf_workflow_type='child', swf_workflow_version='2.0')
def child_of_another_version():
    return None


def another_version_of_the_child():
    first(), second()
    Timer.get(seconds=1).result
    third(), Marker('stage'), value()
    child_of_another_version().result    # edited


def another_marker():
    first(), second()
    Timer.get(seconds=1).result
    third(), Marker('phase'), value(), child().result    # edited


def no_value():
    first(), second()
    Timer.get(seconds=1).result
    third(), Marker('stage'), child().result


def an_activity_where_a_child_was():
    first(), second()
    Timer.get(seconds=1).result
    third(), Marker('stage'), value()

    @activity_task(swf_task_type='child')
    def activity():
        return None

    activity().result           # edited


@pytest.mark.parametrize(('edited', 'turn', 'recorded'), [
    (removed, 1, 'activity second-1'),
    (added, 1, 'activity third-1 in turn 2'),
    (renamed, 1, 'activity third-1 in turn 2'),
    (another_version, 1, 'first 1.0'),
    (waits_for_another_call, 1, 'activity third-1 in turn 2'),
    (ends_too_early, 2, 'that the program went on'),
    (another_child, 2, 'no child workflow original-1'),
    (another_version_of_the_child, 2, 'child workflow child-1 of type child 1.0'),
    (another_marker, 2, 'no marker phase-1'),
    (no_value, 2, 'marker pyswfaws:cached:value-1'),
    (an_activity_where_a_child_was, 2, 'child workflow child-1'),
], ids=lambda given: getattr(given, '__name__', None))
def test_an_illegal_edit_is_found_at_its_turn(edited, turn, recorded, on):
    with pytest.raises(NonDeterminismError) as caught:
        on.cold(decision_task(edited))
    message = str(caught.value)
    source, first_line = inspect.getsourcelines(edited)
    marked = [f'{__file__}:{number}' for number, line in enumerate(source, first_line) if '# edited' in line]
    assert f'at turn {turn}' in message
    assert recorded in message
    assert not marked or any(line in message for line in marked)


def reordered_in_a_turn():
    two, one = second(), first()
    Timer.get(seconds=99).result
    value()
    Marker('stage', 'other details')
    waited, three = child(), third()
    waited.result
    return [two.result, one.result, three.result]


def wrapped():
    def inner():
        return [promise.result for promise in [first(), second()]]

    promises = first(), second()
    try:
        Timer.get(seconds=1).result
        third(), Marker('stage'), value(), child().result
        return inner
    finally:
        [promise.result for promise in promises]


def more_at_the_end():
    one, two = first(), second()
    Timer.get(seconds=1).result
    three = third()
    Marker('stage')
    value()
    child().result
    one.result, two.result, three.result
    return first().result


@pytest.mark.parametrize('edited', [reordered_in_a_turn, wrapped, more_at_the_end], ids=lambda edited: edited.__name__)
def test_a_legal_edit_passes(edited, on):
    assert on.cold(decision_task(edited)) == []


def test_a_program_that_goes_on_after_an_end_that_swf_refused(rehearse):
    @decision_task
    def ends():
        return first() and 'end'

    @decision_task
    def goes_on():
        return first().result

    on = rehearse(ends)
    on.start()
    on.world.signal()
    on.complete()
    on.world.start_task()
    with pytest.raises(NonDeterminismError, match='an end of the program, which SWF refused'):
        on.cold(goes_on)


def test_the_program_cannot_swallow_the_error(on):
    @decision_task
    def swallows_everything():
        while True:
            try:
                removed()
                return first().result
            except:  # noqa: E722
                pass

    with pytest.raises(NonDeterminismError):
        on.cold(swallows_everything)


class Broken(DataStore):
    """Cannot keep anything, or cannot give it back."""

    def __init__(self, *, keeps):
        self.keeps = keeps

    def put(self, message, key):
        if not self.keeps:
            raise DataStoreError('the disk is full')
        return 'pointer'

    def get(self, key):
        raise DataStoreError('the disk is gone')


@activity_task(input_data_store=Broken(keeps=False))
def cannot_be_sent(argument):
    return None


@activity_task(result_data_store=Broken(keeps=True))
def cannot_be_read():
    return None


@cached(result_data_store=Broken(keeps=False))
def cannot_be_recorded():
    return None


@cached(result_data_store=Broken(keeps=True))
def cannot_be_read_again():
    return None


@pytest.mark.parametrize('call', [lambda: cannot_be_sent(1), cannot_be_recorded, cannot_be_read_again],
                         ids=['input', 'record', 'record read'])
def test_a_store_that_fails_makes_no_decision_whatever_the_program_does(call, rehearse):
    @decision_task
    def swallows():
        try:
            call()
        except BaseException:  # noqa: BLE001
            return 'swallowed'

    CONTENTS.clear()        # another test may have read the same text, from a store that works
    with pytest.raises(DataStoreError, match='the disk is'):
        rehearse(swallows).start()


def test_a_result_that_a_store_lost_makes_no_decision(rehearse):
    @decision_task
    def swallows():
        try:
            return cannot_be_read().result
        except Exception:  # noqa: BLE001
            return 'swallowed'

    on = rehearse(swallows)
    on.turn()
    on.world.work = lambda *_: '{"pyswfaws":1,"at":"pointer","sha256":"0"}'
    on.world.end(next(iter(on.world.open)))
    with pytest.raises(DataStoreError, match='the disk is gone'):
        on.start()


@pytest.mark.parametrize('text', ['no JSON', '{"pyswfaws":9,"from":"the future"}', '{"pyswfaws":1,'])
def test_a_result_that_cannot_be_read_makes_no_decision(text, rehearse):
    @decision_task
    def swallows():
        try:
            return first().result
        except Exception:  # noqa: BLE001
            return 'swallowed'

    on = rehearse(swallows)
    on.turn()
    on.world.work = lambda *_: text
    on.world.end(next(iter(on.world.open)))
    with pytest.raises(UnreadablePayloadError):
        on.start()


def test_an_input_that_cannot_be_read_makes_no_decision(rehearse):
    with pytest.raises(UnreadablePayloadError):
        rehearse(original, text='no JSON').start()


def test_a_result_that_cannot_be_stored_makes_no_decision(rehearse):
    @decision_task(result_data_store=Broken(keeps=False))
    def ends():
        return 1

    with pytest.raises(DataStoreError):
        rehearse(ends).start()


def test_arguments_that_cannot_be_written_raise_at_the_call_in_every_replay(rehearse):
    @activity_task
    def work(argument):
        return None

    @decision_task
    def handles_it():
        try:
            work({1, 2})
        except SerializationError as error:
            said = str(error)
        work(1).result
        return said

    on = rehearse(handles_it)
    assert on.turn() == [('ScheduleActivityTask', 'work-2')]
    on.done('work-2')
    (kind, said), = on.turn()
    assert kind == 'CompleteWorkflowExecution'
    assert "argument 'argument', args[0]" in said


@pytest.mark.parametrize(('argument', 'said'), [
    (lambda: 3, 'SystemExit: 3'),
    (first, 'RuntimeError: a function whose result is recorded (@cached) runs once, so it cannot wait for a promise'),
])
def test_whatever_a_recorded_call_raises_is_recorded(argument, said, rehearse):
    """An exit is, and so is a wait: the call would run again each time that the program is entered."""
    @cached
    def exits(given):
        raise SystemExit(given if isinstance(given, int) else given.result)

    @decision_task
    def decider():
        try:
            exits(argument())
        except Exception as error:  # noqa: BLE001
            found = error.failure_reason
        second().result
        return found

    on = rehearse(decider)
    assert ('RecordMarker', 'pyswfaws:cached:exits-1') in on.turn()
    on.done('second-1')
    (kind, result), = on.turn()
    assert kind == 'CompleteWorkflowExecution'
    assert said in result


def test_a_value_that_cannot_be_written_is_recorded_as_a_failure(rehearse):
    runs = []

    @cached
    def unwritable():
        runs.append(1)
        return {1, 2}

    @decision_task
    def handles_it():
        try:
            unwritable()
        except Exception as error:  # noqa: BLE001
            said = type(error).__name__
        first().result
        return said

    on = rehearse(handles_it)
    on.turn()
    on.done('first-1')
    assert on.turn() == [('CompleteWorkflowExecution', '"CachedCallFailed"')]
    assert len(runs) == 1
