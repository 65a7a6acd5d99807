"""Values by their annotations: what is written comes back as what it was, or is refused where it is written."""

import dataclasses
import datetime as dt
import decimal
import enum
import json
import typing
import uuid
from collections.abc import Collection, Iterable, Sequence

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws import (
    AesGcmCodec,
    DistributedActivityWorker,
    DistributedDecisionWorker,
    LocalDecisionWorker,
    MemoryDataStore,
    OverflowDataStore,
    SwfDataStore,
    ZlibCodec,
    activity_task,
    decision_task,
)
from pyswfaws.exceptions import DefinitionError, SerializationError, UnreadablePayloadError
from pyswfaws.payload import Payload
from pyswfaws.serializers import Annotations, JsonSerializer, PydanticSerializer

T = typing.TypeVar('T')
TEXT = st.text(st.characters(exclude_categories=['Cs']))


class Size(enum.Enum):
    SMALL = 's'
    LARGE = 'l'


class Level(enum.IntEnum):
    LOW = 1


class Point(typing.NamedTuple):
    x: float
    label: str


class Row(typing.TypedDict):
    name: str
    when: dt.date


@dataclasses.dataclass
class Item:
    name: str
    price: decimal.Decimal
    sizes: set[Size]
    extra: typing.Any = None


@dataclasses.dataclass
class Order:
    id: uuid.UUID
    when: dt.datetime
    items: list[Item]
    parent: 'Order | None' = None


class Struct(msgspec.Struct):
    data: bytes
    took: dt.timedelta


@attrs.define
class Attrs:
    names: tuple[str, ...]
    at: dt.time


class Model(pydantic.BaseModel):
    when: dt.datetime
    price: decimal.Decimal
    inner: dict[str, list[int]] = {}
    alias: int = pydantic.Field(0, alias='an alias')


MOMENTS = st.datetimes(timezones=st.none() | st.just(dt.UTC))
PRICES = st.decimals(allow_nan=False, allow_infinity=False, places=4)
ITEMS = st.builds(Item, TEXT, PRICES, st.sets(st.sampled_from(Size)), st.none() | st.integers() | st.lists(TEXT))
KINDS = {
    bool: st.booleans(), int: st.integers(), float: st.floats(allow_nan=False, allow_infinity=False), str: TEXT,
    type(None): st.none(), dt.datetime: MOMENTS, dt.date: st.dates(), dt.time: st.times(),
    dt.timedelta: st.timedeltas(dt.timedelta(days=-10_000), dt.timedelta(days=10_000)),
    uuid.UUID: st.uuids(), decimal.Decimal: PRICES, bytes: st.binary(), Size: st.sampled_from(Size),
    Level: st.sampled_from(Level), Point: st.builds(Point, st.floats(-1e9, 1e9), TEXT),
    set[int]: st.sets(st.integers(0, 9)), frozenset[str]: st.frozensets(TEXT),
    tuple[int, str]: st.tuples(st.integers(), TEXT), tuple[bytes, ...]: st.lists(st.binary()).map(tuple),
    dict[int, dt.date]: st.dictionaries(st.integers(), st.dates()), Row: st.builds(Row, name=TEXT, when=st.dates()),
    dict[str, Size]: st.dictionaries(TEXT, st.sampled_from(Size)), Item: ITEMS,
    Order: st.builds(Order, st.uuids(), MOMENTS, st.lists(ITEMS, max_size=2), st.none()),
    Attrs: st.builds(Attrs, st.lists(TEXT).map(tuple), st.times()),
    Model: st.builds(Model, when=MOMENTS, price=PRICES, inner=st.just({'a': [1]}), **{'an alias': st.integers()}),
    list[Model | None]: st.lists(st.none() | st.builds(Model, when=MOMENTS, price=PRICES), max_size=2),
    Item | None: st.none() | ITEMS,
}
STRUCTS = {Struct: st.builds(Struct, st.binary(), st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)))}

UNKNOWN_TO_PYDANTIC = [Attrs, Row]   # typing.TypedDict, on Python 3.11


def annotated(annotation, serializer=None):
    def function(one, *rest, named, **others):
        """Of which every argument, and the result, is annotated alike."""

    function.__annotations__ = dict.fromkeys(('one', 'rest', 'named', 'others', 'return'), annotation)
    return (serializer or JsonSerializer()).annotated(Annotations(function))


@pytest.mark.parametrize('annotation', [*KINDS, *STRUCTS], ids=str)
def test_a_value_of_any_kind_comes_back_as_what_it_was(annotation):
    serializer = annotated(annotation)

    @given(({**KINDS, **STRUCTS})[annotation])
    def holds(value):
        text = serializer.serialize_result(value)
        json.loads(text)
        back = serializer.deserialize_result(text)
        assert back == value
        assert type(back) is type(value)
        args, kwargs = serializer.deserialize_input(
            serializer.serialize_input((value, value), {'named': value, 'another': value}),
        )
        assert args == (value, value)
        assert kwargs == {'named': value, 'another': value}

    holds()


@pytest.mark.parametrize('annotation', [kind for kind in KINDS if kind not in UNKNOWN_TO_PYDANTIC], ids=str)
def test_so_it_does_through_pydantic(annotation):
    serializer = annotated(annotation, PydanticSerializer())

    @given(KINDS[annotation])
    def holds(value):
        assert serializer.deserialize_result(serializer.serialize_result(value)) == value
        args, kwargs = serializer.deserialize_input(serializer.serialize_input((value,), {'named': value}))
        assert (args, kwargs) == ((value,), {'named': value})

    holds()


def test_what_stands_in_swf_is_plain_json():
    text = annotated(Order).serialize_result(Order(
        uuid.UUID(int=5), dt.datetime(2026, 1, 2, tzinfo=dt.UTC), [Item('é', decimal.Decimal('1.50'), {Size.LARGE})],
    ))
    assert text == (
        '{"id":"00000000-0000-0000-0000-000000000005","when":"2026-01-02T00:00:00Z",'
        '"items":[{"name":"é","price":"1.50","sizes":["l"],"extra":null}],"parent":null}'
    )


def test_what_is_not_annotated_is_plain_json_beside_what_is():
    def function(when: dt.date, rest, named=None, *, flag: bool = False):
        """Half annotated."""

    serializer = JsonSerializer().annotated(Annotations(function))
    text = serializer.serialize_input((dt.date(2026, 1, 2), (1, {'a': 2})), {'named': [3], 'flag': True})
    assert text == '[["2026-01-02",[1,{"a":2}]],{"named":[3],"flag":true}]'
    assert serializer.deserialize_input(text) == ((dt.date(2026, 1, 2), [1, {'a': 2}]), {'named': [3], 'flag': True})
    with pytest.raises(SerializationError, match=r'args\[1\] is datetime.date'):
        serializer.serialize_input((dt.date(2026, 1, 2), dt.date(2026, 1, 2)), {})


@pytest.mark.parametrize(('annotation', 'value'), [
    (object, [1]), (dict[str, object], {'a': [1, {'b': None}]}), (Iterable[int], [1]), (Collection, [1]), (T, [1]),
    (Sequence[dt.date], [dt.date.min]), (int | str, 'x'), (list | None, None), (typing.Annotated[int, 'of it'], 1),
    (typing.Literal['a', 1], 'a'),
])
def test_an_annotation_that_says_little_takes_what_json_has(annotation, value):
    serializer = annotated(annotation)
    assert serializer.deserialize_result(serializer.serialize_result(value)) == value


def test_a_whole_number_does_for_a_float_unless_a_float_cannot_be_it():
    serializer = annotated(list[float])
    (numbers,), _ = serializer.deserialize_input(serializer.serialize_input(([6, 0.5],), {}))
    assert (numbers, [type(number) for number in numbers]) == ([6.0, 0.5], [float, float])
    with pytest.raises(SerializationError, match=r'args\[0\]\[0\] is 9007199254740993 \(int\)'):
        serializer.serialize_input(([2**53 + 1],), {})


def test_a_receiver_is_no_argument():
    class Shop:
        def sell(self, when: dt.date):
            """Sell."""

    serializer = JsonSerializer().annotated(Annotations(Shop.sell, has_receiver=True))
    assert serializer.serialize_input((dt.date(2026, 1, 2),), {}) == '[["2026-01-02"],{}]'


def test_a_default_of_none_takes_none():
    def function(when: dt.date = None):  # noqa: RUF013 - that is the point
        """As many write it."""

    serializer = JsonSerializer().annotated(Annotations(function))
    assert serializer.deserialize_input(serializer.serialize_input((None,), {})) == ((None,), {})


@pytest.mark.parametrize(('annotation', 'value', 'message'), [
    (int, '5', r'args\[0\]: Expected `int`, got `str`'),
    (list[int], [1, 'x'], r'args\[0\]\[1\]: Expected `int`, got `str`; args\[0\] is annotated as list\[int\]'),
    (Order, 'Ada', r'args\[0\]: Expected `object`, got `str`; args\[0\] is annotated as Order'),
    (Order, Order(uuid.UUID(int=5), 'yesterday', []), r'args\[0\]\.when: Invalid RFC3339'),
    (list[Item], [Item('a', decimal.Decimal(1), {'xs'})], r'args\[0\]\[0\]\.sizes.*: Invalid enum value'),
    (dict[int, int], {'x': 1}, r'a key of args\[0\].*: Expected `int`'),
    (float, float('nan'), r'args\[0\]: Expected `float`, got `null`'),
    (float | None, float('nan'), r'args\[0\] is nan \(float\), which would come back as None'),
    (dict, {'a': [0, {'when': dt.date(2026, 1, 2)}]}, r"args\[0\]\['a'\]\[1\]\['when'\] is datetime\.date"),
    (dict[str, typing.Any], {'a': {1}}, r"args\[0\]\['a'\] is \{1\} \(set\), which would come back as \[1\]"),
    (list, [(1, b'x')], r"args\[0\]\[0\]\[1\] is b'x' \(bytes\), which would come back as 'eA=='"),
    (Item, Item('a', decimal.Decimal(1), set(), [Size.LARGE]), r'args\[0\]\.extra\[0\] is <Size.LARGE'),
    (dict, {dt.date(2026, 1, 2): 1}, r'args\[0\] has the key datetime\.date'),
    (object, complex(1), r'args\[0\] is \(1\+0j\) \(complex\), which JSON cannot write'),
    (Iterable[int], {1}, r'args\[0\] is \{1\} \(set\), which would come back as \[1\]'),
    (list[list[object]], [[1, {'k': object}]], r"args\[0\]\[0\]\[1\]\['k'\] is <class 'object'>"),
    (Item, Item('a', decimal.Decimal(1), set(), object), r"args\[0\]\.extra is <class 'object'>"),
    (Struct, Struct(object, dt.timedelta(1)), r"args\[0\]\.data is <class 'object'>"),
    (Attrs, Attrs((object,), dt.time()), r"args\[0\]\.names\[0\] is <class 'object'>"),
    (str, '\ud800', r"args\[0\] is '\\ud800'"),
    (complex, complex(1), r'args\[0\] is \(1\+0j\)'),
    (typing.Any, {1}, r'args\[0\] is \{1\} \(set\), which JSON cannot write'),
])
def test_what_would_not_come_back_is_refused_by_its_place(annotation, value, message):
    with pytest.raises(SerializationError, match=message):
        annotated(annotation).serialize_input((value,), {})


def circular():
    value = []
    value.append(value)
    return value


def test_what_contains_itself_is_refused():
    with pytest.raises(SerializationError, match='nested too deeply for JSON, or contains itself'):
        annotated(list).serialize_result(circular())


@pytest.mark.parametrize(('annotation', 'text', 'message'), [
    (dt.date, '[["soon"],{}]', r'args\[0\]: Invalid RFC3339'),
    (Item, '[[{"name":5}],{}]', r'args\[0\]\.name: Expected `str`, got `int`'),
    (int, '[[],{"named":"x"}]', 'named: Expected `int`'),
    (Model, '[[{"when":1}],{}]', r'args\[0\]'),
    (int, '[1]', r'an input is \[\[arguments\]'),
    (int, '{', 'no JSON'),
    (list, '[[' + '[' * 100_000 + ']' * 100_000 + '],{}]', 'no JSON|an input is'),
    (int, '[[' + '1' * 10_000 + '],{}]', r'args\[0\]'),
])
def test_what_is_no_such_value_is_unreadable_by_its_place(annotation, text, message):
    with pytest.raises(UnreadablePayloadError, match=message):
        annotated(annotation).deserialize_input(text)


@given(st.text() | st.builds('[[{}],{{}}]'.format, st.text()))
def test_any_text_is_read_or_unreadable(text):
    for annotation in (Order, Model, int, dict):
        for serializer in (JsonSerializer(), PydanticSerializer()):
            try:
                annotated(annotation, serializer).deserialize_input(text)
            except UnreadablePayloadError:
                continue


def test_hostile_names_stay_data():
    text = '{"__class":"os:system","py/object":"os.system","__reduce__":["os.system",["true"]]}'
    assert annotated(dict).deserialize_result(text) == json.loads(text)
    assert annotated(object, PydanticSerializer()).deserialize_result(text) == json.loads(text)


def test_an_annotation_that_json_cannot_tell_apart_is_a_wrong_definition():
    with pytest.raises(DefinitionError, match='JSON cannot be read as'):
        annotated(Item | Order).serialize_result(None)
    with pytest.raises(DefinitionError, match='JSON cannot be read as'):
        annotated(Item | Order).check_input()
    with pytest.raises(DefinitionError, match='JSON cannot be read as'):
        annotated(Item | Order).check_result()
    for serializer in (annotated(Order), JsonSerializer(), PydanticSerializer()):
        serializer.check_input()
        serializer.check_result()


@pytest.mark.parametrize('worker', [DistributedActivityWorker, DistributedDecisionWorker, LocalDecisionWorker])
def test_a_worker_finds_it_out_before_it_starts(worker):
    @activity_task(swf_domain='d', swf_task_list='t')
    def work(one: Item | Order): ...

    @decision_task(swf_domain='d', swf_task_list='t')
    def decide(one: Item | Order): ...

    target = work if worker is DistributedActivityWorker else decide
    with pytest.raises(DefinitionError, match='JSON cannot be read as'):
        worker(target, **({} if worker is LocalDecisionWorker else {'client': object()}))


def test_a_lambda_function_is_given_its_arguments_by_name():
    def resize(when: dt.date, sizes: set[int]) -> str: ...

    serializer = JsonSerializer().annotated(Annotations(resize))
    event = serializer.serialize_event({'when': dt.date(2026, 1, 2), 'sizes': {1}})
    assert event == '{"when":"2026-01-02","sizes":[1]}'


CODECS = (ZlibCodec(minimum=0), AesGcmCodec({'k': b'k' * 32}, 'k'))


@pytest.mark.parametrize('annotation', KINDS, ids=str)
def test_so_it_does_through_codecs_and_a_store(annotation):
    @given(KINDS[annotation], st.sampled_from([(), CODECS[:1], CODECS]), st.sampled_from([0, 10, 32_768]))
    def holds(value, codecs, threshold):
        store = OverflowDataStore(SwfDataStore(), MemoryDataStore(), threshold)
        payload = Payload(annotated(annotation), store, codecs)
        assert payload.read_result(payload.write_result(value, ('run',))) == value
        text = payload.write_input((value,), {'named': value}, ('run',))
        assert payload.read_input(text) == ((value,), {'named': value})

    holds()


def test_an_annotation_that_cannot_be_looked_up_is_a_wrong_definition():
    def function(one: 'Nowhere'):  # noqa: F821 - that is the point
        """Say what cannot be found."""

    with pytest.raises(DefinitionError, match="function cannot be looked up: name 'Nowhere' is not defined"):
        JsonSerializer().annotated(Annotations(function)).serialize_input((1,), {})
    assert JsonSerializer(typed=False).annotated(Annotations(function)).serialize_input((1,), {}) == '[[1],{}]'


def test_what_is_defined_further_down_is_looked_up_late():
    serializer = JsonSerializer().annotated(Annotations(of_later))
    assert serializer.deserialize_result('{"n":1}') == Later(1)


def of_later() -> 'Later':
    """Give what stands below."""


@dataclasses.dataclass
class Later:
    n: int


class Strict(pydantic.BaseModel):
    n: int = pydantic.Field(gt=0)


@pytest.mark.parametrize(('annotation', 'value', 'message'), [
    (int, '5', r'args\[0\] is'),
    (list[int], [1, 'x'], r'args\[0\]'),
    (float | None, float('nan'), r'args\[0\] is nan \(float\), which would come back as None'),
    (Strict, Strict.model_construct(n=-1), r"args\[0\]\['n'\] is -1 \(int\): Input should be greater than 0"),
    (dict[str, typing.Any], {'a': {1}}, r"args\[0\]\['a'\] is \{1\} \(set\)"),
])
def test_pydantic_refuses_what_would_not_come_back(annotation, value, message):
    with pytest.raises(SerializationError, match=message):
        annotated(annotation, PydanticSerializer()).serialize_input((value,), {})


def test_pydantic_says_where_it_cannot_read():
    with pytest.raises(UnreadablePayloadError, match=r"args\[0\]\['n'\] is 0 \(int\): Input should be greater than 0"):
        annotated(Strict, PydanticSerializer()).deserialize_input('[[{"n":0}],{}]')
    with pytest.raises(DefinitionError, match='pydantic cannot read JSON as'):
        annotated(Attrs, PydanticSerializer()).serialize_result(None)
