"""Deciders that are methods: `self` is the worker's object, and never in a payload."""

import sys

from pyswfaws import DistributedDecisionWorker, decision_task
from trials.activities import double

DOUBLE = double.options(task_list='trials')    # not where the tills are


class Till:
    def __init__(self, rate):
        self.rate = rate

    @decision_task
    def total(self, *prices, discount=0):
        return (sum(DOUBLE(price).result for price in prices) - discount) * self.rate


def main():
    """A decision worker as a program has it, since a command could not make the object."""
    DistributedDecisionWorker(
        Till.total, decision_object=Till(rate=3), swf_domain='trials', swf_task_list='tills', endpoint_url=sys.argv[1],
    ).start()
