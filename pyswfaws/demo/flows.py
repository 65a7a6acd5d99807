"""A bakery's order, as a workflow: what `pyswfaws demo` runs, in several processes, and what you may start from.

Six cakes are baked at the same time, cool down, are priced, charged to a card and delivered by a child workflow. The
bank fails at the first attempt; the retry goes through.
"""

import time
from pathlib import Path

from pyswfaws import Marker, RetryPolicy, Timer, activity_task, cached, decision_task

CAKES = ('apple', 'cherry', 'chocolate', 'lemon', 'plum', 'poppy')


@activity_task(heartbeat_timeout=2)
def bake(cake: str) -> str:
    """Take a while, so that there is time to lose a baker."""
    time.sleep(0.6)
    return f'{cake} cake'


@activity_task(retry=RetryPolicy(max_attempts=3, initial_interval=1))
def charge(amount: float, notebook: str) -> str:
    """Fail at the first attempt; the notebook is how the second one knows."""
    attempts = Path(notebook)
    if not attempts.exists():
        attempts.write_text('one attempt\n')
        raise ConnectionError('the bank does not answer')
    return f'{amount:.2f} charged'


@activity_task
def pack(cakes: list[str]) -> str:
    """Put cakes into a box."""
    return f'a box of {len(cakes)}'


@cached
def price_list() -> dict[str, float]:
    """Stand for a query whose answer differs from day to day: a decider must not ask twice."""
    return {'cake': 9.5, 'delivery': 0}


@decision_task
def deliver(cakes: list[str]) -> list[str]:
    """Pack the cakes into two boxes: a workflow of its own."""
    half = len(cakes) // 2
    boxes = [pack(cakes[:half]), pack(cakes[half:])]
    return [box.result for box in boxes]


@decision_task(task_start_to_close_timeout=10)
def order(cakes: list[str], notebook: str) -> dict[str, object]:
    """Decide what happens to an order, and when."""
    baked = [bake(cake) for cake in cakes]          # all at the same time
    ready = [cake.result for cake in baked]
    Timer.get(seconds=1).result                     # noqa: B018 - waits: the cakes cool down
    Marker('stage', 'baked')
    prices = price_list()
    payment = charge(len(ready) * prices['cake'] + prices['delivery'], notebook)
    boxes = deliver(ready)                          # a child workflow, while the card is charged
    return {'cakes': len(ready), 'payment': payment.result, 'delivered': boxes.result}
