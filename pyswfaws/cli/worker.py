"""``pyswfaws worker``: serves decorated functions until it is told to stop."""

import click

from pyswfaws.activityworker import DistributedActivityWorker
from pyswfaws.binding.definitions import ActivityType, WorkflowType
from pyswfaws.binding.registry import scanned
from pyswfaws.cli.connection import Connection, connected, importable_from_here, log_to_stderr
from pyswfaws.decisionworker import DistributedDecisionWorker
from pyswfaws.exceptions import ConfigurationError
from pyswfaws.workers.place import one_domain
from pyswfaws.workers.running import run
from pyswfaws.workers.worker import Worker


@click.command()
@click.argument('target')
@click.option('--activities', is_flag=True, help='Serve activities only.')
@click.option('--deciders', is_flag=True, help='Serve deciders only.')
@click.option('--concurrency', default=8, show_default=True, type=click.IntRange(min=1),
              help='Activities that run at a time, for each task list.')
@click.option('--pollers', default=2, show_default=True, type=click.IntRange(min=1),
              help='Polls that are open at a time, for each task list.')
@click.option('--task-list', envvar='PYSWFAWS_TASK_LIST', show_envvar=True,
              help='Task list for functions that name none.')
@click.option('--identity', help='What SWF shows as the name of this worker; else host, process and version.')
@click.option('--verbose', is_flag=True, help='Log more.')
@connected
def worker(
    connection: Connection,
    target: str,
    activities: bool,
    deciders: bool,
    concurrency: int,
    pollers: int,
    task_list: str | None,
    identity: str | None,
    verbose: bool,
) -> None:
    """Serve the decorated functions of TARGET.

    TARGET is the dotted name of a module or package, or module:function. SIGTERM and Ctrl-C end the worker when what it
    runs is finished and answered; a second one ends it at once.
    """
    log_to_stderr(verbose=verbose)
    importable_from_here()
    definitions = [decorated.definition for decorated in scanned(target)]
    one_domain(connection.domain, (definition.domain for definition in definitions))    # before AWS is looked for
    kinds = [type(definition) for definition in definitions]
    client = connection.client(connections=(concurrency + 2 * pollers) * len(kinds))    # a task list each, at the most
    workers: list[Worker] = []
    if ActivityType in kinds and (activities or not deciders):
        workers.append(DistributedActivityWorker(
            target, swf_domain=connection.domain, default_task_list=task_list, client=client, identity=identity,
            concurrency=concurrency, pollers=pollers,
        ))
    if WorkflowType in kinds and (deciders or not activities):
        workers.append(DistributedDecisionWorker(
            target, swf_domain=connection.domain, default_task_list=task_list, client=client, identity=identity,
            pollers=pollers,
        ))
    if not workers:
        raise ConfigurationError(f'{target} has nothing decorated of the kind that was asked for')
    run(workers)
