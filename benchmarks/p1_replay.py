"""P1: a decision from a cold start, from the bytes of all pages of a history of 24,000 events to those of the request.

Processor time. A worker of ours reads the pages from GetWorkflowExecutionHistory, a thousand events each, and the peers
from PollForDecisionTask, a hundred each, as their code does.
"""

from contest import Goal, arguments, conclude, contest
from deciders import deciders

STEPS = 4000    # of six events each

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P1: cold replay of 24,000 events', 'µs an event', deciders('cold', STEPS), Goal(at_most=2, ratio_at_most=0.1),
    options,
))
