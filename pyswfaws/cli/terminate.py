"""``pyswfaws terminate``: ends an execution at once."""

from typing import Any

import click

from pyswfaws.binding.definitions import CHILD_POLICIES
from pyswfaws.cli.executions import of_an_execution
from pyswfaws.client import WorkflowRun


@click.command()
@click.option('--reason', default='', help='Why, in 256 characters at the most.')
@click.option('--details', default='', help='More about it, in 32,768 characters at the most.')
@click.option('--child-policy', type=click.Choice(CHILD_POLICIES), help='What becomes of its open children; else what '
              'it was started with.')
@of_an_execution
def terminate(run: WorkflowRun[Any], reason: str, details: str, child_policy: str | None) -> None:
    """End the execution WORKFLOW_ID at once, without asking its decider.

    What its activities still do is lost. Where there is time for cleaning up, pyswfaws cancel is the better way.
    """
    run.terminate(reason, details, child_policy=child_policy)
    click.echo(f'terminated {run.workflow_id}')
