"""The service core of SWF Local: Amazon SWF as a function of the time and a request.

It imports nothing that knows a clock, a socket, a thread or a disk. See `Service`.
"""

from .faults import Fault
from .operations.lambda_tasks import Invocation
from .quotas import RATES, Quotas, Rate
from .service import ACCOUNT, Service
from .storage import Run, TaskListKey

__all__ = ['ACCOUNT', 'RATES', 'Fault', 'Invocation', 'Quotas', 'Rate', 'Run', 'Service', 'TaskListKey']
