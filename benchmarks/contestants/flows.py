"""The workflows of ours that contestants run: ten steps one after the other, and one."""

from pyswfaws import activity_task, decision_task

STEPS = 10


@activity_task
def add(n: int) -> int:
    """Take one step."""
    return n + 1


@decision_task
def ten(n: int) -> int:
    """Take ten steps."""
    for _ in range(STEPS):
        n = add(n).result
    return n


@decision_task
def one(n: int) -> int:
    """Take one."""
    result: int = add(n).result
    return result
