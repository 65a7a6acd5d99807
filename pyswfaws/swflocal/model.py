"""Botocore's own model of SWF, read from its data folder without importing botocore.

The model is the API reference in a form that a program can read: every operation, its members and their constraints.
The service core checks requests against it. Importing botocore takes longer than everything else that SWF Local does
at its start, so the file is found by the folder that the package stands in.
"""

import functools
import gzip
import importlib.util
from pathlib import Path
from typing import Any

import msgspec

_FOLDER = Path('data', 'swf', '2012-01-25')


@functools.cache
def service_model() -> dict[str, Any]:
    """Give botocore's service model of SWF. It is shared: read it, never change it.

    Raises:
        FileNotFoundError: no botocore is installed, or its model of SWF stands elsewhere than it did.
    """
    return _read('service-2.json')


@functools.cache
def paginators() -> dict[str, Any]:
    """Give botocore's table of SWF's paged operations. It is shared: read it, never change it."""
    return _read('paginators-1.json')


def _read(name: str) -> dict[str, Any]:
    """Decode one file of the model; botocore keeps it compressed or plain, by its version."""
    spec = importlib.util.find_spec('botocore')
    for location in (spec.submodule_search_locations or ()) if spec else ():
        plain = Path(location, _FOLDER, name)
        packed = plain.with_name(f'{name}.gz')
        if packed.exists():
            return _decode(gzip.decompress(packed.read_bytes()))
        if plain.exists():
            return _decode(plain.read_bytes())
    raise FileNotFoundError(f'botocore/{_FOLDER / name} was not found: install botocore, whose model of SWF it is')


def _decode(text: bytes) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
