"""The benchmarks run, our contestants come out right, and one that does not is said to. No figure is looked at."""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / 'benchmarks'


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.syspath_prepend(BENCHMARKS / 'contestants')
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_DEFAULT_REGION'):
        monkeypatch.setenv(name, 'none')
    return importlib.import_module


def run(program, *arguments):
    return subprocess.run(
        [sys.executable, BENCHMARKS / program, *arguments], check=True, capture_output=True, text=True, timeout=200)


@pytest.mark.parametrize('measure', ['life', 'cold', 'bytes', 'memory', 'parked', 'resident'])
def test_a_chain_of_ours_is_decided_right_and_measured(measure):
    assert float(run('contestants/chain_pyswfaws.py', measure, '12').stdout)


def test_the_soak_writes_what_it_found(tmp_path):
    run('soak.py', '--workflows', '100', '--json', tmp_path / 'figures.json')
    rate, memory = json.loads((tmp_path / 'figures.json').read_text())['outcomes']
    assert rate['figures'].keys() == memory['figures'].keys() == {'pyswfaws', 'second tenth'}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason='later ones cannot profile several threads, each by itself')
def test_where_the_time_goes_is_told_by_the_parts_of_the_house():
    told = run('where.py', 'chain_pyswfaws.py', 'life', '12').stdout
    assert 'botocore' in told
    assert 'replay' in told


def test_a_decision_that_is_not_the_one_that_is_due_is_no_figure(load):
    module = load('chain')
    chain = module.Chain(module.Dialect('chain', str, lambda step: {'activityId': str(step)}, str, dict), 2)
    client = chain.client()
    task = client.poll_for_decision_task(domain='bench', taskList={'name': 'chain'})
    client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=[])
    assert chain.closed.is_set()
    assert chain.wrong.startswith("step 0 is to be {'decisionType': 'ScheduleActivityTask'")


def test_a_peer_that_cannot_take_part_is_named_and_ours_has_to(load):
    module = load('contest')
    contest, goal = module.contest, module.Goal(ratio_at_most=1)
    options = argparse.Namespace(rounds=1, quick=False)
    ours = module.Contestant('ours', 'import_time.py', ('pyswfaws',))
    absent = module.Contestant('absent', 'import_time.py', needs='no_such_module')
    wrong = module.Contestant('wrong', 'import_time.py', ('no_such_module',))
    outcome = contest('title', 'ms', [ours, absent, wrong], goal, options)
    assert outcome.missing['absent'] == 'no_such_module is not installed'
    assert 'ModuleNotFoundError' in outcome.missing['wrong']
    assert outcome.verdicts == []
    with pytest.raises(SystemExit, match=r'wrong: .* failed'):
        contest('title', 'ms', [wrong, ours], goal, options)


@pytest.mark.parametrize(('goal', 'figures', 'verdicts', 'peer'), [
    ({'at_most': 2}, {'ours': [1, 2, 9]}, ['reached: at most 2'], None),
    ({'at_least': 3}, {'ours': [1, 2, 9]}, ['MISSED: at least 3'], None),
    ({'ratio_at_most': 0.5}, {'ours': [1], 'a': [9], 'b': [1.5]}, ['MISSED: at most 0.5 times each peer'], 'b'),
    ({'ratio_at_least': 2}, {'ours': [8], 'a': [1], 'b': [3]}, ['reached: at least 2 times each peer'], 'b'),
])
def test_a_goal_has_to_be_reached_beside_each_peer(load, goal, figures, verdicts, peer):
    module = load('contest')
    outcome = module.concluded('title', 'ms', figures, module.Goal(**goal))
    assert (outcome.verdicts, outcome.peer) == (verdicts, peer)


def test_a_plot_has_a_line_for_each_contestant_with_its_name_at_its_end(load):
    plot = load('plot')
    outcomes = [
        {'size': 10, 'figures': {'ours': [1, 3, 2], '<peer>': [50]}}, {'size': 100, 'figures': {'ours': [20]}},
        {'size': None, 'figures': {'ours': [7]}}]
    curves = plot.curves_of(outcomes, scale=10)
    assert curves == {'ours': [(10, 20), (100, 200)], '<peer>': [(10, 500)]}
    picture = plot.svg('title', 'N', 's', curves)
    assert picture.count('<circle') == 3
    assert '&lt;peer&gt;</text>' in picture
