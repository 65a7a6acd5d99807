"""Failures: an exception as it crosses SWF, as two texts that hold nothing but data.

`reason` names it for people, in the 256 characters that SWF has for that. `details` is an envelope that holds the rest:
what it was, what it said, what led to it, and what Python would print. Where payloads are encrypted all of that is too,
but for the names of classes, by which it is decided whether to try again. From that text the other side makes a
`RemoteError`. No class is ever looked up: those that a decorator declares (`raises`) are compared by name, and what is
raised is then one of them too, so that ``except MyError`` reads the same in every mode.
"""

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from pyswfaws.exceptions import (
    DataStoreError,
    DefinitionError,
    PayloadError,
    RemoteError,
    TaskException,
    UnreadablePayloadError,
    WorkflowException,
    describe_value,
)
from pyswfaws.payload import Payload, characters, make_envelope, open_envelope
from pyswfaws.protocol.limits import DATA, NAME, REASON

logger = logging.getLogger('pyswfaws')

_LONGEST_MESSAGE: Final = 4_000     # characters of an exception's message that details keep, and of its arguments
_LONGEST_ENTRY: Final = 2_000       # characters of a frame, of a note, or of the message in a traceback
_LONGEST_CHAIN: Final = 8           # exceptions that led to one another
_LONGEST_KEPT: Final = 1_000        # characters of what stands for the whole text that a data store has
_LONGEST_SECRET: Final = 17_500     # bytes that are encrypted: in base64 they leave room for the rest
_SECRET_ROOM: Final = DATA - 8_000  # characters of that
_MOST_NOTES: Final = 10
_DEEPEST: Final = 20                # lists and dicts inside one another in an exception's arguments
_LEAST_TRACEBACK: Final = 8_000     # characters of it for which other things make room

Raised = TypeVar('Raised', TaskException, WorkflowException)


class Texts(NamedTuple):
    """What SWF has of a failure."""

    reason: str
    details: str


@dataclass(frozen=True)
class Failure:
    """An exception as it crosses SWF.

    `types` are the full names of its class and the classes that it derives from, most special first. `arguments` are
    its ``args``, None where JSON cannot write them, and `attributes` those of its attributes that JSON can write, if it
    is of a declared class: what nobody declares might be anything, and stays where it is. `led_by` is what it was
    raised from, or, unless `is_explicit`, what it was raised under. `is_final` says that trying again cannot help;
    `heartbeat` is what the activity said last of how far it had come. `kept` stands for the whole traceback where the
    field has no room for it, and `Payload.get` gives it back; `whole` is that text where the exception was raised.
    `secret` stands for all but the names of classes where that is encrypted, and `opened` gives it back.
    """

    reason: str
    message: str = ''
    types: tuple[str, ...] = ()
    traceback: str = ''
    is_final: bool = False
    arguments: tuple[Any, ...] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    led_by: 'Failure | None' = None
    is_explicit: bool = True
    heartbeat: str | None = None
    kept: str | None = None
    secret: str | None = None
    whole: str = field(default='', compare=False, repr=False)

    @classmethod
    def of(
        cls,
        exception: BaseException,
        raises: Sequence[type[Exception]] = (),
        *,
        is_final: bool = False,
        heartbeat: str | None = None,
    ) -> 'Failure':
        """Take what can be said of `exception` in text; `raises` are the classes that its task declares."""
        entries = traceback.format_exception(exception)
        chain = _chain(exception)
        failure = None
        for one, is_explicit in reversed(chain):
            failure = replace(_said(one), led_by=failure, is_explicit=is_explicit)
        assert failure is not None, 'a chain has at least the exception itself'
        return replace(
            failure,
            traceback=_brief(entries),
            whole=''.join(entries),
            is_final=is_final,
            attributes=_attributes(exception) if isinstance(exception, tuple(raises)) else {},
            heartbeat=heartbeat,
        )

    @classmethod
    def read(cls, reason: str | None, details: str | None) -> 'Failure':
        """Read what `reason` and `details` say; of another client's they are just texts."""
        try:
            found = (open_envelope(details or '') or {}).get('failure')
        except UnreadablePayloadError:
            found = None
        if not isinstance(found, dict):
            return cls(reason or '', details or '')
        failure = _from_members(found)
        return failure if reason is None else replace(failure, reason=reason)

    @property
    def details(self) -> str:
        """The envelope that `read` reads, cut to fit a field: the innermost frames of the traceback are kept."""
        return _fitted(self, DATA, len)

    @property
    def remote(self) -> RemoteError | None:
        """What is known of it on the other side; None where no exception of Python is known."""
        if not self.types:
            return None
        remote = RemoteError(self.types, self.message, self.arguments, self.notes, self.traceback)
        if self.led_by is not None and self.is_explicit:
            remote.__cause__ = self.led_by.remote
        elif self.led_by is not None:
            remote.__context__ = self.led_by.remote
        return remote

    def written(self, payload: Payload, key: Sequence[str]) -> Texts:
        """Give what SWF is to have of it, where results are written as `payload` says.

        If the field has no room for the whole traceback, that goes to the data store. If payloads are encrypted, so is
        this. What fails at that is left out: it must not hide the failure that is to be told.
        """
        failure = self._kept_in(payload, key)
        if not payload.is_secret:
            return Texts(failure.reason, failure.details)
        shown = Failure(_reason(self.types, ''), '', self.types, is_final=self.is_final, heartbeat=self.heartbeat)
        text = _fitted(failure, _LONGEST_SECRET, lambda text: len(text.encode()))
        try:
            shown = replace(shown, secret=payload.put(text, 'failure', key, _SECRET_ROOM))
        except (DataStoreError, PayloadError) as error:
            logger.warning('a failure could not be encrypted: %s', error)
        return Texts(shown.reason, shown.details)

    def opened(self, payload: Payload) -> 'Failure':
        """Give all of a failure that `payload` wrote; raises as `Payload.get` does where that cannot be read."""
        return self if self.secret is None else Failure.read(None, payload.get(self.secret))

    def _kept_in(self, payload: Payload, key: Sequence[str]) -> 'Failure':
        is_whole = self.whole == self.traceback and len(_text(_members(self), self.traceback)) <= DATA
        if payload.is_inline or is_whole:
            return self
        try:
            return replace(self, kept=payload.put(characters(self.whole), 'failure', key, _LONGEST_KEPT))
        except (DataStoreError, PayloadError) as error:
            logger.warning('the whole text of a failure could not be kept: %s', error)
            return self


def raised_as(error: Raised, failure: Failure, raises: Sequence[type[Exception]] = ()) -> Raised:
    """Give `error` with what is known of the exception that `failure` tells of.

    If one of the classes in `raises` is that exception's, it is one of that class too, with the arguments and
    attributes that got across. Its `__init__` is not called, since what it takes is not known.
    """
    declared: Any = next((cls for name in failure.types for cls in raises if full_name(cls) == name), None)
    if declared is not None and not isinstance(error, declared):
        made = _made(type(error), declared)
        made.args = (failure.message,) if failure.arguments is None else failure.arguments
        with suppress(Exception):   # Python's own classes, such as OSError, keep arguments in places of their own
            _built_in(declared).__init__(made, *made.args)
        vars(made).update(failure.attributes, **vars(error))
        error = made
    error.remote = failure.remote
    error.__cause__ = error.remote
    return error


def check_raises(value: Any, bases: Sequence[Any]) -> tuple[type[Exception], ...]:
    """Give `value`, which must be a tuple of exception classes that can be raised as those in `bases` too."""
    if not isinstance(value, tuple) or not all(isinstance(cls, type) and issubclass(cls, Exception) for cls in value):
        raise DefinitionError(f'raises is a tuple of exception classes, but it is {describe_value(value)}')
    for cls in value:
        try:
            for base in bases:
                _made(base, cls)
        except TypeError as error:
            raise DefinitionError(f'raises has {describe_value(cls)}; nothing else can be that too: {error}') from error
    return value


def message_of(exception: BaseException) -> str:
    """Give what an exception says."""
    try:
        return str(exception)
    except Exception:  # noqa: BLE001 - user code: an exception that cannot say what it is has still happened
        return '(its message cannot be shown)'


def full_name(cls: type) -> str:
    """Give the name of a class, with its module unless it is a built-in one."""
    return cls.__qualname__ if cls.__module__ == 'builtins' else f'{cls.__module__}.{cls.__qualname__}'


def _made(base: Any, declared: Any) -> Any:
    """Make what is caught as `base` and as `declared`, without asking the constructor of either."""
    return _built_in(declared).__new__(_both(base, declared))


def _built_in(declared: type[Exception]) -> Any:
    """Give the class of Python's own that `declared` is or derives from: it says how instances are laid out."""
    return next(cls for cls in declared.__mro__ if cls.__module__ == 'builtins')


@cache
def _both(base: Any, declared: Any) -> Any:
    """Give the class of what is caught as `base` and as `declared`; to a reader of messages it is `base`."""
    names = {'__module__': base.__module__, '__qualname__': base.__qualname__, '__doc__': base.__doc__}
    return base if issubclass(base, declared) else type(base.__name__, (base, declared), names)


def _chain(exception: BaseException) -> list[tuple[BaseException, bool]]:
    """Give the exception and what led to it, each with whether it was raised from what follows, or only under it."""
    found: list[tuple[BaseException, bool]] = []
    seen: set[int] = set()
    following: BaseException | None = exception
    while following is not None and id(following) not in seen and len(found) < _LONGEST_CHAIN:
        one = following
        seen.add(id(one))
        is_explicit = one.__cause__ is not None or one.__suppress_context__
        following = one.__cause__ if is_explicit else one.__context__
        found.append((one, is_explicit or following is None))
    return found


def _said(exception: BaseException) -> Failure:
    """Take what an exception says of itself, without its traceback and what led to it."""
    if isinstance(exception, RemoteError):      # what it tells of is what happened
        types, message = exception.types, exception.message
        return Failure(
            _reason(types, message), message, types, arguments=exception.arguments, notes=exception.notes,
        )
    message = message_of(exception)
    types = tuple(dict.fromkeys(full_name(base) for base in type(exception).__mro__[:-1]))
    notes = getattr(exception, '__notes__', None)
    notes = [note for note in notes if isinstance(note, str)] if isinstance(notes, list) else []
    return Failure(
        _reason(types, message),
        message,
        types,
        arguments=_arguments(exception),
        notes=tuple(note[:_LONGEST_ENTRY] for note in notes[:_MOST_NOTES]),
    )


def _arguments(exception: BaseException) -> tuple[Any, ...] | None:
    args: Any = exception.args
    if isinstance(exception, OSError):      # which leaves file names out of its `args`, but not out of a pickle
        args = OSError.__reduce__(exception)[1]
    text = _json(args)
    return None if text is None else tuple(json.loads(text))


def _attributes(exception: BaseException) -> dict[str, Any]:
    found, room = {}, _LONGEST_MESSAGE
    for name, value in vars(exception).items():
        text = None if name == '__notes__' else _json(value)
        if text is not None and len(text) + len(name) <= room:
            found[name] = json.loads(text)
            room -= len(text) + len(name)
    return found


def _json(value: Any) -> str | None:
    """Write what JSON can write in a few characters and not too deep; give None for everything else."""
    try:
        text = json.dumps(value, allow_nan=False)
    except Exception:  # noqa: BLE001 - user code: a value may be anything, and its failure must not hide the one told of
        return None
    return text if len(text) <= _LONGEST_MESSAGE and _is_shallow(json.loads(text), _DEEPEST) else None


def _is_shallow(value: Any, levels: int) -> bool:
    """Whether `value`, as JSON has it, is nested `levels` deep at the most."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _members(failure: Failure) -> dict[str, Any]:
    """Give what the envelope holds of a failure; members that say nothing are left out."""
    found: dict[str, Any] = {
        'message': failure.message[:_LONGEST_MESSAGE],
        'types': [name[:NAME] for name in failure.types[:20]],
    }
    led_by = None if failure.led_by is None else _members(failure.led_by)
    optional = {
        'args': None if failure.arguments is None else list(failure.arguments),
        'attributes': failure.attributes or None,
        'notes': list(failure.notes) or None,
        'cause' if failure.is_explicit else 'context': led_by,
        'final': failure.is_final or None,
        'heartbeat': failure.heartbeat,
        'kept': failure.kept,
        'secret': failure.secret,
    }
    return found | {name: value for name, value in optional.items() if value is not None}


def _text(members: Mapping[str, Any], lines: str) -> str:
    return make_envelope(failure={**members, 'traceback': lines})


def _fitted(failure: Failure, room: int, measure: Callable[[str], int]) -> str:
    """Write the envelope of which `measure` gives no more than `room`.

    Where there is no room for some frames, what led to it goes first, then the notes, attributes, arguments, and most
    of the message.
    """
    members, lines = _members(failure), failure.traceback[-_LEAST_TRACEBACK:]
    for least in ('cause', 'context', 'notes', 'attributes', 'args'):
        if measure(_text(members, lines)) <= room:
            break
        members.pop(least, None)
    while len(members['message']) > REASON and measure(_text(members, lines)) > room:
        members['message'] = members['message'][:len(members['message']) // 2]
    lines = failure.traceback[-room:]
    while (excess := measure(text := _text(members, lines)) - room) > 0:
        if lines:
            lines = lines[excess // 6 + 1:]     # a character takes up to six, escaped
        else:
            members['types'].pop()
    return text


def _from_members(found: Mapping[str, Any], depth: int = 0) -> Failure:
    """Read the members of an envelope as far as they have the form that they should."""
    types, arguments, attributes, notes = (found.get(name) for name in ('types', 'args', 'attributes', 'notes'))
    types = tuple(map(str, types)) if isinstance(types, list) else ()
    message = str(found.get('message', ''))
    heartbeat, kept, secret = (
        value if isinstance(value, str) else None for value in map(found.get, ('heartbeat', 'kept', 'secret'))
    )
    led_by = found.get('cause', found.get('context'))
    return Failure(
        _reason(types, message),
        message,
        types,
        str(found.get('traceback', '')),
        found.get('final') is True,
        tuple(arguments) if isinstance(arguments, list) else None,
        attributes if isinstance(attributes, dict) else {},
        tuple(map(str, notes)) if isinstance(notes, list) else (),
        _from_members(led_by, depth + 1) if isinstance(led_by, dict) and depth < _LONGEST_CHAIN else None,
        'context' not in found,
        heartbeat,
        kept,
        secret,
    )


def _reason(types: Sequence[str], message: str) -> str:
    """Name an exception in the 256 characters of a reason."""
    name = types[0].rpartition('.')[2] if types else 'Exception'
    return characters(f'{name}: {message}' if message else name)[:REASON]


def _brief(entries: Sequence[str]) -> str:
    """Join the entries of a traceback: neither a long message nor many notes must push out the frames before them."""
    frames = [position for position, entry in enumerate(entries) if entry.lstrip(' |').startswith('File "')]
    after = frames[-1] + 1 if frames else 0
    last = ''.join(_shortened(entry) for entry in entries[after:])
    return ''.join(_shortened(entry) for entry in entries[:after]) + _shortened(last, 2 * _LONGEST_ENTRY)


def _shortened(text: str, longest: int = _LONGEST_ENTRY) -> str:
    return text if len(text) <= longest else f'{text[:longest]}...\n'
