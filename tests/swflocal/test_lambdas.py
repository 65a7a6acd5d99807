import json
import sys
import threading
import time

from pyswfaws.protocol.decisions import decision
from pyswfaws.protocol.events import attributes
from pyswfaws.swflocal import SwfLocal, VirtualClock, command

ENDS = {'LambdaFunctionCompleted', 'LambdaFunctionFailed', 'LambdaFunctionTimedOut'}


def run(play, lambdas, *decisions, clock=None):
    """Schedule Lambda tasks and give the events that came of them."""
    with SwfLocal(poll_timeout=30, lambdas=lambdas, clock=clock) as swf:
        scene = play(swf.direct_client())
        execution = scene.start()
        scene.decide(*decisions)
        ended = 0
        while ended < len(decisions):
            task = scene.decide()
            ended = sum(event['eventType'] in ENDS for event in task['events'])
        return scene.history(execution)


def schedule(name, number='1', **more):
    return decision('ScheduleLambdaFunction', id=number, name=name, **more)


def test_a_function_takes_the_input_and_gives_the_result(play):
    events = run(play, {'double': lambda event, context: event * 2}, schedule('double', input='[5]'))
    kinds = [event['eventType'] for event in events]
    assert kinds[4:7] == ['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionCompleted']
    assert attributes(events[6])['result'] == '[5, 5]'


def test_without_input_a_function_gets_an_empty_event_and_knows_its_execution(play):
    events = run(play, {'who': lambda event, context: [event, context.workflow_id]}, schedule('who'))
    assert json.loads(attributes(events[6])['result']) == [{}, 'w']


def test_a_function_may_be_registered_by_its_arn(play):
    arn = 'arn:aws:lambda:us-east-1:123456789012:function:f'
    assert attributes(run(play, {arn: lambda *_: 1}, schedule('f'))[6])['result'] == '1'
    assert attributes(run(play, {'f': lambda *_: 2}, schedule(arn))[6])['result'] == '2'


def test_what_a_function_raises_is_the_reason_of_its_failure(play):
    def broken(event, context):
        raise ValueError('no good')
    failed = attributes(run(play, {'f': broken}, schedule('f'))[6])
    assert failed['reason'] == 'UnhandledError'
    assert json.loads(failed['details'])['errorMessage'] == 'no good'
    assert json.loads(failed['details'])['errorType'] == 'ValueError'


def test_an_unknown_function_is_not_found(play):
    failed = attributes(run(play, {}, schedule('nobody'))[6])
    assert failed['reason'] == 'ResourceNotFoundException'
    assert failed['details'] == 'Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody'


def test_functions_run_at_the_same_time(play):
    meeting = threading.Barrier(3, timeout=20)
    events = run(play, {'meet': lambda *_: meeting.wait() < 3}, *(schedule('meet', str(n)) for n in range(3)))
    assert sum(event['eventType'] == 'LambdaFunctionCompleted' for event in events) == 3


def test_a_virtual_clock_stands_still_while_a_function_runs(play):
    events = run(play, {'f': lambda *_: 1}, schedule('f', startToCloseTimeout='5'), clock=VirtualClock(7.0))
    assert events[-1]['eventTimestamp'].timestamp() == 7.0


def test_a_lambda_task_that_cannot_be_carried_out_is_logged(play, monkeypatch, caplog):
    with SwfLocal(poll_timeout=0) as swf:
        scene = play(swf.direct_client())
        scene.start()
        monkeypatch.setattr(swf._host._service, 'start_invocation', lambda now: 1 / 0)
        scene.decide(schedule('f'))
        while 'a Lambda task could not be carried out' not in caplog.text:
            time.sleep(0.002)


def test_a_program_is_a_function(play):
    program = command(sys.executable, '-c', 'import json, sys; print(json.dumps(json.load(sys.stdin)[::-1]))')
    assert attributes(run(play, {'f': program}, schedule('f', input='[1, 2]'))[6])['result'] == '[2, 1]'
    program = command(sys.executable, '-c', 'import sys; sys.exit("out of order")')
    failed = attributes(run(play, {'f': program}, schedule('f'))[6])
    assert 'ended with status 1: out of order' in failed['details']


def test_a_function_that_waits_in_a_file_is_invoked_when_it_is_opened(play, tmp_path):
    with SwfLocal(tmp_path / 'swf.db', poll_timeout=0) as swf:
        scene = play(swf.direct_client())
        scene.start()
        swf._host._invoke = lambda: None    # as if the process ended before
        scene.decide(schedule('f'))
    with SwfLocal(tmp_path / 'swf.db', lambdas={'f': lambda *_: 1}) as swf:
        task = swf.direct_client().poll_for_decision_task(domain='d', taskList={'name': 'deciders'})
        assert task['events'][-3]['eventType'] == 'LambdaFunctionCompleted'
