"""P8: the memory that a replay of 25,000 events takes at most, and that which a decider takes while it is parked."""

from contest import Contestant, Goal, arguments, conclude, contest
from deciders import deciders

STEPS = 4166    # of six events each
PROGRAM = 'chain_pyswfaws.py'

options = arguments(__doc__).parse_args()
options.rounds = 1      # memory is the same each time, and to trace it takes long
conclude(
    options,
    contest('P8: a replay of 25,000 events', 'MB at most', deciders('memory', STEPS), Goal(at_most=25), options),
    *(contest(
        f'P8: a decider parked with steps behind it: {steps}', 'kB',
        [
            Contestant('pyswfaws, allocated by Python', PROGRAM, ('parked', str(steps))),
            Contestant('pyswfaws, by what the process grows', PROGRAM, ('resident', str(steps))),
        ], Goal(at_most=30 if steps <= 10 else None), options, steps) for steps in (1, 10, 100)),   # noqa: PLR2004
)
