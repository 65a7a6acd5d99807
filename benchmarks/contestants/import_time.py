"""The milliseconds that ``import`` of a module takes in a fresh process; ours may not load boto3."""

import importlib
import sys
from time import perf_counter

began = perf_counter()
importlib.import_module(sys.argv[1])
took = perf_counter() - began
assert sys.argv[1] != 'pyswfaws' or 'boto3' not in sys.modules
print(1000 * took)
