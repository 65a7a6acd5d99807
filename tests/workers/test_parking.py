"""Deciders that are kept between decision tasks: nothing comes out differently, and nothing is read twice."""

import logging
import threading
import time
from collections import Counter
from contextlib import closing

import pytest
from botocore.exceptions import ClientError

from pyswfaws import (
    DefinitionError,
    DistributedDecisionWorker,
    Marker,
    Signal,
    Timer,
    activity_task,
    branch,
    decision_task,
)
from pyswfaws.binding.decider import program_of
from pyswfaws.protocol.events import attributes
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay
from pyswfaws.workers.parking import Execution, Keeper, keeper_of

STEPS = 60      # enough for a history of several pages


@activity_task
def double(number):
    return number * 2


@decision_task
def one_by_one(steps):
    total = 0
    for step in range(steps):
        total += double(step).result
    return total


@decision_task(task_start_to_close_timeout=2)
def waiting(number):
    first = double(number).result
    word = Signal.get('go').result
    return [first, word, double(number + 1).result]


def read(stage):
    """How many pages of a history were read, beside those of polls."""
    asked = stage.client.get_workflow_execution_history
    pages = []

    def counting(**arguments):
        is_probe = arguments['execution']['workflowId'] == 'none'
        if 'reverseOrder' not in arguments and not is_probe:    # that is how a result is waited for
            pages.append(arguments)
        return asked(**arguments)

    stage.client.get_workflow_execution_history = counting
    return pages


def decides_what_it_recorded(decider, history):
    """Replay a finished history from its start; it must be asked for again, and nothing else, or this raises."""
    replay = Replay(program_of(decider.definition, decider.function_of(None)))
    replay.fold(history)
    try:
        return decide(replay)
    finally:
        replay.close()


def test_a_kept_decider_is_given_what_is_new_only(stage):
    pages = read(stage)
    worker = stage.deciders(one_by_one)
    stage.activities(double)
    run = stage.start(one_by_one, STEPS)
    assert run.result(timeout=30) == STEPS * (STEPS - 1)
    assert (worker.counts['hits'], worker.counts['misses'], worker.counts['evictions']) == (STEPS, 0, 0)
    assert not pages
    assert decides_what_it_recorded(one_by_one, run.history())[-1]['decisionType'] == 'CompleteWorkflowExecution'


@pytest.mark.parametrize('options', [{'kept': 0}, {'affinity': False}, {'kept': 1, 'pollers': 1}])
def test_however_little_is_kept_the_result_is_the_same(stage, options):
    worker = stage.deciders(one_by_one, **options)
    stage.activities(double)
    runs = [stage.start(one_by_one, steps) for steps in (5, 6, 7, 8)]
    assert [run.result(timeout=30) for run in runs] == [20, 30, 42, 56]
    if options.get('kept') == 1:
        assert worker.counts['evictions']
    if options.get('kept') == 0:
        assert not worker.counts['hits']


def test_a_worker_that_is_gone_costs_one_short_wait(stage, until, types):
    """Its programs are lost with it; SWF waits for it as long as it was told, and reverts to the common list."""
    class Dying(DistributedDecisionWorker):
        is_dead = False

        def _poll(self, task_list):
            if self.is_dead:
                time.sleep(0.01)
                return {}
            return super()._poll(task_list)

    first = stage.deciders(waiting, worker=Dying, affinity_timeout=1)
    stage.activities(double)
    run = stage.start(waiting, 4)
    until(lambda: types(run).count('DecisionTaskCompleted') == 2)
    first.is_dead = True
    stage.swf._host.poll_timeout = 0.2
    stage.swf._host._dismiss()
    pages = read(stage)
    second = stage.deciders(waiting)
    run.signal('go', 'on')
    assert run.result(timeout=20) == [8, 'on', 10]
    lost = [event for event in run.history() if event['eventType'] == 'DecisionTaskTimedOut']
    assert [attributes(event)['timeoutType'] for event in lost] == ['SCHEDULE_TO_START']
    assert second.counts['misses'] == second.counts['reversions'] == 1
    assert pages, 'the history was read from its start'


def test_a_worker_that_is_told_to_stop_hands_its_executions_back(stage, until, types):
    """What it answers on the way names the execution's own list, so nobody waits for it."""
    began, goes_on = threading.Event(), threading.Event()

    @decision_task
    def slow():
        double(1).result
        began.set()
        goes_on.wait(10)
        return double(2).result

    worker = stage.deciders(slow)
    stage.activities(double)
    run = stage.start(slow)
    assert began.wait(10)
    worker.stop()
    goes_on.set()
    until(lambda: types(run).count('DecisionTaskCompleted') >= 2)   # an open poll may have got the third
    answers = [attributes(event) for event in run.history() if event['eventType'] == 'DecisionTaskCompleted']
    assert answers[0]['taskList']['name'].startswith('pyswfaws-')
    assert answers[0]['taskListScheduleToStartTimeout'] == '5'
    assert answers[1]['taskList'] == {'name': 'tests'}
    assert 'taskListScheduleToStartTimeout' not in answers[1]
    stage.deciders(slow)
    assert run.result(timeout=20) == 4


def test_an_answer_that_was_not_taken_throws_the_program_away(stage):
    worker = stage.deciders(one_by_one)
    stage.activities(double)
    stage.mishaps('drop:RespondDecisionTaskCompleted:0.3')
    assert stage.run(one_by_one, 20) == 380
    assert worker.counts['misses'], 'a lost receipt leaves it open whether the program may go on'


def test_a_program_that_is_thrown_away_leaves_no_trace(stage, until, types, caplog):
    ended = threading.Event()

    @decision_task
    def tidy():
        try:
            Timer.get(1000).result
        finally:
            try:
                double(1)       # asked for in vain: the execution goes on elsewhere
            finally:
                ended.set()

    worker = stage.deciders(tidy)
    run = stage.start(tidy)
    until(lambda: types(run).count('DecisionTaskCompleted') == 1)
    worker.stop()
    stage.swf._host._dismiss()
    stage.end()
    assert ended.wait(10)
    assert 'ActivityTaskScheduled' not in types(run)
    assert not caplog.messages


def test_a_program_that_makes_room_for_another_leaves_no_trace_whatever_it_does(stage, until, types, caplog):
    ended = []

    @decision_task
    def nasty(number):
        double(number)
        try:
            Signal.get('go').result
        except BaseException:  # noqa: BLE001
            logging.getLogger('theirs').warning('swallowed')
        finally:
            ended.append(threading.get_ident())
            for ask, asked in ((double, 9), (Timer.get, 9), (Marker, 'late'), (branch, double)):
                try:
                    ask(asked)
                except:  # noqa: E722
                    logging.getLogger().critical('asked in vain')
        logging.getLogger().warning('went on')
        return 'ended'

    stage.register(double)
    worker = stage.deciders(nasty, kept=1, pollers=1, affinity=False)
    runs = [stage.start(nasty, number) for number in range(4)]
    for run in runs:
        until(lambda: 'DecisionTaskCompleted' in types(run))  # noqa: B023 - waited for at once
    until(lambda: sum('swallowed the halt and ended' in text for text in caplog.messages) == 3)
    assert worker.counts['evictions'] == len(ended) == 3
    for run in runs:
        assert {'TimerStarted', 'MarkerRecorded', 'WorkflowExecutionCompleted'}.isdisjoint(types(run))
        assert types(run).count('ActivityTaskScheduled') == 1
    for run, said in zip(runs[:3], caplog.messages, strict=True):
        assert f'{run.workflow_id} {run.run_id}: the decider swallowed the halt and ended' in said


def test_a_program_is_run_on_and_ended_in_the_thread_that_began_it(stage, until):
    seen = {}

    @decision_task
    def watched(number):
        began = threading.get_ident()
        try:
            for step in range(4):
                double(step).result
                assert threading.get_ident() == began
            Signal.get('go').result
        finally:
            seen[number] = (began, threading.get_ident())

    worker = stage.deciders(watched, pollers=3)
    stage.activities(double)
    runs = [stage.start(watched, number) for number in range(12)]
    until(lambda: worker.counts['hits'] == 4 * len(runs))
    stage.end()
    assert len(seen) == len(runs)
    assert all(began == ended for began, ended in seen.values())
    assert len({began for began, _ in seen.values()}) == 3


def test_programs_make_room_when_they_take_too_much_memory(stage, until):
    @decision_task
    def large(text):
        length = len(double(text).result)       # its history has 45,000 characters by then
        Signal.get('go').result
        return length

    worker = stage.deciders(large, kept_bytes=300_000, pollers=1)
    stage.activities(double)
    keeper, runs = worker._keepers[0], []
    for number in range(1, 9):
        runs.append(stage.start(large, 'x' * 15_000))
        until(lambda: worker.counts['hits'] == number)  # noqa: B023 - waited for at once
        until(lambda: Execution(runs[-1].workflow_id, runs[-1].run_id) in keeper)
    assert worker.counts['evictions'] == 4
    for run in runs:
        run.signal('go')
    assert [run.result(timeout=30) for run in runs] == [30_000] * 8
    until(lambda: keeper._taken == 0)


def test_no_memory_is_nothing_kept(stage):
    worker = stage.deciders(one_by_one, kept_bytes=0)
    stage.activities(double)
    assert stage.run(one_by_one, 4) == 12
    assert not worker.counts['hits']
    assert worker.counts['evictions'] == 4


def test_what_is_kept_is_checked():
    with pytest.raises(DefinitionError, match='kept is an int of 0 or more, but it is -1'):
        DistributedDecisionWorker(one_by_one, swf_domain='d', swf_task_list='l', kept=-1)
    with pytest.raises(DefinitionError, match='affinity_timeout is seconds from 1'):
        DistributedDecisionWorker(one_by_one, swf_domain='d', swf_task_list='l', affinity_timeout=0)
    with pytest.raises(DefinitionError, match=r'kept_bytes is an int of 0 or more, but it is 1\.5'):
        DistributedDecisionWorker(one_by_one, swf_domain='d', swf_task_list='l', kept_bytes=1.5)


def test_an_execution_stays_with_its_keeper_while_its_answer_is_on_the_way(until):
    execution, answered = Execution('workflow', 'run'), threading.Event()
    with closing(Keeper('one', 1, 10**6, Counter())) as one, closing(Keeper('other', 1, 10**6, Counter())) as other:
        answering = threading.Thread(target=one.run, args=(execution, answered.wait))
        answering.start()
        try:
            until(lambda: one.in_hand)
            assert keeper_of(execution, [other, one]) is one
            assert keeper_of(Execution('another', 'run'), [one, other]) is other
        finally:
            answered.set()
            answering.join()
        assert keeper_of(execution, [other, one]) is other


def refused(**_):
    raise ClientError({'Error': {'Code': 'AccessDeniedException', 'Message': 'no'}}, 'GetWorkflowExecutionHistory')


def test_without_the_permission_that_affinity_needs_it_is_off_from_the_start(stage, types, caplog):
    stage.client.get_workflow_execution_history, asked = refused, stage.client.get_workflow_execution_history
    worker = stage.deciders(waiting)
    assert caplog.messages == ['affinity is off: it needs the permission swf:GetWorkflowExecutionHistory']
    stage.client.get_workflow_execution_history = asked
    stage.activities(double)
    run = stage.start(waiting, 4)
    run.signal('go', 'on')
    assert run.result(timeout=20) == [8, 'on', 10]
    assert worker.counts['hits'], 'programs are kept all the same'
    answers = [attributes(event) for event in run.history() if event['eventType'] == 'DecisionTaskCompleted']
    assert not any('taskList' in answer for answer in answers)


def test_a_permission_that_is_taken_away_costs_one_decision_task(stage, until, types, caplog):
    """Its program is not here, so the task needs the whole history; from the next one on, each brings its own."""
    stage.activities(double)
    first = stage.deciders(waiting, affinity=False)
    run = stage.start(waiting, 4)
    until(lambda: types(run).count('DecisionTaskCompleted') == 2)
    first.stop()
    stage.swf._host._dismiss()
    until(lambda: first.wait(0.1))
    second = stage.deciders(waiting)
    asked, stage.client.get_workflow_execution_history = stage.client.get_workflow_execution_history, refused
    run.signal('go', 'on')
    until(lambda: 'affinity is off' in caplog.text)
    stage.client.get_workflow_execution_history = asked
    assert run.result(timeout=20) == [8, 'on', 10]
    assert second.counts['decision failures'] == 1
