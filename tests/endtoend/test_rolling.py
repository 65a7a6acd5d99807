"""A rolling restart of a fleet under load: no task of any kind times out, and every workflow is right.

Each worker in turn is told to stop, as a deployment does it, and its successor is started when it has ended. So many
times as the environment variable ROLLING_RESTARTS says; ten of them take about a minute.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from trials import activities, deciders

RESTARTS = int(os.environ.get('ROLLING_RESTARTS', '3'))
AT_A_TIME = 20      # workflows that are open
STEPS = 8
RIGHT = STEPS * (STEPS - 1)


@pytest.mark.parametrize('town', [3], indirect=True)     # polls wait for longer than a busy machine is away
def test_a_rolling_restart_costs_no_timeout(town, until):
    town.register(activities, deciders)
    fleet = [start(town, until, number) for number in range(2)]
    over, runs = threading.Event(), []

    def load():
        """Start one workflow after the other, as long as workers are restarted, and have each of them right."""
        while not over.is_set():
            run = town.client.start(deciders.relay, STEPS)
            runs.append(run)
            assert run.result(timeout=60) == RIGHT

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        loads = [pool.submit(load) for _ in range(AT_A_TIME)]
        try:
            for number in range(len(fleet), len(fleet) + RESTARTS):
                begun = len(runs)
                until(lambda: len(runs) > begun + AT_A_TIME)    # noqa: B023 - waited for at once
                oldest = fleet.pop(0)
                oldest.terminate()
                assert oldest.wait(timeout=60) == 0
                fleet.append(start(town, until, number))
        finally:
            over.set()
        for one in loads:
            one.result(timeout=90)
    lost = [
        (run.workflow_id, event) for run in runs for event in run.history() if event['eventType'].endswith('TimedOut')
    ]
    assert not lost
    logs = ''.join(town.log(f'worker-{number}') for number in range(len(fleet) + RESTARTS))
    assert 'ERROR' not in logs
    assert 'Traceback' not in logs


def start(town, until, number):
    name = f'worker-{number}'
    worker = town.start_worker(name, 'trials.activities', 'trials.deciders', '--concurrency', '4')
    until(lambda: town.log(name).count(' serves the ') == 2)
    return worker
