"""A chain under flowy, the last release, on today's boto3: see ``deciding.py`` for the arguments.

What it needs of what Python has lost since that release is put back: the abstract classes in ``collections``.
"""

import collections
import collections.abc
import json

from chain import DOMAIN, TASK_LIST, Chain, Dialect
from deciding import measure
from flowy import SWFClient, SWFWorkflowConfig, SWFWorkflowWorker

for gone in collections.abc.__all__:
    setattr(collections, gone, getattr(collections.abc, gone))


class Steps:
    """Take so many."""

    def __init__(self, add: object) -> None:
        self.add = add

    def __call__(self, steps: int) -> int:
        """Take so many."""
        n = 0
        for _ in range(steps):
            n = self.add(n)
        return n


def serve(chain: Chain) -> None:
    """Decide until the chain is closed."""
    config = SWFWorkflowConfig()
    config.conf_activity('add', version='1.0')
    worker = SWFWorkflowWorker()
    worker.register(config, Steps, version='1.0', name='chain')
    worker.break_loop = chain.closed.is_set
    worker.run_forever(
        DOMAIN, TASK_LIST, SWFClient(chain.client()), setup_log=False, register_remote=False, identity='decider')


measure(Dialect(
    workflow='chain',
    task=lambda steps: json.dumps([[steps], {}]),
    asked=lambda step: {
        'activityId': f'add-{step}-0', 'activityType': {'name': 'add', 'version': '1.0'},
        'input': json.dumps([[step], {}]),
    },
    result=lambda step: str(step + 1),
    answer=lambda steps: {
        'decisionType': 'CompleteWorkflowExecution',
        'completeWorkflowExecutionDecisionAttributes': {'result': str(steps)},
    },
), serve)
