"""``pyswfaws signal``: sends an execution a signal."""

import json

import click

from pyswfaws.cli.executions import Execution, of_an_execution
from pyswfaws.payload import Payload
from pyswfaws.serializers import JsonSerializer


@click.command(context_settings={'ignore_unknown_options': True})
@of_an_execution
@click.argument('name')
@click.argument('value', required=False, metavar='[JSON]')
def signal(execution: Execution, name: str, value: str | None) -> None:
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
    text = Payload().put(JsonSerializer().serialize_result(parsed), 'signal', ('signals', execution.workflow_id))
    execution.client.signal_workflow_execution(
        domain=execution.domain, signalName=name, input=text, **execution.reference,
    )
    click.echo(f'sent {name} to {execution.workflow_id} {execution.run_id}')
