"""Mutants: one recorded history, and edits of the decider that made it.

Each illegal one is found, at the turn and the line at which program and history part; each legal one passes, and
decides what it should.
"""

import pytest

import pyswfaws
from pyswfaws.decorators import activity_task, cached, decision_task
from pyswfaws.exceptions import NonDeterminismError

ORIGINAL = """
def part(number):
    first = work(number)
    return first.result + later(number).result

def decider():
    one, timer = work(1), Timer.get(seconds=5)
    two = branch(part, 2)
    Signal.get('go').result
    Marker('stage')
    three = child(3)
    timer.cancel()
    four = work(4)
    any_of(three, two)
    told = workflow.signal('other', 'hello')
    with deadline(seconds=9):
        five = later(5).result
    noted = note()
    if workflow.patched('newer'):
        six = work(6)
    return gather(one, two, three, four, told) + [five, noted]
"""


@activity_task
def work(number):
    return number


@activity_task
def later(number):
    return number


@activity_task(swf_task_type='work', swf_task_version='2.0')
def work_2(number):
    return number


@decision_task
def child(number):
    return number


@decision_task(swf_workflow_type='child', swf_workflow_version='2.0')
def child_2(number):
    return number


@cached
def note():
    return 7


NAMES = {name: getattr(pyswfaws, name) for name in pyswfaws.__all__} | {
    'work': work, 'later': later, 'work_2': work_2, 'child': child, 'child_2': child_2, 'note': note,
}


def edited(*edits):
    """The decider of `ORIGINAL` after edits, each an old and a new text."""
    text = ORIGINAL
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    space = {**NAMES, '__name__': 'mutant'}
    exec(compile(text, 'mutant.py', 'exec'), space)
    return decision_task(space['decider'])


@pytest.fixture
def on(rehearse):
    """The history of `ORIGINAL`, of five turns."""
    on = rehearse(edited())
    on.turn()
    on.world.signal('go')
    on.turn()
    on.world.begin(on.at('child-1'))
    on.done('child-1', 3)
    on.turn()
    on.done('later-1', 5)
    on.done('part-1.work-1', 2)
    on.turn()
    on.done('work-1', 1)
    on.world.start_task()
    assert on.cold() == []
    return on


#: What was edited, how, the turn at which that is found, what the message says that history has, and the line of the
#: program that asks for something else; None where it asks for nothing, and waits or has ended.
ILLEGAL = {
    'a call removed': (
        [('one, timer = work(1), T', 'timer = T'), ('(one, ', '(')], 2, 'activity work-1 in turn 1', 13),
    'a call added': (
        [('timer.cancel()', 'timer.cancel(); later(0)')], 2, 'activity later-1 in turn 3', 12),
    'a call retyped': (
        [('four = work(4)', 'four = later(4)')], 2, 'activity later-1 in turn 3', 13),
    'a call of another version': (
        [('four = work(4)', 'four = work_2(4)')], 2, 'work-2 of type work 1.0', 13),
    'a call moved into a branch': (
        [('four = work(4)', 'four = branch(work, 4)')], 2, 'no activity work-2.work-1', 13),
    'a call in the branch removed': (
        [('first = work(number)\n    return first.result + l', 'return l')], 1, 'part-1.later-1 in turn 4', 3),
    'a call in the branch added': (
        [('first = work(number)', 'first = work(number); work(0)')], 1, 'no activity part-1.work-2', 3),
    'a wait removed': (
        [("    Signal.get('go').result\n", '')], 1, 'marker stage-1 in turn 2', 9),
    'a wait added': (
        [("    Signal.get('go').result\n", "    Signal.get('go').result\n    one.result\n")], 5,
        'marker stage-1 in turn 2', 11),
    'a wait for another signal': (
        [("Signal.get('go')", "Signal.get('stop')")], 2, 'marker stage-1', None),
    'a wait for all instead of the first': (
        [('any_of(three, two)', 'gather(three, two)')], 3, 'external signal signal-1', None),
    'the branch renamed': (
        [('def part(', 'def piece('), ('(part, ', '(piece, ')], 1, 'no activity piece-1.work-1', 3),
    'the branch removed': (
        [('two = branch(part, 2)', 'two = child'), ('(three, two)', '(three)'), ('two, ', '')], 1,
        'activity part-1.work-1', None),
    'a timer removed': (
        [(', timer = work(1), Timer.get(seconds=5)', ' = work(1)'), ('    timer.cancel()\n', '')], 3,
        'timer timer-1 in turn 1', 15),
    'a timer where a call was': (
        [('one, timer = work(1)', 'one, timer = Timer.get(seconds=1)')], 1, 'timer timer-2 in turn 3', 7),
    'a cancel removed': (
        [('    timer.cancel()\n', '')], 2, 'a cancel of timer timer-1', None),
    'a cancel added': (
        [('timer.cancel()', 'timer.cancel(); one.cancel()')], 2, 'no cancel of activity work-1', 12),
    'a cancel moved behind a wait': (
        [('    timer.cancel()\n', ''), ('any_of(three, two)', 'any_of(three, two); timer.cancel()')], 2,
        'a cancel of timer timer-1', None),
    'another child': (
        [('three = child(3)', 'three = child_2(3)')], 2, 'child workflow child-1 of type child 1.0', 11),
    'a child removed': (
        [('three = child(3)', 'three = one')], 5, 'external signal signal-1 in turn 3', 15),
    'a marker renamed': (
        [("Marker('stage')", "Marker('phase')")], 2, 'no marker phase-1', 10),
    'a message removed': (
        [("workflow.signal('other', 'hello')", 'one')], 3, 'external signal signal-1', None),
    'a deadline removed': (
        [('with deadline(seconds=9):', 'if True:')], 3, 'timer timer-2', None),
    'a recorded value removed': (
        [('noted = note()', 'noted = 7')], 4, 'marker pyswfaws:cached:note-1', None),
    'a patch removed': (
        [("workflow.patched('newer')", 'True')], 4, 'marker pyswfaws:patch:newer', None),
    'an end that comes too early': (
        [('    any_of(three, two)\n', "    return 'early'\n")], 3, 'external signal signal-1', None),
}

LEGAL = {
    'other arguments and times': [('seconds=5', 'seconds=6'), ('work(4)', 'work(44)'), ('seconds=9', 'seconds=90')],
    'reordered in one turn': [("    Marker('stage')\n", ''), ('timer.cancel()', "timer.cancel(); Marker('stage')")],
    'calls within one call': [('four = work(4)', 'four = (lambda: work(4))()')],
    'a patch deprecated': [("    if workflow.patched('newer'):\n    ", "    workflow.deprecate_patch('newer')\n")],
    'a new way behind a patch': [("Marker('stage')", "Marker('stage')\n    if workflow.patched('x'): work(0)")],
    'more at the end': [('    return gather(', '    work(one.result)\n    return gather(')],
    'a read more of what is known': [('told = ', 'three.result; told = ')],
}


@pytest.mark.parametrize('name', ILLEGAL)
def test_an_illegal_edit_is_found_at_its_turn_and_line(name, on):
    edits, turn, recorded, line = ILLEGAL[name]
    with pytest.raises(NonDeterminismError) as caught:
        on.cold(edited(*edits))
    message = str(caught.value)
    assert f'at turn {turn}' in message
    assert recorded in message
    assert ('nothing of that id' if line is None else f'at mutant.py:{line}.') in message


@pytest.mark.parametrize('name', LEGAL)
def test_a_legal_edit_passes(name, on):
    said = on.cold(edited(*LEGAL[name]))
    assert len(said) == (name == 'more at the end')
