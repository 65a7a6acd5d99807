"""Restarting: the command begins anew in its own place, with its process id: process 1 of a container may not end."""

import logging
import os
import sys
from typing import NoReturn


def restart() -> NoReturn:
    """Run the same command line again, instead of this process: its threads end, and what it has open is closed."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the command line of this process, as it was given
