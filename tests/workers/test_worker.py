"""What both kinds of worker do: poll on through errors, stop in good order, and refuse to start in vain."""

import threading

import pytest

from pyswfaws import (
    ConfigurationError,
    DistributedActivityWorker,
    DistributedDecisionWorker,
    UnreachableError,
    activity_task,
    decision_task,
)
from pyswfaws.workers.clients import make_client


@activity_task
def double(number):
    return number * 2


@decision_task
def doubled(number):
    return double(number).result


class Watching(DistributedActivityWorker):
    """Keeps what its hooks are told."""

    ends_on = None

    def __init__(self, *args, **kwargs):
        self.empty, self.exceptions = 0, []
        super().__init__(*args, **kwargs)

    def handle_no_op(self, task):
        self.empty += 1

    def handle_exception(self, exception, task):
        self.exceptions.append((str(exception), task))
        return self.ends_on is not None and self.ends_on in str(exception)


class Ending(Watching):
    ends_on = 'Rate exceeded'


@pytest.mark.parametrize(('mishap', 'text'), [('throttle', 'Rate exceeded'), ('error', 'Internal failure')])
def test_errors_of_a_poll_are_said_once_and_never_end_the_loop(stage, until, caplog, mishap, text):
    stage.deciders(doubled)
    stage.mishaps(f'{mishap}:PollForActivityTask')
    worker = stage.activities(double, worker=Watching)
    run = stage.start(doubled, 3)
    until(lambda: len(worker.exceptions) >= 2)
    stage.mishaps()
    assert run.result(timeout=20) == 6
    said = [message for message in caplog.messages if 'polling' in message]
    assert said[0].startswith('polling for activity tasks on tests of tests fails: ')
    assert text in said[0]
    assert len(said) == 2
    assert said[1].startswith('polling for activity tasks on tests of tests works again, after ')
    assert all(task is None for _, task in worker.exceptions)


def test_an_exception_of_a_poll_may_end_the_worker(stage, until):
    stage.mishaps('throttle:PollForActivityTask')
    worker = stage.activities(double, worker=Ending)
    until(lambda: worker.wait(0.1))
    assert len(worker.exceptions) == 1


def test_polls_without_a_task_are_told(stage, until):
    stage.swf._host.poll_timeout = 0.01
    worker = stage.activities(double, worker=Watching)
    until(lambda: worker.empty >= 3)
    assert worker.exceptions == []


def test_stop_waits_open_polls_out_and_answers_what_they_bring(stage, until):
    worker = stage.activities(double)
    stage.deciders(doubled)
    until(lambda: len(list(stage.swf._host._queues)) >= 3)     # one poll for activities, two for decisions
    worker.stop()
    assert not worker.wait(0.01), 'a poll is open'
    assert stage.run(doubled, 3) == 6
    until(lambda: worker.wait(0.1))


def test_stop_finishes_what_runs(stage, until):
    entered, gate = threading.Event(), threading.Event()

    @activity_task
    def wait_at_the_gate():
        entered.set()
        assert gate.wait(timeout=20)
        return 'through'

    @decision_task
    def decider():
        return wait_at_the_gate().result

    worker = stage.activities(wait_at_the_gate, concurrency=1)
    stage.deciders(decider)
    run = stage.start(decider)
    assert entered.wait(timeout=20)
    worker.stop()
    gate.set()
    until(lambda: worker.wait(0.1))
    assert run.result(timeout=20) == 'through'


def test_start_blocks_until_stop_is_called_from_another_thread(stage, until):
    stage.register(double)
    worker = DistributedActivityWorker(double, swf_domain='tests', swf_task_list='tests', client=stage.client)
    thread = threading.Thread(target=worker.start)
    thread.start()
    until(lambda: list(stage.swf._host._queues))
    assert thread.is_alive()
    worker.stop()
    stage.swf.end_polls()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_worker_that_was_stopped_before_its_start_ends_at_once(stage):
    stage.register(double)
    worker = DistributedActivityWorker(double, swf_domain='tests', swf_task_list='tests', client=stage.client)
    worker.stop()
    worker.start()


@pytest.mark.parametrize(('made_of', 'function', 'what'), [
    (DistributedActivityWorker, double, 'activity double 1.0'),
    (DistributedDecisionWorker, doubled, 'workflow doubled 1.0'),
])
def test_what_swf_does_not_know_is_said_at_the_start(stage, made_of, function, what):
    def worker():
        return made_of(function, swf_domain='tests', swf_task_list='tests', client=stage.client)

    with pytest.raises(ConfigurationError, match=r"there is no domain 'tests' in SWF. Register it .* pyswfaws regi"):
        worker().start()
    stage.client.register_domain(name='tests', workflowExecutionRetentionPeriodInDays='1')
    with pytest.raises(ConfigurationError, match=f"SWF does not know {what} in the domain 'tests'. Register"):
        worker().start()


def test_what_is_open_in_a_deprecated_domain_goes_on(stage, types, until, caplog):
    stage.register(double, doubled)
    stage.deciders(doubled)
    run = stage.start(doubled, 3)
    until(lambda: 'ActivityTaskScheduled' in types(run))
    stage.client.deprecate_domain(name='tests')
    worker = DistributedActivityWorker(double, swf_domain='tests', swf_task_list='tests', client=stage.client)
    stage.workers.append(worker)
    worker.begin()
    assert run.result(timeout=20) == 6
    assert "the domain 'tests' is deprecated" in caplog.text


def test_a_client_that_may_not_ask_is_let_through(stage):
    stage.register(double, doubled)
    stage.deciders(doubled)
    stage.mishaps('throttle:Describe*')
    worker = DistributedActivityWorker(double, swf_domain='tests', swf_task_list='tests', client=stage.client)
    stage.workers.append(worker)
    worker.begin()
    assert stage.run(doubled, 3) == 6


def test_an_endpoint_that_does_not_answer_is_said_at_the_start():
    client = make_client(endpoint_url='http://127.0.0.1:1')
    worker = DistributedActivityWorker(double, swf_domain='d', swf_task_list='l', client=client)
    with pytest.raises(UnreachableError, match='Is the endpoint right, and does it run'):
        worker.start()
    client.close()


def test_a_start_without_credentials_is_said():
    worker = DistributedActivityWorker(double, swf_domain='d', swf_task_list='l', region_name='us-east-1')
    with pytest.raises(UnreachableError, match=r'no AWS credentials: .* Set AWS_ACCESS_KEY_ID'):
        worker.start()


def test_a_client_that_gives_up_too_early_is_warned_of(stage, caplog):
    stage.activities(double, client=stage.swf.client())
    assert caplog.messages == []
    client = stage.swf.client()
    client.meta.config.read_timeout = 60
    stage.deciders(doubled, client=client)
    (message,) = caplog.messages
    assert message.startswith('the client waits 60 s for an answer, but SWF may hold a poll for 60 s')
    assert message.endswith('make it with botocore.config.Config(read_timeout=70)')


def test_answers_that_are_given_again_are_counted(stage, until):
    stage.deciders(doubled)
    worker = stage.activities(double)
    stage.mishaps('throttle:RespondActivityTaskCompleted')
    run = stage.start(doubled, 3)
    until(lambda: worker.counts['retried'] >= 2)
    stage.mishaps()
    assert run.result(timeout=20) == 6
    stage.end()
    assert (worker.counts['lost'], worker.counts['unanswered']) == (0, 0)
