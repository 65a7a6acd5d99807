"""What earlier attempts said last, as the history has it."""

import pytest

from pyswfaws.failures import Failure
from pyswfaws.workers.earlier import last_noted

EXECUTION = {'workflowId': 'order-7', 'runId': 'run'}


class Pages:
    """A client that gives a history backwards, two events a page."""

    def __init__(self, *events):
        self.events = list(reversed(events))
        self.asked = 0

    def get_workflow_execution_history(self, domain, execution, reverseOrder, nextPageToken='0'):  # noqa: N803
        assert (domain, execution, reverseOrder) == ('example', EXECUTION, True)
        self.asked += 1
        start = int(nextPageToken)
        page = {'events': self.events[start:start + 2]}
        return page | ({'nextPageToken': str(start + 2)} if start + 2 < len(self.events) else {})


def scheduled(event_id, activity_id):
    return {'eventId': event_id, 'eventType': 'ActivityTaskScheduled',
            'activityTaskScheduledEventAttributes': {'activityId': activity_id}}


def timed_out(event_id, scheduled_id, **details):
    return {'eventId': event_id, 'eventType': 'ActivityTaskTimedOut',
            'activityTaskTimedOutEventAttributes': {'scheduledEventId': scheduled_id, **details}}


def failed(event_id, scheduled_id, heartbeat=None, details=None):
    return {'eventId': event_id, 'eventType': 'ActivityTaskFailed', 'activityTaskFailedEventAttributes': {
        'scheduledEventId': scheduled_id, 'details': details or Failure('r', heartbeat=heartbeat).details}}


def other(event_id):
    return {'eventId': event_id, 'eventType': 'DecisionTaskScheduled', 'decisionTaskScheduledEventAttributes': {}}


def test_a_first_attempt_asks_nobody():
    pages = Pages()
    assert last_noted(pages, 'example', EXECUTION, 'copy-1') is None
    assert pages.asked == 0


@pytest.mark.parametrize(('events', 'found'), [
    ([timed_out(6, 2, details='half')], 'half'),
    ([timed_out(6, 2)], None),
    ([failed(6, 2, 'half')], 'half'),
    ([failed(6, 2)], None),
    ([failed(6, 2, details='another client wrote this')], None),
    ([timed_out(6, 2, details='half'), scheduled(7, 'copy-1.2'), failed(8, 7, 'more')], 'more'),
    ([timed_out(6, 2, details='half'), scheduled(7, 'copy-1.2'), failed(8, 7)], 'half'),
    ([timed_out(6, 2, details='half'), scheduled(7, 'copy-1.2'), timed_out(8, 7)], 'half'),
    ([timed_out(6, 3, details='of another'), timed_out(7, 4, details='of a branch')], None),
])
def test_the_latest_that_said_something_counts(events, found):
    history = [
        other(1), scheduled(2, 'copy-1'), scheduled(3, 'copy-2'), scheduled(4, 'b-1.copy-1'), other(5), *events,
        scheduled(20, 'copy-1.3'), other(21), other(22),
    ]
    assert last_noted(Pages(*history), 'example', EXECUTION, 'copy-1.3') == found


def test_what_came_before_the_first_attempt_is_not_read():
    pages = Pages(*[other(number) for number in range(1, 100)], scheduled(100, 'copy-1'), timed_out(101, 100),
                  scheduled(102, 'copy-1.2'))
    assert last_noted(pages, 'example', EXECUTION, 'copy-1.2') is None
    assert pages.asked == 2


def test_a_history_without_the_attempts_says_nothing():
    assert last_noted(Pages(other(1), other(2), other(3)), 'example', EXECUTION, 'copy-1.2') is None
