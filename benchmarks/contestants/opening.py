"""The seconds until a file that a dead process left behind answers: the file, and the executions it must have."""

import sys
from time import perf_counter

from pyswfaws.swflocal import SwfLocal

began = perf_counter()
with SwfLocal(sys.argv[1]) as swf:
    found = swf.direct_client().count_open_workflow_executions(domain='crowd', startTimeFilter={'oldestDate': 0})
    took = perf_counter() - began
    assert found['count'] == int(sys.argv[2])
print(took)
