"""Executions of any program, with every misfortune that chance brings, and the laws that hold all the same."""

from collections import Counter
from random import Random

import msgspec
import pytest

from pyswfaws.binding.decider import program_of
from pyswfaws.replay.decide import decide
from pyswfaws.replay.replay import Replay
from pyswfaws.workers.responses import TYPES

RUN_ID = '22run/+='
READ = 'GetWorkflowExecutionHistory'


class Execution:
    """A program that is brought to its end in a `World`.

    `fates(kind, attributes)` and `refusals(decision type, attributes)` give what else may happen to a thing than the
    best; `signals` are the names of those that may come, at any moment and whenever the program waits for nothing else.
    With `is_cancelled` a cancel is requested at some moment, or several.
    """

    def __init__(self, decider, world, chance, *, fates, refusals, signals=(), is_cancelled=False):
        self.decider = decider
        self.world = world
        self.chance = chance
        self.fates = fates
        self.refusals = refusals
        self.signals = signals
        self.come = Counter()   # how many of each
        self.is_cancelled = is_cancelled
        self.recorded = []      # (events up to a DecisionTaskStarted, the decisions of that task)
        self.warnings = []
        self.live, self.fed = self.replay(), 0      # the program that is kept, and how many events it has seen

    def replay(self):
        return Replay(program_of(self.decider.definition, self.decider.function_of(None)), RUN_ID, 'order-7')

    def cold(self, events):
        """The decisions of a replay from the start, fed in chunks of any size, as a worker reads them off the wire."""
        events = [as_read(event) for event in events]
        replay, at = self.replay(), 0
        while at < len(events):
            size = self.chance.randint(1, 20)
            replay.fold(events[at:at + size])
            at += size
        try:
            return decide(replay)
        finally:
            replay.close()
            self.warnings += replay.program.warnings

    def run(self, most_tasks=400):
        """Bring the execution to its end and give the event type and the attributes of the close.

        Laws, checked at every decision task: the program that was kept and fed with what is new decides what a replay
        from the start decides; deciding twice is deciding once; nothing is ever asked for twice (see `World._once`);
        and afterwards prefixes of the whole history still give the decisions that were recorded for them. The program
        comes to its end, since all that it waits for comes: a wake-up that were lost would leave it waiting.
        """
        for _ in range(most_tasks):
            self.task()
            if self.world.closed:
                break
        return self.end()

    def task(self):
        """Pass some time, up to a decision task, and decide that."""
        self._pass_time()
        events = self.world.start_task()
        self.live.fold(events[self.fed:])
        self.fed = len(events)
        decisions = decide(self.live)
        assert decide(self.live) == decisions
        assert self.cold(list(events)) == decisions
        fortune = self.chance.random()
        if fortune < .1:
            self.world.lose_task()
        else:
            self.recorded.append((self.fed, decisions))
            self._surprise()
            self.world.complete_task(decisions, self._refuse)
        if fortune < .2:    # the worker died, or never learned what became of its answer
            self.evict()

    def evict(self):
        """Throw the kept program away; the next decision is made by a replay from the start, which is kept then."""
        self.live.close()
        self.live, self.fed = self.replay(), 0

    def end(self):
        """Give the event type and the attributes of the close."""
        self.live.close()
        assert self.world.closed, 'not closed after many decision tasks'
        for upto, decisions in self.chance.sample(self.recorded, min(4, len(self.recorded))):
            assert self.cold(self.world.events[:upto]) == decisions
        return self.world.closed

    def _refuse(self, decision_type, found):
        causes = self.refusals(decision_type, found)
        return self.chance.choice(causes) if causes and self.chance.random() < .15 else None

    def _pass_time(self):
        world, chance = self.world, self.chance
        if world.pending is not None and chance.random() < .05:
            world.lose_unstarted_task()
        while world.pending is None or (world.open and chance.random() < .4):
            assert world.open or self.signals, 'the program waits for nothing that could happen'
            if not world.open or chance.random() < .05:
                self._signal()
            else:
                self._go_on()

    def _surprise(self):
        """Let something happen between the start of a decision task and its completion."""
        if self.chance.random() < .15:
            self._signal()
        if self.world.open and self.chance.random() < .15:
            self._go_on()

    def _signal(self):
        if self.is_cancelled and self.chance.random() < .3:
            self.world.request_cancel()
        name = self.chance.choice([*self.signals, 'noise'])
        self.come[name] += 1
        self.world.signal(name, self.come[name])

    def _go_on(self):
        """Let something that is open begin, or end as it may."""
        world, chance = self.world, self.chance
        opened = chance.choice(sorted(world.open))
        kind, found = world.open[opened]
        if kind in ('activity', 'child', 'lambda') and opened not in world.begun and chance.random() < .5:
            world.begin(opened)
        elif opened in world.cancelled and chance.random() < .5:
            world.end(opened, 'canceled')
        else:
            fates = self.fates(kind, found)
            world.end(opened, chance.choice(fates) if fates and chance.random() < .2 else 'done')


def as_read(event):
    """An event as a worker reads it: the attributes that it has no use for are gone."""
    present = {name: {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value
               for name, value in event.items()}
    return msgspec.json.decode(msgspec.json.encode({'events': [present]}), type=TYPES[READ])['events'][0]


@pytest.fixture(scope='session')
def simulate(new_world):
    """Make an `Execution`: ``simulate(decider, seed, work=..., **how)``."""
    def simulate(decider, seed=0, *, work=None, text='[[],{}]', limits=None, **how):
        return Execution(decider, new_world(work, text, **(limits or {})), Random(seed), **how)

    return simulate
