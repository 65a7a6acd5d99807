"""Codecs: what was encoded is decoded, alone and one after the other; what was changed on the way is not read."""

import os
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pyswfaws import codecs
from pyswfaws.codecs import AesGcmCodec, Codec, ZlibCodec, ZstdCodec
from pyswfaws.exceptions import ConfigurationError, DefinitionError, UnreadablePayloadError

KEYS = {'2025': b'5' * 16, '2026': b'6' * 32}
AES = AesGcmCodec(KEYS, '2026')
COMPRESSIONS = [ZlibCodec(minimum=0), ZstdCodec(minimum=0)]


@pytest.mark.parametrize('codec', [*COMPRESSIONS, AES], ids=repr)
@pytest.mark.parametrize('data', [b'', b'x', b'x' * 32_768, os.urandom(32_768), b'\x00\xff' * 1_000_000], ids=len)
def test_what_was_encoded_is_decoded(codec, data):
    encoded = codec.encode(data)
    assert (data if encoded is None else codec.decode(encoded)) == data


@given(st.binary())
def test_so_is_anything(data):
    for codec in (*COMPRESSIONS, AES):
        encoded = codec.encode(data)
        assert (data if encoded is None else codec.decode(encoded)) == data


@pytest.mark.parametrize('codec', [ZlibCodec(), ZstdCodec()], ids=repr)
def test_compression_leaves_alone_what_it_would_not_make_smaller(codec):
    assert codec.encode(b'x' * 999) is None
    assert codec.encode(os.urandom(5_000)) is None
    assert len(codec.encode(b'x' * 5_000)) < 100


@pytest.mark.parametrize('codec', [*COMPRESSIONS, AES], ids=repr)
def test_what_was_cut_off_or_changed_is_not_read(codec):
    whole = codec.encode(b'a text that is long enough to be worth it ' * 10)
    for end in range(len(whole)):
        with pytest.raises(UnreadablePayloadError):
            codec.decode(whole[:end])
    with pytest.raises(UnreadablePayloadError):
        codec.decode(whole + b'x')
    for position in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[position] ^= 1
        with pytest.raises(UnreadablePayloadError):
            codec.decode(bytes(changed))


@given(st.binary())
def test_any_bytes_are_read_or_unreadable(data):
    for codec in (*COMPRESSIONS, AES):
        try:
            codec.decode(data)
        except UnreadablePayloadError:
            continue


@pytest.mark.parametrize('codec', COMPRESSIONS, ids=repr)
def test_a_small_text_cannot_fill_the_memory(codec, monkeypatch):
    bomb = codec.encode(b'\x00' * 1_000_000)
    monkeypatch.setattr(codecs, 'LONGEST', 999_999)
    with pytest.raises(UnreadablePayloadError, match='longer than 999,999 bytes'):
        codec.decode(bomb)
    monkeypatch.setattr(codecs, 'LONGEST', 1_000_000)
    assert len(codec.decode(bomb)) == 1_000_000


def test_what_does_not_say_how_long_it_is_was_not_written_by_us():
    endless = zstandard.ZstdCompressor(write_content_size=False).compress(b'\x00' * 1_000_000)
    with pytest.raises(UnreadablePayloadError):
        ZstdCodec().decode(endless)


# Encryption.


def test_the_same_text_is_never_encrypted_alike():
    assert len({AES.encode(b'text') for _ in range(100)}) == 100


def test_what_an_older_key_wrote_is_read():
    assert AES.decode(AesGcmCodec(KEYS, '2025').encode(b'text')) == b'text'


def test_a_key_that_is_not_there_is_named():
    with pytest.raises(UnreadablePayloadError, match="encrypted under the key '2025'"):
        AesGcmCodec({'2026': KEYS['2026']}, '2026').decode(AesGcmCodec(KEYS, '2025').encode(b'text'))


def test_another_key_of_the_same_name_reads_nothing():
    with pytest.raises(UnreadablePayloadError, match='another key of that id'):
        AesGcmCodec({'2026': b'x' * 32}, '2026').decode(AES.encode(b'text'))


def test_keys_may_come_from_a_service_and_change():
    keys, current = {'a': b'a' * 32}, ['a']
    codec = AesGcmCodec(lambda: keys, lambda: current[0])
    old = codec.encode(b'text')
    keys['b'], current[0] = b'b' * 32, 'b'
    assert codec.decode(old) == codec.decode(codec.encode(b'text')) == b'text'
    assert codec.encode(b'text')[1:2] == b'b'
    del keys['a']
    with pytest.raises(UnreadablePayloadError, match="under the key 'a'"):
        codec.decode(old)


@pytest.mark.parametrize(('keys', 'current', 'message'), [
    ({'a': b'short'}, 'a', 'is 16, 24 or 32 bytes'), ({'a': 'x' * 32}, 'a', 'is 16, 24 or 32 bytes'),
    ({'': b'x' * 32}, '', 'under an id of 1 to 255 bytes'), ({'é' * 128: b'x' * 32}, 'é' * 128, '1 to 255 bytes'),
    ({}, 'a', "there is no key 'a'"), (None, 'a', 'keys is a Mapping or a callable'),
    (KEYS, None, 'current is a str or a callable'),
])
def test_wrong_keys_are_refused_and_not_shown(keys, current, message):
    with pytest.raises(DefinitionError, match=message) as raised:
        AesGcmCodec(keys, current)
    assert 'x' * 16 not in str(raised.value)
    assert repr(AES) == 'AesGcmCodec()'


@pytest.mark.parametrize(('make', 'module', 'extra'), [
    (ZstdCodec, 'zstandard', 'zstd'), (lambda: AesGcmCodec(KEYS, '2026'), 'cryptography', 'crypto'),
])
def test_an_extra_that_is_missing_is_named(make, module, extra, monkeypatch):
    for name in (module, f'{module}.hazmat.primitives.ciphers.aead'):
        monkeypatch.setitem(__import__('sys').modules, name, None)
    with pytest.raises(ConfigurationError, match=rf"pip install 'pyswfaws\[{extra}\]'"):
        make()


def test_one_of_ones_own():
    class Reversed(Codec):
        name = 'reversed'

        def encode(self, data):
            return data[::-1]

        def decode(self, data):
            return data[::-1]

    assert repr(Reversed()) == 'Reversed()'


def test_zlib_is_that_of_every_other_program():
    assert zlib.decompress(ZlibCodec(9, 0).encode(b'x' * 100)) == b'x' * 100
