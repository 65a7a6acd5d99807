"""Activity types and workflow types: the same six operations for both kinds.

A type is immutable once registered; a deprecated one keeps its name, a deleted one does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyswfaws.swflocal.service import faults
from pyswfaws.swflocal.service.paging import page_of
from pyswfaws.swflocal.service.storage import Page, TypeKey

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.storage import Record
    from pyswfaws.swflocal.service.unit import Unit

_ALL: Final = Page(None, limit=1_000_000, descending=False)


@dataclass(frozen=True, slots=True)
class TypeKind:
    """One of the two kinds of types, and its operations."""

    name: str       # ActivityType, WorkflowType
    member: str     # activityType, workflowType

    def register(self, unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
        """RegisterActivityType, RegisterWorkflowType."""
        domain, named = request['domain'], {'name': request['name'], 'version': request['version']}
        if unit.domain(domain)['status'] == 'DEPRECATED':
            raise faults.modelled('DomainDeprecatedFault', domain)
        if unit.type(self.name, domain, named) is not None:
            raise faults.modelled('TypeAlreadyExistsFault', self._text(named))
        if unit.store.count_types(unit.region, domain, self.name) >= unit.quotas.types:
            raise faults.modelled('LimitExceededFault', f'Too many types: {unit.quotas.types}')
        record: Record = {
            'status': 'REGISTERED',
            'creationDate': unit.now,
            'configuration': {name: value for name, value in request.items() if name.startswith('default')},
        }
        if 'description' in request:
            record['description'] = request['description']
        self._put(unit, domain, named, record)
        return {}

    def deprecate(self, unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
        """DeprecateActivityType, DeprecateWorkflowType."""
        record = self._existing(unit, request)
        if record['status'] == 'DEPRECATED':
            raise faults.modelled('TypeDeprecatedFault', self._text(request[self.member]))
        self._put(unit, request['domain'], request[self.member], {
            **record, 'status': 'DEPRECATED', 'deprecationDate': unit.now})
        return {}

    def undeprecate(self, unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
        """UndeprecateActivityType, UndeprecateWorkflowType."""
        record = self._existing(unit, request)
        if record['status'] == 'REGISTERED':
            raise faults.modelled('TypeAlreadyExistsFault', self._text(request[self.member]))
        self._put(unit, request['domain'], request[self.member], _registered(record))
        return {}

    def delete(self, unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
        """DeleteActivityType, DeleteWorkflowType."""
        record = self._existing(unit, request)
        if record['status'] == 'REGISTERED':
            raise faults.modelled(
                'TypeNotDeprecatedFault', 'The type is currently registered and cannot be deleted in its current state')
        unit.delete_type(self._key(unit, request['domain'], request[self.member]))
        return {}

    def describe(self, unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
        """DescribeActivityType, DescribeWorkflowType."""
        record = self._existing(unit, request)
        return {'typeInfo': self._info(request[self.member], record), 'configuration': record['configuration']}

    def list_types(self, unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
        """ListActivityTypes, ListWorkflowTypes: of one status, by name and version."""
        domain = request['domain']
        unit.domain(domain)
        page = page_of(unit, f'List{self.name}s', request)
        found = unit.store.types(
            unit.region, domain, self.name, request['registrationStatus'], request.get('name'),
            Page(tuple(page.after) if page.after else None, page.limit + 1, request.get('reverseOrder', False)))
        return page.answer(
            'typeInfos', found, key=lambda item: [item[0], item[1]],
            show=lambda item: self._info({'name': item[0], 'version': item[1]}, item[2]))

    def deprecate_with_domain(self, unit: 'Unit', domain: str) -> None:
        """Deprecate the registered types of a domain that is deprecated, and remember that it was so."""
        for name, version, record in unit.store.types(unit.region, domain, self.name, 'REGISTERED', None, _ALL):
            self._put(unit, domain, {'name': name, 'version': version}, {
                **record, 'status': 'DEPRECATED', 'deprecationDate': unit.now, 'deprecatedWithDomain': True})

    def undeprecate_with_domain(self, unit: 'Unit', domain: str) -> None:
        """Bring back the types that were deprecated with their domain, not those deprecated one by one."""
        for name, version, record in unit.store.types(unit.region, domain, self.name, 'DEPRECATED', None, _ALL):
            if 'deprecatedWithDomain' in record:
                self._put(unit, domain, {'name': name, 'version': version}, _registered(record))

    def _existing(self, unit: 'Unit', request: dict[str, Any]) -> 'Record':
        unit.domain(request['domain'])
        named = request[self.member]
        record = unit.type(self.name, request['domain'], named)
        if record is None:
            raise faults.unknown_type(self.name, named['name'], named['version'])
        return record

    def _key(self, unit: 'Unit', domain: str, named: Mapping[str, str]) -> TypeKey:
        return TypeKey(unit.region, domain, self.name, named['name'], named['version'])

    def _put(self, unit: 'Unit', domain: str, named: Mapping[str, str], record: 'Record') -> None:
        unit.put_type(self._key(unit, domain, named), record)

    def _text(self, named: Mapping[str, str]) -> str:
        return faults.type_text(self.name, named['name'], named['version'])

    def _info(self, named: Mapping[str, str], record: 'Record') -> dict[str, Any]:
        shown = ('status', 'description', 'creationDate', 'deprecationDate')
        return {self.member: named, **{name: record[name] for name in shown if name in record}}


def _registered(record: 'Record') -> 'Record':
    left = {name: value for name, value in record.items() if name not in {'deprecationDate', 'deprecatedWithDomain'}}
    return {**left, 'status': 'REGISTERED'}


ACTIVITY: Final = TypeKind('ActivityType', 'activityType')
WORKFLOW: Final = TypeKind('WorkflowType', 'workflowType')
TYPE_KINDS: Final = (ACTIVITY, WORKFLOW)
