"""Protocol Buffers: messages get across, in the predecessor's form where there is one of them."""

import base64
import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.exceptions import DefinitionError, SerializationError, UnreadablePayloadError
from pyswfaws.serializers import Annotations, ProtobufSerializer

_SPEC = importlib.util.spec_from_file_location('shop_pb2', Path(__file__).with_name('shop_pb2.py'))
shop = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(shop)
Order, Customer = shop.Order, shop.Customer

ORDERS = st.builds(Order, id=st.integers(-2**63, 2**63 - 1), items=st.lists(st.text(
    st.characters(exclude_categories=['Cs']))), picture=st.binary())
OF_ORDERS = ProtobufSerializer(Order)


def sell(order: Order, customer: Customer, *, gift: Order) -> Customer:
    """Sell."""


BY_ANNOTATION = ProtobufSerializer().annotated(Annotations(sell))


@given(ORDERS)
def test_one_message_gets_across_by_position_by_name_and_as_a_result(order):
    text = OF_ORDERS.serialize_input((order,), {})
    assert Order.FromString(base64.b64decode(text)) == order
    assert OF_ORDERS.deserialize_input(text) == ((order,), {})
    assert OF_ORDERS.deserialize_input(OF_ORDERS.serialize_input((), {'order': order})) == ((), {'order': order})
    assert OF_ORDERS.deserialize_result(OF_ORDERS.serialize_result(order)) == order


@given(ORDERS, ORDERS)
def test_messages_of_several_classes_get_across_by_annotation(order, gift):
    customer = Customer(name='é')
    text = BY_ANNOTATION.serialize_input((order, customer), {'gift': gift})
    assert BY_ANNOTATION.deserialize_input(text) == ((order, customer), {'gift': gift})
    assert BY_ANNOTATION.deserialize_result(BY_ANNOTATION.serialize_result(customer)) == customer


def test_none_at_all_is_a_call_without_arguments():
    assert OF_ORDERS.deserialize_input(OF_ORDERS.serialize_input((), {})) == ((), {})


@pytest.mark.parametrize(('args', 'kwargs', 'message'), [
    ((Customer(),), {}, r'args\[0\] is .*\(Customer\), and no Order'),
    ((), {'order': None}, r'order is None \(NoneType\), and no Order'),
    ((Order(id=1), 5), {}, r'args\[1\] is 5'),
    ((Order(),), {}, r'args\[0\]: .*missing required fields: id'),
])
def test_what_is_no_such_message_is_refused(args, kwargs, message):
    with pytest.raises(SerializationError, match=message):
        OF_ORDERS.serialize_input(args, kwargs)


@pytest.mark.parametrize('text', [
    'é', 'AAA', '////', '[', '[1]', '[["////"],{}]', '[[5],{}]', '[[],{"a":null}]', '',
    base64.b64encode(b'\x12\x01x').decode(),
])
def test_what_holds_no_message_is_unreadable(text):
    with pytest.raises(UnreadablePayloadError):
        OF_ORDERS.deserialize_input(text)


def test_a_class_must_be_one_of_messages():
    with pytest.raises(DefinitionError, match='message_class is a class of Protocol Buffers messages'):
        ProtobufSerializer(int)
    with pytest.raises(DefinitionError, match='give ProtobufSerializer a message_class, or annotate'):
        ProtobufSerializer().serialize_result(Order(id=1))

    def plain(one: Order, two: int):
        """Take a message and a number."""

    with pytest.raises(DefinitionError, match=r'the annotation of args\[1\] of .*plain is a class'):
        ProtobufSerializer().annotated(Annotations(plain)).serialize_input((Order(id=1), 5), {})


def test_a_wrong_class_is_found_out_before_a_worker_starts():
    def half(one: Order, two: int) -> Customer:
        """Take a message and a number."""

    serializer = ProtobufSerializer().annotated(Annotations(half))
    serializer.check_result()
    with pytest.raises(DefinitionError, match=r'what is annotated of .*half is a class of'):
        serializer.check_input()
    for fine in (BY_ANNOTATION, OF_ORDERS):
        fine.check_input()
        fine.check_result()


def test_it_can_be_printed():
    assert (repr(OF_ORDERS), repr(ProtobufSerializer())) == ('ProtobufSerializer(Order)', 'ProtobufSerializer()')
    assert OF_ORDERS.annotated(Annotations(sell)) is OF_ORDERS
