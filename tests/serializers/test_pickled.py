"""Pickle: what is not signed with the key is never unpickled."""

import base64
import decimal
import hashlib
import hmac
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyswfaws.serializers
from pyswfaws.exceptions import DefinitionError, SerializationError, UnreadablePayloadError
from pyswfaws.serializers.pickled import PickleSerializer

KEY, OTHER = b'k' * 32, b'o' * 32
PICKLE = PickleSerializer(KEY)
unpickled = []


class Bomb:
    def __reduce__(self):
        return unpickled.append, (1,)


def test_it_has_to_be_asked_for():
    assert 'PickleSerializer' not in dir(pyswfaws.serializers) + dir(pyswfaws)


@given(st.complex_numbers(allow_nan=False) | st.sets(st.integers()) | st.text())
def test_any_value_gets_across(value):
    assert PICKLE.deserialize_result(PICKLE.serialize_result(value)) == value
    args, kwargs = PICKLE.deserialize_input(PICKLE.serialize_input((value, decimal.Decimal(1)), {'a': value}))
    assert (args, kwargs) == ((value, decimal.Decimal(1)), {'a': value})


def forged(key, what):
    data = pickle.dumps(Bomb())
    return f'{hmac.new(key, what + data, hashlib.sha256).hexdigest()}:{base64.b64encode(data).decode()}'


@pytest.mark.parametrize('text', [
    '', ':', 'x:gASVAAAAAAAAAAAu', forged(OTHER, b'pyswfaws result '), forged(KEY, b''), 'é:AAAA',
    base64.b64encode(pickle.dumps(Bomb())).decode(), f':{base64.b64encode(pickle.dumps(Bomb())).decode()}',
    PICKLE.serialize_input((), {}), PICKLE.serialize_result(5)[:-4], PickleSerializer(OTHER).serialize_result(5),
    '\ud800:AAAA', PICKLE.serialize_result(5).replace(':', ':\n'),
])
def test_what_is_not_signed_is_left_unread(text):
    with pytest.raises(UnreadablePayloadError):
        PICKLE.deserialize_result(text)
    assert unpickled == []


def test_a_key_can_be_changed():
    text = PICKLE.serialize_result(5)
    assert PickleSerializer(OTHER, KEY).deserialize_result(text) == 5
    assert PickleSerializer(OTHER).serialize_result(5) != text


class Fickle:
    def __reduce__(self):
        return 'nowhere to be found'


@pytest.mark.parametrize(('args', 'kwargs', 'place'), [
    ((1, lambda: 1), {}, r'args\[1\]'), ((), {'when': lambda: 1}, 'when'), ((Fickle(),), {}, r'args\[0\]'),
])
def test_what_cannot_be_pickled_is_named(args, kwargs, place):
    with pytest.raises(SerializationError, match=f'{place} cannot be pickled'):
        PICKLE.serialize_input(args, kwargs)


def test_a_class_that_has_gone_is_unreadable(monkeypatch):
    monkeypatch.setattr(f'{__name__}.Gone', type('Gone', (), {'__module__': __name__}), raising=False)
    monkeypatch.setitem(__import__('sys').modules, __name__, type('module', (), {'Gone': globals()['Gone']}))
    text = PICKLE.serialize_result(globals()['Gone']())
    monkeypatch.setitem(__import__('sys').modules, __name__, type('module', (), {}))
    with pytest.raises(UnreadablePayloadError, match='the result cannot be unpickled: AttributeError'):
        PICKLE.deserialize_result(text)


@pytest.mark.parametrize('key', [b'', b'short', 'k' * 32, None])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(DefinitionError, match='32 or more random bytes'):
        PickleSerializer(KEY, key)
    assert repr(PICKLE) == 'PickleSerializer()'     # and nothing of the key
