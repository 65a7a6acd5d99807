"""``pyswfaws local`` as a process: killed under load, started again on the same file, told to stop; its options."""

import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from botocore.exceptions import BotoCoreError, HTTPClientError

from pyswfaws.protocol.decisions import decision
from pyswfaws.protocol.events import attributes
from pyswfaws.swflocal import SwfLocal

COMMAND = [sys.executable, '-m', 'pyswfaws.cli.main', 'local', '--port', '0']
EVER = {'oldestDate': datetime.fromtimestamp(0, UTC)}


@contextmanager
def running(*options):
    """The command and its endpoint; it is killed at the end if it still runs."""
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def work_until_it_dies(way, number, acknowledged):
    """Start workflows and carry them forward; note what was acknowledged."""
    try:
        for n in range(10_000):
            workflow_id = f'w{number}-{n}'
            acknowledged.append(('started', way.start(workflow_id)))
            task = way.poll_decision()
            if 'taskToken' in task:
                way.client.respond_decision_task_completed(
                    taskToken=task['taskToken'], decisions=[decision('CompleteWorkflowExecution', result='r')])
                acknowledged.append(('completed', task['workflowExecution']))
    except (BotoCoreError, KeyError):
        pass   # KeyError: botocore takes an answer whose body did not come any more for an empty one


@pytest.mark.slow
def test_no_acknowledged_request_is_lost_when_the_process_is_killed(tmp_path, way_to, until, judge):
    path = tmp_path / 'swf.db'
    dice = random.Random(7)
    acknowledged = []
    for life in range(5):
        with running('--db', str(path), '--poll-timeout', '0.5') as (process, url), way_to(url) as way:
            if life == 0:
                way.settle_in()
            with ThreadPoolExecutor(4) as pool:
                loads = [pool.submit(work_until_it_dies, way, f'{life}-{n}', acknowledged) for n in range(4)]
                enough = len(acknowledged) + dice.randrange(50, 300)
                until(lambda: len(acknowledged) >= enough or all(load.done() for load in loads))   # noqa: B023
                process.kill()
                for load in loads:
                    load.result()
    with SwfLocal(path, poll_timeout=0) as swf:
        client = swf.direct_client()
        for what, execution in acknowledged:
            info = client.describe_workflow_execution(domain='d', execution=execution)['executionInfo']
            if what == 'completed':
                assert info['closeStatus'] == 'COMPLETED'
        judge(swf)


def test_a_running_task_can_be_answered_after_a_restart(tmp_path, way_to):
    path = str(tmp_path / 'swf.db')
    with running('--db', path) as (process, url), way_to(url) as way:
        way.settle_in()
        execution = way.start()
        token = way.poll_decision()['taskToken']
        process.kill()
    with running('--db', path) as (process, url), way_to(url) as way:
        way.client.respond_decision_task_completed(
            taskToken=token, decisions=[decision('CompleteWorkflowExecution')])
        assert way.types(execution)[-1] == 'WorkflowExecutionCompleted'


@pytest.mark.parametrize('stop', [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_answers_polls_that_wait(way_to, until, stop):
    with running() as (process, url), way_to(url) as way, ThreadPoolExecutor(1) as pool:
        way.settle_in()
        poll = pool.submit(way.poll_decision)
        until(poll.running)
        for _ in range(20):     # by then it waits
            way.client.list_domains(registrationStatus='REGISTERED')
        process.send_signal(stop)
        assert 'taskToken' not in poll.result()
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ''


def test_time_is_skipped(way_to):
    with running('--time-skipping') as (_, url), way_to(url) as way:
        way.settle_in()
        execution = way.start()
        way.decide(decision('StartTimer', timerId='t', startToFireTimeout='3000'))
        way.decide(decision('CompleteWorkflowExecution'))
        first, *_, last = way.history(execution)
        assert (last['eventTimestamp'] - first['eventTimestamp']).total_seconds() >= 3000


def test_mishaps_can_be_injected(way_to):
    options = ('--inject', 'throttle:DescribeDomain', '--inject', 'drop:RegisterDomain', '--inject', 'delay:*:1:0.01')
    with running(*options) as (_, url), way_to(url) as way:
        with pytest.raises(HTTPClientError):
            way.client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='NONE')
        with pytest.raises(way.client.exceptions.ClientError, match='Rate exceeded'):
            way.client.describe_domain(name='d')
        listed = way.client.list_domains(registrationStatus='REGISTERED')['domainInfos']
        assert [info['name'] for info in listed] == ['d']


def test_decisions_can_be_refused_and_functions_run(way_to):
    program = f'{sys.executable} -c "print(42)"'
    options = ('--refuse', 'StartTimer:TIMER_CREATION_RATE_EXCEEDED', '--lambda', f'answer={program}', '--rates')
    with running(*options) as (_, url), way_to(url) as way:
        way.settle_in()
        execution = way.start(lambdaRole='arn:aws:iam::123456789012:role/any')
        way.decide(
            decision('StartTimer', timerId='t', startToFireTimeout='0'),
            decision('ScheduleLambdaFunction', id='l', name='answer'))
        way.decide()
        way.decide()
        events = {event['eventType']: attributes(event) for event in way.history(execution)}
        assert events['StartTimerFailed']['cause'] == 'TIMER_CREATION_RATE_EXCEEDED'
        assert events['LambdaFunctionCompleted']['result'] == '42'
