"""Each record says what it belongs to, once; no value and no secret is in any."""

import asyncio
import json
import logging
import threading

import pytest

from pyswfaws import (
    AesGcmCodec,
    DefinitionError,
    DistributedActivityWorker,
    LocalDecisionWorker,
    RetryPolicy,
    S3DataStore,
    Signal,
    WorkflowClient,
    WorkflowFailed,
    activity,
    activity_task,
    branch,
    decision_task,
    logs,
    workflow,
)
from pyswfaws.workers.clients import Access

log = logging.getLogger('shop')

CODEC = AesGcmCodec({'k': b'0123456789abcdef0123456789abcdef'}, current='k')


class Heard(logging.Handler):
    """Keeps what is logged, as lines of JSON."""

    def __init__(self, level=logging.INFO):
        super().__init__(level)
        self.setFormatter(logs.JsonFormatter())
        self.addFilter(logs.ContextFilter())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))

    def of(self, logger):
        return [found for found in map(json.loads, self.lines) if found['logger'] == logger]


@pytest.fixture
def heard():
    handler, root = Heard(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@activity_task
def double(number):
    log.info('doubling')
    return number * 2


@activity_task
async def treble(number):
    log.info('trebling')
    await asyncio.to_thread(log.info, 'aside')
    return number * 3


@activity_task(retry=RetryPolicy(max_attempts=2, initial_interval=0))
def fails():
    log.info('trying')
    raise ValueError('in vain')


@activity_task
def nothing():
    pass


@decision_task
def flow(number):
    log.info('begun')
    first = double(number).result
    log.info('half way', extra={'first': first})
    branch(inside, first)
    second = treble(first).result
    log.info('done')
    return second


def inside(number):
    log.info('in a branch')
    workflow.sleep(0)
    log.info('in a branch, later')


@decision_task
def failing():
    fails().result


@pytest.mark.parametrize('kept', [1000, 1, 0], ids=['kept', 'one', 'cold'])
def test_each_line_is_said_once_with_its_context(stage, heard, kept):
    stage.activities(double, treble)
    stage.deciders(flow, kept=kept)
    run = stage.start(flow, 4)
    assert run.result(timeout=30) == 24
    stage.end()
    execution = {'domain': 'tests', 'task_list': 'tests', 'workflow_id': run.workflow_id, 'run_id': run.run_id}
    decider = {**execution, 'workflow_type': 'flow 1.0'}
    found = {line['message']: line for line in heard.of('shop')}
    assert len(found) == len(heard.of('shop'))
    for message in ('begun', 'half way', 'done', 'in a branch', 'in a branch, later'):
        assert decider.items() <= found[message].items(), message
    assert found['half way']['first'] == 8
    assert {
        **execution, 'activity_type': 'double 1.0', 'activity_id': 'double-1', 'attempt': 1,
    }.items() <= found['doubling'].items()
    for message in ('trebling', 'aside'):
        assert found[message]['activity_id'] == 'treble-1'


def test_our_own_records_have_it_too(stage, heard):
    stage.activities(fails)
    stage.deciders(failing)
    with pytest.raises(WorkflowFailed):
        stage.run(failing)
    stage.end()
    failed = [line for line in heard.of('pyswfaws') if 'failed' in line['message']]
    assert [line['attempt'] for line in failed] == [1, 2] == [line['attempt'] for line in heard.of('shop')]
    assert 'ValueError: in vain' in failed[0]['exception']


def test_nothing_is_in_hand_outside_of_tasks(heard):
    log.info('outside')
    assert LocalDecisionWorker(flow).start(4) == 24
    assert not any('workflow_id' in line for line in heard.of('shop'))


def test_text_has_the_context_after_it():
    record = logging.makeLogRecord({'name': 'shop', 'msg': 'resizing', 'swf': {'workflow_id': 'cat', 'attempt': 1}})
    formatter = logs.TextFormatter('%(message)s')
    assert formatter.format(record) == 'resizing [workflow_id=cat attempt=1]'
    record.name = 'pyswfaws'
    assert formatter.format(record) == 'resizing'


def test_a_line_of_json_is_one_whatever_is_in_it():
    line = logs.JsonFormatter().format(logging.makeLogRecord({
        'msg': 'two\nlines and a \ud800 and ü', 'levelname': 'INFO', 'thing': object, 'level': 'not mine',
        'stack_info': 'in test_a_line_of_json',
    }))
    assert '\n' not in line
    assert line.isascii()
    found = json.loads(line)
    assert (found['message'], found['thing'], found['level']) == (
        'two\nlines and a \ud800 and ü', "<class 'object'>", 'INFO',
    )
    assert 'test_a_line_of_json' in found['stack']


def test_a_record_that_a_queue_brings_keeps_its_context():
    record = logging.makeLogRecord({'name': 'shop', 'swf': {'workflow_id': 'cat'}})
    assert logs.ContextFilter().filter(record)
    assert record.swf == {'workflow_id': 'cat'}


@pytest.fixture
def root():
    """The root logger, to be configured."""
    root, talkative = logging.getLogger(), logging.getLogger('botocore')
    before = root.level, list(root.handlers), talkative.level
    yield root
    root.level, root.handlers[:], talkative.level = before[0], before[1], before[2]
    root.setLevel(before[0])


def test_configure_logs_to_stderr_and_replaces_only_itself(root, capsys):
    others = list(root.handlers)
    logs.configure()
    logs.configure('DEBUG', json=True)
    log.debug('hello')
    logging.getLogger('botocore').debug('everything that was sent')
    assert json.loads(capsys.readouterr().err)['message'] == 'hello'
    assert root.handlers[:-1] == others
    logs.configure('warning')
    log.info('hello')
    log.warning('watch out')
    assert capsys.readouterr().err.endswith('WARNING watch out\n')


@pytest.mark.parametrize('level', ['loud', 10, None])
def test_a_wrong_level_is_refused(level):
    with pytest.raises(DefinitionError, match='level is one of debug, info, warning, error, critical, but it is'):
        logs.configure(level)


CANARY = 'four-hundred-thousand-euros'


def test_no_value_is_logged_above_debug(stage, heard):
    @activity_task(heartbeat_timeout=30)
    def secret(value):
        activity.heartbeat(value)
        return value

    @decision_task
    def keeps(value):
        workflow.publish(value)
        return secret(value).result + Signal.get('more').result

    @decision_task
    def wrong(value):
        return secret(value, value).result

    stage.activities(secret)
    stage.deciders(keeps, wrong)
    run = stage.start(keeps, CANARY)
    run.signal('more', CANARY)
    assert run.result(timeout=30) == CANARY * 2
    with pytest.raises(WorkflowFailed):
        stage.run(wrong, CANARY)
    stage.end()
    assert len(heard.of('pyswfaws')) >= 2
    assert CANARY not in '\n'.join(heard.lines)


def test_what_an_exception_says_is_not_logged_where_values_are_encrypted(stage, heard):
    @activity_task(data_codecs=[CODEC])
    def fails_in_secret(value):
        raise ValueError(value)

    @decision_task(data_codecs=[CODEC])
    def tries(value):
        fails_in_secret(value).result

    stage.activities(fails_in_secret)
    stage.deciders(tries)
    with pytest.raises(WorkflowFailed):
        stage.run(tries, CANARY)
    stage.end()
    failed, *_ = [line for line in heard.of('pyswfaws') if 'failed' in line['message']]
    assert failed['message'].endswith(' failed: ValueError')
    assert CANARY not in '\n'.join(heard.lines)


def test_no_secret_is_in_a_repr(stage):
    secret = 'wJalrXUtnFEMI-SECRET'
    worker = DistributedActivityWorker(
        nothing, swf_domain='tests', swf_task_list='tests', aws_access_key_id='AKIA', aws_secret_access_key=secret,
        region_name='us-east-1',
    )
    try:
        shown = [
            repr(Access(aws_access_key_id='AKIA', aws_secret_access_key=secret)), repr(worker), str(worker),
            repr(worker.client), repr(CODEC), repr(AesGcmCodec({'k': secret[:16].encode()}, current='k')),
            repr(WorkflowClient('tests', client=worker.client)), repr(S3DataStore(bucket='b')),
            repr(stage.swf), repr(stage.client), repr(activity.ActivityInfo(task_token=secret)),
        ]
        with stage.swf.serve(port=0, token=secret):
            shown.append(repr(stage.swf))
    finally:
        worker.stop()
        worker.wait()
    text = '\n'.join(shown)
    assert secret not in text
    assert secret[:16] not in text
    assert '0123456789abcdef' not in text


def test_a_thread_of_ones_own_has_it_in_a_copy_of_the_context(stage, heard):
    from contextvars import copy_context  # noqa: PLC0415

    @activity_task
    def threaded():
        thread = threading.Thread(target=copy_context().run, args=(log.info, 'from a thread'))
        thread.start()
        thread.join()

    @decision_task
    def threads():
        threaded().result

    stage.activities(threaded)
    stage.deciders(threads)
    stage.run(threads)
    stage.end()
    (line,) = heard.of('shop')
    assert line['activity_id'] == 'threaded-1'
