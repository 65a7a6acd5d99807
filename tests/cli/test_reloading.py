"""Which sources count as changed."""

import os
import sys
import types
from pathlib import Path

from pyswfaws.cli.reloading import Sources

SECOND = 10**9     # in nanoseconds; some file systems keep no finer times
LONG_AGO, BEGAN, LATER, FAR_AWAY = 10**9 * SECOND, 1_000_000_001 * SECOND, 1_000_000_002 * SECOND, 5 * 10**18


def written(folder, name, moment):
    path = Path(folder, name)
    path.touch()
    os.utime(path, ns=(moment, moment))
    return path


def test_what_is_written_after_it_was_seen_has_changed(tmp_path):
    sources = Sources(tmp_path, BEGAN)
    path = written(tmp_path, 'a.py', LONG_AGO)
    sources.add([str(path), str(written(tmp_path, 'b.py', FAR_AWAY))])
    assert sources.changed() is None
    written(tmp_path, 'a.py', LATER)
    assert sources.changed() == path


def test_what_was_written_between_its_import_and_the_first_look_has_changed(tmp_path, monkeypatch):
    path = written(tmp_path, 'oven.py', LATER)
    module = types.ModuleType('oven')
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, 'oven', module)
    assert Sources(tmp_path, BEGAN).changed() == path
    assert Sources(tmp_path, LATER).changed() is None, 'it was there when this began'
