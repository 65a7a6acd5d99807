"""Domains: registering, deprecating, describing, listing."""

from typing import TYPE_CHECKING, Any, Final

from pyswfaws.swflocal.service import faults
from pyswfaws.swflocal.service.paging import page_of

from .tags import arn, merged
from .types import TYPE_KINDS

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.storage import Record
    from pyswfaws.swflocal.service.unit import Unit

_RETENTION: Final = 'workflowExecutionRetentionPeriodInDays'


def register(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """RegisterDomain: the name is taken by a deprecated domain too."""
    name = request['name']
    if unit.store.domain(unit.region, name) is not None:
        raise faults.modelled('DomainAlreadyExistsFault', name)
    if len(unit.store.domains(unit.region)) >= unit.quotas.domains:
        raise faults.modelled('LimitExceededFault', f'Too many domains: {unit.quotas.domains}')
    record: Record = {
        'status': 'REGISTERED',
        'configuration': {_RETENTION: request[_RETENTION]},
        'tags': merged(unit, {}, request.get('tags', [])),
    }
    if 'description' in request:
        record['description'] = request['description']
    unit.put_domain(name, record)
    return {}


def deprecate(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """DeprecateDomain: its registered types are deprecated with it; what runs goes on."""
    name = request['name']
    record = unit.domain(name)
    if record['status'] == 'DEPRECATED':
        raise faults.modelled('DomainDeprecatedFault', name)
    unit.put_domain(name, {**record, 'status': 'DEPRECATED'})
    for kind in TYPE_KINDS:
        kind.deprecate_with_domain(unit, name)
    return {}


def undeprecate(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """UndeprecateDomain: the types that were deprecated with it come back (undocumented; a choice)."""
    name = request['name']
    record = unit.domain(name)
    if record['status'] == 'REGISTERED':
        raise faults.modelled('DomainAlreadyExistsFault', name)
    unit.put_domain(name, {**record, 'status': 'REGISTERED'})
    for kind in TYPE_KINDS:
        kind.undeprecate_with_domain(unit, name)
    return {}


def describe(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """DescribeDomain."""
    record = unit.domain(request['name'])
    return {'domainInfo': _info(unit, request['name'], record), 'configuration': record['configuration']}


def list_domains(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """ListDomains: by name, of one status."""
    listed = [
        (name, record) for name, record in unit.store.domains(unit.region)
        if record['status'] == request['registrationStatus']
    ]
    reverse = request.get('reverseOrder', False)
    listed.sort(key=lambda item: item[0], reverse=reverse)
    page = page_of(unit, 'ListDomains', request)
    if page.after is not None:
        last = page.after[0]
        listed = [item for item in listed if (item[0] < last if reverse else item[0] > last)]
    return page.answer('domainInfos', listed, key=lambda item: [item[0]], show=lambda item: _info(unit, *item))


def _info(unit: 'Unit', name: str, record: 'Record') -> dict[str, Any]:
    info = {'name': name, 'status': record['status'], 'arn': arn(unit, name)}
    if 'description' in record:
        info['description'] = record['description']
    return info
