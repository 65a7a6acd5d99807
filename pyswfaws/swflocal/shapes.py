"""Requests and responses between boto3's shape and the wire's: what the direct client needs of botocore's work.

The two differ in their timestamps only: a `datetime` for the caller, a number of seconds on the wire. Each shape of
the model is compiled once into a function that converts a value and copies what is mutable in it. A request is
checked on the way as botocore checks it before it sends anything; `Misfit` leaves to botocore itself what is not as
plain as that.
"""

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

Convert: TypeAlias = Callable[[Any], Any]
Model: TypeAlias = Mapping[str, Any]


class Misfit(Exception):  # noqa: N818 - it is no error yet: botocore has the last word
    """The request is not of the plain form that its shape asks for."""


_PYTHON_TYPE: Final[Mapping[str, type]] = {'string': str, 'integer': int, 'long': int, 'boolean': bool}


def request_converter(model: Model, operation: str) -> Convert:
    """Make the function that turns the keyword arguments of a call into the request on the wire; it raises `Misfit`."""
    return _request(model['shapes'], model['operations'][operation]['input']['shape'])


def response_converter(model: Model, operation: str) -> Convert:
    """Make the function that turns a response of the wire into one that the caller may keep and change."""
    output = model['operations'][operation].get('output')
    return (output and _response(model['shapes'], output['shape'])) or dict


def _request(shapes: Model, name: str) -> Convert:
    shape = shapes[name]
    kind, least = shape['type'], shape.get('min', 0)
    if kind == 'structure':
        members = {member: _request(shapes, of['shape']) for member, of in shape['members'].items()}
        required = frozenset(shape.get('required', ()))

        def structure(value: Any) -> Any:
            if type(value) is not dict or not required <= value.keys() <= members.keys():
                raise Misfit
            return {member: members[member](item) for member, item in value.items()}
        return structure
    if kind == 'list':
        convert_item = _request(shapes, shape['member']['shape'])

        def array(value: Any) -> Any:
            if type(value) not in {list, tuple} or len(value) < least:
                raise Misfit
            return [convert_item(item) for item in value]
        return array
    if kind == 'timestamp':
        return _wire_timestamp
    return _scalar(_PYTHON_TYPE[kind], least)


def _scalar(python_type: type, least: int) -> Convert:
    size: Callable[[Any], int] = len if python_type is str else int

    def scalar(value: Any) -> Any:
        if type(value) is not python_type or size(value) < least:
            raise Misfit
        return value
    return scalar


def _wire_timestamp(value: Any) -> float:
    """Seconds since the epoch; a time without a zone is local, as it is to botocore."""
    if not isinstance(value, datetime):
        raise Misfit
    return value.timestamp()


def _response(shapes: Model, name: str) -> Convert | None:
    """None for a shape that is the same on both sides."""
    shape = shapes[name]
    if shape['type'] == 'structure':
        members = {
            member: convert for member, of in shape['members'].items() if (convert := _response(shapes, of['shape']))}
        return _structure(members) if members else dict
    if shape['type'] == 'list':
        convert_item = _response(shapes, shape['member']['shape'])
        return list if convert_item is None else lambda value: [convert_item(item) for item in value]
    if shape['type'] == 'timestamp':
        return functools.partial(datetime.fromtimestamp, tz=UTC)
    return None


def _structure(members: Mapping[str, Convert]) -> Convert:
    def structure(value: dict[str, Any]) -> dict[str, Any]:
        copy = value.copy()
        for member, item in value.items():
            if member in members:
                copy[member] = members[member](item)
        return copy
    return structure
