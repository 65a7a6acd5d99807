"""The seconds that a hello world takes as a command, from its start to its end: ``ours``, or the name of a peer's."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).parent
OURS = HERE.parents[1] / 'examples' / 'hello.py'
IS_OURS = sys.argv[1] == 'ours'

program = OURS if IS_OURS else HERE / f'{sys.argv[1]}_hello.py'
began = perf_counter()
done = subprocess.run([sys.executable, str(program)], check=True, capture_output=True, text=True)
took = perf_counter() - began
assert done.stdout.endswith('Hello, world!\n'), done.stdout
assert not (IS_OURS and done.stderr), done.stderr   # nothing that a newcomer would have to read
print(took)
