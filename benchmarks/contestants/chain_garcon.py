"""A chain under garcon, by a decider of its own as its documentation has it: see ``deciding.py`` for the arguments."""

import json
from types import SimpleNamespace
from typing import Any

from chain import DOMAIN, TASK_LIST, Chain, Dialect
from deciding import measure
from garcon import activity, runner, task
from garcon.decider import DeciderWorker


@task.decorate(timeout=60)
def add(n: int) -> dict[str, int]:
    """Take a step."""
    return {'n': n + 1}


def serve(chain: Chain) -> None:
    """Decide until the chain is closed."""
    client = chain.client()
    step = activity.create(client, DOMAIN, TASK_LIST)(name='add', run=runner.Sync(add.fill(n='n')))

    def decider(schedule: Any, context: Any) -> None:
        n = 0
        for number in range(context['steps']):
            n = schedule(f'step-{number + 1}', step, input={'n': n}).result['n']

    worker = DeciderWorker(
        SimpleNamespace(name=TASK_LIST, domain=DOMAIN, client=client, decider=decider, step=step), register=False)
    while not chain.closed.is_set():
        worker.run(identity='decider')


measure(Dialect(
    workflow=TASK_LIST,
    task=lambda steps: json.dumps({'steps': steps}),
    asked=lambda step: {
        'activityId': f'chain_add-1-step-{step + 1}', 'activityType': {'name': 'chain_add', 'version': '1.0'},
        'input': json.dumps({
            'n': step, 'execution.domain': DOMAIN, 'execution.run_id': 'run-0', 'execution.workflow_id': 'chain'}),
        'taskList': {'name': 'chain_add'}, 'heartbeatTimeout': '60', 'startToCloseTimeout': '60',
        'scheduleToStartTimeout': '600', 'scheduleToCloseTimeout': '660',
    },
    result=lambda step: json.dumps({'n': step + 1}),
    answer=lambda _: {'decisionType': 'CompleteWorkflowExecution'},
), serve)
