"""``pyswfaws worker``: serves decorated functions until it is told to stop."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any, get_args

import click

from pyswfaws.activityworker import EXECUTIONS
from pyswfaws.binding.registry import scanned
from pyswfaws.cli.connection import Connection, connected, importable_from_here
from pyswfaws.cli.logs import logging_from
from pyswfaws.cli.reloading import reloading
from pyswfaws.cli.restarting import restart
from pyswfaws.worker import Worker
from pyswfaws.workers.guard import Mode
from pyswfaws.workers.place import one_domain


@click.command()
@click.argument('targets', nargs=-1, required=True, metavar='TARGET...')
@click.option('--activities', is_flag=True, help='Serve activities only.')
@click.option('--deciders', is_flag=True, help='Serve deciders only.')
@click.option('--concurrency', default=8, show_default=True, type=click.IntRange(min=1),
              help='Activities that run at a time, for each task list.')
@click.option('--execution', default='threads', show_default=True, type=click.Choice(EXECUTIONS),
              help='Where they run: in threads, in processes that may crash, or all on one event loop.')
@click.option('--kill-after', default=5.0, show_default=True, type=click.FloatRange(min=0), metavar='SECONDS',
              help='How long a process may go on with an activity that nobody waits for any more.')
@click.option('--max-per-second', type=click.FloatRange(min=0, min_open=True), metavar='NUMBER',
              help='Activities that are begun in a second, on average.')
@click.option('--max-tasks', type=click.IntRange(min=1), metavar='NUMBER',
              help='Start again after so many activities; with processes, each of them.')
@click.option('--max-memory', type=click.FloatRange(min=0, min_open=True), metavar='MB',
              help='Start again when it takes more memory; with processes, each of them.')
@click.option('--reload', is_flag=True, help='Start again at once when a source changes. For development.')
@click.option('--pollers', default=2, show_default=True, type=click.IntRange(min=1),
              help='Polls that are open at a time, for each task list.')
@click.option('--task-list', envvar='PYSWFAWS_TASK_LIST', show_envvar=True,
              help='Task list for functions that name none.')
@click.option('--identity', help='What SWF shows as the name of this worker; else host, process and version.')
@click.option('--register', is_flag=True, help='Register the domain and the types first.')
@click.option('--kept', default=1000, show_default=True, type=click.IntRange(min=0),
              help='Executions whose deciders stay in memory between their decision tasks.')
@click.option('--kept-bytes', default=256 * 2**20, show_default=True, type=click.IntRange(min=0), metavar='BYTES',
              help='Memory that these deciders may take together.')
@click.option('--verify', default=0.0, show_default=True, type=click.FloatRange(0, 1), metavar='SHARE',
              help='Share of what they decide that is compared with a replay from the start.')
@click.option('--affinity/--no-affinity', default=True, show_default=True,
              help='Ask SWF to bring the decision tasks of these executions back to this worker.')
@click.option('--affinity-timeout', default=5.0, show_default=True, type=click.FloatRange(min=1), metavar='SECONDS',
              help='How long such a task may wait for this worker, before others get it.')
@click.option('--guard', type=click.Choice(get_args(Mode)), default='off', show_default=True,
              help='What to do where a decider does what a replay would do otherwise, such as reading the clock.')
@click.option('--fail-after', type=click.IntRange(min=0), metavar='TIMES',
              help='Fail an execution when so many decision tasks have timed out and it still cannot be decided.')
@click.option('--drain-timeout', default=30.0, show_default=True, type=click.FloatRange(min=0), metavar='SECONDS',
              help='How long to go on trying to reach SWF, once told to stop.')
@logging_from('info')
@connected
def worker(
    connection: Connection,
    targets: tuple[str, ...],
    activities: bool,
    deciders: bool,
    task_list: str | None,
    reload: bool,
    **options: Any,
) -> None:
    """Serve the decorated functions of TARGET.

    A TARGET is the dotted name of a module or package, or module:function. SIGTERM and Ctrl-C end the worker when what
    it runs is finished and answered; a second one ends it at once.
    """
    if activities and deciders:
        raise click.UsageError('--activities and --deciders exclude each other; without them, both are served')
    importable_from_here()
    with reloading(Path.cwd()) if reload else nullcontext() as sources:
        definitions = [decorated.definition for decorated in scanned(targets)]
        if sources is not None:
            sources.look()
        one_domain(connection.domain, (definition.domain for definition in definitions))    # before AWS is looked for
        retired = Worker(
            targets, activities=not deciders, deciders=not activities,
            swf_domain=connection.domain, default_task_list=task_list,
            session=connection.session(), endpoint_url=connection.endpoint_url, **options,
        ).start()
        if retired:
            restart()
