"""JsonSerializer: what it writes is plain JSON, what it cannot write is named by its place."""

import datetime as dt
import json
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.exceptions import SerializationError, UnreadablePayloadError
from pyswfaws.serializers import JsonSerializer, Serializer

JSON = JsonSerializer()
TEXT = st.text(st.characters(exclude_categories=['Cs']))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


class Unprintable:
    def __repr__(self):
        raise ZeroDivisionError


class Colour(IntEnum):
    RED = 1


@given(VALUES)
def test_what_json_has_comes_back_as_it_was(value):
    assert JSON.deserialize_result(JSON.serialize_result(value)) == value


@given(st.lists(VALUES), st.dictionaries(TEXT, VALUES))
def test_so_do_arguments(args, kwargs):
    assert JSON.deserialize_input(JSON.serialize_input(args, kwargs)) == (tuple(args), kwargs)


@pytest.mark.parametrize('value', [None, 0, 0.0, False, '', [], {}])
def test_a_falsy_value_is_a_value(value):
    back = JSON.deserialize_result(JSON.serialize_result(value))
    assert back == value
    assert type(back) is type(value)


def test_what_stands_in_swf_is_plain_and_compact():
    assert JSON.serialize_input((5, 'é😀'), {'deep': None}) == '[[5,"é😀"],{"deep":null}]'
    assert JSON.serialize_result({'a': [1, 2]}) == '{"a":[1,2]}'


def test_json_has_lists_and_texts_where_python_has_more():
    assert JSON.deserialize_result(JSON.serialize_result({1: (1, (2,)), 'c': Colour.RED})) == {'1': [1, [2]], 'c': 1}


def circular():
    value = {'a': []}
    value['a'].append(value)
    return value


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(('value', 'message'), [
    ({1, 2}, r'result is \{1, 2\} \(set\), which JSON cannot write'),
    ({'a': [0, {'when': dt.date(2026, 1, 2)}]}, r"result\['a'\]\[1\]\['when'\] is datetime"),
    ((1, b'x'), r'result\[1\] is b'),
    (float('nan'), r'result is nan \(float\)'),
    ([float('inf')], r'result\[0\] is inf'),
    ({'x': {(1, 2): 3}}, r"result\['x'\] has the key \(1, 2\) \(tuple\); keys are strings"),
    ('\ud800', r"result is '\\ud800'"),
    ({'\ud800': 1}, 'result is '),
    (circular(), 'contains itself'),
    (deep(100_000), 'is nested too deeply'),
    ([deep(900), {1}], r'result\[1\] is \{1\}|nested too deeply'),
    (Unprintable(), r'result is a value that cannot be shown \(Unprintable\)'),
    ([10**5000], r'result\[0\] is a value that cannot be shown \(int\)'),
    ('x' * 200 + '\ud800', r'result is .{80} \(str\)'),
])
def test_what_cannot_be_written_is_named_by_its_place(value, message):
    with pytest.raises(SerializationError, match=message):
        JSON.serialize_result(value)


@pytest.mark.parametrize(('args', 'kwargs', 'message'), [
    ((1, {2}), {}, r'args\[1\] is \{2\}'),
    ((1,), {'when': [{2}]}, r'when\[0\] is \{2\}'),
    ((1,), {'\ud800': 2}, 'the name of an argument is'),
])
def test_an_argument_is_named_by_its_place(args, kwargs, message):
    with pytest.raises(SerializationError, match=message):
        JSON.serialize_input(args, kwargs)


@pytest.mark.parametrize('text', ['', '{', 'None', '[' * 100_000, '1' * 5000 + 'x', '"\x00"'])
def test_what_is_no_json_is_unreadable(text):
    with pytest.raises(UnreadablePayloadError, match='no JSON'):
        JSON.deserialize_result(text)


@pytest.mark.parametrize('text', ['1', '[]', '[[]]', '[{},[]]', '[[],[]]', '[[],{},1]', '{"args":[]}', 'null'])
def test_an_input_has_its_form(text):
    with pytest.raises(UnreadablePayloadError, match=r'an input is \[\[arguments\], \{keyword arguments\}\]'):
        JSON.deserialize_input(text)


@given(st.text())
def test_any_text_is_read_or_unreadable(text):
    try:
        JSON.deserialize_input(text)
    except UnreadablePayloadError:
        return
    assert isinstance(json.loads(text), list)


def test_hostile_names_stay_data():
    text = '{"__class":"os:system","py/object":"os.system","pyswfaws":0}'
    assert JSON.deserialize_result(text) == {'__class': 'os:system', 'py/object': 'os.system', 'pyswfaws': 0}


def test_it_can_be_printed_and_derived_from():
    assert repr(JSON) == 'JsonSerializer()'
    with pytest.raises(TypeError, match='abstract'):
        Serializer()
