"""Payloads: what stands in a field of SWF.

A value is written by a serializer and then stands in the field as it is, which keeps it readable for every other
client and in the AWS console. Whatever needs more stands in an *envelope*, a JSON object that starts with
``{"pyswfaws":1``; the number is the envelope's version, and every version that was ever written stays readable:

- ``{"pyswfaws":1,"at":POINTER,"sha256":DIGEST}``: the text is in a data store;
- ``{"pyswfaws":1,"text":TEXT}``: the text is here, but looks like an envelope itself;
- ``{"pyswfaws":1,"failure":{...}}``: an exception, see `pyswfaws.failures`;
- ``{"pyswfaws":1,"input":TEXT,"signals":[...]}``: the input of a run that continues another, with the signals that the
  other left unread;
- ``{"pyswfaws":1,"published":VALUE}``: an execution context, with what the decider shows.

No payload ever names code to run.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyswfaws.datastores import DataStore, SwfDataStore, key_of
from pyswfaws.exceptions import DataStoreError, PayloadTooLargeError, SerializationError, UnreadablePayloadError
from pyswfaws.protocol.limits import DATA
from pyswfaws.serializers import JsonSerializer, Serializer

VERSION: Final = 1
_START: Final = '{"pyswfaws":'


@dataclass(frozen=True)
class Payload:
    """How the values of one field are written: by a serializer, into a store."""

    serializer: Serializer = field(default_factory=JsonSerializer)
    store: DataStore = field(default_factory=SwfDataStore)

    def write_input(self, args: Sequence[Any], kwargs: Mapping[str, Any], key: Sequence[str] = ()) -> str:
        """Write the arguments of a call; `key` names the call where the text goes into a store."""
        return self.put(self.serializer.serialize_input(args, kwargs), 'input', key)

    def read_input(self, text: str | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Read the arguments of a call; no text at all is a call without arguments."""
        return ((), {}) if text is None else self.serializer.deserialize_input(self.get(text))

    def write_result(self, value: Any, key: Sequence[str] = ()) -> str:
        """Write a result, None included."""
        return self.put(self.serializer.serialize_result(value), 'result', key)

    def read_result(self, text: str | None) -> Any:
        """Read a result; no text at all, as other clients leave it, is None."""
        return None if text is None else self.serializer.deserialize_result(self.get(text))

    def in_place(self) -> 'Payload':
        """Give the same with nothing kept anywhere: for values that do not leave the process."""
        return self if self.store.is_inline else Payload(self.serializer, _NOWHERE)

    def put(self, text: str, name: str, key: Sequence[str] = (), limit: int = DATA) -> str:
        """Give what stands for `text` in a field called `name`, of `limit` characters."""
        if not self.store.is_inline:
            digest = hashlib.sha256(text.encode()).hexdigest()
            pointer = self.store.put(text, key_of(*key, f'{name}-{digest[:16]}'))
            text = make_envelope(at=pointer, sha256=digest)
        elif text.startswith(_START):
            text = make_envelope(text=text)
        return text if self.store is _NOWHERE else fitting(text, name, limit)

    def get(self, text: str) -> str:
        """Give the text back for which `put` gave this."""
        envelope = open_envelope(text)
        if envelope is None:
            # The predecessor left a bare pointer; no serializer of ours writes a text that starts so.
            return self.store.get(text) if text.startswith('s3://') and not self.store.is_inline else text
        match envelope:
            case {'text': str(inner)}:
                return inner
            case {'at': str(pointer)} if self.store.is_inline:
                raise UnreadablePayloadError(f'the payload is kept at {pointer}, but no data store is set for it')
            case {'at': str(pointer), 'sha256': str(digest)}:
                found = self.store.get(pointer)
                if hashlib.sha256(found.encode()).hexdigest() != digest:
                    raise DataStoreError(f'what is kept at {pointer} is not what was put there: its checksum differs')
                return found
        raise UnreadablePayloadError(f'this pyswfaws cannot read the envelope {text[:80]!r}; a later one wrote it')


class _Nowhere(SwfDataStore):
    """Keeps nothing and limits nothing: for values that do not leave the process."""


_NOWHERE: Final = _Nowhere()


def carrying(text: str | None, signals: Sequence[Mapping[str, Any]]) -> str | None:
    """Give the input of a run that continues another, with the signals that the other left unread."""
    if not signals:
        return text
    return fitting(make_envelope(input=text, signals=signals), 'input with the signals that were not read')


def carried(text: str | None) -> tuple[str | None, list[dict[str, Any]]]:
    """Give what `carrying` was given: the input, and the signals as events."""
    envelope = open_envelope(text or '')
    if not envelope or 'signals' not in envelope:
        return text, []
    return envelope.get('input'), [
        {
            'eventId': 0,
            'eventType': 'WorkflowExecutionSignaled',
            'workflowExecutionSignaledEventAttributes': {'signalName': found['name'], 'input': found['input']},
        }
        for found in envelope['signals']
    ]


def publication(value: Any) -> str:
    """Give an execution context that shows `value`; the envelope leaves room for what the engine may have to say."""
    text = JsonSerializer().serialize_result(value)
    return fitting(f'{_START}{VERSION},"published":{text}}}', 'published value')


def published(text: str | None) -> Any:
    """Give the value that `publication` was given; of another client's execution context, the text."""
    envelope = open_envelope(text or '')
    return envelope.get('published') if envelope else text


def read_signal(text: str | None) -> Any:
    """Give a signal's value: what it is in JSON, or the text itself, as the AWS console may send it."""
    try:
        return None if text is None else Payload().read_result(text)
    except UnreadablePayloadError:
        return text


def fitting(text: str, name: str, limit: int = DATA) -> str:
    """Give `text`, which must fit into the field `name`; raises a PayloadTooLargeError where it does not."""
    if len(text) > limit:
        raise PayloadTooLargeError(
            f'the {name} is {len(text):,} characters, and SWF takes {limit:,}; a data store such as S3DataStore '
            'keeps what is larger'
        )
    return text


def open_envelope(text: str) -> dict[str, Any] | None:
    """Give the members of an envelope; None where `text` is none."""
    if not text.startswith(_START):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadablePayloadError(f'a damaged envelope: {error} in {text[:80]!r}') from error
    return found if isinstance(found, dict) and found.get('pyswfaws') == VERSION else {}


def name_argument(error: SerializationError, parameters: Sequence[str], what: str) -> SerializationError:
    """Say of an argument that no serializer took what its parameter is called; `what` was called with it."""
    message = str(error)
    position = re.match(r'args\[(\d+)\]', message)
    if position and int(position[1]) < len(parameters):
        message = f'{parameters[int(position[1])]!r}, {message}'
    return SerializationError(f'{what}: argument {message}')


def make_envelope(**members: Any) -> str:
    """Give the text of an envelope with these members."""
    return characters(json.dumps({'pyswfaws': VERSION, **members}, ensure_ascii=False, separators=(',', ':')))


def characters(text: str) -> str:
    """Escape lone surrogates, which are no characters, as JSON does too: the wire would not take them."""
    return text.encode(errors='backslashreplace').decode()
