"""Branches, signals and waits for several: what a program sees of each, in which order, in every replay."""

import json

import pytest

from pyswfaws import workflow
from pyswfaws.concurrency import any_of, as_completed, branch, gather, wait
from pyswfaws.decorators import activity_task, decision_task
from pyswfaws.exceptions import (
    ActivityTaskFailed,
    ChildWorkflowNotStarted,
    DefinitionError,
    ExternalWorkflowException,
    UnfulfilledPromiseException,
)
from pyswfaws.promise import Signal, Timer

ACTIVITY, TIMER, COMPLETE, FAIL, CONTINUE = (
    'ScheduleActivityTask', 'StartTimer', 'CompleteWorkflowExecution', 'FailWorkflowExecution',
    'ContinueAsNewWorkflowExecution')


@activity_task(max_attempts=1)
def work(value=None):
    return value


@decision_task
def child():
    return None


def test_a_slow_branch_does_not_hold_up_another(rehearse):
    def chain(*values):
        return [work(value).result for value in values]

    @decision_task
    def decider():
        return gather(branch(chain, 1, 2), branch(chain, 3))

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'chain-1.work-1'), (ACTIVITY, 'chain-2.work-1')]
    on.done('chain-1.work-1', 1)
    assert on.turn() == [(ACTIVITY, 'chain-1.work-2')]
    on.done('chain-2.work-1', 3)
    on.done('chain-1.work-2', 2)
    assert on.turn() == [(COMPLETE, '[[1,2],[3]]')]


def test_the_workflow_does_not_end_before_its_branches(rehearse):
    @decision_task
    def decider():
        branch(lambda: work().result)
        return 'end'

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'lambda-1.work-1')]
    on.done('lambda-1.work-1')
    assert on.turn() == [(COMPLETE, '"end"')]


def fails():
    raise ValueError('no')


def test_what_a_branch_raises_surfaces_at_its_promise(rehearse):
    @decision_task
    def decider():
        try:
            branch(fails).result
        except ValueError as error:
            return str(error)

    assert rehearse(decider).turn() == [(COMPLETE, '"no"')]


def test_what_nobody_reads_fails_the_workflow_at_its_end(rehearse):
    @decision_task
    def decider():
        branch(fails)
        return work().result

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'work-1')]
    on.done('work-1')
    assert on.turn() == [(FAIL, 'ValueError: no')]


@pytest.mark.parametrize('raised', [SystemExit('s'), GeneratorExit('g')])
def test_whatever_a_branch_raises_is_its_failure(raised, rehearse):
    def bad():
        raise raised

    @decision_task
    def decider():
        return type(branch(bad).exception).__name__

    assert rehearse(decider).turn() == [(COMPLETE, f'"{type(raised).__name__}"')]


def test_an_activity_can_be_a_branch(rehearse):
    @decision_task
    def decider():
        return branch(work, 1).result

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'work-1.work-1')]
    on.done('work-1.work-1', 7)
    assert on.turn() == [(COMPLETE, '7')]


def test_async_branches(rehearse):
    async def part(value):
        return await work(value)

    @decision_task
    async def decider():
        return await branch(part, 1)

    on = rehearse(decider)
    on.turn()
    on.done('part-1.work-1', 1)
    assert on.turn() == [(COMPLETE, '1')]


def test_the_first_of_several_by_the_order_of_history(rehearse):
    @decision_task
    def decider():
        promises = [work(number) for number in range(3)]
        first = promises.index(any_of(*promises))
        return [first, [promises.index(one) for one in as_completed(promises)]]

    on = rehearse(decider)
    on.turn()
    on.done('work-3')
    on.done('work-1')
    assert on.turn() == []
    on.done('work-2')
    assert on.turn() == [(COMPLETE, '[2,[2,0,1]]')]


def test_a_wait_with_a_timeout_gives_what_is_known_and_what_is_not(rehearse):
    @decision_task
    def decider():
        promises = [work(number) for number in range(3)]
        known, unknown = wait(promises, timeout=10)
        return [[promises.index(one) for one in some] for some in (known, unknown)]

    on = rehearse(decider)
    on.turn()
    on.done('work-3')
    on.done('timer-1')
    on.done('work-1')
    assert on.turn() == [(COMPLETE, '[[0,2],[1]]')]


def test_a_wait_that_is_over_in_time_ends_its_timer(rehearse):
    @decision_task
    def decider():
        return len(wait([work()], timeout=10)[0])

    on = rehearse(decider)
    on.turn()
    on.done('work-1')
    assert on.turn() == [('CancelTimer', 'timer-1'), (COMPLETE, '1')]


def test_gather_raises_what_failed_first_and_does_not_wait_for_the_rest(rehearse):
    @decision_task
    def decider():
        return gather(work(1), work(2))

    on = rehearse(decider)
    on.turn()
    on.failed('work-2', ValueError('a'))
    (kind, reason), = on.turn()
    assert kind == FAIL
    assert 'work-2' in reason


@pytest.mark.parametrize('call', [
    any_of, lambda: any_of(3), lambda: gather(3), lambda: wait(['x']), lambda: branch(3),
    lambda: Signal.get(''), lambda: workflow.patched(''), lambda: workflow.signal('a:b', 'x'),
])
def test_what_is_no_promise_or_name_is_refused(call):
    with pytest.raises(DefinitionError):
        call()


def test_an_argument_may_be_a_promise(rehearse):
    """The call goes out when it is known; the program does not wait, and a failure reaches the call's promise."""
    @decision_task
    def decider():
        first, second = work(1), work(2)
        third = work({'both': [first, second]})
        fourth = work(third)
        Timer.get(seconds=1)
        return [third.result, type(fourth.exception).__name__]

    on = rehearse(decider)
    assert on.turn() == [(ACTIVITY, 'work-1'), (ACTIVITY, 'work-2'), (TIMER, 'timer-1')]
    on.done('work-1', 1)
    assert on.turn() == []
    on.done('work-2', 2)
    assert on.turn() == [(ACTIVITY, 'work-3')]
    assert on.decisions[0]['scheduleActivityTaskDecisionAttributes']['input'] == '[[{"both":[1,2]}],{}]'
    on.done('work-3', 3)
    assert on.turn() == [(ACTIVITY, 'work-4')]
    on.failed('work-4', ValueError('a'))
    assert on.turn() == [(COMPLETE, '[3,"ActivityTaskFailed"]')]


def test_a_failed_argument_is_the_failure_of_the_call(rehearse):
    @decision_task
    def decider():
        try:
            work(work(1)).result
        except ActivityTaskFailed as error:
            return error.task_id

    on = rehearse(decider)
    on.turn()
    on.failed('work-1', ValueError('a'))
    assert on.turn() == [(COMPLETE, '"work-1"')]


def test_the_start_of_a_child_can_be_waited_for(rehearse):
    @decision_task
    def decider():
        one = child()
        one.started.result
        return work().result

    on = rehearse(decider)
    on.turn()
    assert on.turn() == []
    on.world.begin(on.at('child-1'))
    assert on.turn() == [(ACTIVITY, 'work-1')]


def test_a_child_that_never_starts_says_so_at_its_start(rehearse):
    @decision_task
    def decider():
        try:
            child().started.result
        except ChildWorkflowNotStarted as error:
            return error.failure_reason

    on = rehearse(decider)
    on.turn(lambda *_: 'WORKFLOW_ALREADY_RUNNING')
    assert on.turn() == [(COMPLETE, '"WORKFLOW_ALREADY_RUNNING"')]


# Signals.


@decision_task
def two_signals():
    first, second = Signal.get('go'), Signal.get('go')
    return [second.result, first.result, Signal.get('go').is_ready]


def test_signals_of_one_name_come_in_their_order(rehearse):
    on = rehearse(two_signals)
    on.world.signal('go', 'before the first decision')
    on.start()
    on.world.signal('other')
    on.world.signal('go', 'while a decision task runs')
    on.complete()
    assert on.turn() == [(COMPLETE, '["while a decision task runs","before the first decision",false]')]


def test_a_signal_of_another_client_is_its_text(rehearse):
    @decision_task
    def decider():
        return [Signal.get('a').result, Signal.get('a').result]

    on = rehearse(decider)
    on.world.event('WorkflowExecutionSignaled', signalName='a', input='no JSON')
    on.world.event('WorkflowExecutionSignaled', signalName='a')
    assert on.turn() == [(COMPLETE, '["no JSON",null]')]


def test_signals_that_nobody_read_go_along_also_what_came_after_the_end(rehearse):
    @decision_task
    def decider():
        Signal.get('go').result
        workflow.continue_as_new()

    on = rehearse(decider)
    on.world.signal('go', 1)
    on.world.signal('other', 2)
    on.start()
    on.world.signal('go', 3)        # SWF refuses the close for it
    on.complete()
    assert on.turn() == [(CONTINUE, None)]
    carried = json.loads(on.world.closed[1]['input'])
    assert carried == {'pyswfaws': 1, 'input': '[[],{}]', 'signals': [
        {'name': 'other', 'input': '2'}, {'name': 'go', 'input': '3'}]}
    following = rehearse(decider, on.world.closed[1]['input'])
    assert following.turn() == [(CONTINUE, None)]
    assert json.loads(following.world.closed[1]['input'])['signals'] == [{'name': 'other', 'input': '2'}]


def test_more_signals_than_the_input_holds_are_not_lost_in_silence(rehearse):
    @decision_task(continues_indefinitely=True)
    def decider():
        pass

    on = rehearse(decider)
    on.world.signal('go', 'x' * 32_000)
    on.world.signal('go', 'x' * 32_000)
    (kind, reason), = on.turn()
    assert kind == FAIL
    assert 'the signals that go with it' in reason


def test_an_execution_that_swf_will_not_continue_fails(rehearse):
    @decision_task
    def decider():
        workflow.continue_as_new(version='9')

    on = rehearse(decider)
    on.turn(lambda *_: 'WORKFLOW_TYPE_DOES_NOT_EXIST')
    assert on.turn() == [(FAIL, 'SWF refused to continue the execution as new: WORKFLOW_TYPE_DOES_NOT_EXIST')]


def test_messages_to_others_are_promises_with_failures(rehearse):
    @decision_task
    def decider():
        told, lost, stopped = (
            workflow.signal('a', 'go', 1), workflow.signal('b', 'go', run_id='r'), workflow.cancel('c'))
        return [told.result, lost.exception.failure_reason, isinstance(lost.exception, ExternalWorkflowException),
                stopped.result]

    on = rehearse(decider)
    assert [kind for kind, _ in on.turn()] == [
        'SignalExternalWorkflowExecution', 'SignalExternalWorkflowExecution', 'RequestCancelExternalWorkflowExecution']
    on.done('signal-1')
    on.ended('signal-2', 'lost')
    on.done('cancel-1')
    assert on.turn() == [(COMPLETE, '[null,"UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",true,null]')]


# Hostile programs, with branches.


def generator_of_branches():
    for promise in [branch(work), branch(work)]:
        try:
            yield promise.result
        finally:
            work()


def swallows_in_a_branch():
    try:
        return work().result
    except BaseException:  # noqa: BLE001
        return 'swallowed'


def retries_round_a_read():
    while True:
        try:
            return work().result
        except Exception:  # noqa: BLE001
            continue


@pytest.mark.parametrize('program', [
    lambda: list(generator_of_branches()),
    lambda: branch(swallows_in_a_branch).result,
    lambda: branch(retries_round_a_read).result,
    lambda: gather(branch(swallows_in_a_branch), branch(retries_round_a_read)),
], ids=['generator', 'swallowing branch', 'retry loop', 'both'])
def test_a_halt_in_a_branch_completes_nothing(program, rehearse):
    on = rehearse(_named(program))
    assert {kind for kind, _ in on.turn()} == {ACTIVITY}
    assert on.world.closed is None


def _named(program):
    @decision_task
    def decider():
        return program()

    return decider


def test_a_retry_loop_round_a_read_does_not_take_a_cancel_for_a_failure(rehearse):
    on = rehearse(_named(retries_round_a_read))
    on.turn()
    on.world.request_cancel()
    assert on.turn() == [('CancelWorkflowExecution', None)]


def test_neither_the_halt_nor_a_cancel_is_an_exception():
    assert not issubclass(UnfulfilledPromiseException, Exception)
