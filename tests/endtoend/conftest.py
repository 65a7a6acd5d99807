"""SWF Local and workers, each a process of its own, as they are on a user's machine."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pyswfaws import WorkflowClient
from pyswfaws.binding.registry import scanned
from pyswfaws.workers.clients import make_client
from pyswfaws.workers.registration import register

PROGRAMS = Path(__file__).parent / 'programs'
COMMAND = (sys.executable, '-m', 'pyswfaws.cli.main')
DOMAIN, TASK_LIST = 'trials', 'trials'
PATIENCE = 40   # seconds after which a test is wrong

sys.path.insert(0, str(PROGRAMS))


def until(condition):
    """Wait for a condition, and give what it gave."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f'waited in vain for {condition}'
        time.sleep(0.01)
    return found


class Town:
    """Processes that work together, over one service."""

    def __init__(self, folder, poll_timeout):
        self.folder = folder
        self.poll_timeout = poll_timeout
        self.running = {}
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]   # a service that is started again is found where it was
        self.url = f'http://127.0.0.1:{self.port}'
        self.swf = make_client(endpoint_url=self.url, region_name='us-east-1', connections=30)
        self.client = WorkflowClient(DOMAIN, client=self.swf, task_list=TASK_LIST)

    def start_service(self):
        if 'service' in self.running:
            self.running['service'].stdout.close()
        self._start('service', *COMMAND, 'local', '--port', str(self.port), '--db', str(self.folder / 'swf.db'),
                    '--poll-timeout', str(self.poll_timeout), stdout=subprocess.PIPE)
        assert self.running['service'].stdout.readline().strip() == self.url, self.log('service')

    def start_worker(self, name, *arguments):
        self._start(name, *COMMAND, 'worker', *arguments, '--endpoint-url', self.url, '--domain', DOMAIN,
                    '--task-list', TASK_LIST, '--identity', name)
        return self.running[name]

    def start_program(self, name, program):
        self._start(name, sys.executable, '-c', program, self.url)

    def register(self, *targets):
        for _ in register(self.swf, DOMAIN, scanned(list(targets)), default_task_list=TASK_LIST):
            pass

    def kill(self, name):
        """As `kill -9`."""
        self.running[name].kill()
        self.running[name].wait()

    def log(self, name):
        return (self.folder / f'{name}.log').read_text()

    def _start(self, name, *command, stdout=subprocess.DEVNULL):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(('AWS_', 'PYSWFAWS_'))}
        with (self.folder / f'{name}.log').open('a') as log:
            self.running[name] = subprocess.Popen(
                command, cwd=PROGRAMS, env=environment | {'AWS_EC2_METADATA_DISABLED': 'true'},
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=log, text=True)

    def end(self):
        """End all that still runs, the workers at the same time and the service last."""
        service = self.running.pop('service')
        for processes in (self.running.values(), [service]):
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(timeout=10)
                finally:
                    process.kill()
                    process.wait()
        service.stdout.close()
        self.swf.close()


@pytest.fixture
def town(tmp_path, request):
    """A town whose service runs, and nothing else yet; its parameter is how long polls wait."""
    town = Town(tmp_path, getattr(request, 'param', 1))
    try:
        town.start_service()
        yield town
    finally:
        town.end()


@pytest.fixture(name='until')
def until_():
    return until
