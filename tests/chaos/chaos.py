"""Chaos: workflows over HTTP and real processes, while everything that can go wrong does, by a seed.

    python tests/chaos/chaos.py --workflows 1000 --seconds 180 --seed 1

For so many seconds workers are killed as by ``kill -9``, and now and then the service; calls are throttled, answered
500, or answered into the void; connections are reset; every process has a wrong clock, a different one in each of its
lives. Then the rest is let finish in peace. Three laws are checked, over the histories and a ledger that the activities
kept: every workflow comes to its right result; each activity was run at least once; and each attempt that came to its
end was run exactly once, so that only what was killed or cut off, and timed out for that, was run again. At last: what
was started has ended, and no worker has gathered threads, files or connections.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import tour  # noqa: E402 - it stands beside this file
from wire import Wire  # noqa: E402 - likewise

from pyswfaws import WorkflowAlreadyStartedError, WorkflowClient  # noqa: E402
from pyswfaws.binding.registry import scanned  # noqa: E402
from pyswfaws.protocol.events import CLOSE_STATUS, attributes  # noqa: E402
from pyswfaws.swflocal import SwfLocal  # noqa: E402
from pyswfaws.workers.backoff import Backoff  # noqa: E402
from pyswfaws.workers.clients import FAULTS, make_client  # noqa: E402
from pyswfaws.workers.registration import register  # noqa: E402

DOMAIN = TASK_LIST = 'chaos'
COMMAND = (sys.executable, '-m', 'pyswfaws.cli.main')
FLEET = {
    'activities-1': ('--activities',),
    'activities-2': ('--activities', '--execution', 'processes', '--concurrency', '3'),
    'deciders-1': ('--deciders',),
    'deciders-2': ('--deciders', '--kept', '20', '--verify', '0.1'),
}
MISHAPS = ('throttle:*:0.02', 'error:*:0.01', 'drop:Respond*:0.02', 'drop:Start*:0.02', 'drop:PollFor*:0.005',
           'delay:*:0.02:0.1')
RESETS = 0.002          # the likelihood for each piece of a request or an answer
SKEW = 300.0            # seconds by which a worker's clock may be wrong, either way
SERVICE_SKEW = 2.0      # the same for the service, whose clock the timeouts run by
UNREACHABLE = 3         # the exit status of a worker that finds no service when it starts
AT_A_TIME = 10          # workflows that are started, before more goes wrong
THREADS, FILES = 80, 120    # of a worker at the most; each has some forty when it is new


class Town:
    """The service, the wire and the fleet. Each life of a process has another wrong clock."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.dice = random.Random(seed)
        self.counts = Counter()
        self.running = {}
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.wire = Wire(self.port, RESETS, seed)

    def start_service(self, mishaps=MISHAPS):
        options = [option for mishap in mishaps for option in ('--inject', mishap)]
        self._start('service', SERVICE_SKEW, 'local', '--port', str(self.port), '--db', str(self.folder / 'swf.db'),
                    '--poll-timeout', '2', '--seed', str(self.dice.randrange(1000)), *options)

    def start_worker(self, name):
        self._start(name, SKEW, 'worker', 'tour', *FLEET[name], '--endpoint-url', self.wire.url,
                    '--region', 'us-east-1', '--domain', DOMAIN, '--task-list', TASK_LIST)

    def tend(self):
        """Start again what ended by itself, as a supervisor does: a worker that starts in an outage gives up."""
        for name in FLEET:
            if self.running[name].poll() is not None:
                assert self.running[name].returncode == UNREACHABLE, f'{name} ended by {self.running[name].returncode}'
                self.counts['workers that gave up at their start'] += 1
                self.start_worker(name)

    def kill(self, name):
        self.counts[f'kills of {name.partition("-")[0]}'] += 1
        self.running[name].kill()
        self.running[name].wait()

    def end(self):
        """End all, the workers first; gives their exit statuses."""
        found = {}
        for names in ([name for name in self.running if name != 'service'], ['service']):
            for name in names:
                self.running[name].terminate()
            for name in names:
                found[name] = self.running[name].wait(timeout=60)
        return found

    def close(self):
        for process in self.running.values():
            process.kill()
            process.wait()
        self.wire.close()

    def _start(self, name, skew, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(('AWS_', 'PYSWFAWS_'))}
        paths = [str(HERE / 'skewed'), *filter(None, [environment.get('PYTHONPATH')])]
        with (self.folder / f'{name}.log').open('a') as log:
            self.running[name] = subprocess.Popen(
                [*COMMAND, *arguments], cwd=HERE, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env=environment | {
                    'PYTHONPATH': os.pathsep.join(paths), tour.LEDGER: str(self.folder / 'ledger'),
                    'CHAOS_SKEW': str(self.dice.uniform(-skew, skew)), 'AWS_EC2_METADATA_DISABLED': 'true',
                })


def insist(call):
    """Call SWF until it answers."""
    backoff = Backoff(longest=2)
    while True:
        try:
            return call()
        except FAULTS:
            time.sleep(backoff.next())


def begin(town, swf, workflows):
    """Start the workflows while things go wrong; a start may have been taken though its answer was lost."""
    client = WorkflowClient(DOMAIN, client=swf, task_list=TASK_LIST)

    def start(number):
        try:
            client.start(tour.tour, number, workflow_id=f'tour-{number}')
        except WorkflowAlreadyStartedError:
            town.counts['starts found taken'] += 1

    for number in range(workflows):
        insist(lambda number=number: start(number))
        yield number


def go_wrong(town, until):
    """Kill one after another, each in its turn by lot, and start it again."""
    while time.monotonic() < until:
        time.sleep(town.dice.uniform(0.5, 2.0))
        name = 'service' if town.dice.random() < 0.15 else town.dice.choice(sorted(FLEET))
        town.kill(name)
        time.sleep(town.dice.uniform(0.0, 0.5))
        town.start_service() if name == 'service' else town.start_worker(name)
        town.tend()


def finish(town, swf, patience):
    """Let the rest finish in peace."""
    town.wire.mend()
    town.kill('service')
    town.start_service(mishaps=())
    deadline = time.monotonic() + patience
    while insist(lambda: swf.count_open_workflow_executions(
            domain=DOMAIN, startTimeFilter={'oldestDate': 0})['count']):
        assert time.monotonic() < deadline, f'workflows are still open after {patience} s of peace'
        town.tend()
        time.sleep(0.5)


def sizes(process):
    """How many threads and open files a process has."""
    folder = Path(f'/proc/{process.pid}')
    return len(list((folder / 'task').iterdir())), len(list((folder / 'fd').iterdir()))


def check_sizes(town):
    for name in FLEET:
        threads, files = sizes(town.running[name])
        assert threads <= THREADS, f'{name} has gathered {threads} threads and {files} files'
        assert files <= FILES, f'{name} has gathered {threads} threads and {files} files'


def histories(path):
    """Give each execution and its events, read from the file that the service left behind."""
    with SwfLocal(path) as swf:
        client = swf.direct_client()
        more = {}
        while True:
            page = client.list_closed_workflow_executions(domain=DOMAIN, startTimeFilter={'oldestDate': 0}, **more)
            for info in page['executionInfos']:
                yield info['execution'], events_of(client, info['execution'])
            if not page.get('nextPageToken'):
                return
            more = {'nextPageToken': page['nextPageToken']}


def events_of(client, execution):
    return client.get_workflow_execution_history(domain=DOMAIN, execution=execution)['events']


def check_laws(folder, workflows, counts):
    """Check the laws; `counts` takes what was seen on the way."""
    ledger = Counter((folder / 'ledger').read_text().splitlines())
    seen = set()
    for execution, events in histories(folder / 'swf.db'):
        seen.add(execution['workflowId'])
        counts.update(check_execution(execution, events, ledger))
    assert seen == {f'tour-{number}' for number in range(workflows)}
    counts['activity runs'] = sum(ledger.values())
    counts['runs that were repeats'] = counts['activity runs'] - workflows * tour.STEPS


def check_execution(execution, events, ledger):
    """Check one history against what its activities wrote; gives what it counts."""
    first, last = int(execution['workflowId'].partition('-')[2]), events[-1]
    assert CLOSE_STATUS.get(last['eventType']) == 'COMPLETED', last
    right = sum(number * number for number in range(first, first + tour.STEPS))
    assert json.loads(attributes(last)['result']) == right, (first, last)
    ids = {event['eventId']: attributes(event)['activityId'] for event in events
           if event['eventType'] == 'ActivityTaskScheduled'}
    ended = {attributes(event)['scheduledEventId']: event['eventType'] for event in events
             if event['eventType'] in {'ActivityTaskCompleted', 'ActivityTaskTimedOut'}}
    assert sum(how == 'ActivityTaskCompleted' for how in ended.values()) == tour.STEPS
    for scheduled, how in ended.items():
        runs = ledger[f'{execution["runId"]} {ids[scheduled]}']
        assert runs == 1 or (how == 'ActivityTaskTimedOut' and runs == 0), (first, ids[scheduled], how, runs)
    times = [event['eventTimestamp'] for event in events]
    assert times == sorted(times)
    return Counter({
        'activities timed out': sum(how == 'ActivityTaskTimedOut' for how in ended.values()),
        'decision tasks timed out': sum(event['eventType'] == 'DecisionTaskTimedOut' for event in events),
        'events': len(events),
    })


def run(folder, *, workflows, seconds, seed, patience=600):
    """Run it all; gives the figures. An AssertionError says which law is broken."""
    town = Town(folder, seed)
    began = time.monotonic()
    swf = make_client(endpoint_url=town.wire.url, region_name='us-east-1')
    try:
        town.start_service()
        insist(lambda: [None for _ in register(swf, DOMAIN, scanned([tour.tour, tour.visit]),
                                               default_task_list=TASK_LIST)])
        for name in FLEET:
            town.start_worker(name)
        start = time.monotonic()
        for number in begin(town, swf, workflows):
            if number % AT_A_TIME == 0:
                go_wrong(town, start + seconds * number / workflows)
        finish(town, swf, patience)
        check_sizes(town)
        statuses = town.end()
        assert set(statuses.values()) <= {0, -signal.SIGTERM}, statuses     # that: it has only just been started
    finally:
        swf.close()
        town.close()
    check_laws(folder, workflows, town.counts)
    text = ''.join(path.read_text() for path in folder.glob('*.log'))
    for wrong in ('Traceback', ' ERROR '):
        assert wrong not in text, text[max(0, text.index(wrong) - 500):][:3000]
    counts = {'workflows': workflows, 'seconds': round(time.monotonic() - began), **town.wire.counts, **town.counts}
    return dict(sorted(counts.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--workflows', type=int, default=1000)
    parser.add_argument('--seconds', type=float, default=180, help='of chaos, before what is left may finish')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='chaos-') as folder:
        try:
            figures = run(Path(folder), **vars(options))
        except BaseException:
            for path in sorted(Path(folder).glob('*.log')):
                print(f'--- {path.name}', *path.read_text().splitlines()[-15:], sep='\n')
            raise
    for name, figure in figures.items():
        print(f'{figure:>12,}  {name}')


if __name__ == '__main__':
    main()
