"""Checkups: what ``pyswfaws doctor`` looks at, one check after another.

Each gives what it found, and what to do where that is not as it should be. Nothing is changed anywhere: only calls that
read are made, and where they are not allowed, that is a finding too. SWF does not tell who polls. Who has taken a task
lately stands in histories, so the latest of these are looked at.
"""

import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, islice
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from pyswfaws.binding.definitions import ActivityType
from pyswfaws.binding.registry import Task
from pyswfaws.cli.exits import BY_FAULT, Exit
from pyswfaws.client import WorkflowClient
from pyswfaws.datastores import store_at
from pyswfaws.exceptions import ConfigurationError, DataStoreError, PyswfawsError, UnreachableError
from pyswfaws.operations.listing import SINCE_EVER
from pyswfaws.protocol.events import Event, attributes, seconds
from pyswfaws.story import duration
from pyswfaws.workers import registration
from pyswfaws.workers.affinity import PRIVATE
from pyswfaws.workers.clients import explaining_faults, fault_of

_PACKAGES: Final = ('pyswfaws', 'boto3', 'botocore', 'greenlet', 'msgspec', 'venusian', 'click')
_SKEW: Final = 60.0             # seconds that a clock may be wrong; at 300 AWS refuses what it signs
_LATEST: Final = (10, 200)      # executions, and events of each, in which we look for who has taken tasks
_LATELY: Final = 120.0          # seconds; longer than a poll is held
_NOBODY: Final = 'pyswfaws-doctor'      # names nothing: to be told that it is unknown is to be allowed to ask

#: Operations that read -> the method of boto3's client and its arguments beside the domain.
_READS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    'ListActivityTypes': ('list_activity_types', {'registrationStatus': 'REGISTERED', 'maximumPageSize': 1}),
    'ListWorkflowTypes': ('list_workflow_types', {'registrationStatus': 'REGISTERED', 'maximumPageSize': 1}),
    'DescribeActivityType': ('describe_activity_type', {'activityType': {'name': _NOBODY, 'version': '0'}}),
    'DescribeWorkflowType': ('describe_workflow_type', {'workflowType': {'name': _NOBODY, 'version': '0'}}),
    'CountOpenWorkflowExecutions': (
        'count_open_workflow_executions', {'startTimeFilter': {'oldestDate': SINCE_EVER}},
    ),
    'CountClosedWorkflowExecutions': (
        'count_closed_workflow_executions', {'startTimeFilter': {'oldestDate': SINCE_EVER}},
    ),
    'ListOpenWorkflowExecutions': (
        'list_open_workflow_executions', {'startTimeFilter': {'oldestDate': SINCE_EVER}, 'maximumPageSize': 1},
    ),
    'ListClosedWorkflowExecutions': (
        'list_closed_workflow_executions', {'startTimeFilter': {'oldestDate': SINCE_EVER}, 'maximumPageSize': 1},
    ),
    'CountPendingActivityTasks': ('count_pending_activity_tasks', {'taskList': {'name': _NOBODY}}),
    'CountPendingDecisionTasks': ('count_pending_decision_tasks', {'taskList': {'name': _NOBODY}}),
    'DescribeWorkflowExecution': (
        'describe_workflow_execution', {'execution': {'workflowId': _NOBODY, 'runId': _NOBODY}},
    ),
    'GetWorkflowExecutionHistory': (
        'get_workflow_execution_history', {'execution': {'workflowId': _NOBODY, 'runId': _NOBODY}},
    ),
}

#: A task list: what is put on it, and its name.
TaskList: TypeAlias = tuple[Literal['activity', 'decision'], str]


class Check(NamedTuple):
    """What a check found, and what to do about it; `status` is what a failure lets the command end with."""

    what: str
    outcome: Literal['ok', 'warn', 'fail']
    found: str
    advice: str = ''
    status: Exit = Exit.FAILED


def of_this_process(settings_file: str | None, mistake: str | None) -> Iterator[Check]:
    """Look at what runs here; `settings_file` is the pyproject.toml that settings are read from, `mistake` is in it."""
    versions = ', '.join(f'{name} {_version(name)}' for name in _PACKAGES)
    yield Check('versions', 'ok', f'Python {platform.python_version()}, {versions}, on {sys.platform}')
    if mistake:
        yield Check('settings', 'fail', mistake, 'put it right: the command that it is for refuses to run')
    else:
        yield Check('settings', 'ok', settings_file or 'no pyproject.toml with [tool.pyswfaws]')


def of_credentials(session: Any, *, is_local: bool) -> Check:
    """Look for credentials; an endpoint on this machine needs none."""
    try:
        found = session.get_credentials()
    except BotoCoreError as error:
        return Check('credentials', 'fail', str(error), 'mend the AWS configuration, or choose a --profile',
                     Exit.UNREACHABLE)
    if found is not None:
        profile = f', profile {session.profile_name}' if session.profile_name != 'default' else ''
        return Check('credentials', 'ok', f'found by {found.method}{profile}')
    if is_local:
        return Check('credentials', 'ok', 'none; an endpoint on this machine needs none')
    return Check('credentials', 'fail', 'none', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a --profile, '
                 'or run where a role gives them', Exit.UNREACHABLE)


def of_answers(client: Any, domain: str | None, clock: Callable[[], float]) -> Iterator[Check]:
    """Ask SWF something, and see whether it answers, lets us in, and has the same time as `clock` (Unix seconds)."""
    place = f'{client.meta.endpoint_url}, region {client.meta.region_name}'
    began = clock()
    try:
        with explaining_faults():
            answer = _ask_anything(client, domain)
    except UnreachableError as error:
        answer = getattr(error.__cause__, 'response', {})
        yield Check('endpoint', 'fail', f'{place}: {error}', status=Exit.UNREACHABLE)
    except (BotoCoreError, OSError) as error:
        yield Check('endpoint', 'fail', f'{place}: {error}', 'is there a way to it from this network?',
                    Exit.UNREACHABLE)
        return
    else:
        yield Check('endpoint', 'ok', place)
    date = answer.get('ResponseMetadata', {}).get('HTTPHeaders', {}).get('date')
    if date:
        yield _of_clock(parsedate_to_datetime(date).timestamp() - (began + clock()) / 2)


def _ask_anything(client: Any, domain: str | None) -> Mapping[str, Any]:
    """Give the first answer to anything that we may be allowed to ask; a refusal is an answer."""
    try:
        found: Mapping[str, Any] = client.list_domains(registrationStatus='REGISTERED', maximumPageSize=1)
        if domain is not None:
            found = client.describe_domain(name=domain)
    except ClientError as error:
        if fault_of(error) in BY_FAULT:
            return error.response
        raise
    return found


def _of_clock(skew: float) -> Check:
    if abs(skew) <= _SKEW:
        return Check('clock', 'ok', 'as that of SWF, to a minute')
    which = 'behind' if skew > 0 else 'ahead of'
    return Check('clock', 'fail', f'{duration(abs(skew))} {which} that of SWF', 'set the clock (NTP): AWS refuses what '
                 'is signed with a wrong time', Exit.UNREACHABLE)


def of_permissions(client: Any, domain: str) -> Check:
    """Try what reads; what changes something is not tried, so nothing is known of that."""
    denied = []
    for operation, (method, arguments) in _READS.items():
        try:
            getattr(client, method)(domain=domain, **arguments)
        except ClientError as error:
            if BY_FAULT.get(fault_of(error)) is Exit.UNREACHABLE:
                denied.append(f'swf:{operation}')
    if not denied:
        return Check('permissions', 'ok', f'{len(_READS)} operations that read are allowed; those that change '
                     'something were not tried')
    return Check('permissions', 'warn', f'denied: {", ".join(denied)}', 'allow them, if this role is to use them: the '
                 'page "Permissions" of the documentation has policies for each part')


def of_domain(client: Any, domain: str | None) -> Check:
    """Look at the domain."""
    if domain is None:
        return Check('domain', 'fail', 'none is named', 'give --domain, or set PYSWFAWS_DOMAIN')
    try:
        found = client.describe_domain(name=domain)
    except ClientError as error:
        if fault_of(error) == 'UnknownResourceFault':
            return Check('domain', 'fail', f'there is no domain {domain}',
                         f'pyswfaws register TARGET --domain {domain}')
        return Check('domain', 'warn', f'{domain}: {error}')
    days = found['configuration']['workflowExecutionRetentionPeriodInDays']
    if found['domainInfo']['status'] == 'DEPRECATED':
        return Check('domain', 'warn', f'{domain} is deprecated: nothing new can start in it',
                     f'pyswfaws deprecate domain {domain} --undo')
    return Check('domain', 'ok', f'{domain}; closed executions are kept for {days} days')


def of_types(client: Any, domain: str, tasks: Sequence[Task], task_list: str | None) -> Iterator[Check]:
    """Hold the types of `tasks` against those that are registered."""
    _, *found = registration.register(client, domain, tasks, default_task_list=task_list, dry_run=True)
    for one in found:
        if one.outcome == 'missing':
            yield Check('type', 'fail', f'{one.what} is not registered', f'pyswfaws register TARGET --domain {domain}')
        for difference in one.differences:
            yield Check('type', 'warn', f'{one.what}: {difference}', 'it stays as it is registered: leave it so, or '
                        f"give the code's another version, such as {one.next_version}")
    as_they_should_be = sum(one.outcome == 'unchanged' for one in found)
    if as_they_should_be:
        yield Check('types', 'ok', f'{as_they_should_be} are registered as the code has them')


def of_task_lists(
    client: Any, domain: str, tasks: Iterable[Task], task_list: str | None, clock: Callable[[], float],
) -> Iterator[Check]:
    """Count what waits on each task list that we know of, and say who has taken a task from it lately."""
    taken = _taken_lately(client, domain)
    for kind, name in sorted(set(_task_lists(tasks, task_list)) | taken.keys()):
        if name.startswith(PRIVATE):    # a worker's own: SWF gives what nobody takes there back to the list of all
            continue
        counted = getattr(client, f'count_pending_{kind}_tasks')(domain=domain, taskList={'name': name})
        waiting = f'{counted["count"]}{"+" if counted.get("truncated") else ""} waiting'
        who, when = taken.get((kind, name), ('', 0.0))
        ago = clock() - when
        seen = f'{who} took one {duration(max(0.0, ago))} ago' if who else 'nobody was seen to take one'
        is_served = not counted['count'] or (bool(who) and ago < _LATELY)
        yield Check(
            f'{kind} tasks', 'ok' if is_served else 'warn', f'on {name}: {waiting}; {seen}',
            '' if is_served else f'is a worker running for it, with room? pyswfaws worker TARGET --task-list {name}',
        )


def _task_lists(tasks: Iterable[Task], default: str | None) -> Iterator[TaskList]:
    for task in tasks:
        name = task.definition.task_list or default
        if name:
            yield ('activity' if isinstance(task.definition, ActivityType) else 'decision'), name


def _taken_lately(client: Any, domain: str) -> dict[TaskList, tuple[str, float]]:
    """Give who took the latest task of each task list, and when, as far as the latest histories tell."""
    starter, found = WorkflowClient(domain, client=client), dict[TaskList, tuple[str, float]]()
    executions, events = _LATEST
    listed = chain(starter.list(status='OPEN', limit=executions), starter.list(status='CLOSED', limit=executions))
    for info in listed:
        latest = list(islice(starter.get(info.workflow_id, info.run_id).events(reverse=True), events))
        for task_list, who, when in _taken(latest):
            if when > found.get(task_list, ('', 0.0))[1]:
                found[task_list] = (who, when)
    return found


def _taken(events: Sequence[Event]) -> Iterator[tuple[TaskList, str, float]]:
    by_id = {event['eventId']: event for event in events}
    kinds: Mapping[str, Literal['activity', 'decision']] = {
        'ActivityTaskStarted': 'activity', 'DecisionTaskStarted': 'decision',
    }
    for event in events:
        kind = kinds.get(event['eventType'])
        scheduled = by_id.get(attributes(event).get('scheduledEventId', 0)) if kind else None
        if kind and scheduled:
            name = attributes(scheduled)['taskList']['name']
            yield (kind, name), attributes(event).get('identity', 'somebody'), seconds(event['eventTimestamp'])


def of_store(address: str) -> Check:
    """Look whether the store at `address` answers."""
    try:
        next(iter(store_at(address).objects()), None)
    except (ConfigurationError, DataStoreError) as error:
        return Check('store', 'fail', f'{address}: {error}', 'set PYSWFAWS_STORE to a store that is there, and that '
                     'this role may list')
    return Check('store', 'ok', f'{address} answers; nothing was written')


def safely(what: str, checks: Iterable[Check]) -> Iterator[Check]:
    """Give `checks`; where one cannot be made, say so, and go on with those after it."""
    try:
        yield from checks
    except (PyswfawsError, ClientError, BotoCoreError, OSError) as error:
        yield Check(what, 'warn', f'cannot be looked at: {error}')


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return '(not installed)'
