"""``pyswfaws cancel``: asks an execution to cancel."""

import click

from pyswfaws.cli.executions import Execution, of_an_execution


@click.command()
@of_an_execution
def cancel(execution: Execution) -> None:
    """Ask the execution WORKFLOW_ID to cancel.

    What becomes of that is for its decider to say.
    """
    execution.client.request_cancel_workflow_execution(domain=execution.domain, **execution.reference)
    click.echo(f'asked {execution.workflow_id} {execution.run_id} to cancel')
