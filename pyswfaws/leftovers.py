"""Leftovers: objects of a data store that no execution needs any more.

An object is needed while an execution that SWF still knows, open or closed, names it anywhere in its history or its
execution context; that may be another execution than the one that wrote it, since a child's input stands in the history
of the child, and its result in that of its parent. So every history is looked through. Beyond that, what was written
lately is kept, as an execution may be about to name it; what was written for a run or workflow id that SWF knows is
kept; and what has a key that is none of ours is kept.

What is named is known by its digest, which stands beside each pointer and at the end of each key.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pyswfaws.datastores import KeptObject, ListedDataStore, key_of

DAY: Final = 86_400     # seconds
_DIGEST: Final = re.compile('[0-9a-f]{64}')
_KEY: Final = re.compile(r'(?:(?:starts|signals)/)?(?P<owner>[^/]+)/(?:[^/]+/)*[a-z]+-(?P<digest>[0-9a-f]{16})')
_SINCE_EVER: Final = datetime.fromtimestamp(0, UTC)


class Survey(NamedTuple):
    """What was found: the objects that are needed, or may be, and those that are left over."""

    kept: list[KeptObject]
    leftover: list[KeptObject]


def survey(
    store: ListedDataStore, client: Any, now: float, age: float = DAY, seen: Callable[[], None] = lambda: None,
) -> Survey:
    """Look through `store`, and through every domain of `client`, a boto3-shaped SWF client.

    `now` is the time in Unix seconds; what was written less than `age` seconds before is kept. `seen` is called after
    each execution. A store that serves
    several accounts, regions or services must not be judged by one of them. Raises a DataStoreError, or what the client
    raises, where anything cannot be looked at.
    """
    objects = list(store.objects())     # first: what is written from now on is not looked at
    owners, digests = set[str](), set[str]()
    for domain, execution in _executions(client):
        owners |= {key_of(execution['workflowId']), key_of(execution['runId'])}
        for text in _texts(client, domain, execution):
            digests |= {digest[:16] for digest in _DIGEST.findall(text)}
        seen()
    found = Survey([], [])
    for one in objects:
        key = _KEY.fullmatch(one.key)
        is_needed = key is None or key['owner'] in owners or key['digest'] in digests or now - one.written_at < age
        (found.kept if is_needed else found.leftover).append(one)
    return found


def _executions(client: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Give every execution that SWF knows, with its domain: the open ones first, as one may close meanwhile."""
    for status in ('REGISTERED', 'DEPRECATED'):
        for found in _pages(client.list_domains, 'domainInfos', registrationStatus=status):
            domain = found['name']
            for ask in (client.list_open_workflow_executions, client.list_closed_workflow_executions):
                for one in _pages(ask, 'executionInfos', domain=domain, startTimeFilter={'oldestDate': _SINCE_EVER}):
                    yield domain, one['execution']


def _texts(client: Any, domain: str, execution: dict[str, str]) -> Iterator[str]:
    found = client.describe_workflow_execution(domain=domain, execution=execution)
    yield found.get('latestExecutionContext', '')
    for event in _pages(client.get_workflow_execution_history, 'events', domain=domain, execution=execution):
        yield json.dumps(event, default=str)


def _pages(ask: Callable[..., Any], member: str, **request: Any) -> Iterator[Any]:
    more: dict[str, str] = {}
    while True:
        page = ask(**request, **more)
        yield from page[member]
        if not page.get('nextPageToken'):
            return
        more = {'nextPageToken': page['nextPageToken']}
