"""The seconds that a hello world takes as a command, from its start to its end: ours, or the peer's."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).parent
OURS = HERE.parents[1] / 'examples' / 'hello.py'
QUIET = sys.argv[1] == 'ours'

began = perf_counter()
done = subprocess.run(
    [sys.executable, str(OURS if QUIET else HERE / 'dbos_hello.py')], check=True, capture_output=True, text=True)
took = perf_counter() - began
assert done.stdout.endswith('Hello, world!\n')
assert not (QUIET and done.stderr), done.stderr
print(took)
