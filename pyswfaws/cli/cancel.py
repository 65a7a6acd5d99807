"""``pyswfaws cancel``: asks an execution to cancel."""

from typing import Any

import click

from pyswfaws.cli.executions import of_an_execution
from pyswfaws.client import WorkflowRun


@click.command()
@of_an_execution
def cancel(run: WorkflowRun[Any]) -> None:
    """Ask the execution WORKFLOW_ID to cancel.

    What becomes of that is for its decider to say.
    """
    run.cancel()
    click.echo(f'asked {run.workflow_id} to cancel')
