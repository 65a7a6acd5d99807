"""The work of the chaos suite: workflows of ten activities, which keep a ledger of what was really run."""

import os
import time

from pyswfaws import RetryPolicy, activity, activity_task, decision_task

STEPS = 10
LEDGER = 'CHAOS_LEDGER'     # the variable that names the file
_IN_A_ROW = 5


@activity_task(start_to_close_timeout=5, retry=RetryPolicy(max_attempts=1000, retry_states=('TIMED_OUT',)))
def visit(number):
    """Write one line into the ledger, whole or not at all, and give the square of `number`."""
    info = activity.info()
    line = f'{info.run_id} {info.activity_id}\n'.encode()
    ledger = os.open(os.environ[LEDGER], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(ledger, line)
    finally:
        os.close(ledger)
    time.sleep(0.005)       # so that some are killed between the ledger and the answer
    return number * number


@decision_task(task_start_to_close_timeout=5)
def tour(first):
    """Visit five numbers one after another, and five at a time."""
    total = 0
    for number in range(first, first + _IN_A_ROW):
        total += visit(number).result
    rest = [visit(number) for number in range(first + _IN_A_ROW, first + STEPS)]
    return total + sum(one.result for one in rest)
