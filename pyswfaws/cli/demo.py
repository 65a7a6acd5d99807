"""``pyswfaws demo``: the main job on SWF Local, in several processes, shown as it runs; one of them is killed."""

import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import click

from pyswfaws.binding.registry import scanned
from pyswfaws.cli.exits import exit_statuses
from pyswfaws.client import WorkflowClient, WorkflowRun
from pyswfaws.decisionworker import LocalDecisionWorker
from pyswfaws.demo import flows
from pyswfaws.demo.processes import Processes
from pyswfaws.exceptions import PyswfawsError
from pyswfaws.protocol.events import CLOSE_STATUS, Event, attributes
from pyswfaws.story import Story, style_of
from pyswfaws.workers.clients import make_client
from pyswfaws.workers.registration import register

_DOMAIN: Final = 'demo'
_PATIENCE: Final = 60.0     # seconds; the demo takes some ten

Show = Callable[[str, str], None]   # of style and text


@click.command()
@click.option('--no-chaos', is_flag=True, help='Kill no worker.')
def demo(no_chaos: bool) -> None:
    """Run a workflow on SWF Local, in four processes, and kill one of them in the middle.

    It bakes six cakes at the same time, waits for a timer, calls a cached function and a child workflow, and has a
    payment that fails once and is retried. Then it runs the same program in serial mode and compares. Nothing is left
    behind, and nothing leaves this machine.
    """
    show = _shower()
    with exit_statuses(), _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix='pyswfaws-demo-') as folder:
        began = time.monotonic()
        result = _distributed(Path(folder), show, chaos=not no_chaos)
        took = time.monotonic() - began
        show('', 'now the same program in serial mode, in this one process')
        serial = LocalDecisionWorker(flows.order).start(list(flows.CAKES), str(Path(folder, 'another-notebook')))
        if result != serial:
            raise PyswfawsError(f'distributed and serial mode differ: {result} and {serial}')
        show('bold green', f'the same result in both modes; distributed it took {took:.1f} s')
        click.echo(json.dumps(result, ensure_ascii=False))


def _distributed(folder: Path, show: Show, *, chaos: bool) -> Any:
    with Processes(folder) as processes:
        url = processes.start_service()
        show('', f'SWF Local runs at {url}, on a temporary file')
        client = make_client(endpoint_url=url)
        for _ in register(client, _DOMAIN, scanned(flows), default_task_list='bakery'):
            pass
        for name in ('baker 1', 'baker 2'):
            processes.start_worker(name, url, _DOMAIN, '--activities', '--concurrency', '2')
        processes.start_worker('decider', url, _DOMAIN, '--deciders')
        show('', 'two activity workers and a decision worker are starting, each in a process of its own')
        run = WorkflowClient(_DOMAIN, client=client, task_list='bakery').start(
            flows.order, list(flows.CAKES), str(folder / 'notebook'), workflow_id='order-1',
        )
        _follow(run, processes, show, chaos=chaos)
        return run.result(timeout=1)


def _follow(run: WorkflowRun[Any], processes: Processes, show: Show, *, chaos: bool) -> None:
    """Show what happens until the execution has closed; kill the worker that is the first to take a task."""
    story, deadline = Story(), time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        for line in story.lines(run.history()):
            event_type = line.event['eventType']
            show(style_of(event_type), f'{line.text}: {line.data}' if line.data else line.text)
            if event_type in CLOSE_STATUS:
                return
            if chaos and event_type == 'ActivityTaskStarted':
                chaos = False
                _kill_worker_of(line.event, processes, show)
        time.sleep(0.1)
    logs = '\n'.join(f'{name}: {processes.log_of(name)}' for name in ('decider', 'baker 1', 'baker 2'))
    raise PyswfawsError(f'the workflow has not ended within {_PATIENCE:.0f} s\n{logs}')


def _kill_worker_of(event: Event, processes: Processes, show: Show) -> None:
    name = attributes(event)['identity']
    processes.kill(name)
    show('bold red', f'kill -9 {name}: its cake is lost, and it cannot tell anybody')


def _shower() -> Show:
    """Give what prints a line with the time since the start: in colours on a terminal, if rich is there."""
    began = time.monotonic()
    if sys.stderr.isatty():
        try:
            from rich.console import Console  # noqa: PLC0415 - an extra
            from rich.text import Text  # noqa: PLC0415 - likewise
        except ModuleNotFoundError:
            pass
        else:
            console = Console(stderr=True)
            return lambda style, text: console.print(
                Text.assemble((f'{time.monotonic() - began:5.1f} s  ', 'dim'), (text, style)),
            )
    return lambda _style, text: click.echo(f'{time.monotonic() - began:5.1f} s  {text}', err=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the demo as Ctrl-C does: with its processes."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
