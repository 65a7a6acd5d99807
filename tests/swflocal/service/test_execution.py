"""The state as a fold of events: no store, no service, time 0."""

from pyswfaws.swflocal.service.execution import Deadline, Execution, Waiting, fold


def execution():
    made = Execution(1, 'r', 'd', 'w', 'run')
    made.append('WorkflowExecutionStarted', 0.0, {
        'executionStartToCloseTimeout': '100', 'taskList': {'name': 'l'}, 'taskStartToCloseTimeout': '10'})
    return made


def test_a_trigger_owes_a_decision_task_until_one_is_pending():
    made = execution()
    assert made.owes_decision_task
    made.append('DecisionTaskScheduled', 0.0, {'taskList': {'name': 'l'}, 'startToCloseTimeout': '10'})
    assert not made.owes_decision_task
    assert made.tasks == {2: Waiting('decision', 'l', 0)}
    made.append('WorkflowExecutionSignaled', 0.0, {'signalName': 's'})
    assert not made.owes_decision_task


def test_a_pending_task_is_offered_once_the_running_one_is_over():
    made = execution()
    made.append('DecisionTaskScheduled', 0.0, {'taskList': {'name': 'l'}})
    made.append('DecisionTaskStarted', 0.0, {'scheduledEventId': 2})
    made.append('WorkflowExecutionSignaled', 0.0, {'signalName': 's'})
    made.append('DecisionTaskScheduled', 0.0, {'taskList': {'name': 'l'}})
    assert made.tasks == {}
    made.append('DecisionTaskCompleted', 0.0, {'scheduledEventId': 2, 'startedEventId': 3})
    assert list(made.tasks) == [5]
    assert made.previous_started_id == 3


def test_the_earliest_deadline_first_and_void_ones_never():
    made = execution()
    made.append('TimerStarted', 0.0, {'timerId': 'a', 'startToFireTimeout': '5'})
    made.append('TimerStarted', 0.0, {'timerId': 'b', 'startToFireTimeout': '7'})
    assert made.next_deadline() == Deadline(5.0, 2, 2, 'timer', 'START_TO_CLOSE')
    made.append('TimerCanceled', 0.0, {'timerId': 'a', 'startedEventId': 2})
    assert made.next_deadline() == Deadline(7.0, 3, 2, 'timer', 'START_TO_CLOSE')
    made.append('TimerFired', 7.0, {'timerId': 'b', 'startedEventId': 3})
    assert made.next_deadline().subject == 'execution'


def test_without_a_timeout_an_execution_ends_after_a_year():
    made = Execution(1, 'r', 'd', 'w', 'run')
    made.append('WorkflowExecutionStarted', 0.0, {'executionStartToCloseTimeout': 'NONE'})
    assert made.next_deadline().due == 31_536_000.0


def test_an_execution_folded_again_is_the_same():
    made = execution()
    made.append('TimerStarted', 0.0, {'timerId': 'a', 'startToFireTimeout': '5'})
    again = fold(Execution(1, 'r', 'd', 'w', 'run'), made.history)
    assert (again.timers, again.start, again.next_deadline()) == (made.timers, made.start, made.next_deadline())
    assert again.saved == 2


def test_events_of_a_closed_execution_leave_nothing_waiting():
    made = execution()
    made.append('DecisionTaskScheduled', 0.0, {'taskList': {'name': 'l'}})
    made.append('WorkflowExecutionTerminated', 3.0, {'childPolicy': 'ABANDON'})
    assert (made.open, made.close_status, made.tasks) == (False, 'TERMINATED', {})
    assert made.next_deadline() is None


def test_a_moment_reached_is_reached_whatever_its_fraction(swf):
    for fraction in range(100):
        swf.at(1_795_518_592.0 + fraction * 10 + fraction / 100 + 0.001)
        swf.start(f'w{fraction}', executionStartToCloseTimeout='3')
        due = swf.service.next_deadline()
        swf.at(due)
        assert swf.types(f'w{fraction}')[-1] == 'WorkflowExecutionTimedOut'
