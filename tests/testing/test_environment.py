"""The test environment: virtual time, one thread, one seed one story; stubs and faults."""

import logging
import random
import threading
import time
import warnings
from datetime import UTC, datetime, timedelta

import pytest

from pyswfaws import (
    ActivityTaskFailed,
    ActivityTaskTimedOut,
    RetryPolicy,
    Signal,
    WorkflowCancelled,
    activity_task,
    branch,
    cached,
    continue_as_new,
    decision_task,
    gather,
    workflow,
)
from pyswfaws.exceptions import (
    ConfigurationError,
    DecisionError,
    DefinitionError,
    NonDeterminismError,
    PyswfawsError,
    RegistrationConflictError,
    ResultTimeoutError,
    WorkflowCanceled,
    WorkflowFailed,
    WorkflowTerminated,
    WorkflowTimedOut,
)
from pyswfaws.testing import DeciderWarning, WorkflowEnvironment

DAY = 86_400
ROLE = 'arn:aws:iam::123456789012:role/any'


@activity_task
def double(value):
    return value * 2


@decision_task
def doubled(value):
    return double(value).result


@decision_task
def many(count):
    return gather(*[double(number) for number in range(count)])


@decision_task
def parent(value):
    return doubled(value).result + 1


@decision_task
def waits_for_approval():
    return Signal.get('approval').result


@pytest.fixture
def env():
    with WorkflowEnvironment() as env:
        yield env


def events(run):
    return [(event['eventType'], event['eventTimestamp']) for event in run.history()]


# Results and time.


def test_a_workflow_with_activities_and_children_gives_its_result(env):
    assert env.run(parent, 5) == 11


def test_days_pass_at_once(env):
    @decision_task
    def rests():
        workflow.sleep(100 * DAY)
        return workflow.now().isoformat()

    before = env.now
    assert env.run(rests) == (before + timedelta(days=100)).isoformat()
    assert env.now - before == timedelta(days=100)


def test_the_clock_starts_where_it_is_told_to():
    with WorkflowEnvironment(start=datetime(2000, 2, 28)) as env:  # noqa: DTZ001 - a time without a zone is UTC
        env.sleep(2 * DAY)
        assert env.now == datetime(2000, 3, 1, tzinfo=UTC)


def test_what_a_decider_raises_is_raised_with_the_place(env):
    @decision_task
    def fails():
        raise LookupError('nothing there')

    with pytest.raises(WorkflowFailed, match='LookupError: nothing there') as failed:
        env.run(fails)
    assert any("raise LookupError('nothing there')" in note for note in failed.value.__notes__)


def test_an_async_workflow_runs_like_any_other(env):
    @activity_task
    async def triple(value):
        return value * 3

    @decision_task
    async def flow(value):
        return await triple(value)

    assert env.run(flow, 2) == 6


def test_a_method_is_run_on_its_object(env):
    class Shop:
        factor = 7

        @activity_task
        def price(self, pieces):
            return pieces * self.factor

        @decision_task
        def order(self, pieces):
            return self.price(pieces).result

    assert env.run(Shop().order, 3) == 21


def test_everything_runs_in_the_thread_of_the_test(env):
    found = set()

    @activity_task
    def notes():
        found.add(threading.current_thread())

    @activity_task(lambda_function='notes')
    def notes_too():
        found.add(threading.current_thread())

    @decision_task(lambda_role=ROLE)
    def flow():
        found.add(threading.current_thread())
        notes().result
        notes_too().result

    env.run(flow)
    assert found == {threading.current_thread()}


def test_a_lambda_function_is_played_by_the_decorated_one(env):
    @activity_task(lambda_function='resize')
    def resize(photo, width=320):
        return f'{photo}@{width}'

    @decision_task(lambda_role=ROLE)
    def flow():
        return [resize('cat').result, resize('dog', width=640).result]

    assert env.run(flow) == ['cat@320', 'dog@640']
    env.stub(resize, 'small')
    assert env.run(flow) == ['small', 'small']


def test_task_lists_need_not_be_named_beforehand(env):
    @decision_task(swf_task_list='deciders', swf_domain='elsewhere')
    def flow():
        return double.options(task_list='big')(4).result

    assert env.run(flow) == 8
    assert env.run(doubled.options(task_list='another'), 1) == 2
    assert env.run(doubled, 1, task_list='a-third') == 2


# Runs.


def test_a_run_goes_on_when_somebody_waits(env):
    run = env.start(waits_for_approval)
    assert run.status == 'OPEN'
    assert run.waiting == ()
    env.settle()
    (wait,) = run.waiting
    assert wait.line.startswith(__file__)
    assert wait.promises == ('signal approval, number 1',)
    run.signal('approval', {'by': 'me'})
    assert run.result() == {'by': 'me'}


def test_something_can_be_done_at_a_time(env):
    run = env.start(waits_for_approval)
    env.at(timedelta(days=3), run.signal, 'approval', 'late')
    env.at(DAY, lambda: seen.append(env.now))
    seen, began = [], env.now
    assert run.result() == 'late'
    assert seen == [began + timedelta(days=1)]
    assert env.now == began + timedelta(days=3)


def test_a_result_is_waited_for_in_virtual_time(env):
    run = env.start(waits_for_approval)
    began = env.now
    with pytest.raises(ResultTimeoutError, match=r'has not closed; .*environment.py:\d+ waits for signal approval'):
        run.result(timeout=DAY)
    assert env.now == began + timedelta(days=1)


def test_a_workflow_that_nobody_ends_ends_by_its_own_time(env):
    run = env.start(waits_for_approval, execution_start_to_close_timeout=60)
    with pytest.raises(WorkflowTimedOut) as ended:
        run.result()
    assert 'waits for signal approval' in ended.value.__notes__[0]


def test_a_cancel_reaches_the_decider(env):
    @decision_task
    def cleans_up():
        try:
            workflow.sleep(DAY)
        except WorkflowCancelled:
            workflow.sleep(5)
            raise

    run = env.start(cleans_up)
    env.at(10, run.cancel)
    began = env.now
    with pytest.raises(WorkflowCanceled):
        run.result()
    assert env.now == began + timedelta(seconds=15)


def test_a_terminated_run_says_so(env):
    run = env.start(waits_for_approval)
    env.at(1, run.terminate, 'enough')
    with pytest.raises(WorkflowTerminated, match='enough'):
        run.result()


def test_a_run_is_followed_to_its_last(env):
    @decision_task
    def counts_down(left):
        if left:
            workflow.sleep(DAY)
            continue_as_new(left - 1)
        return 'lift-off'

    run = env.start(counts_down, 3)
    first = run.run_id
    assert run.result() == 'lift-off'
    assert run.run_id != first


def test_another_version_is_found_in_the_module_of_the_decider(env):
    assert env.run(versions.old) == 'new'


class versions:  # noqa: N801 - a name space
    @staticmethod
    @decision_task(swf_workflow_type='versions', swf_workflow_version='1')
    def old():
        continue_as_new(version='2')

    @staticmethod
    @decision_task(swf_workflow_type='versions', swf_workflow_version='2')
    def new():
        return 'new'


def test_a_version_that_is_nowhere_is_a_clear_error(env):
    @decision_task
    def flow():
        continue_as_new(version='9')

    with pytest.raises(ConfigurationError, match='does not know the workflow flow 9: give WorkflowEnvironment'):
        env.run(flow)


def test_targets_are_known_from_the_first():
    @decision_task(swf_workflow_version='9')
    def flow():
        return 'from a target'

    nine = flow

    @decision_task
    def flow():
        continue_as_new(version='9')

    with WorkflowEnvironment([nine]) as env:
        assert env.run(flow) == 'from a target'


def test_two_functions_of_one_name_are_a_conflict(env):
    env.run(doubled, 1)

    @activity_task(swf_task_type='double')
    def other(value):
        return value

    @decision_task
    def flow():
        return other(1).result

    with pytest.raises(RegistrationConflictError, match='two functions are called'):
        env.run(flow)


def test_an_attempt_fails_with_an_exception_only(env):
    with pytest.raises(DefinitionError, match="error is an exception or a class of one, but it is 'no luck'"):
        env.fail(double, 'no luck')


def test_outside_of_its_block_it_says_so():
    with pytest.raises(PyswfawsError, match='inside its block: with WorkflowEnvironment'):
        WorkflowEnvironment().run(doubled, 1)


def test_what_is_no_decider_is_refused(env):
    with pytest.raises(DefinitionError, match='a decider'):
        env.run(double, 1)
    with pytest.raises(DefinitionError, match='@activity_task or @decision_task above it, not <function'):
        env.run(lambda: None)


def test_a_world_in_which_nothing_will_happen_any_more_says_so(env):
    with pytest.raises(Exception, match='nothing will ever happen'):
        env.drive(lambda: False)


# One seed, one story.


def story(seed, decider=many, *arguments):
    with WorkflowEnvironment(seed=seed) as env:
        run = env.start(decider, *arguments)
        run.result()
        return events(run)


def test_the_same_seed_tells_the_same_story():
    assert story(5, many, 6) == story(5, many, 6)


def test_seeds_tell_different_stories():
    assert len({tuple(story(seed, many, 3)) for seed in range(8)}) > 1


def test_random_numbers_and_ids_are_of_the_story():
    @decision_task
    def flow():
        return [workflow.random().random(), str(workflow.uuid4()), workflow.info().workflow_id]

    def found():
        with WorkflowEnvironment() as env:
            return env.run(flow)

    assert found() == found()


@pytest.mark.parametrize('seed', range(10))
def test_whatever_happens_in_whatever_order_the_result_is_the_same(seed):
    @decision_task
    def flow():
        left, right = branch(parent_of, 1), branch(parent_of, 2)
        return [left.result, right.result, *many(3).result]

    def parent_of(value):
        workflow.sleep(value)
        return parent(value).result

    with WorkflowEnvironment(seed=seed) as env:
        env.lose_decision(times=2, after=seed % 4)
        env.repeat_decision(times=3, after=seed % 3)
        env.lose(double, after=seed % 3)
        assert env.run(flow) == [3, 5, 0, 2, 4]


# Stubs.


def test_a_stub_gives_a_value(env):
    env.stub(double, 'a double')
    assert env.run(doubled, 1) == 'a double'


def test_a_stub_is_a_function_of_the_same_arguments(env):
    env.stub(double, lambda value: -value)
    assert env.run(parent, 4) == -3


@pytest.mark.parametrize('error', [ZeroDivisionError('by naught'), ZeroDivisionError])
def test_a_stub_raises(env, error):
    env.stub(double, error)
    with pytest.raises(WorkflowFailed, match='ZeroDivisionError'):
        env.run(doubled, 1)


def test_a_stub_takes_the_place_of_a_child(env):
    env.stub(doubled, lambda value: value * 100)
    assert env.run(parent, 2) == 201


def test_a_stub_of_a_method_is_called_without_the_object(env):
    class Shop:
        @activity_task
        def price(self, pieces):
            raise AssertionError

        @decision_task
        def order(self, pieces):
            return self.price(pieces).result

    env.stub(Shop.price, lambda pieces: pieces)
    assert env.run(Shop().order, 3) == 3


def test_a_stub_may_come_after_the_real_one(env):
    assert env.run(doubled, 1) == 2
    env.stub(double, 3)
    assert env.run(doubled, 1) == 3


# Faults.


@decision_task
def once():
    try:
        return one_attempt().result
    except (ActivityTaskFailed, ActivityTaskTimedOut) as error:
        return [type(error).__name__, error.failure_reason]


@activity_task(max_attempts=1)
def one_attempt():
    return 'fine'


def test_an_attempt_fails(env):
    env.fail(one_attempt, OSError('disk'), after=1)
    assert [env.run(once), env.run(once), env.run(once)] == ['fine', ['ActivityTaskFailed', 'OSError: disk'], 'fine']


def test_an_attempt_fails_without_a_reason_of_ones_own(env):
    env.fail(one_attempt)
    assert env.run(once)[1] == 'RuntimeError: the test environment lets this attempt fail'


def test_attempts_are_made_again_by_the_policy(env):
    tried = []

    @activity_task(retry=RetryPolicy(max_attempts=4, initial_interval=60, backoff=2))
    def flaky():
        tried.append(env.now)

    @decision_task
    def flow():
        flaky().result

    env.fail(flaky, times=3)
    began = env.now
    env.run(flow)
    assert tried == [began + timedelta(seconds=60 + 120 + 240)]


def test_a_worker_dies_with_an_attempt_which_then_times_out(env):
    began = env.now
    env.lose(one_attempt)
    assert env.run(once) == ['ActivityTaskTimedOut', 'HEARTBEAT']
    assert env.now == began + timedelta(seconds=60)


def test_a_lost_decision_is_decided_again(env):
    env.lose_decision(times=2)
    run = env.start(doubled, 4)
    assert run.result() == 8
    lost = [event for event in run.history() if event['eventType'] == 'DecisionTaskTimedOut']
    assert len(lost) == 2


def test_a_decision_that_is_answered_twice_counts_once(env):
    env.repeat_decision(times=2)
    run = env.start(doubled, 4)
    assert run.result() == 8
    assert sum(event['eventType'] == 'ActivityTaskScheduled' for event in run.history()) == 1


def test_a_decision_is_refused(env):
    env.refuse('ScheduleActivityTask', 'OPEN_ACTIVITIES_LIMIT_EXCEEDED', times=2)
    run = env.start(doubled, 4)
    assert run.result() == 8
    assert sum(event['eventType'] == 'ScheduleActivityTaskFailed' for event in run.history()) == 2


@pytest.mark.parametrize('plan', [
    lambda env: env.fail(one_attempt, times=0),
    lambda env: env.lose(one_attempt, after=-1),
    lambda env: env.lose_decision(times='once'),
    lambda env: env.fail(doubled),
])
def test_a_plan_that_cannot_be_is_refused(env, plan):
    with pytest.raises(DefinitionError):
        plan(env)


# What deciders may not do.


def test_a_cached_function_runs_once(env):
    runs = []

    @cached
    def look():
        runs.append(random.random())
        return runs[-1]

    @decision_task
    def flow():
        found = look()
        double(1).result
        return found

    assert env.run(flow) == runs[0]
    assert len(runs) == 1


def test_a_decider_that_keeps_something_outside_is_found_out(env):
    calls = []

    @decision_task
    def flow():
        calls.append(1)
        double(len(calls)).result

    with pytest.raises(NonDeterminismError, match=r'replayed from the start it decides ScheduleActivityTask'):
        env.run(flow)


def test_unless_nobody_looks():
    calls = []

    @decision_task
    def flow():
        calls.append(1)
        return double(len(calls)).result

    with WorkflowEnvironment(check_replays=False) as env:
        assert env.run(flow) == 2


def test_a_decider_that_reads_the_clock_is_warned_of(env):
    @decision_task
    def flow():
        return time.time() > 0

    with pytest.warns(DeciderWarning, match=r'reads the clock: use workflow.now\(\); .*test_environment.py:\d+'):
        env.run(flow)


def test_or_stopped():
    @decision_task
    def flow():
        return random.random() > 0

    with WorkflowEnvironment(guard='raise') as env, pytest.raises(DecisionError, match='draws what no replay draws'):
        env.run(flow)


def test_or_left_alone():
    @decision_task
    def flow():
        return time.time() > 0

    with warnings.catch_warnings(), WorkflowEnvironment(guard='off') as env:
        assert env.run(flow) is True


def test_a_decider_that_swallows_the_halt_is_warned_of():
    @decision_task
    def flow():
        try:
            return double(1).result
        except:  # noqa: E722
            return 'swallowed'

    with pytest.warns(DeciderWarning, match='swallowed the halt'), WorkflowEnvironment() as env:
        assert env.run(flow) == 2


def test_what_a_decider_logs_it_logs_once(env, caplog):
    @decision_task
    def flow():
        logging.getLogger('shop').warning('begun')
        double(1).result
        logging.getLogger('shop').warning('done')

    env.run(flow)
    assert [record.message for record in caplog.records if record.name == 'shop'] == ['begun', 'done']


def test_a_long_history_is_read_in_pages(env):
    env.lose_decision(after=25)
    assert env.run(many, 40) == [number * 2 for number in range(40)]


def test_an_environment_that_cannot_be_entered_leaves_nothing_behind():
    before = threading.active_count()
    with pytest.raises(ConfigurationError, match="no module 'nowhere_at_all'"), WorkflowEnvironment('nowhere_at_all'):
        raise AssertionError
    assert threading.active_count() == before
