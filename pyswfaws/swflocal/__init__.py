"""SWF Local: Amazon SWF as an embedded service, for laptops, tests and small jobs.

Inside, a pure core (`service`) over a store (`stores`); around it a host that owns the lock, the clock and the polls
that wait; and three ways in: the direct client, an in-process boto3 client, and HTTP for every AWS SDK.
"""

from pyswfaws.swflocal.clocks import Clock, SkippingClock, VirtualClock
from pyswfaws.swflocal.lambdas import command
from pyswfaws.swflocal.local import SwfLocal
from pyswfaws.swflocal.mishaps import Mishap
from pyswfaws.swflocal.service import RATES, Quotas, Rate

__all__ = [
    'RATES', 'Clock', 'Mishap', 'Quotas', 'Rate', 'SkippingClock', 'SwfLocal', 'VirtualClock', 'command',
]
