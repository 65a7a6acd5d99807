"""Registration: a domain and the types of decorated functions made known to SWF. Safe to repeat."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import Task
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.workers.clients import FAULTS, fault_of

#: What SWF answers where there is such a domain or type already.
_EXISTS: Final = ('TypeAlreadyExistsFault', 'DomainAlreadyExistsFault')


class Registered(NamedTuple):
    """What became of one registration.

    `outcome` is ``registered``, ``unchanged`` (SWF knew it, as the code has it), ``differs`` (SWF knows it otherwise;
    `differences` say how), or ``missing`` (in a dry run: it would be registered).
    """

    what: str
    outcome: str
    differences: tuple[str, ...] = ()


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
    nothing is registered. Raises what the client raises for any other fault.
    """
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

    return _registered(
        f'{kind} {name} {version}',
        dry_run,
        {'status': 'REGISTERED', **defaults},
        lambda: registering(domain=domain, name=name, version=version, **defaults),
        describe,
    )


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


def _text(value: Any) -> str:
    return str(value['name'] if isinstance(value, dict) else value)
