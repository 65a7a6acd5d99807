"""A clock that is wrong: with this folder on PYTHONPATH a process is so many seconds off, as CHAOS_SKEW says."""

import os
import time

_OFF = float(os.environ.get('CHAOS_SKEW', '0'))
_right = time.time

time.time = lambda: _right() + _OFF
