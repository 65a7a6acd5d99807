"""``pyswfaws signal``: sends an execution a signal."""

import json
from typing import Any

import click

from pyswfaws.cli.executions import of_an_execution
from pyswfaws.client import WorkflowRun


@click.command(context_settings={'ignore_unknown_options': True})
@of_an_execution
@click.argument('name')
@click.argument('value', required=False, metavar='[JSON]')
def signal(run: WorkflowRun[Any], name: str, value: str | None) -> None:
    """Send the execution WORKFLOW_ID the signal NAME.

    Its value is written as JSON: 5, '"a text"', '[1,2]'; without one it is null. The decider reads it with
    Signal.get(NAME).
    """
    try:
        parsed = None if value is None else json.loads(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is no JSON ({error}); a text is written '\"...\"'", param_hint='JSON',
        ) from None
    run.signal(name, parsed)
    click.echo(f'sent {name} to {run.workflow_id}')
