"""Payloads: what stands in a field of SWF.

A value is written by a serializer, encoded by codecs if there are any, and then stands in the field or in a data store.
Text that no codec has touched stands in the field as it is, which keeps it readable for every other client and in the
AWS console. Whatever needs more stands in an *envelope*, a JSON object that starts with ``{"pyswfaws":1``; the number
is the envelope's version, and every version that was ever written stays readable:

- ``{"pyswfaws":1,"at":POINTER,"sha256":DIGEST}``: the text is in a data store;
- ``{"pyswfaws":1,"text":TEXT}``: the text is here, but looks like an envelope or a pointer itself;
- ``{"pyswfaws":1,"codecs":[NAME,...],"data":BASE64}``: the text is here, after these codecs, in this order;
- ``{"pyswfaws":1,"codecs":[NAME,...],"at":POINTER,"sha256":DIGEST}``: the same in a data store, which keeps the base64;
- ``{"pyswfaws":1,"failure":{...}}``: an exception, see `pyswfaws.failures`;
- ``{"pyswfaws":1,"headers":{...},"input":PAYLOAD,"signals":[...]}``: an input with what it carries: the headers of the
  execution, and, where the run continues another, the signals that the other left unread; each only if there are any.
  ``{"pyswfaws":1,"headers":{...},"carried":PAYLOAD}`` where that is too long, and is kept as another payload;
- ``{"pyswfaws":1,"published":VALUE}``: an execution context, with what the decider shows.

No payload ever names code to run.
"""

import binascii
import hashlib
import json
import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pyswfaws.codecs import READABLE, Codec
from pyswfaws.contents import CONTENTS
from pyswfaws.datadefaults import STORE_VARIABLE, data_defaults
from pyswfaws.datastores import DataStore, SwfDataStore, key_of
from pyswfaws.exceptions import (
    DataLostError,
    DefinitionError,
    PayloadTooLargeError,
    SerializationError,
    UnreadablePayloadError,
    describe_value,
)
from pyswfaws.protocol.limits import DATA
from pyswfaws.serializers import JsonSerializer, Serializer

logger = logging.getLogger('pyswfaws')

VERSION: Final = 1
_START: Final = '{"pyswfaws":'
_BARE_POINTER: Final = 's3://'      # how what the predecessor left in place of a value starts
_LARGER: Final = '; a data store such as S3DataStore keeps what is larger'
_MOST_CODECS: Final = 8             # of one payload; we write two, and an endless list is an attack


@dataclass(frozen=True)
class Payload:
    """How the values of one field are written: by a serializer, through codecs, into a store.

    Without `store` or `codecs` they are the process's, see `pyswfaws.datadefaults`.
    """

    serializer: Serializer = field(default_factory=JsonSerializer)
    store: DataStore | None = None
    codecs: tuple[Codec, ...] | None = None

    def write_input(self, args: Sequence[Any], kwargs: Mapping[str, Any], key: Sequence[str] = ()) -> str:
        """Write the arguments of a call; `key` names the call where the text goes into a store."""
        return self.put(self.serializer.serialize_input(args, kwargs), 'input', key)

    def read_input(self, text: str | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Read the arguments of a call, without what they carry; no text at all is a call without arguments."""
        text = carried(text).text
        return ((), {}) if text is None else self.serializer.deserialize_input(self.get(text))

    def write_result(self, value: Any, key: Sequence[str] = ()) -> str:
        """Write a result, None included."""
        return self.put(self.serializer.serialize_result(value), 'result', key)

    def read_result(self, text: str | None) -> Any:
        """Read a result; no text at all, as other clients leave it, is None."""
        return None if text is None else self.serializer.deserialize_result(self.get(text))

    @property
    def is_inline(self) -> bool:
        """Whether everything stays in SWF."""
        return self._store.is_inline

    @property
    def is_secret(self) -> bool:
        """Whether what it writes can be read only with a setting of the reader's, such as a key."""
        return any(codec.name not in READABLE for codec in self._codecs)

    def in_place(self) -> 'Payload':
        """Give the same with nothing kept anywhere, or encoded: for values that do not leave the process."""
        return self if self.is_inline and not self._codecs else Payload(self.serializer, _NOWHERE, ())

    def put(self, text: str, name: str, key: Sequence[str] = (), limit: int = DATA) -> str:
        """Give what stands for `text` in a field called `name`, of `limit` characters."""
        body, names = self._encoded(text)
        found: dict[str, Any] = {'codecs': names} if names else {}
        if names:
            inline = make_envelope(**found, data=body)
        else:
            inline = make_envelope(text=text) if text.startswith((_START, _BARE_POINTER)) else text
        store = self._store.chosen_for(len(inline), limit)
        if store is _NOWHERE:
            return inline
        if store.is_inline:
            return fitting(inline, name, limit, _LARGER)
        digest = _digest(body)
        pointer = store.put(body, key_of(*key, f'{name}-{digest[:16]}'))
        return fitting(make_envelope(**found, at=pointer, sha256=digest), name, limit)

    def get(self, text: str) -> str:
        """Give the text back for which `put` gave this."""
        envelope = open_envelope(text)
        if envelope is None:
            return self._store.get(text) if text.startswith(_BARE_POINTER) and not self.is_inline else text
        match envelope:
            case {'text': str(inner)}:
                return inner
            case {'data': str(body), 'codecs': list(names)}:
                return self._decoded(body, names)
            case {'at': str(pointer), 'sha256': str(digest)} if isinstance(envelope.get('codecs', []), list):
                return self._decoded(self._fetched(pointer, digest), envelope.get('codecs', []))
        raise UnreadablePayloadError(f'this pyswfaws cannot read the envelope {text[:80]!r}; a later one wrote it')

    @property
    def _store(self) -> DataStore:
        return data_defaults().store if self.store is None else self.store

    @property
    def _codecs(self) -> tuple[Codec, ...]:
        return data_defaults().codecs if self.codecs is None else self.codecs

    def _fetched(self, pointer: str, digest: str) -> str:
        stores = {id(store): store for store in (self._store, data_defaults().store) if not store.is_inline}
        store = next((store for store in stores.values() if store.owns(pointer)), None)
        if store is None:
            others = f', and the store here is {self._store!r}' if stores else ''
            raise UnreadablePayloadError(
                f'the payload is kept at {pointer[:1000]}, but no data store is set for it{others}: give the function '
                f'the store that it was written to, or set {STORE_VARIABLE}'
            )
        text = CONTENTS.get(digest)
        if text is None:
            text = store.get(pointer)
            if _digest(text) != digest:
                raise DataLostError(f'what is kept at {pointer} is not what was put there: its checksum differs')
            CONTENTS.add(digest, text)
        return text

    def _encoded(self, text: str) -> tuple[str, list[str]]:
        """Give what the codecs make of `text`, in base64, and the names of those that did something; or the text."""
        if not self._codecs:
            return text, []
        data, names = text.encode(), list[str]()
        for codec in self._codecs:
            encoded = codec.encode(data)
            if encoded is not None:
                data, names = encoded, [*names, codec.name]
        return (b64encode(data).decode(), names) if names else (text, [])

    def _decoded(self, body: str, names: Sequence[Any]) -> str:
        if not names:
            return body
        if len(names) > _MOST_CODECS:
            raise UnreadablePayloadError(f'a payload has gone through {_MOST_CODECS} codecs at the most, not these')
        try:
            data = b64decode(body.encode(), validate=True)
            for name in reversed(names):
                data = self._reader(name).decode(data)
            return data.decode()
        except (binascii.Error, UnicodeError) as error:
            raise UnreadablePayloadError(f'what codecs should have written is damaged: {error}') from error

    def _reader(self, name: Any) -> Codec:
        for codec in (*self._codecs, *data_defaults().codecs):
            if codec.name == name:
                return codec
        if isinstance(name, str) and name in READABLE:
            return READABLE[name]()
        raise UnreadablePayloadError(
            f'the payload was written through the codec {str(name)[:80]!r}, which is not here: give the function the '
            'codec (data_codecs=), or the process (set_data_defaults)'
        )


class _Nowhere(SwfDataStore):
    """Keeps nothing and limits nothing: for values that do not leave the process."""


_NOWHERE: Final = _Nowhere()


class Carried(NamedTuple):
    """An input proper, and what it carried: signals, as events whose ids come before those of the run, and headers."""

    text: str | None
    signals: list[dict[str, Any]]
    headers: Mapping[str, str]


def carrying(
    text: str | None,
    signals: Sequence[Mapping[str, Any]] = (),
    key: Sequence[str] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """Give an input that carries headers, and signals that the run finds as if they had come before all others.

    Those are what the run before left unread, or the one that it is started with.

    Where there is no room, what has any goes into the process's data store. Without one, headers are left behind, with
    a warning: nothing that is done must depend on who looks on. Signals are not: a PayloadTooLargeError is raised.
    """
    if not signals and not headers:
        return text
    outside = {'headers': dict(headers)} if headers else {}
    together = make_envelope(**outside, input=text, **({'signals': signals} if signals else {}))
    payload = Payload()
    if len(together) > DATA and not payload.is_inline:
        together = make_envelope(**outside, carried=payload.put(together, 'carried', key))
    if len(together) > DATA and headers:
        logger.warning('there is no room for the headers %s beside an input', ', '.join(headers))
        return carrying(text, signals, key)
    return fitting(together, 'input with the signals that go with it', advice=_LARGER)


def carried(text: str | None) -> Carried:
    """Give what `carrying` was given."""
    envelope, headers = open_envelope(text or ''), headers_in(text)
    if envelope and isinstance(envelope.get('carried'), str):
        envelope = open_envelope(Payload().get(envelope['carried']))
    if not envelope or 'input' not in envelope:
        return Carried(text, [], headers)
    signals = envelope.get('signals', ())
    return Carried(envelope['input'], [
        {
            'eventId': event_id,
            'eventType': 'WorkflowExecutionSignaled',
            'workflowExecutionSignaledEventAttributes': {'signalName': found['name'], 'input': found['input']},
        }
        for event_id, found in enumerate(signals, -len(signals))
    ], headers)


def headers_in(text: str | None) -> Mapping[str, str]:
    """Give the headers that an input carries. They stand outside of stores and codecs, so nothing is read for that."""
    envelope = open_envelope(text or '')
    headers = envelope.get('headers') if envelope else None
    return headers if isinstance(headers, dict) else {}


def publication(text: str, key: Sequence[str] | None = None) -> str:
    """Give an execution context that shows the value of which `text` is the JSON.

    Without a `key` it does not leave the process. The envelope leaves room for what the engine may have to say.
    """
    start, end = f'{_START}{VERSION},"published":', '}'
    payload = Payload() if key is not None else Payload().in_place()
    kept = payload.put(text, 'published', key or (), DATA - len(start) - len(end))
    return f'{start}{text}{end}' if kept == text else kept


def published(text: str | None) -> Any:
    """Give the value that `publication` was given; of another client's execution context, the text."""
    envelope = open_envelope(text or '')
    if envelope is None or 'published' in envelope:
        return envelope['published'] if envelope else text
    return Payload().read_result(text)


def read_signal(text: str | None) -> Any:
    """Give a signal's value: what it is in JSON, or the text itself, as the AWS console may send it."""
    if text is None:
        return None
    found = Payload().get(text)
    try:
        return JsonSerializer().deserialize_result(found)
    except UnreadablePayloadError:
        return found


def fitting(text: str, name: str, limit: int = DATA, advice: str = '') -> str:
    """Give `text`, which must fit into the field `name`; raises a PayloadTooLargeError, with `advice`, if not."""
    if len(text) > limit:
        raise PayloadTooLargeError(f'the {name} is {len(text):,} characters, and SWF takes {limit:,}{advice}')
    return text


def plain_text(text: Any, name: str, limit: int = DATA) -> str:
    """Give `text`, which stands in the field `name` as it is, since no data store keeps what is larger.

    Raises a DefinitionError where it is no text, a PayloadTooLargeError where it does not fit.
    """
    if not isinstance(text, str):
        raise DefinitionError(f'{name} is a text, but it is {describe_value(text)}')
    if len(text) > limit:
        raise PayloadTooLargeError(f'the {name} is {len(text):,} characters, and SWF takes {limit:,}')
    return text


def open_envelope(text: str) -> dict[str, Any] | None:
    """Give the members of an envelope; None where `text` is none."""
    if not text.startswith(_START):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadablePayloadError(f'a damaged envelope: {error} in {text[:80]!r}') from error
    version = found.get('pyswfaws') if isinstance(found, dict) else None
    return found if version == VERSION and type(version) is int else {}


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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def characters(text: str) -> str:
    """Escape lone surrogates, which are no characters, as JSON does too: the wire would not take them."""
    return text.encode(errors='backslashreplace').decode()
