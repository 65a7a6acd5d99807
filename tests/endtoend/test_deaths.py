"""Nothing about a workflow lives in a process: whatever dies in the middle, the workflow finishes right."""

import random
import signal

from trials import activities, deciders


def types(run):
    return [event['eventType'] for event in run.history()]


def test_a_worker_killed_in_an_activity(town, until, tmp_path):
    town.register(activities, deciders)
    town.start_worker('deciders', 'trials.deciders', '--deciders')
    town.start_worker('first', 'trials.activities')
    note = tmp_path / 'note'
    run = town.client.start(deciders.survivor, str(note))
    until(note.exists)
    town.kill('first')
    town.start_worker('second', 'trials.activities')
    assert run.result(timeout=100) == 'survived'
    assert types(run).count('ActivityTaskTimedOut') == 1


def test_a_worker_killed_in_a_decision(town, until, tmp_path):
    town.register(activities, deciders)
    town.start_worker('activities', 'trials.activities')
    town.start_worker('first', 'trials.deciders', '--deciders')
    note = tmp_path / 'note'
    run = town.client.start(deciders.thinker, str(note))
    until(note.exists)
    town.kill('first')
    town.start_worker('second', 'trials.deciders', '--deciders')
    assert run.result(timeout=100) == ['before', 'thought', 'after']
    assert 'DecisionTaskTimedOut' in types(run)
    assert types(run).count('MarkerRecorded') == 1


def test_the_service_killed_and_started_again(town, until, tmp_path):
    town.register(activities, deciders)
    town.start_worker('activities', 'trials.activities')
    town.start_worker('deciders', 'trials.deciders', '--deciders')
    gate, started = tmp_path / 'gate', tmp_path / 'started'
    run = town.client.start(deciders.patient, str(gate), str(started))
    until(started.exists)
    until(lambda: 'ActivityTaskCompleted' in types(run))
    town.kill('service')
    gate.touch()        # the activity ends while nobody can be told
    until(lambda: 'trying on' in town.log('activities') and 'trying on' in town.log('deciders'))
    town.start_service()
    assert run.result(timeout=100) == [8, 'it is there', None, 10]
    until(lambda: 'works again' in town.log('deciders'))      # each of its polls had an answer
    assert 'Traceback' not in town.log('activities') + town.log('deciders')


def test_a_worker_told_to_stop_finishes_what_it_runs_and_takes_nothing_new(town, until, tmp_path):
    town.register(activities, deciders)
    town.start_worker('deciders', 'trials.deciders', '--deciders')
    for number in (signal.SIGTERM, signal.SIGINT):
        worker = town.start_worker(number.name, 'trials.activities', '--concurrency', '1')
        gate, started = tmp_path / f'gate-{number}', tmp_path / f'started-{number}'
        run = town.client.start(deciders.patient, str(gate), str(started))
        until(started.exists)
        worker.send_signal(number)
        until(lambda: number.name in town.log(number.name))   # noqa: B023 - waited for at once
        gate.touch()
        assert worker.wait(timeout=20) == 0
        assert 'ActivityTaskCompleted' in types(run)
        assert types(run).count('ActivityTaskStarted') == 1     # the other one was left for others
        run.terminate()


def test_a_second_signal_stops_hard(town, until, tmp_path):
    town.register(activities, deciders)
    town.start_worker('deciders', 'trials.deciders', '--deciders')
    worker = town.start_worker('worker', 'trials.activities')
    started = tmp_path / 'started'
    run = town.client.start(deciders.patient, str(tmp_path / 'never'), str(started))
    until(started.exists)
    worker.terminate()
    until(lambda: 'SIGTERM' in town.log('worker'))
    worker.terminate()
    assert worker.wait(timeout=20) == -signal.SIGTERM
    run.terminate()


def test_workers_killed_again_and_again(town, until):
    """Wherever the dice have it: in an activity, in a decision, between two, while starting."""
    town.register(activities, deciders)
    dice = random.Random(12)
    kinds = {'carrier': 'trials.activities', 'decider': 'trials.deciders'}
    alive = {kind: kind for kind in kinds}
    for kind, target in kinds.items():
        town.start_worker(kind, target)
    run = town.client.start(deciders.long_haul, 3)
    for life in range(6):
        enough = len(run.history()) + dice.randrange(1, 6)
        until(lambda: len(run.history()) >= enough or run.status != 'OPEN')     # noqa: B023 - waited for at once
        kind = dice.choice(list(kinds))
        town.kill(alive[kind])
        alive[kind] = f'{kind}-{life}'
        town.start_worker(alive[kind], kinds[kind])
    assert run.result(timeout=200) == [[number, 3, 6, 0, None] for number in range(3)]
