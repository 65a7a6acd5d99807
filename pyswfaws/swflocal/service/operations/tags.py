"""Resource tags, which domains have. The region is taken from the ARN."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pyswfaws.swflocal.service import faults

if TYPE_CHECKING:
    from pyswfaws.swflocal.service.unit import Unit

_ARN: Final = re.compile(r'arn:[\w-]+:swf:(?P<region>[\w-]*):(?P<account>\w*):/domain/(?P<name>.+)', re.DOTALL)


def tag(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """TagResource: tags of the same key are overwritten."""
    name = _domain_of(unit, request['resourceArn'])
    record = unit.domain(name)
    unit.put_domain(name, {**record, 'tags': merged(unit, record['tags'], request['tags'])})
    return {}


def untag(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """UntagResource: unknown keys are ignored."""
    name = _domain_of(unit, request['resourceArn'])
    record = unit.domain(name)
    kept = {key: value for key, value in record['tags'].items() if key not in request['tagKeys']}
    unit.put_domain(name, {**record, 'tags': kept})
    return {}


def list_tags(unit: 'Unit', request: dict[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    record = unit.domain(_domain_of(unit, request['resourceArn']))
    return {'tags': [{'key': key, 'value': value} for key, value in record['tags'].items()]}


def arn(unit: 'Unit', domain: str) -> str:
    """Give the ARN of a domain."""
    return f'arn:aws:swf:{unit.region}:{unit.world.account}:/domain/{domain}'


def merged(unit: 'Unit', tags: Mapping[str, str], added: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Give `tags` with those `added`, as long as the result is within the limit."""
    result = {**tags, **{item['key']: item.get('value', '') for item in added}}
    if len(result) > unit.quotas.resource_tags:
        raise faults.modelled('TooManyTagsFault', f'Too many tags: {unit.quotas.resource_tags}')
    return result


def _domain_of(unit: 'Unit', resource: str) -> str:
    match = _ARN.fullmatch(resource)
    if match is None or match['account'] != unit.world.account:
        raise faults.modelled('UnknownResourceFault', f'Unknown resource: {resource}')
    unit.region = match['region']
    return match['name']
