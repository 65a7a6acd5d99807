"""Two messages, as protoc would make them of a .proto file; made by hand, so that the tests need no protoc."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto


def _message(name, *fields):
    return descriptor_pb2.DescriptorProto(name=name, field=[
        _FIELD(name=field, number=number, type=kind, label=label)
        for number, (field, kind, label) in enumerate(fields, 1)
    ])


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(descriptor_pb2.FileDescriptorProto(name='shop.proto', package='shop', syntax='proto2', message_type=[
    _message(
        'Order',
        ('id', _FIELD.TYPE_INT64, _FIELD.LABEL_REQUIRED),
        ('items', _FIELD.TYPE_STRING, _FIELD.LABEL_REPEATED),
        ('picture', _FIELD.TYPE_BYTES, _FIELD.LABEL_OPTIONAL),
    ),
    _message('Customer', ('name', _FIELD.TYPE_STRING, _FIELD.LABEL_OPTIONAL)),
]))
Order = message_factory.GetMessageClass(_POOL.FindMessageTypeByName('shop.Order'))
Customer = message_factory.GetMessageClass(_POOL.FindMessageTypeByName('shop.Customer'))
