"""SWF Local and its workers in one process, durable in SQLite: ``steps`` or ``latency``, and a file to use if any."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import flows
from measures import measure

from pyswfaws import embedded

with TemporaryDirectory() as folder:
    path = sys.argv[2] if len(sys.argv) > 2 else Path(folder) / 'swf.db'    # noqa: PLR2004 - program, measure, file
    with embedded(flows, path) as client:
        measure(
            lambda n: client.start(flows.ten, n).result(), lambda n: client.start(flows.one, n).result(),
            steps=200, ones=500)
