"""A chain under simpleflow, its processes left out: see ``deciding.py`` for the arguments.

Its decider forks a process for each decision task. What runs here is what runs there: the poll of the parent, and then
what it has the child do.
"""

import json
import logging

from chain import DOMAIN, TASK_LIST, Chain, Dialect
from deciding import measure
from simpleflow import Workflow, activity
from simpleflow.swf.executor import Executor
from simpleflow.swf.mapper.models import Domain
from simpleflow.swf.process.decider.base import DeciderPoller, process_decision


@activity.with_attributes(name='add', version='1.0', task_list=TASK_LIST)
def add(n: int) -> int:
    """Take a step."""
    return n + 1


class Steps(Workflow):
    """Take so many."""

    name = 'chain'
    version = '1.0'
    task_list = TASK_LIST

    def run(self, steps: int) -> int:
        """Take so many."""
        n = 0
        for _ in range(steps):
            n = self.submit(add, n).result
        return n


def serve(chain: Chain) -> None:
    """Decide until the chain is closed."""
    logging.disable()
    domain = Domain(DOMAIN)
    poller = DeciderPoller([Executor(domain, Steps)], domain, TASK_LIST, is_standalone=False)
    chain.attach(poller.boto3_client.meta.events)
    while not chain.closed.is_set():
        process_decision(poller, poller.poll_with_retry())


measure(Dialect(
    workflow='chain',
    task=lambda steps: json.dumps({'args': [steps], 'kwargs': {}}),
    asked=lambda step: {
        'activityId': f'activity-add-{step + 1}', 'activityType': {'name': 'add', 'version': '1.0'},
        'input': f'{{"args":[{step}],"kwargs":{{}}}}', 'taskList': {'name': TASK_LIST}, 'heartbeatTimeout': '300',
        'scheduleToStartTimeout': '300', 'scheduleToCloseTimeout': '300', 'startToCloseTimeout': '300',
    },
    result=lambda step: str(step + 1),
    answer=lambda steps: {
        'decisionType': 'CompleteWorkflowExecution',
        'completeWorkflowExecutionDecisionAttributes': {'result': str(steps)},
    },
), serve)
