"""Decorators record and return: what they give is still the function, and wrong arguments are refused at once."""

import copy
import inspect
import pickle
from datetime import timedelta
from functools import partial

import pytest

from pyswfaws.binding.retry import RetryPolicy
from pyswfaws.datastores import S3DataStore
from pyswfaws.decorators import Activity, activity_task, cached, decision_task, nondeterministic
from pyswfaws.exceptions import ConfigurationError, DefinitionError
from pyswfaws.serializers import JsonSerializer


@activity_task
def bare(number: int, *, twice: bool = False) -> int:
    """Double it."""
    return number * (4 if twice else 2)


@decision_task
def bare_decider(number: int) -> int:
    """Decide."""
    return number + 1


@cached
def bare_cached(number: int) -> int:
    """Note."""
    return number


@activity_task
async def asynchronous(number: int) -> int:
    return number


class Shop:
    def __init__(self, factor):
        self.factor = factor

    @activity_task
    def times(self, number):
        return number * self.factor

    @decision_task
    def decide(self, number):
        return number + self.factor

    @cached
    def noted(self):
        return self.factor

    @staticmethod
    @activity_task
    def inner_static(number):
        return -number

    @activity_task
    @staticmethod
    def outer_static(number):
        return number + 1

    @classmethod
    @activity_task
    def of_class(cls, number):
        return [cls.__name__, number]


@pytest.mark.parametrize('decorated', [bare, bare_decider, bare_cached, asynchronous])
def test_it_is_still_the_function(decorated):
    plain = decorated.definition.function
    assert decorated.__wrapped__ is plain
    assert decorated.__name__ == plain.__name__
    assert decorated.__doc__ == plain.__doc__
    assert decorated.__module__ == __name__
    assert inspect.signature(decorated) == inspect.signature(plain)
    assert inspect.unwrap(decorated) is plain
    assert callable(decorated)


def test_outside_a_worker_it_does_what_the_function_does():
    assert bare(5, twice=True) == 20
    assert bare_decider(1) == 2
    assert bare_cached(3) == 3
    coroutine = asynchronous(4)
    assert inspect.iscoroutine(coroutine)
    coroutine.close()


def test_it_can_be_printed():
    assert repr(bare) == f'<Activity bare 1.0 ({__name__}.bare)>'
    assert repr(bare_decider) == f'<DecisionTask bare_decider 1.0 ({__name__}.bare_decider)>'
    assert repr(bare_cached) == f'<CachedFunction bare_cached ({__name__}.bare_cached)>'


def test_bare_it_is_named_after_the_function():
    for decorated in (bare, bare_decider):
        definition = decorated.definition
        assert definition.key == (decorated.__name__, '1.0')
        assert (definition.domain, definition.task_list) == (None, None)
        assert definition.source.startswith(f'{__file__}:')
        assert isinstance(definition.input.serializer, JsonSerializer)
        assert definition.result.is_inline
    states = ('FAILED_TO_SCHEDULE', 'FAILED', 'TIMED_OUT')
    assert bare.definition.retry == RetryPolicy(max_attempts=5, retry_states=states)


def test_an_activity_with_every_parameter():
    serializer, store = JsonSerializer(), S3DataStore('bucket')

    @activity_task(
        swf_domain='example', swf_task_type='Double', swf_task_version='2.0', swf_task_list='doubles',
        input_data_serializer=serializer, input_data_store=store,
        result_data_serializer=serializer, result_data_store=store,
        max_attempts=3, retry_states=['FAILED'],
        start_to_close_timeout=1.5, schedule_to_start_timeout=timedelta(minutes=1), schedule_to_close_timeout='NONE',
        heartbeat_timeout='30', task_priority=-5,
    )
    def double(number):
        return number * 2

    definition = double.definition
    assert (definition.domain, definition.key, definition.task_list) == ('example', ('Double', '2.0'), 'doubles')
    assert definition.input.serializer is definition.result.serializer is serializer
    assert definition.input.store is definition.result.store is store
    assert (definition.retry.max_attempts, definition.retry.retry_states) == (3, ('FAILED',))
    assert definition.decision_attributes('another list') == {
        'activityType': {'name': 'Double', 'version': '2.0'}, 'taskList': {'name': 'doubles'}, 'taskPriority': '-5',
        'scheduleToStartTimeout': '60', 'scheduleToCloseTimeout': 'NONE', 'startToCloseTimeout': '2',
        'heartbeatTimeout': '30',
    }
    assert definition.registered_defaults('another list') == {
        'defaultTaskList': {'name': 'doubles'}, 'defaultTaskPriority': '-5',
        'defaultTaskScheduleToStartTimeout': '60', 'defaultTaskScheduleToCloseTimeout': 'NONE',
        'defaultTaskStartToCloseTimeout': '2', 'defaultTaskHeartbeatTimeout': '30',
    }


def test_a_decider_with_every_parameter():
    serializer, store = JsonSerializer(), S3DataStore('bucket')

    @decision_task(
        swf_domain='example', swf_workflow_type='Sum', swf_workflow_version='2.0', swf_task_list='sums',
        input_data_serializer=serializer, input_data_store=store,
        result_data_serializer=serializer, result_data_store=store,
        continues_indefinitely=True, execution_start_to_close_timeout=timedelta(days=1),
        task_start_to_close_timeout=20, child_policy='ABANDON', task_priority=7, tags=['a', 'b'],
        lambda_role='arn:aws:iam::1:role/x',
    )
    def add(numbers):
        return sum(numbers)

    definition = add.definition
    assert (definition.domain, definition.key, definition.task_list) == ('example', ('Sum', '2.0'), 'sums')
    assert definition.continues_indefinitely
    assert definition.start_attributes('another list') == {
        'taskList': {'name': 'sums'}, 'taskPriority': '7', 'executionStartToCloseTimeout': '86400',
        'taskStartToCloseTimeout': '20', 'childPolicy': 'ABANDON', 'tagList': ['a', 'b'],
        'lambdaRole': 'arn:aws:iam::1:role/x',
    }
    assert definition.registered_defaults('another list') == {
        'defaultTaskList': {'name': 'sums'}, 'defaultTaskPriority': '7',
        'defaultExecutionStartToCloseTimeout': '86400', 'defaultTaskStartToCloseTimeout': '20',
        'defaultChildPolicy': 'ABANDON', 'defaultLambdaRole': 'arn:aws:iam::1:role/x',
    }


def test_cached_in_each_of_its_forms():
    """Bare, by keyword, and as the predecessor's `nondeterministic(function, store, serializer)`."""
    serializer, store = JsonSerializer(), S3DataStore('bucket')

    def plain():
        return 1

    assert cached(plain)() == 1
    assert nondeterministic is cached
    for decorated in (
        cached(result_data_serializer=serializer, result_data_store=store)(plain),
        cached(store, serializer)(plain),
        nondeterministic(plain, store, serializer),
    ):
        assert decorated() == 1
        assert decorated.definition.result.serializer is serializer
        assert decorated.definition.result.store is store


def test_methods_are_called_on_their_object():
    shop = Shop(3)
    assert shop.times(5) == 15
    assert shop.decide(1) == 4
    assert shop.noted() == 3
    assert Shop.times(shop, 2) == Shop.times.options(task_list='x')(shop, 2) == 6
    assert Activity.__call__(vars(Shop)['of_class'].__func__, Shop, 1) == ['Shop', 1]   # as classmethod does in 3.13
    assert (Shop.inner_static(1), shop.inner_static(1)) == (-1, -1)
    assert (Shop.outer_static(1), shop.outer_static(1)) == (2, 2)
    assert Shop.of_class(1) == shop.of_class(1) == ['Shop', 1]
    assert list(inspect.signature(shop.times).parameters) == ['number']
    assert shop.times.definition.parameters == ('number',)


def test_the_function_behind_a_method_is_bound_to_the_object_that_is_given():
    shop = Shop(3)
    assert Shop.times.function_of(shop)(5) == 15
    assert shop.times.function_of(None)(5) == 15
    assert vars(Shop)['inner_static'].__func__.function_of(None)(1) == -1
    assert Shop.outer_static.function_of(None)(1) == 2
    assert vars(Shop)['of_class'].__func__.function_of(None)(1) == ['Shop', 1]
    assert bare.function_of(shop)(1) == 2


@pytest.mark.parametrize('instance', [None, object()])
def test_a_method_without_its_object_is_no_function(instance):
    with pytest.raises(ConfigurationError, match=r'Shop\.times is a method'):
        Shop.times.function_of(instance)


def test_options_are_those_of_one_call():
    other = bare.options(task_list='gpu', start_to_close_timeout=60, task_priority=5, retry=RetryPolicy(max_attempts=1))
    assert other.definition.task_list == 'gpu'
    assert other.definition.start_to_close_timeout == '60'
    assert bare.definition.task_list is None
    assert other(1) == 2
    assert bare_decider.options(workflow_id='order-7', tags=['x']).definition.workflow_id == 'order-7'
    assert Shop(2).times.options(task_list='gpu')(4) == 8


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'swf_task_type': ''}, 'swf_task_type is a text of 1 to 256 characters'),
    ({'swf_task_type': 'a:b'}, 'swf_task_type may not hold'),
    ({'swf_task_type': 7}, r'swf_task_type .* but it is 7 \(int\)'),
    ({'swf_task_version': 'v' * 65}, 'swf_task_version is a text of 1 to 64'),
    ({'swf_domain': 'arn'}, 'swf_domain may not'),
    ({'swf_task_list': ' x'}, 'swf_task_list may not'),
    ({'input_data_serializer': JsonSerializer}, 'input_data_serializer is a Serializer'),
    ({'result_data_store': 'bucket'}, 'result_data_store is a DataStore'),
    ({'max_attempts': 0}, 'max_attempts is an int of 1 or more'),
    ({'max_attempts': '5'}, 'max_attempts is an int'),
    ({'retry_states': 'FAILED'}, 'retry_states is'),
    ({'retry_states': ('DEAD',)}, 'retry_states is of FAILED_TO_SCHEDULE'),
    ({'retry_states': 5}, 'retry_states is'),
    ({'retry': 5}, 'retry of bare is a RetryPolicy'),
    ({'retry': RetryPolicy(), 'max_attempts': 5}, 'either retry'),
    ({'start_to_close_timeout': -1}, 'start_to_close_timeout is seconds from 0 to 31,536,000'),
    ({'start_to_close_timeout': float('nan')}, 'start_to_close_timeout is seconds'),
    ({'start_to_close_timeout': '²'}, 'start_to_close_timeout is seconds'),
    ({'heartbeat_timeout': 'never'}, 'heartbeat_timeout is seconds'),
    ({'schedule_to_close_timeout': timedelta(days=400)}, 'schedule_to_close_timeout is seconds'),
    ({'task_priority': 2**31}, 'task_priority of bare is an int of 32 bits'),
    ({'task_priority': 'high'}, 'task_priority of bare is an int'),
])
def test_what_swf_would_not_take_is_refused_at_the_activity(arguments, message):
    with pytest.raises(DefinitionError, match=message):
        activity_task(**arguments)(bare.definition.function)


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'swf_workflow_type': 'a/b'}, 'name may not hold|swf_workflow_type may not hold'),
    ({'child_policy': 'KEEP'}, 'child_policy .* one of TERMINATE, REQUEST_CANCEL, ABANDON'),
    ({'execution_start_to_close_timeout': 'NONE'}, 'execution_start_to_close_timeout .* is seconds'),
    ({'tags': 'one'}, 'tags is a list of texts'),
    ({'tags': 5}, 'tags'),
    ({'tags': ['a'] * 6}, 'tags .* at most 5'),
    ({'tags': ['a' * 257]}, 'tags .* at most 256'),
    ({'task_start_to_close_timeout': None}, 'task_start_to_close_timeout is seconds'),
])
def test_what_swf_would_not_take_is_refused_at_the_decider(arguments, message):
    with pytest.raises(DefinitionError, match=message):
        decision_task(**arguments)(bare.definition.function)


@pytest.mark.parametrize('decorator', [activity_task, decision_task, cached])
@pytest.mark.parametrize('below', [bare, Shop, classmethod(len), partial(len, 'x')])
def test_a_decorator_stands_above_a_function(decorator, below):
    with pytest.raises(DefinitionError, match=f'@{decorator.__name__} stands above'):
        decorator(below)


@pytest.mark.parametrize('decorator', [activity_task, decision_task])
def test_options_by_position_are_refused(decorator):
    with pytest.raises(DefinitionError, match='options are given by keyword'):
        decorator('example')


@pytest.mark.parametrize('options', [{'swf_domain': 'x'}, {'heartbeat_timeout': 5}, {'version': '2'}])
def test_an_option_that_a_call_does_not_have(options):
    with pytest.raises(DefinitionError, match=r'has no option .* task_list, task_priority'):
        bare.options(**options)


@pytest.mark.parametrize('options', [{'workflow_id': 'a:b'}, {'child_policy': 'KEEP'}, {'tags': 'x'}])
def test_options_are_checked_like_parameters(options):
    with pytest.raises(DefinitionError, match=next(iter(options))):
        bare_decider.options(**options)


@pytest.mark.parametrize(('policy', 'message'), [
    ({'initial_interval': -1}, 'initial_interval'),
    ({'max_interval': 'x'}, 'max_interval'),
    ({'backoff': .5}, 'backoff is a number from 1'),
    ({'backoff': float('inf')}, 'backoff'),
    ({'backoff': 10**6}, 'backoff'),
    ({'non_retryable': ValueError}, 'non_retryable'),
    ({'non_retryable': ('ValueError',)}, 'non_retryable'),
    ({'max_attempts': True}, 'max_attempts'),
])
def test_a_retry_policy_is_checked_where_it_is_made(policy, message):
    with pytest.raises(DefinitionError, match=message):
        RetryPolicy(**policy)


@pytest.mark.parametrize('decorated', [bare, bare_decider, bare_cached])
def test_what_a_module_holds_is_pickled_by_its_name_and_one_like_it_is_not(decorated):
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert copy.deepcopy([decorated]) == [decorated]
    with pytest.raises(pickle.PicklingError, match='not the same object'):
        pickle.dumps(type(decorated)(decorated.__wrapped__, decorated.definition))
