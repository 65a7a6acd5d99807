"""``pyswfaws terminate``: ends an execution at once."""

from typing import Any

import click

from pyswfaws.cli.executions import Execution, of_an_execution


@click.command()
@click.option('--reason', help='Why, in 256 characters at the most.')
@click.option('--details', help='More about it, in 32,768 characters at the most.')
@click.option('--child-policy', type=click.Choice(['TERMINATE', 'REQUEST_CANCEL', 'ABANDON'], case_sensitive=False),
              help='What becomes of its open children; else what it was started with.')
@of_an_execution
def terminate(execution: Execution, child_policy: str | None, **given: str | None) -> None:
    """End the execution WORKFLOW_ID at once, without asking its decider.

    What its activities still do is lost. Where there is time for cleaning up, pyswfaws cancel is the better way.
    """
    members: dict[str, Any] = {name: text for name, text in (given | {'childPolicy': child_policy}).items() if text}
    execution.client.terminate_workflow_execution(domain=execution.domain, **execution.reference, **members)
    click.echo(f'terminated {execution.workflow_id} {execution.run_id}')
