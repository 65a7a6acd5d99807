"""SWF Local over HTTP, a decider and an activity worker on boto3, each in a process of its own: ``steps``."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import flows
from measures import measure

from pyswfaws.client import WorkflowClient

HERE = Path(__file__).parent
PROGRAM = (sys.executable, '-m', 'pyswfaws.cli.main')


def child(ending: ExitStack, *arguments: str) -> 'subprocess.Popen[str]':
    """Start a command of ours, to be ended with the rest."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=HERE,
        env={**os.environ, 'PYTHONUNBUFFERED': '1'})
    ending.enter_context(process)
    ending.callback(process.kill)
    return process


with ExitStack() as ending:
    folder = ending.enter_context(TemporaryDirectory())
    service = child(ending, 'local', '--db', f'{folder}/swf.db', '--port', '0')
    url = service.stdout.readline().strip()
    where = ('--endpoint-url', url, '--region', 'us-east-1', '--domain', 'bench', '--task-list', 'bench')
    subprocess.run([*PROGRAM, 'register', 'flows', *where], check=True, cwd=HERE, stdout=subprocess.DEVNULL)
    for kind in ('--deciders', '--activities'):
        child(ending, 'worker', 'flows', kind, *where)
    time.sleep(2)   # until they poll
    client = WorkflowClient('bench', endpoint_url=url, region_name='us-east-1', task_list='bench')
    measure(
        lambda n: client.start(flows.ten, n).result(), lambda n: client.start(flows.one, n).result(),
        steps=60, ones=100)
