"""Requests against the service model: JSON types, presence, lengths, ranges, enumerations, and the rules of names.

`Validator` compiles botocore's service model, read as plain data, into one check for each operation. A check walks the
request once. A member of the wrong JSON type ends it at once with a SerializationException, as the service's own
parser would; every broken constraint is collected, and all are reported in one ValidationException in the service's
words. What comes out is a fresh copy without null and without unknown members, so that nothing the caller holds is
shared with the service's state.

What the model does not say, and the API reference does, stands in the tables below: names, durations, priorities.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeAlias

from pyswfaws.protocol import decisions, limits

from .faults import invalid, unknown_operation, unreadable

#: Takes the value, its path in the request and the list of violations to add to; gives the clean copy.
Check: TypeAlias = Callable[[Any, str, list[str]], Any]
#: Takes a string and gives the constraint that it breaks, or None.
Rule: TypeAlias = Callable[[str], str | None]

_INTEGER: Final = re.compile('-?[0-9]{1,10}')
_TAG_CHARACTERS: Final = re.compile(r'[\w\s.:/=+\-@]*')
_LAMBDA_ARN: Final = 140    # characters; the model allows 64, too few for the ARN that the API documents


def _name(value: str) -> str | None:
    if value == 'arn' or limits.FORBIDDEN_IN_NAMES.search(value) or value != value.strip():
        return ('Member must not contain : / | or control characters, must not start or end with whitespace, '
                "and must not be 'arn'")
    return None


def _number(value: str, lowest: int, highest: int) -> str | None:
    if not (value.isascii() and value.isdigit()):
        return 'Member must be a number'
    if int(value) > highest:
        return f'Member must have value less than or equal to {highest}'
    if int(value) < lowest:
        return f'Member must have value greater than or equal to {lowest}'
    return None


def _seconds(value: str) -> str | None:
    return _number(value, 0, limits.YEAR)


def _seconds_or_none(value: str) -> str | None:
    return None if value == 'NONE' else _seconds(value)


def _days(value: str) -> str | None:
    return None if value == 'NONE' else _number(value, 0, limits.RETENTION_DAYS)


def _lambda_seconds(value: str) -> str | None:
    return None if value == 'NONE' else _number(value, 1, limits.LAMBDA_SECONDS)


def _priority(value: str) -> str | None:
    if _INTEGER.fullmatch(value) and -2**31 <= int(value) < 2**31:
        return None
    return 'Member must be an integer of 32 bits'


def _tag(value: str) -> str | None:
    if _TAG_CHARACTERS.fullmatch(value):
        return None
    return r'Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$'


#: Shape -> the rule that its strings keep beside the model's.
RULES: Final[Mapping[str, Rule]] = {
    'DomainName': _name,
    'WorkflowId': _name,
    'Name': _name,
    'Version': _name,
    'ActivityId': _name,
    'TimerId': _name,
    'FunctionId': _name,
    'DurationInSeconds': _seconds,
    'DurationInSecondsOptional': _seconds_or_none,
    'DurationInDays': _days,
    'TaskPriority': _priority,
    'ResourceTagKey': _tag,
    'ResourceTagValue': _tag,
}

#: (structure, member) -> its rule, where it differs from that of its shape.
MEMBER_RULES: Final[Mapping[tuple[str, str], Rule]] = {
    ('StartWorkflowExecutionInput', 'executionStartToCloseTimeout'): _seconds,
    ('RegisterWorkflowTypeInput', 'defaultExecutionStartToCloseTimeout'): _seconds,
    ('ScheduleLambdaFunctionDecisionAttributes', 'startToCloseTimeout'): _lambda_seconds,
}

#: Shapes in which the empty string means that the member is absent, as their lengths from 0 suggest.
EMPTY_IS_ABSENT: Final = frozenset({
    'DurationInSecondsOptional', 'WorkflowRunIdOptional', 'VersionOptional', 'PageToken',
})

#: JSON type -> what the service calls it when it cannot be converted.
_JAVA: Final[Mapping[type, str]] = {bool: 'java.lang.Boolean', int: 'java.lang.Short', float: 'java.lang.Double'}

#: Decision type -> the structure of its attributes, by the model's naming.
_DECISION_SHAPE: Final = {kind: f'{kind}DecisionAttributes' for kind in decisions.DECISION_TYPES}


class Validator:
    """Checks requests against `model`, SWF's ``service-2.json`` as plain data."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._shapes: Mapping[str, Any] = model['shapes']
        self._compiled: dict[str, Check] = {}
        self._checks = {
            name: self._compile(operation['input']['shape']) for name, operation in model['operations'].items()}

    def __call__(self, operation: str, request: Any) -> dict[str, Any]:
        """Give a clean copy of `request`; raise the `Fault` that the service would answer."""
        check = self._checks.get(operation)
        if check is None:
            raise unknown_operation(operation)
        violations: list[str] = []
        clean: dict[str, Any] = check(request, '', violations)
        if operation == 'RespondDecisionTaskCompleted':
            _close_comes_last(clean.get('decisions', ()))
        if violations:
            plural = 's' if len(violations) > 1 else ''
            raise invalid(f'{len(violations)} validation error{plural} detected: ' + '; '.join(violations))
        return clean

    def _compile(self, shape_name: str) -> Check:
        check = self._compiled.get(shape_name)
        if check is None:
            shape = self._shapes[shape_name]
            compile_kind = getattr(self, f'_{shape["type"]}')
            check = self._compiled[shape_name] = compile_kind(shape_name, shape)
        return check

    def _structure(self, shape_name: str, shape: Mapping[str, Any]) -> Check:
        required = tuple(shape.get('required', ()))
        members: dict[str, Check] = {}
        for name, member in shape['members'].items():
            rule = MEMBER_RULES.get((shape_name, name))
            members[name] = _string(member['shape'], self._shapes[member['shape']], rule) if rule else (
                self._compile(member['shape']))

        def check(value: Any, path: str, violations: list[str]) -> dict[str, Any]:
            if type(value) is not dict:
                _refuse_type(value, 'structure')
            prefix = path + '.' if path else ''
            violations.extend(_missing(prefix + name) for name in required if value.get(name) is None)
            clean = {}
            for name, item in value.items():
                if item is not None and (check_member := members.get(name)) is not None:
                    copy = check_member(item, prefix + name, violations)
                    if copy is not None:
                        clean[name] = copy
            return clean

        return self._decision(check) if shape_name == 'Decision' else check

    def _decision(self, structure: Check) -> Check:
        """The required members of a decision's attributes are required even if the whole structure is absent."""
        required = {kind: self._shapes[shape].get('required', ()) for kind, shape in _DECISION_SHAPE.items()}

        def check(value: Any, path: str, violations: list[str]) -> Any:
            clean = structure(value, path, violations)
            kind = clean.get('decisionType')
            if kind in required:
                member = decisions.ATTRIBUTES_MEMBER[kind]
                if member not in clean:
                    violations.extend(_missing(f'{path}.{member}.{name}') for name in required[kind])
            return clean

        return check

    def _list(self, shape_name: str, shape: Mapping[str, Any]) -> Check:
        check_item, longest = self._compile(shape['member']['shape']), shape.get('max')
        keeps_null = shape_name == 'TagList'    # recorded: null tags are accepted and echoed

        def check(value: Any, path: str, violations: list[str]) -> list[Any]:
            if type(value) is not list:
                _refuse_type(value, 'list')
            if longest is not None and len(value) > longest:
                shown = f'[{", ".join(map(str, value))}]'
                violations.append(_broken(shown, path, f'Member must have length less than or equal to {longest}'))
            clean = []
            for position, item in enumerate(value, start=1):
                if item is not None:
                    clean.append(check_item(item, f'{path}.{position}.member', violations))
                elif keeps_null:
                    clean.append(None)
                else:
                    violations.append(_missing(f'{path}.{position}.member'))
            return clean

        return check

    def _string(self, shape_name: str, shape: Mapping[str, Any]) -> Check:
        return _string(shape_name, shape, RULES.get(shape_name))

    def _integer(self, _: str, shape: Mapping[str, Any]) -> Check:
        lowest, highest = shape.get('min', -2**31), shape.get('max', 2**31 - 1)

        def check(value: Any, path: str, violations: list[str]) -> int:
            if type(value) is not int:
                _refuse_type(value, 'Integer')
            if not lowest <= value <= highest:
                bound = f'less than or equal to {highest}' if value > highest else f'greater than or equal to {lowest}'
                violations.append(_broken(str(value), path, f'Member must have value {bound}'))
            return int(value)

        return check

    def _boolean(self, _: str, __: Mapping[str, Any]) -> Check:
        def check(value: Any, _path: str, _violations: list[str]) -> bool:
            if type(value) is not bool:
                _refuse_type(value, 'Boolean')
            return bool(value)

        return check

    def _timestamp(self, _: str, __: Mapping[str, Any]) -> Check:
        def check(value: Any, _path: str, _violations: list[str]) -> float:
            if type(value) not in {int, float} or not -1e12 < value < 1e12:  # noqa: PLR2004 - some 30,000 years either way
                _refuse_type(value, 'Date')
            return float(value)

        return check


def _string(shape_name: str, shape: Mapping[str, Any], rule: Rule | None) -> Check:
    """Make the check of a string; `rule` is what it keeps beside the model's lengths and enumeration."""
    shortest, longest = shape.get('min', 0), shape.get('max', limits.REQUEST)
    longest = _LAMBDA_ARN if shape_name == 'FunctionName' else longest
    values = decisions.DECISION_TYPES if shape_name == 'DecisionType' else tuple(shape.get('enum', ()))
    absent_if_empty = shape_name in EMPTY_IS_ABSENT

    def check(value: Any, path: str, violations: list[str]) -> str | None:
        if type(value) is not str:
            _refuse_type(value, 'String')
        if not value.isascii():
            _refuse_half_characters(value)
        if absent_if_empty and not value:
            return None
        if len(value) > longest:
            violations.append(_broken(value, path, f'Member must have length less than or equal to {longest}'))
        elif len(value) < shortest:
            violations.append(_broken(value, path, f'Member must have length greater than or equal to {shortest}'))
        elif values and value not in values:
            violations.append(_broken(value, path, f'Member must satisfy enum value set: [{", ".join(values)}]'))
        elif rule is not None and (constraint := rule(value)):
            violations.append(_broken(value, path, constraint))
        return str(value)

    return check


def _close_comes_last(listed: list[dict[str, Any]]) -> None:
    if any(decision.get('decisionType') in decisions.CLOSE_DECISIONS for decision in listed[:-1]):
        raise invalid('Close must be last decision in list')


def _missing(path: str) -> str:
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _broken(value: str, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _refuse_type(value: Any, wanted: str) -> NoReturn:
    if type(value) is dict:
        raise unreadable('Start of structure or map found where not expected.')
    if type(value) is list:
        raise unreadable('Start of list found where not expected')
    if wanted in {'structure', 'list'}:
        raise unreadable(f'Unexpected field type: a {wanted} was expected')
    article = 'an' if wanted[0] in 'SI' else 'a'    # "an String": the service's own grammar
    raise unreadable(f'class {_JAVA.get(type(value), "java.lang.String")} can not be converted to {article} {wanted}')


def _refuse_half_characters(value: str) -> None:
    """JSON can spell half of a surrogate pair, which is no character and which nothing can store."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise unreadable('Unpaired surrogate in a string') from error
