"""What an activity or a child raises reaches the decider: the same in serial and in distributed mode."""

from random import Random

import pytest

from pyswfaws import (
    ActivityTaskException,
    ActivityTaskFailed,
    ChildWorkflowFailed,
    DefinitionError,
    LocalDecisionWorker,
    RemoteError,
    RetryPolicy,
    WorkflowFailed,
    activity,
    activity_task,
    cached,
    decision_task,
)
from pyswfaws.codecs import AesGcmCodec
from pyswfaws.datastores import MemoryDataStore
from pyswfaws.exceptions import CachedCallFailed
from pyswfaws.failures import Failure
from pyswfaws.payload import Payload


class CardError(Exception):
    """Made as pickle can make it too: its arguments are those of the exception."""

    def __init__(self, card, amount):
        super().__init__(card, amount)
        self.card = card
        self.amount = amount

    def __str__(self):
        return f'{self.card} does not cover {self.amount}'


class StolenCardError(CardError):
    pass


class WilfulError(Exception):
    """Takes other arguments than it passes on, and has attributes that JSON can write, and others."""

    def __init__(self, message, *, code):
        super().__init__(message)
        self.code = code
        self.cannot_be_written = {code}


class BankOSError(OSError):
    pass


class UndeclaredError(Exception):
    def __init__(self, *args):
        super().__init__(*args)
        self.secret = 'of nobody else'


class FinalError(Exception):
    def __init_subclass__(cls):
        raise TypeError('no subclasses')


RAISED = {
    'card': lambda: CardError('visa', 5),
    'stolen': lambda: StolenCardError('visa', 5),
    'wilful': lambda: WilfulError('wilful', code=7),
    'os': lambda: BankOSError(13, 'closed', 'bank'),
    'undeclared': lambda: UndeclaredError('u'),
    'key': lambda: KeyError(('a', 1)),
    'data': lambda: CardError({1, 2}, 5),       # a set, which JSON does not write
}

once = RetryPolicy(max_attempts=1)


@activity_task(raises=(CardError, WilfulError, BankOSError, LookupError), retry=once)
def pay(name):
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        failure = RAISED[name]()
        failure.add_note('noted')
        raise failure from error


@decision_task
def seen(name):
    """What a decider can see of a failure, whatever the mode."""
    try:
        pay(name).result
    except CardError as error:
        kind, own = 'CardError', [getattr(error, 'card', None), getattr(error, 'amount', None)]
    except WilfulError as error:
        kind, own = 'WilfulError', [error.code, *error.args, hasattr(error, 'cannot_be_written')]
    except OSError as error:
        kind, own = 'OSError', [error.errno, error.strerror, error.filename]
    except LookupError as error:
        kind, own = 'LookupError', list(error.args)
    except ActivityTaskFailed as error:
        kind, own = 'ActivityTaskFailed', list(error.args)
    failure = pay(name).exception
    remote = failure.remote
    return [
        kind, own, isinstance(failure, ActivityTaskFailed), type(failure).__name__, str(failure),
        failure.failure_reason, failure.task_id, remote.type_name, remote.message, remote.arguments, list(remote.notes),
        'in pay' in remote.traceback, remote.__cause__.type_name, remote.__cause__.message,
    ]


@pytest.fixture(params=['serial', 'distributed'])
def run(request):
    """Run a decider in one mode: its result."""
    if request.param == 'serial':
        return lambda decider, *args, activities=(), deciders=(): LocalDecisionWorker(decider).start(*args)
    stage = request.getfixturevalue('stage')

    def run(decider, *args, activities=(), deciders=()):
        if activities:
            stage.activities(*activities)
        stage.deciders(decider, *deciders)
        return stage.run(decider, *args)
    return run


@pytest.mark.parametrize(('name', 'kind', 'own'), [
    ('card', 'CardError', ['visa', 5]),
    ('stolen', 'CardError', ['visa', 5]),
    ('wilful', 'WilfulError', [7, 'wilful', False]),
    ('os', 'OSError', [13, 'closed', 'bank']),
    ('key', 'LookupError', [['a', 1]]),
    ('data', 'CardError', [None, 5]),
])
def test_a_declared_class_catches_what_is_raised(run, name, kind, own):
    found = run(seen, name, activities=(pay,))
    assert found[:4] == [kind, own, True, 'ActivityTaskFailed']
    assert found[4].startswith('pay 1.0 (pay-2) FAILED: ')
    assert found[5] == found[4].partition('FAILED: ')[2]
    assert found[10:] == [['noted'], True, 'ZeroDivisionError', 'division by zero']


def test_what_is_not_declared_is_a_failed_task_and_no_more(run):
    found = run(seen, 'undeclared', activities=(pay,))
    assert found[0] == 'ActivityTaskFailed'
    assert found[7:10] == [f'{__name__}.UndeclaredError', 'u', ['u']]


def test_the_modes_agree(stage):
    stage.activities(pay)
    stage.deciders(seen)
    for name in RAISED:
        assert stage.run(seen, name) == LocalDecisionWorker(seen).start(name)


CLASSES = [CardError, StolenCardError, BankOSError, UndeclaredError, KeyError, ValueError, FileNotFoundError, TypeError]
VALUES = [
    None, 0, -1, 2 ** 70, 1.5, float('inf'), '', 'text', 'ü😀\x00"', '\ud800', 'x' * 5_000, b'bytes', (1, (2,)), [], {},
    {'a': [1]}, {1: 2}, {(1, 2): 3}, {1, 2}, object, True,
]


def generated(seed):
    """Make an exception with whatever may be in one, and what led to it."""
    dice, led_by = Random(seed), None
    for _ in range(dice.randint(1, 4)):
        cls = dice.choice(CLASSES)
        error = cls.__new__(cls)    # as unpickling may leave it
        error.args = tuple(dice.choices(VALUES, k=dice.randint(0, 3)))
        vars(error).update({name: dice.choice(VALUES) for name in dice.sample(['code', 'card', 'details', '_own'], 2)})
        if cls is UndeclaredError or dice.random() < 0.3:
            error.add_note(dice.choice(['noted', 'x' * 3_000, '\ud800']))
        if dice.random() < 0.7:
            error.__cause__ = led_by
        else:
            error.__context__ = led_by
        led_by = error
    return led_by


@activity_task(raises=(CardError, BankOSError, LookupError, OSError), retry=RetryPolicy(retry_on=(OSError,)))
def fail(seed):
    raise generated(seed)


def told(remote):
    if remote is None:
        return None
    return [
        remote.types, remote.message, remote.arguments, remote.notes, told(remote.__cause__), told(remote.__context__),
    ]


@decision_task
def seen_of(seed):
    error = fail(seed).exception
    return repr([
        [cls.__name__ for cls in type(error).__mro__], str(error), error.args, error.failure_reason, error.task_id,
        [getattr(error, name, None) for name in ('code', 'card', '_own', 'errno', 'filename')], told(error.remote),
    ])


def test_the_modes_agree_about_generated_exceptions(stage):
    stage.activities(fail)
    stage.deciders(seen_of)
    for seed in range(100):
        assert stage.run(seen_of, seed) == LocalDecisionWorker(seen_of).start(seed), seed


@decision_task(raises=(CardError,))
def shop(name):
    return pay(name).result


@decision_task
def mall(name):
    try:
        return shop(name).result
    except CardError as error:
        remote = error.remote
        return [
            error.card, isinstance(error, ChildWorkflowFailed), remote.type_name, remote.__cause__.type_name,
            remote.__cause__.__cause__.type_name, error.failure_reason,
        ]


def test_it_goes_up_through_a_child(run):
    assert run(mall, 'card', activities=(pay,), deciders=(shop,)) == [
        'visa', True, 'pyswfaws.exceptions.ActivityTaskFailed', f'{__name__}.CardError', 'ZeroDivisionError',
        'ActivityTaskFailed: pay 1.0 (pay-1) FAILED: CardError: visa does not cover 5',
    ]


def test_it_comes_out_at_the_client(stage):
    stage.activities(pay)
    stage.deciders(shop)
    run = stage.start(shop, 'card')
    with pytest.raises(CardError) as caught:
        run.result(timeout=20)
    assert isinstance(caught.value, WorkflowFailed)
    assert (caught.value.card, caught.value.run_id) == ('visa', run.run_id)
    assert isinstance(caught.value.__cause__, RemoteError)
    assert 'CardError: visa does not cover 5' in str(caught.value.__cause__)


@cached
def look_up():
    raise UndeclaredError('gone', 3)


@decision_task
def looks():
    with pytest.raises(CachedCallFailed) as failed:
        look_up()
    return [failed.value.remote.type_name, failed.value.remote.arguments]


def test_a_cached_call_says_what_it_raised_too(run):
    assert run(looks) == [f'{__name__}.UndeclaredError', ['gone', 3]]


def test_in_serial_mode_the_cause_is_the_exception_itself():
    @decision_task
    def decider():
        error = pay('card').exception
        return type(error.__cause__) is CardError

    assert LocalDecisionWorker(decider).start()


def test_a_class_that_is_declared_counts_for_retries(run):
    calls = []

    @activity_task(raises=(CardError,), retry=RetryPolicy(max_attempts=3, non_retryable=(StolenCardError,)))
    def charge(name):
        calls.append(name)
        failure = RAISED[name]()
        raise failure

    @decision_task
    def decider():
        for name in ('stolen', 'card'):
            with pytest.raises(CardError):
                charge(name).result

    run(decider, activities=(charge,))
    assert calls == ['stolen', 'card', 'card', 'card']


@pytest.mark.parametrize(('raises', 'message'), [
    (CardError, r'raises is a tuple of exception classes'),
    ((1,), r'raises is a tuple of exception classes'),
    ((KeyboardInterrupt,), r'raises is a tuple of exception classes'),
    (('shop.CardError',), r'raises is a tuple of exception classes'),
    ((FinalError,), 'nothing else can be that too: no subclasses'),
    ((ExceptionGroup,), 'nothing else can be that too'),
])
def test_what_cannot_be_declared_is_said_where_it_is(raises, message):
    for decorator in (activity_task, decision_task):
        with pytest.raises(DefinitionError, match=message):
            decorator(raises=raises)(lambda: None)


@pytest.mark.parametrize('cls', [Exception, ActivityTaskException])
def test_what_a_failed_activity_is_anyway_may_be_declared(cls):
    activity_task(raises=(cls,))(lambda: None)


# Where payloads are encrypted, or kept elsewhere.

KEYED = (AesGcmCodec({'k1': b'0' * 32}, 'k1'),)


@activity_task(raises=(CardError,), retry=once, data_codecs=KEYED)
def pay_secretly(name):
    activity.heartbeat(f'{name} is charged')
    failure = RAISED[name]()
    raise failure


@decision_task(data_codecs=KEYED, raises=(CardError,))
def secret_shop(name):
    try:
        return pay_secretly(name).result
    except CardError as error:
        if name == 'stolen':
            raise
        return [error.card, error.failure_reason, error.remote.message]


def test_what_is_encrypted_is_not_in_the_history_and_reads_the_same(stage):
    stage.activities(pay_secretly)
    stage.deciders(secret_shop)
    run = stage.start(secret_shop, 'card')
    assert run.result(timeout=20) == LocalDecisionWorker(secret_shop).start('card') == [
        'visa', 'CardError: visa does not cover 5', 'visa does not cover 5',
    ]
    failed = stage.start(secret_shop, 'stolen')
    with pytest.raises(CardError, match='StolenCardError: visa does not cover 5') as caught:
        failed.result(timeout=20)
    assert caught.value.card == 'visa'
    for history in (run.history(), failed.history()):
        assert 'visa' not in str(history)
        assert 'charged' not in str(history)
        assert 'CardError' in str(history)


def test_a_client_without_the_key_learns_that_it_failed(stage, caplog):
    @decision_task(swf_workflow_type='secret_shop', raises=(CardError,), data_codecs=())
    def keyless(name):
        """Is the same type to one who has no key."""

    stage.activities(pay_secretly)
    stage.deciders(secret_shop)
    run = stage.start(secret_shop, 'stolen')
    with pytest.raises(CardError, match=r'Failed: ActivityTaskFailed$'):
        stage.starter.get(run.workflow_id, decider=keyless).result(timeout=20)
    assert 'what is encrypted of the failure' in caplog.text


def test_a_failure_that_is_too_long_is_kept_whole_in_the_store(stage):
    store = MemoryDataStore()

    @activity_task(retry=once, result_data_store=store)
    def copy():
        raise ValueError('x' * 40_000)

    @decision_task
    def decider():
        return len(copy().exception.remote.message)

    stage.activities(copy)
    stage.deciders(decider)
    run = stage.start(decider)
    assert run.result(timeout=20) == 4_000
    (details,) = [
        event['activityTaskFailedEventAttributes']['details'] for event in run.history()
        if event['eventType'] == 'ActivityTaskFailed'
    ]
    assert 'x' * 40_000 in Payload(store=store).get(Failure.read(None, details).kept)
