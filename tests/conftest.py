"""For the tests of workers and clients: SWF Local and workers in this process."""

import threading
import time

import pytest
from hypothesis import settings

from pyswfaws import DistributedActivityWorker, DistributedDecisionWorker, WorkflowClient
from pyswfaws.binding.registry import scanned
from pyswfaws.swflocal import SwfLocal
from pyswfaws.swflocal.mishaps import Mishap, Mishaps
from pyswfaws.workers.registration import register

DOMAIN, TASK_LIST = 'tests', 'tests'
PATIENCE = 30   # seconds after which a test is wrong

settings.register_profile('everywhere', deadline=None)     # a busy machine is no failure
settings.register_profile('nightly', deadline=None, max_examples=5_000)
settings.load_profile('everywhere')     # unless --hypothesis-profile names another


class Stage:
    """A service, and workers that serve from it in threads."""

    def __init__(self, swf):
        self.swf = swf
        self.client = swf.direct_client()
        self.starter = WorkflowClient(DOMAIN, client=self.client, task_list=TASK_LIST)
        self.workers = []

    def register(self, *functions):
        for _ in register(self.client, DOMAIN, scanned(functions), default_task_list=TASK_LIST):
            pass

    def activities(self, *functions, worker=DistributedActivityWorker, **options):
        return self._begin(worker, functions, options)

    def deciders(self, *functions, worker=DistributedDecisionWorker, **options):
        return self._begin(worker, functions, options)

    def start(self, decider, *args, **kwargs):
        return self.starter.start(decider, *args, **kwargs)

    def run(self, decider, *args, **kwargs):
        return self.start(decider, *args, **kwargs).result(timeout=PATIENCE)

    def mishaps(self, *rules):
        """From now on this goes wrong; without rules nothing does."""
        self.swf._host.mishaps = Mishaps(map(Mishap.parse, rules), seed=1)

    def end(self):
        for worker in self.workers:
            worker.stop()
        self.mishaps()
        self.swf.end_polls()
        for worker in self.workers:
            worker.wait()

    def _begin(self, worker, functions, options):
        self.register(*functions)
        common = {'client': self.client, 'swf_domain': DOMAIN, 'default_task_list': TASK_LIST}
        begun = worker(list(functions) if len(functions) > 1 else functions[0], **common | options)
        self.workers.append(begun)
        begun.begin()
        return begun


@pytest.fixture
def stage():
    before = set(threading.enumerate())
    with SwfLocal() as swf:
        stage = Stage(swf)
        try:
            yield stage
        finally:
            stage.end()
    assert set(threading.enumerate()) <= before, 'a thread is left'


@pytest.fixture
def until():
    """Wait for a condition, and give what it gave."""
    def until(condition):
        deadline = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < deadline, 'waited in vain'
            time.sleep(0.002)
        return found
    return until


@pytest.fixture
def types():
    """The types of the events of a run."""
    return lambda run: [event['eventType'] for event in run.history()]


@pytest.fixture(autouse=True, scope='session')
def no_settings_of_the_user():
    """Whatever AWS or pyswfaws settings this machine has, tests have none."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            'PYSWFAWS_DOMAIN', 'PYSWFAWS_TASK_LIST', 'PYSWFAWS_STORE', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID',
            'AWS_DEFAULT_REGION',
        ):
            patch.delenv(name, raising=False)
        patch.setenv('AWS_EC2_METADATA_DISABLED', 'true')
        patch.setenv('AWS_CONFIG_FILE', '/dev/null')
        patch.setenv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
        yield
