"""``pyswfaws start``: starts a workflow, and waits for its result if asked."""

import json
import re
from typing import Any

import click

from pyswfaws.binding.definitions import WorkflowType
from pyswfaws.binding.registry import found_under
from pyswfaws.cli.connection import Connection, connected, importable_from_here
from pyswfaws.cli.output import formatted, write_one
from pyswfaws.client import WorkflowClient
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.workers.place import one_domain


@click.command(context_settings={'ignore_unknown_options': True})
@click.argument('target')
@click.argument('arguments', nargs=-1)
@click.option('--workflow-id', help='Id of the workflow; else one is made up.')
@click.option('--task-list', envvar='PYSWFAWS_TASK_LIST', show_envvar=True,
              help='Task list of a decider that names none.')
@click.option('--tag', 'tags', multiple=True, help='A tag of the execution; may be given up to five times.')
@click.option('--wait', is_flag=True, help='Wait for the result and print it.')
@click.option('--timeout', type=click.FloatRange(min=0), metavar='SECONDS', help='How long to wait with --wait.')
@formatted
@connected
def start(
    connection: Connection,
    target: str,
    arguments: tuple[str, ...],
    workflow_id: str | None,
    task_list: str | None,
    tags: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    layout: str,
) -> None:
    """Start the workflow of the decider TARGET, which is module:function.

    ARGUMENTS are JSON values, in the order of the decider's parameters or as name=value: 5, '"a text"', '[1,2]',
    deep=true.
    """
    importable_from_here()
    decider = found_under(target)
    if not isinstance(getattr(decider, 'definition', None), WorkflowType):
        raise ConfigurationError(f'{target} is no decider: name one with @decision_task above it, as module:function')
    args, kwargs = _parsed(arguments)
    options = {'workflow_id': workflow_id, 'tags': tags or None}
    decider = decider.options(**{name: value for name, value in options.items() if value is not None})
    client = WorkflowClient(
        one_domain(connection.domain, [decider.definition.domain]), client=connection.client(), task_list=task_list,
    )
    try:
        run = client.start(decider, *args, **kwargs)
    except TypeError as error:      # no arguments for that function
        raise click.UsageError(str(error)) from None
    started = {'workflowId': run.workflow_id, 'runId': run.run_id}
    if not wait:
        write_one(layout, started, lambda _: [f'started {run.workflow_id} {run.run_id}'])
        return
    click.echo(f'started {run.workflow_id} {run.run_id}', err=True)
    text = decider.definition.result.in_place().write_result(run.result(timeout))
    write_one(layout, started | {'result': _as_json(text)}, lambda _: [text])


def _as_json(text: str) -> Any:
    """Give the value that a result stands for, if its serializer writes JSON; else its text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parsed(arguments: tuple[str, ...]) -> tuple[list[Any], dict[str, Any]]:
    args, kwargs = [], {}
    for text in arguments:
        name = re.match(r'([^\W\d]\w*)=', text)
        try:
            value = json.loads(text[name.end():] if name else text)
        except ValueError as error:
            raise click.BadParameter(
                f"{text!r} is no JSON ({error}); a text is written '\"...\"'", param_hint='ARGUMENTS',
            ) from None
        if name:
            kwargs[name[1]] = value
        else:
            args.append(value)
    return args, kwargs
