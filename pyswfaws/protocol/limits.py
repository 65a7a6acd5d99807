"""SWF's limits: how long a field may be, how long a name, how many of a thing, how many seconds.

Lengths are counted in characters. Source: the SWF API reference (constraints of each member) and the developer guide's
page on quotas.
"""

import re
from typing import Final

# Fields of text.
DATA: Final = 32_768            # input, result, details, control, executionContext
LIMITED_DATA: Final = 2_048     # the details of a heartbeat
REASON: Final = 256             # the reason of a failure or a termination
IDENTITY: Final = 256           # who polled
TOKEN: Final = 1_024            # a task token
NAME: Final = 256               # domains, types, task lists, ids of workflows, activities and timers, markers, signals
VERSION: Final = 64             # the version of a type
TAGS: Final = 5                 # tags of one execution, each at most NAME characters

# Numbers of things.
EVENTS: Final = 25_000          # in one history; SWF then terminates the execution
OPEN_ACTIVITIES: Final = 1_000  # of one execution, scheduled and started
OPEN_TIMERS: Final = 1_000
OPEN_CHILDREN: Final = 1_000
OPEN_EXECUTIONS: Final = 100_000    # of one domain
DECISIONS: Final = 100          # in one answer; SWF itself bounds its size only, deciders keep to this
EVENTS_A_POLL: Final = 100      # PollForDecisionTask gives no longer page, whatever is asked
PAGE: Final = 1_000             # the longest page of every other paged operation
REQUEST: Final = 1_048_576      # bytes of one request, headers included

DOMAINS: Final = 100            # of one region, deprecated ones included
TYPES: Final = 10_000           # of one domain and kind, deprecated ones included
RESOURCE_TAGS: Final = 50       # of one domain
OPEN_LAMBDAS: Final = 1_000     # of one execution; the figure is not public

# Durations.
RETENTION_DAYS: Final = 90      # the longest that a closed execution is kept
LAMBDA_SECONDS: Final = 900     # the longest that a Lambda task may take, and its default

# Durations, in seconds.
YEAR: Final = 31_536_000        # the longest that an execution, a task or a timer may take
LONG_POLL: Final = 60           # a poll is answered after that long at the latest

#: What may not stand in a name or an id. The literal ``arn`` is not allowed either.
FORBIDDEN_IN_NAMES: Final = re.compile('[:/|\u0000-\u001f\u007f-\u009f]')
