"""What the commands say of executions, and do to them: on real ones, made over HTTP."""

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pyswfaws import Worker, WorkflowClient, WorkflowFailed

OPERATING = (Path(__file__).parents[2] / 'docs' / 'operating.rst').read_text()


@pytest.fixture(scope='module')
def domain():
    """One for all of these tests: most of them only look."""
    return 'executions'


@pytest.fixture(scope='module', autouse=True)
def served(url, domain):
    """Serve what is started, and have an execution that is done, one that failed, and one that is open."""
    with (
        pytest.MonkeyPatch.context() as patch,
        WorkflowClient(domain, endpoint_url=url, task_list='bakery') as client,
    ):
        patch.syspath_prepend(str(Path(__file__).parent / 'targets'))
        sys.modules.pop('bakery', None)
        options = {'swf_domain': domain, 'default_task_list': 'bakery', 'endpoint_url': url}
        with Worker('bakery', register=True, **options):
            import bakery  # noqa: PLC0415 - is importable here only

            client.start(bakery.order.options(workflow_id='done', tags=('fruit',)), 'a secret apple').result(30)
            with pytest.raises(WorkflowFailed):
                client.start(bakery.fail.options(workflow_id='failed')).result(30)
            client.start(bakery.rest.options(workflow_id='open', tags=('fruit',)), 30)
            yield
        sys.modules.pop('bakery')


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def ids(done):
    """The ids that a list has, of those that all tests may count on."""
    return [one['workflowId'] for one in records(done) if one['workflowId'] in ('done', 'failed', 'open')]


def test_list(call):
    lines = call('list').stdout.splitlines()
    assert lines[0].split() == ['workflow', 'id', 'type', 'status', 'started', 'took', 'run', 'id']
    shown = {line.split()[0]: line.split()[3] for line in lines[1:]}
    assert {name: shown[name] for name in ('open', 'failed', 'done')} == {
        'open': 'OPEN', 'failed': 'FAILED', 'done': 'COMPLETED',
    }
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for filters, found in [
        ((), ['open', 'failed', 'done']),
        (('--status', 'OPEN'), ['open']),
        (('--status', 'CLOSED'), ['failed', 'done']),
        (('--status', 'COMPLETED'), ['done']),
        (('--status', 'COMPLETED', '--tag', 'fruit'), ['done']),
        (('--tag', 'fruit'), ['open', 'done']),
        (('--type', 'order'), ['done']),
        (('--type', 'order 1.0', '--status', 'FAILED'), []),
        (('--type', 'order 2.0'), []),
        (('--workflow-id', 'failed'), ['failed']),
        (('--workflow-id', 'failed', '--status', 'OPEN'), []),
        (('--since', '2h'), ['open', 'failed', 'done']),
        (('--since', yesterday), ['open', 'failed', 'done']),
        (('--since', '2100-01-01'), []),
    ]:
        assert ids(call('list', *filters, '--format', 'jsonl')) == found, filters
    shortened = call('list', '--limit', '1', '--tag', 'fruit', '--format', 'json')
    assert [record['workflowId'] for record in json.loads(shortened.stdout)] == ['open']
    assert 'there are more than 1: give --limit' in shortened.stderr
    (done,) = records(call('list', '--workflow-id', 'done', '--format', 'jsonl'))
    assert (done['name'], done['version'], done['status'], done['tags']) == ('order', '1.0', 'COMPLETED', ['fruit'])
    assert datetime.fromisoformat(done['startedAt']) < datetime.fromisoformat(done['closedAt'])


def test_describe(call):
    shown = call('describe', 'open').stdout
    assert 'status:       OPEN' in shown
    assert 'type:         rest 1.0' in shown
    assert 'tags:         fruit' in shown
    assert 'decisions:    ' in shown
    assert ' has decided, since ' in shown
    assert 'waits for:    timer timer-1, since ' in shown
    found = json.loads(call('describe', 'done', '--format', 'json').stdout)
    assert (found['status'], found['waitsFor'], found['decision']['timedOutInARow']) == ('COMPLETED', [], 0)
    assert 'closed:       ' in call('describe', 'failed').stdout
    watched = records(call('describe', 'done', '--watch', '--format', 'jsonl'))
    assert [record['status'] for record in watched] == ['COMPLETED']


def test_the_story(call):
    done = call('history', 'done')
    told = done.stdout.splitlines()
    assert 'the workflow order 1.0 starts, on the task list bakery' in told[0]
    assert ' takes bake-1 after ' in done.stdout
    assert told[-1].endswith('  the workflow is done')
    assert 'secret' not in done.stdout
    assert '[["a secret apple"],{}]' in call('history', 'done', '--show-data').stdout
    assert 'the workflow failed: LookupError: no flour (at ' in call('history', 'failed').stdout
    followed = records(call('history', 'done', '--watch', '--format', 'jsonl'))
    assert followed == json.loads(call('history', 'done', '--format', 'json').stdout)
    assert 'data' not in followed[0]


def test_the_lines_behind_the_story(call):
    told = call('history', 'done', '--target', 'bakery:order').stdout
    assert 'bake-1 is scheduled, on the task list bakery   [bakery.py:' in told
    assert call('history', 'done', '--target', 'bakery:rest').exit_code == 5
    for target, says in [
        ('bakery:bake', 'bakery:bake is no decider'), ('bakery', 'bakery is no decider'), ('no:one', 'no module'),
    ]:
        done = call('history', 'done', '--target', target)
        assert done.exit_code == 2
        assert says in done.stderr


def test_the_events_and_the_timeline(call):
    events = call('history', 'done', '--events').stdout
    assert '  WorkflowExecutionStarted\n       input: [["a secret apple"],{}]\n' in events
    assert records(call('history', 'done', '--events', '--format', 'jsonl'))[0]['eventId'] == 1
    drawn = call('history', 'open', '--timeline', COLUMNS='60').stdout
    assert max(map(len, drawn.splitlines()[:-1])) <= 60
    assert 'timer-1' in drawn
    assert 'still open' in drawn
    (timer,) = records(call('history', 'open', '--timeline', '--format', 'jsonl'))
    assert (timer['id'], timer['state'], timer['ended']) == ('timer-1', 'SCHEDULED', None)
    assert call('history', 'done', '--timeline', '--watch').stdout.startswith(' ')


def test_signal_cancel_and_terminate(call):
    call('start', 'bakery:rest', '30', '--workflow-id', 'mine')
    assert call('signal', 'mine', 'hello', '[1, "a"]').stdout == 'sent hello to mine\n'
    assert call('signal', 'mine', 'count', '-5').exit_code == 0
    assert call('signal', 'mine', 'nothing').exit_code == 0
    told = call('history', 'mine', '--show-data').stdout
    assert 'the signal hello arrives\n              [1,"a"]' in told
    assert 'the signal count arrives\n              -5' in told
    assert 'the signal nothing arrives\n              null' in told
    assert call('cancel', 'mine').stdout == 'asked mine to cancel\n'
    assert call('history', 'mine', '--watch').stdout.endswith('the workflow is canceled\n')     # its decider lets it

    call('start', 'bakery:rest', '30', '--workflow-id', 'again')
    ended = call('terminate', 'again', '--reason', 'enough', '--details', 'it is late', '--child-policy', 'ABANDON')
    assert ended.stdout == 'terminated again\n'
    last = json.loads(call('history', 'again', '--events', '--format', 'json').stdout)[-1]
    found = last['workflowExecutionTerminatedEventAttributes']
    assert (found['reason'], found['details'], found['childPolicy']) == ('enough', 'it is late', 'ABANDON')
    assert 'was terminated (OPERATOR_INITIATED): enough: it is late' in call('history', 'again').stdout


def test_each_command_asks_for_what_the_page_says_and_nothing_else(call, gateway):
    for name in ('another', 'a third'):
        call('start', 'bakery:rest', '30', '--workflow-id', name)
    (run_id,) = [found['runId'] for found in records(call('list', '--workflow-id', 'another', '--format', 'jsonl'))]
    rows = re.findall(r'^``(\w+)``(, with ``--run-id``)? +((?:``swf:\w+``(?:, )?)+)$', OPERATING, flags=re.MULTILINE)
    assert {command for command, _, _ in rows} == {'list', 'describe', 'history', 'signal', 'cancel', 'terminate'}
    for command, with_run, operations in rows:
        name = 'a third' if command == 'terminate' else 'another'   # which the cancel before it has closed
        arguments = [] if command == 'list' else [name, *(['hello'] if command == 'signal' else [])]
        with gateway() as (endpoint, asked):
            done = call(command, *arguments, *(['--run-id', run_id] if with_run else []), AWS_ENDPOINT_URL_SWF=endpoint)
        assert done.exit_code == 0, done.stderr
        assert asked == set(re.findall(r'swf:(\w+)', operations)), command


def test_what_cannot_be_done_is_said(call):
    for arguments, status, says in [
        (['describe', 'nobody'], 4, "SWF knows no execution with the workflow id 'nobody' in the domain"),
        (['history', 'done', '--run-id', 'nobody'], 4, "and the run id 'nobody'"),
        (['signal', 'nobody', 'hello'], 4, 'SWF knows no execution'),
        (['signal', 'done', 'hello'], 1, 'is not open any more: COMPLETED'),
        (['cancel', 'done'], 1, 'is not open any more'),
        (['terminate', 'done'], 1, 'is not open any more'),
        (['list', '--domain', 'nowhere'], 4, 'Unknown domain: nowhere. Which domains and types there are: '),
        (['signal', 'open', 'hello', 'text'], 2, "'text' is no JSON"),
        (['list', '--since', 'yesterday'], 2, "'yesterday' is neither so long ago, as 90m, 2h or 7d, nor a time as"),
        (['list', '--since', '999999999w'], 2, 'is neither so long ago'),
        (['list', '--status', 'BAKED'], 2, "'BAKED' is not one of "),
        (['list', '--limit', '0'], 2, 'is not in the range'),
        (['describe', 'open', '--watch', '--format', 'json'], 2, '--watch writes as it goes: use --format jsonl'),
        (['history', 'open', '--watch', '--format', 'json'], 2, '--watch writes as it goes: use --format jsonl'),
        (['history', 'open', '--events', '--target', 'bakery:rest'], 2, '--target tells the lines behind the story'),
        (['terminate', 'open', '--reason', 'x' * 257], 1, 'reason'),
    ]:
        done = call(*arguments)
        assert (done.exit_code, says in done.stderr) == (status, True), done.stderr
        assert done.stderr.splitlines()[-1].startswith('Error: ')


def test_an_execution_is_followed_until_it_is_interrupted(environment):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)   # a background job would ignore it
    try:
        with subprocess.Popen(
            [sys.executable, '-m', 'pyswfaws.cli.main', 'history', 'open', '--watch', '--format', 'jsonl'],
            env=environment | {'PYTHONUNBUFFERED': '1'}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:
            assert json.loads(process.stdout.readline())['event'] == 1
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (130, 'interrupted\n')
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_closed_stdout_is_no_traceback(environment):
    with subprocess.Popen(
        [sys.executable, '-m', 'pyswfaws.cli.main', 'history', 'done', '--events'],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ''
        process.wait(timeout=30)
    assert process.returncode in (0, 1)


@pytest.mark.parametrize('shell', ['bash', 'zsh', 'fish'])
def test_completion(call, shell):
    done = call('completion', shell)
    if shell == 'bash' and done.exit_code == 1:     # a bash that is too old, or none
        assert done.stderr.startswith('Error: bash cannot complete: ')
        return
    assert done.exit_code == 0
    assert '_PYSWFAWS_COMPLETE' in done.stdout


@pytest.mark.parametrize(('words', 'number', 'completed'), [
    ('pyswfaws hi', '1', 'plain,history\n'), ('pyswfaws history --time', '2', 'plain,--timeline\n'),
])
def test_what_is_completed(environment, words, number, completed):
    asked = {'_PYSWFAWS_COMPLETE': 'bash_complete', 'COMP_WORDS': words, 'COMP_CWORD': number}
    done = subprocess.run(
        [sys.executable, '-c', 'from pyswfaws.cli.main import main; main(prog_name="pyswfaws")'],
        env=environment | asked, capture_output=True, text=True, timeout=60, check=False,
    )
    assert (done.stdout, done.stderr) == (completed, '')
