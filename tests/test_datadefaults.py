"""Defaults of a process: the store and the codecs of what names none."""

import pytest

from pyswfaws.codecs import ZlibCodec
from pyswfaws.datadefaults import data_defaults, set_data_defaults
from pyswfaws.datastores import FileDataStore, MemoryDataStore, OverflowDataStore, SwfDataStore
from pyswfaws.exceptions import ConfigurationError, DefinitionError
from pyswfaws.payload import Payload


@pytest.fixture(autouse=True)
def as_before():
    yield
    set_data_defaults()


def test_unless_anything_is_said_all_stays_in_swf():
    assert isinstance(data_defaults().store, SwfDataStore)
    assert data_defaults().codecs == ()
    assert Payload().is_inline


def test_the_environment_names_a_store_for_what_does_not_fit(monkeypatch, tmp_path):
    monkeypatch.setenv('PYSWFAWS_STORE', f'file://{tmp_path}/data')
    store = data_defaults().store
    assert isinstance(store, OverflowDataStore)
    assert store is data_defaults().store
    assert Payload().write_result('small', ('run',)) == '"small"'
    assert f'"at":"file://{tmp_path}/data/run/result-' in Payload().write_result('x' * 40_000, ('run',))
    assert Payload(store=SwfDataStore()).is_inline      # what the decorator says goes before


def test_an_address_that_is_none_says_so(monkeypatch):
    monkeypatch.setenv('PYSWFAWS_STORE', 'swf-data')
    with pytest.raises(ConfigurationError, match="'swf-data' is no address of a data store"):
        Payload().write_result(1)


def test_the_program_goes_before_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv('PYSWFAWS_STORE', f'file://{tmp_path}')
    store = MemoryDataStore()
    set_data_defaults(store)
    assert data_defaults().store is store
    set_data_defaults(codecs=[ZlibCodec()])
    assert data_defaults().store.large.folder == tmp_path
    set_data_defaults()
    assert data_defaults().codecs == ()


def test_codecs_are_for_whatever_names_none():
    set_data_defaults(codecs=[ZlibCodec()])
    text = Payload().write_result('x' * 40_000)
    assert text.startswith('{"pyswfaws":1,"codecs":["zlib"],"data":"')
    assert Payload().read_result(text) == 'x' * 40_000
    assert Payload(codecs=()).write_result('x' * 2_000) == f'"{"x" * 2_000}"'


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'store': 's3://bucket'}, 'store is a DataStore'), ({'codecs': ['zlib']}, 'codecs is a sequence of codecs'),
    ({'codecs': ZlibCodec()}, 'codecs is a sequence of codecs'),
])
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(DefinitionError, match=message):
        set_data_defaults(**arguments)
    assert isinstance(data_defaults().store, SwfDataStore)


def test_a_file_store_is_made_where_the_address_says(monkeypatch, tmp_path):
    monkeypatch.setenv('PYSWFAWS_STORE', f'file://{tmp_path}')
    assert isinstance(data_defaults().store.large, FileDataStore)
