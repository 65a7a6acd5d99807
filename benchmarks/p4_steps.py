"""P4: steps a second of ten-step workflows, eight at once; SWF Local and its workers in one process, on SQLite."""

from contest import Contestant, Goal, arguments, conclude, contest
from engines import engines

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P4: sequential workflows of ten steps, eight at once', 'steps a second',
    [Contestant('SWF Local, embedded, SQLite', 'swflocal_embedded.py', ('steps',)), *engines('steps')],
    Goal(ratio_at_least=10), options,
))
