"""Decide: a history goes in, decisions come out. The whole idea of replay, on one page.

A decider is a plain program. It is run from its start each time that SWF hands out a decision task, and each call that
it makes is answered from history: a call that history knows gives its outcome, a call that it does not know becomes a
new decision, and a read of what nobody knows yet leaves the program. The same history and the same program give the
same decisions, so no process has to remember anything: any worker, on any machine, at any time, can go on.

Two things make that true. *Time stands still within a turn*: the program sees at each point what it saw when it was
first there, not all that history has come to know since (`history.py`). And *what was recorded is asked for again*: a
program that does not, or that asks in the past for what is not there, has been changed, and is stopped before it can
do harm. The decision task is then left unanswered, and SWF gives it out again later, to code that was mended.

A program that was left can be kept, fed with the events that are new, and run on from where it stood. It decides what
a replay from the start would decide: it is the same fold, the same turns and the same ids.
"""

from typing import Final

from pyswfaws.exceptions import DecisionError
from pyswfaws.protocol.decisions import Decision, decision
from pyswfaws.protocol.events import attributes
from pyswfaws.replay.names import non_determinism
from pyswfaws.replay.outcomes import MORE_TIMER, Kind
from pyswfaws.replay.program import Ending
from pyswfaws.replay.replay import Replay

#: Why SWF refuses a close that it may take the next time: something came in meanwhile, or too many continue at once.
_COMES_TOO_EARLY: Final = 'UNHANDLED_DECISION'
_TRIED_AGAIN: Final = (_COMES_TOO_EARLY, '_RATE_EXCEEDED')


def decide(replay: Replay) -> list[Decision]:
    """Run the program as far as its history goes and give the decisions of the current turn.

    Where the execution is to close, the last decision says so; it is given again in each turn until SWF accepts it.
    Asked twice in one decision task, it answers twice the same. Raises a DecisionError, or what a data store raised,
    where no decision can be made.
    """
    history, program = replay.history, replay.program
    _enter_task(replay)
    program.run_until(history.turn)
    if program.error is not None:
        raise program.error
    _try_again(replay)
    replay.cancel_started_children()
    _check_all_was_asked(replay)
    _check_closes(replay)
    decisions, more = replay.outbox.fitting(history, closing=program.ending is not None)
    return decisions if program.ending is None or more else [*decisions, _closing(replay, program.ending)]


def _enter_task(replay: Replay) -> None:
    """Let go of the decisions that history has by now."""
    history = replay.history
    task = (history.turn, history.started_event_id)
    if task != replay.decided_in:
        if history.turn == replay.decided_in[0]:
            raise DecisionError(
                'the program has run in a decision task that was lost, and saw less than this one shows: replay it '
                'from the start'
            )
        if replay.decided_in[0]:
            replay.computed.clear()
        replay.decided_in = task
        replay.outbox.forget_recorded(history)


def _try_again(replay: Replay) -> None:
    """Ask for the attempts that follow those, or the waits before them, that ended while the program ran."""
    history = replay.history
    for outcome in (*history.known_when_full, *history.known_now):
        call = replay.owner(outcome) if outcome.known_at[0] < replay.program.ended_in else None
        following = call.following() if call is not None else None
        if following is not None:
            kind, name, attempt = following
            turn, event_id = outcome.known_at
            replay.outbox.follow(turn, event_id, ('open', kind, name), attempt)


def _closing(replay: Replay, ending: Ending) -> Decision:
    """Give the decision that closes; where SWF will never let the execution continue as new, it fails."""
    for event in replay.history.refused_closes.values():
        cause = attributes(event).get('cause', _COMES_TOO_EARLY)
        if event['eventType'] == 'ContinueAsNewWorkflowExecutionFailed' and not cause.endswith(_TRIED_AGAIN):
            return decision('FailWorkflowExecution', reason=f'SWF refused to continue the execution as new: {cause}')
    return ending()


def _check_all_was_asked(replay: Replay) -> None:
    unclaimed, unclaimed_cancels = replay.history.unclaimed, replay.history.unclaimed_cancels
    for key, outcome in list(unclaimed.items()):
        if replay.owner(outcome) is not None or outcome.id.startswith(MORE_TIMER):
            del unclaimed[key]
    for key in replay.asked_cancels & unclaimed_cancels.keys():
        del unclaimed_cancels[key]
    left = [
        (outcome.opening_id, outcome.opened_in, f'{outcome.kind} {outcome.id}')
        for outcome in unclaimed.values()
    ] + [
        (event_id, turn, f'a cancel of {kind} {name}') for (kind, name), (turn, event_id) in unclaimed_cancels.items()
    ]
    if left:
        event_id, turn, recorded = min(left)
        program = replay.program
        where = 'it has ended' if program.ending is not None else f'it waits at {", ".join(program.waiting_lines())}'
        raise non_determinism(turn, event_id, recorded, f'nothing of that id; {where}')


def _check_closes(replay: Replay) -> None:
    """Check that the program ends where history has it end: SWF may have refused that, but not silently."""
    history, program = replay.history, replay.program
    ended = min(program.ended_in, history.turn)
    for turn, event in history.refused_closes.items():
        if turn < ended:
            raise non_determinism(
                turn, event['eventId'], 'an end of the program, which SWF refused', 'more after that turn',
            )
    for turn in range(ended, history.turn):
        if turn not in history.refused_closes and not history.is_full(turn, Kind.CHILD_WORKFLOW):
            raise non_determinism(turn, None, 'that the program went on', 'an end in that turn')
