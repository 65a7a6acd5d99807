"""A chain as a decider of ours, under a worker as in production: see ``deciding.py`` for the arguments."""

from chain import DOMAIN, TASK_LIST, Chain, Dialect
from deciding import measure

from pyswfaws import DistributedDecisionWorker, activity_task, decision_task


@activity_task
def add(n: int) -> int:
    """Take a step."""
    return n + 1


@decision_task(swf_workflow_type='chain')
def run(steps: int) -> int:
    """Take so many."""
    n = 0
    for _ in range(steps):
        n = add(n).result
    return n


def serve(chain: Chain) -> None:
    """Decide until the chain is closed."""
    worker = DistributedDecisionWorker(run, swf_domain=DOMAIN, swf_task_list=TASK_LIST, session=chain.session())
    worker.begin()
    chain.closed.wait()
    worker.stop()
    worker.wait()


measure(Dialect(
    workflow='chain',
    task=lambda steps: f'[[{steps}],{{}}]',
    asked=lambda step: {
        'activityId': f'add-{step + 1}', 'activityType': {'name': 'add', 'version': '1.0'},
        'input': f'[[{step}],{{}}]', 'taskList': {'name': TASK_LIST}, 'heartbeatTimeout': '60',
        'scheduleToStartTimeout': 'NONE', 'scheduleToCloseTimeout': 'NONE', 'startToCloseTimeout': 'NONE',
    },
    result=lambda step: str(step + 1),
    answer=lambda steps: {
        'decisionType': 'CompleteWorkflowExecution',
        'completeWorkflowExecutionDecisionAttributes': {'result': str(steps)},
    },
), serve)
