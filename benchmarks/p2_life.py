"""P2: what the decider of N activities, one after the other, costs in all, from the bytes of responses to requests'.

Processor time, of the decider alone. The peers replay the whole history at each decision, so that their cost grows with
the square of N; they take part for as far as that can be waited for, and in fewer rounds.
"""

import argparse

from contest import Goal, arguments, conclude, concluded, contest
from deciders import deciders

SIZES = (250, 500, 1000, 2000, 4000)
BEARABLE = 1000     # for a peer that takes minutes
QUICK = 500

parser = arguments(__doc__)
parser.add_argument(
    '--peers-up-to', type=int, default=BEARABLE, help='the largest N for the peers (default: %(default)s)')
options = parser.parse_args()
bearable = min(options.peers_up_to, QUICK) if options.quick else options.peers_up_to

outcomes = {}
for size in SIZES:
    has_peers = size <= bearable
    rounds = 1 if has_peers and size >= QUICK else options.rounds
    goal = Goal(at_most=600 if size == 1000 else None, ratio_at_most=0.01 if size == 1000 else None)    # noqa: PLR2004
    outcomes[size] = contest(
        f'P2: the life of {size:,} activities', 'ms of CPU', deciders('life', size, peers=has_peers), goal,
        argparse.Namespace(**{**vars(options), 'rounds': rounds}), size)
growth = outcomes[4000].ours / outcomes[1000].ours
conclude(options, *outcomes.values(), concluded(
    'P2: the life of 4,000 activities by that of 1,000', 'times', {'pyswfaws': [growth]}, Goal(at_most=4.5)))
