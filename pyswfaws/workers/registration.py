"""Registration: a domain and the types of decorated functions made known to SWF, and taken back. Safe to repeat.

Many workers may do it at the same time: what one of them has registered, the others find as it should be.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from botocore.exceptions import ClientError

from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import Task
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.workers.backoff import Backoff
from pyswfaws.workers.clients import FAULTS, fault_of, is_throttling

#: What SWF answers where there is such a domain or type already.
_EXISTS: Final = ('TypeAlreadyExistsFault', 'DomainAlreadyExistsFault')

#: For how many seconds it is tried on where SWF throttles.
_PATIENCE: Final = 60.0

#: What may be changed of what is registered.
Kind: TypeAlias = Literal['activity', 'workflow', 'domain']
Verb: TypeAlias = Literal['deprecate', 'undeprecate', 'delete']

#: What SWF answers where a change was made already.
_MADE_ALREADY: Final[Mapping[Verb, tuple[str, ...]]] = {
    'deprecate': ('TypeDeprecatedFault', 'DomainDeprecatedFault'),
    'undeprecate': _EXISTS,
    'delete': (),
}


class Registered(NamedTuple):
    """What became of one registration.

    `outcome` is ``registered``, ``unchanged`` (SWF knew it, as the code has it), ``differs`` (SWF knows it otherwise;
    `differences` say how, and `next_version` is one that the code's could be given), or ``missing`` (in a dry run: it
    would be registered).
    """

    what: str
    outcome: str
    differences: tuple[str, ...] = ()
    next_version: str | None = None


def register(
    client: Any,
    domain: str,
    tasks: Iterable[Task],
    *,
    default_task_list: str | None = None,
    retention_days: int = 7,
    dry_run: bool = False,
) -> Iterator[Registered]:
    """Register `domain` and the type of each of `tasks`, one after another; a step is done when it is given.

    A registered type is immutable: where SWF's defaults are others than the code's, they are named. With `dry_run`
    nothing is registered. Where SWF throttles, it is tried on for a minute. Raises what the client raises for any other
    fault.
    """
    client = _Patient(client)
    yield _registered(
        f'domain {domain}',
        dry_run,
        {},
        lambda: client.register_domain(name=domain, workflowExecutionRetentionPeriodInDays=str(retention_days)),
        lambda: client.describe_domain(name=domain)['domainInfo'],
    )
    for decorated in tasks:
        yield _register_type(client, domain, decorated.definition, default_task_list, dry_run=dry_run)


def check_types(client: Any, domain: str, definitions: Iterable[ActivityType | WorkflowType]) -> None:
    """Ask SWF for each type, to fail early and clearly; raises a ConfigurationError that says what to do.

    A client that may not ask (its policy has no swf:Describe...) is let through.
    """
    try:
        found = [_register_type(client, domain, definition, None, dry_run=True) for definition in definitions]
    except FAULTS:
        return      # whatever it is may pass; the polls go on trying
    missing = [one.what for one in found if one.outcome == 'missing']
    if missing:
        raise ConfigurationError(
            f'SWF does not know {", ".join(missing)} in the domain {domain!r}. Register what is new: pyswfaws register '
            f'TARGET --domain {domain}'
        )


def _register_type(
    client: Any, domain: str, definition: ActivityType | WorkflowType, default_task_list: str | None, *, dry_run: bool,
) -> Registered:
    name, version = definition.key
    defaults = definition.registered_defaults(default_task_list)
    if isinstance(definition, ActivityType):
        kind, registering, describing = 'activity', client.register_activity_type, client.describe_activity_type
    else:
        kind, registering, describing = 'workflow', client.register_workflow_type, client.describe_workflow_type

    def describe() -> dict[str, Any]:
        found = describing(domain=domain, **{f'{kind}Type': {'name': name, 'version': version}})
        return {**found['configuration'], **found['typeInfo']}

    registered = _registered(
        f'{kind} {name} {version}',
        dry_run,
        {'status': 'REGISTERED', **defaults},
        lambda: registering(domain=domain, name=name, version=version, **defaults),
        describe,
    )
    return registered._replace(next_version=next_version(version)) if registered.differences else registered


def _registered(
    what: str, dry_run: bool, wanted: Mapping[str, Any], register: Callable[[], Any], describe: Callable[[], Any],
) -> Registered:
    try:
        if not dry_run:
            register()
            return Registered(what, 'registered')
        found = describe()
    except ClientError as error:
        if fault_of(error) == 'UnknownResourceFault' and dry_run:
            return Registered(what, 'missing')
        if fault_of(error) not in _EXISTS:
            raise
        found = describe()
    differences = tuple(
        f'{name}: registered {_text(found.get(name))}, the code has {_text(value)}'
        for name, value in wanted.items() if found.get(name) != value
    )
    return Registered(what, 'differs' if differences else 'unchanged', differences)


def change(client: Any, verb: Verb, kind: Kind, domain: str, name: str, version: str) -> bool:
    """Deprecate a type or a domain, take that back, or delete a type that is deprecated; whether anything was changed.

    Of a deprecated type no execution or activity can be started, and what is open goes on. Name and version are those
    of a type. Raises what the client raises. See the SWF API, DeprecateActivityType, DeleteActivityType and their like.
    """
    patient = _Patient(client)
    try:
        if kind == 'domain':
            getattr(patient, f'{verb}_domain')(name=domain)
        else:
            getattr(patient, f'{verb}_{kind}_type')(
                domain=domain, **{f'{kind}Type': {'name': name, 'version': version}},
            )
    except ClientError as error:
        if fault_of(error) not in _MADE_ALREADY[verb]:
            raise
        return False
    return True


def next_version(version: str) -> str:
    """Give a version that could follow another: its last number is one higher.

    >>> next_version('1.9'), next_version('v2-beta'), next_version('blue')
    ('1.10', 'v3-beta', 'blue-2')
    """
    found = re.fullmatch(r'(.*?)(\d+)(\D*)', version, re.DOTALL)
    return f'{found[1]}{int(found[2]) + 1}{found[3]}' if found else f'{version}-2'


class _Patient:
    """A client that asks again while SWF throttles."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(_patiently, getattr(self._client, operation))


def _patiently(call: Callable[..., Any], **request: Any) -> Any:
    backoff = Backoff()
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return call(**request)
        except ClientError as error:
            wait = backoff.next(error)
            if not is_throttling(error) or time.monotonic() + wait > until:
                raise
            time.sleep(wait)


def _text(value: Any) -> str:
    return str(value['name'] if isinstance(value, dict) else value)
