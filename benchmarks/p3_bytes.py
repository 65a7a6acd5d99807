"""P3: the bytes of history that a decider fetches for a decision, on the way, by how long the history is."""

from contest import Goal, arguments, conclude, concluded, contest
from deciders import deciders

SIZES = (100, 1000, 4000)

options = arguments(__doc__).parse_args()
options.rounds = 1      # bytes are the same each time
outcomes = {
    size: contest(f'P3: a decision after {size:,} activities', 'bytes', deciders('bytes', size), Goal(), options, size)
    for size in SIZES
}
growth = outcomes[SIZES[-1]].ours / outcomes[SIZES[0]].ours
conclude(options, *outcomes.values(), concluded(
    f'P3: what a decision fetches after {SIZES[-1]:,} activities by that after {SIZES[0]:,}', 'times',
    {'pyswfaws': [growth]}, Goal(at_most=1.05)))    # ids grow by a digit or two
