"""What the commands of these tests are pointed at."""

from pyswfaws import Timer, activity_task, decision_task


def undecorated():
    """Is just a function."""


@activity_task
def bake(cake, size=1):
    return f'{cake} cake' * size


@decision_task
def order(cake, *, size=1):
    return bake(cake, size).result


@decision_task
def fail():
    raise LookupError('no flour')


@decision_task
def rest(days):
    Timer.get(days * 86400).result
