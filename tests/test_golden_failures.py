"""Every form that a failure was ever written in is read, for ever. The file is never changed; new forms are added."""

import json
from pathlib import Path

import pytest

from pyswfaws.codecs import AesGcmCodec
from pyswfaws.failures import Failure
from pyswfaws.payload import Payload

CASES = [
    case
    for path in sorted((Path(__file__).parent / 'golden' / 'failures').glob('*.json'))
    for case in json.loads(path.read_text(encoding='utf-8'))
]
KEYED = Payload(codecs=(AesGcmCodec({'k1': b'0123456789abcdef0123456789abcdef'}, 'k1'),))


@pytest.mark.parametrize('case', CASES, ids=[case['what'] for case in CASES])
def test_a_failure_of_any_age_is_read(case):
    failure = Failure.read(case['reason'], case['details']).opened(KEYED)
    found = {name: getattr(failure, name) for name in case['found']}
    found['led_by'] = failure.led_by and failure.led_by.reason
    assert json.loads(json.dumps(found)) == case['found']
