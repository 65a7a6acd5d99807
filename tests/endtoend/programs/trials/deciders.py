"""Workflows that must come to the same result in serial mode and distributed over processes."""

import time

from pyswfaws import ActivityTaskException, Marker, Timer, cached, decision_task
from trials.activities import add, carry, double, echo, fail, greet, note, pass_on, succeed_at, survive, tick, wait_for

FALSY = (0, False, '', [], {}, None)


@decision_task
def plain(number):
    first, second = double(number), double(number + 1)
    return double(first.result + second.result).result


@decision_task
def timer():
    started = echo('before')
    waited = Timer.get(seconds=1)
    return [started.result, waited.result, echo('after').result]


@decision_task
def child(number):
    children = [plain(number), plain(number + 1)]
    return [one.result for one in children]


@cached
def nothing(index, path):
    note(path)
    return FALSY[index]


@decision_task
def cached_falsy(path):
    """Calls each cached function once, however often it is replayed; the file knows how often."""
    found = []
    for index in range(len(FALSY)):
        found.append(nothing(index, path))
        echo(index).result
    return [found, tick(path).result]


@decision_task
def marker():
    stage = Marker('étape', {'stage': 'première'})
    return [stage.result.name, stage.result.details, echo('then').result]


@decision_task
def falsy():
    return [echo(value).result for value in FALSY]


@decision_task
def bare_except(number):
    found = []
    for n in (number, number + 1):
        try:
            found.append(double(n).result)
        except:     # noqa: E722 - as people write it; the halt must not count as a failure
            found.append('swallowed')
    return found


@decision_task
def failure():
    try:
        fail('nö').result
    except ActivityTaskException as error:
        return {
            'type': type(error).__name__,
            'name': error.task_name,
            'version': error.task_version,
            'id': error.task_id,
            'status': error.failure_status,
            'reason': error.failure_reason,
            'text': str(error),
        }


@decision_task
def greetings(name, times=2, *, mark='?'):
    return [greet(name, mark=mark).result, greet(greeting='Γειά', name=name).result] * times


@decision_task
async def promised(number):
    both = add(number, 1), double(number)
    return [await promise for promise in both]


@decision_task
def persistent(path):
    return succeed_at(3, path).result


@decision_task
def ready():
    """Takes the branch that was open when it was first here, on every replay."""
    waited, seen = Timer.get(seconds=1), []
    for n in range(3):
        seen.append(waited.is_ready)
        echo(n).result
    branch = 'the timer was first' if waited.is_ready else 'the activities were first'
    seen.append(echo(branch).result)
    waited.result
    return [*seen, waited.is_ready]


@decision_task(continues_indefinitely=True)
def forever(path):
    rounds = tick(path).result
    if rounds == 3:
        raise RuntimeError(f'{rounds} are enough')


@decision_task
def survivor(path):
    return survive(path).result


@cached
def think(path):
    """Never come back the first time; the file says which process that was."""
    if note(path) == 1:
        time.sleep(600)
    return 'thought'


@decision_task(task_start_to_close_timeout=1)
def thinker(path):
    return [echo('before').result, think(path), echo('after').result]


@decision_task
def patient(path, started):
    waiting = wait_for(path, started)
    return [double(4).result, waiting.result, Timer.get(seconds=1).result, double(5).result]


@cached
def tare():
    return 0


@decision_task(task_start_to_close_timeout=1)
def haul(count):
    return sum(promise.result for promise in [carry(number) for number in range(count)])


@decision_task(task_start_to_close_timeout=1)
def long_haul(rounds):
    """Has everything that can be lost by a death in it."""
    found = []
    for number in range(rounds):
        children = [haul(3), haul.options(task_start_to_close_timeout=1)(4)]
        alone, waited = carry(number), Timer.get(seconds=1)
        found.append([alone.result, *(child.result for child in children), tare(), waited.result])
        Marker('round', number)
    return found


@decision_task
def relay(steps):
    return sum([pass_on(step).result for step in range(steps)])
