"""Earlier attempts: what they said last of how far they had come, as the history of their execution has it.

SWF keeps the last heartbeat of an attempt that times out, in the event that says so. Of one that fails, the failure has
it. An attempt that said nothing hides nothing: then the one before it counts.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyswfaws.failures import Failure
from pyswfaws.protocol.events import Event, attributes
from pyswfaws.replay.names import attempt_of

_ENDED: Final = frozenset({'ActivityTaskTimedOut', 'ActivityTaskFailed'})


def last_noted(client: Any, domain: str, execution: Mapping[str, str], activity_id: str) -> str | None:
    """Give what the attempts before `activity_id` said last, as it stands in SWF's field; None if nothing.

    `execution` has the workflowId and the runId. Reads the history backwards, as far as the first attempt, and raises
    what the client raises. See the SWF API, GetWorkflowExecutionHistory.
    """
    call_id, attempt = attempt_of(activity_id)
    if attempt == 1:
        return None
    noted: dict[int, str | None] = {}       # by the id of the event that scheduled the attempt
    for event in _backwards(client, domain, execution):
        found = attributes(event)
        if event['eventType'] in _ENDED:
            noted[found['scheduledEventId']] = _noted_in(event)
        elif event['eventType'] == 'ActivityTaskScheduled' and attempt_of(found['activityId'])[0] == call_id:
            text = noted.get(event['eventId'])
            if text is not None or found['activityId'] == call_id:
                return text
    return None


def _noted_in(event: Event) -> str | None:
    details: str | None = attributes(event).get('details')
    return details if event['eventType'] == 'ActivityTaskTimedOut' else Failure.read(None, details).heartbeat


def _backwards(client: Any, domain: str, execution: Mapping[str, str]) -> Iterator[Event]:
    more: dict[str, str] = {}
    while True:
        page = client.get_workflow_execution_history(
            domain=domain, execution=dict(execution), reverseOrder=True, **more,
        )
        yield from page['events']
        if not page.get('nextPageToken'):
            return
        more = {'nextPageToken': page['nextPageToken']}
