"""Every form that a payload was ever written in is read, for ever: also the predecessor's.

Executions live for up to a year, and their histories for up to ninety days more. The file is never changed; a new form
brings a new case, or a new file.
"""

import importlib.util
import json
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict

from pyswfaws.codecs import AesGcmCodec
from pyswfaws.contents import CONTENTS
from pyswfaws.datadefaults import set_data_defaults
from pyswfaws.datastores import DataStore
from pyswfaws.failures import Failure
from pyswfaws.payload import Payload, carried, published, read_signal
from pyswfaws.serializers import ProtobufSerializer
from pyswfaws.serializers.pickled import PickleSerializer

KEY = b'0123456789abcdef0123456789abcdef'
GOLDEN = [json.loads(path.read_text(encoding='utf-8')) for path in Path(__file__).parent.glob('golden/*.json')]
CASES = [(case, file['kept']) for file in GOLDEN for case in file['cases']]

_SPEC = importlib.util.spec_from_file_location('shop_pb2', Path(__file__).parent / 'serializers' / 'shop_pb2.py')
shop = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(shop)


class Kept(DataStore):
    """A bucket as it was then."""

    def __init__(self, kept):
        self.kept = kept

    def put(self, message, key):
        raise AssertionError('nothing is written')

    def get(self, key):
        return self.kept[key.removeprefix('s3://swf-data/')]


def as_json(args, kwargs):
    return [[MessageToDict(one) for one in args], {name: MessageToDict(one) for name, one in kwargs.items()}]


def of_carried(text):
    found, events, _ = carried(text)
    signals = [event['workflowExecutionSignaledEventAttributes'] for event in events]
    return [found, [[one['signalName'], one['input']] for one in signals]]


def of_failure(text):
    failure = Failure.read(None, text)
    return [failure.message, list(failure.types), failure.is_final]


READERS = {
    'input': lambda text: [[*Payload().read_input(text)[0]], Payload().read_input(text)[1]],
    'result': lambda text: Payload().read_result(text),
    'published': published,
    'signal': read_signal,
    'carried': of_carried,
    'failure': of_failure,
    'protobuf': lambda text: as_json(*ProtobufSerializer(shop.Order).deserialize_input(text)),
    'pickle': lambda text: json.loads(json.dumps(PickleSerializer(KEY).deserialize_result(text))),
}


@pytest.mark.parametrize(('case', 'kept'), CASES, ids=[case['name'] for case, _ in CASES])
def test_what_was_written_then_is_read(case, kept):
    CONTENTS.clear()
    set_data_defaults(Kept(kept), [AesGcmCodec({'2026-11': KEY}, '2026-11')])
    try:
        assert READERS[case['read']](case['text']) == case['value']
    finally:
        set_data_defaults()
