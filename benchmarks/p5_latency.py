"""P5: the time from start to result of a workflow of one activity, nobody else about; set up as for P4."""

from contest import Contestant, Goal, arguments, conclude, contest
from engines import engines

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P5: one workflow of one step, from start to result', 'ms, p50',
    [Contestant('SWF Local, embedded, SQLite', 'swflocal_embedded.py', ('latency',)), *engines('latency')],
    Goal(at_most=1.5, ratio_at_most=0.2), options,
))
