"""Timeline: an execution drawn as bars over time, made of nothing but its episodes.

Each thing that took time has a row: an activity, a timer, a child workflow, a Lambda function; and one row on top shows
the decision tasks. A bar is drawn in one character while its task waits for somebody, and in another while somebody has
it. A cell stands for a span of time, and shows what was the case at its beginning; a bar has one cell at least.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pyswfaws.episodes import Episode, episodes_of, time_of
from pyswfaws.protocol.events import Event
from pyswfaws.replay.outcomes import Kind, State
from pyswfaws.story import duration, spoken_id

#: What takes time; the rest are moments.
_DRAWN: Final = (Kind.ACTIVITY, Kind.TIMER, Kind.CHILD_WORKFLOW, Kind.LAMBDA)
_LONGEST_LABEL: Final = 32
_LEAST_BAR: Final = 10      # characters; a terminal that is narrower has to wrap
_SPAN: Final = 12           # characters for how long it took


class Characters(NamedTuple):
    """What bars are drawn with."""

    waiting: str
    running: str
    timer: str
    failed: str
    open: str


UNICODE: Final = Characters('░', '█', '─', '✗', '▷')
ASCII: Final = Characters('.', '#', '-', 'x', '>')


class Row(NamedTuple):
    """A row of the timeline; `style` is what rich calls it."""

    style: str
    text: str


class _Bar(NamedTuple):
    """A stretch of a bar: from, to (Unix seconds), and its character."""

    begin: float
    end: float
    character: str


_STYLES: Final = {
    State.SCHEDULED: 'cyan', State.STARTED: 'cyan', State.COMPLETED: 'green', State.CANCELED: 'yellow',
    State.TIMED_OUT: 'red', State.FAILED: 'red', State.TERMINATED: 'red', State.REFUSED: 'red',
}


def timeline(events: Sequence[Event], now: float, width: int, characters: Characters = UNICODE) -> Iterator[Row]:
    """Draw the history `events`, of an execution that may be open at `now` (Unix seconds), `width` characters wide."""
    episodes = episodes_of(events)
    drawn = [episode for episode in episodes if episode.kind in _DRAWN]
    if not events:
        return
    begin = time_of(events[0])
    end = max(now if episodes.closed is None else time_of(episodes.closed), begin + 0.001)
    label_width = min(_LONGEST_LABEL, max([len('decisions'), *(len(spoken_id(episode)) for episode in drawn)]))
    canvas = _Canvas(begin, end, max(_LEAST_BAR, width - label_width - _SPAN - 4))
    yield Row('dim', f'{"":<{label_width}}  {canvas.axis()}')
    decisions = list(_decision_bars(events, end, characters))
    yield Row('dim', f'{"decisions":<{label_width}}  {canvas.drawn(decisions)}')
    for episode in drawn:
        bar = canvas.drawn(_bars(episode, end, characters), _mark(episode, characters))
        span = duration((episode.ended_at or end) - episode.asked_at)
        label = _cut(spoken_id(episode), label_width)
        yield Row(_STYLES[episode.state], f'{label:<{label_width}}  {bar}  {span:>{_SPAN}}')
    yield Row('dim', (
        f'{characters.waiting} waits  {characters.running} runs  {characters.timer} timer  '
        f'{characters.failed} failed, timed out or canceled  {characters.open} still open'
    ))


class _Canvas:
    """Cells over a span of time."""

    def __init__(self, begin: float, end: float, width: int) -> None:
        self._begin = begin
        self._span = end - begin
        self._width = width

    def axis(self) -> str:
        """Give the times at the beginning, in the middle where there is room, and at the end."""
        middle, last = duration(self._span / 2), duration(self._span)
        line = f'{"0":<{self._width // 2}}{middle}'
        if len(line) + len(last) >= self._width:
            line = '0'
        return f'{line}{last:>{max(0, self._width - len(line))}}'

    def drawn(self, bars: Iterable[_Bar], mark: str = '') -> str:
        """Draw stretches, later ones over earlier ones; `mark` takes the place of the last cell."""
        cells, after = [' '] * self._width, 1
        for bar in bars:
            first = min(self._width - 1, self._cell(bar.begin))
            after = max(first + 1, self._cell(bar.end))
            cells[first:after] = bar.character * (after - first)
        if mark:
            cells[after - 1] = mark
        return ''.join(cells)

    def _cell(self, moment: float) -> int:
        return int((moment - self._begin) / self._span * self._width)


def _bars(episode: Episode, end: float, characters: Characters) -> list[_Bar]:
    ended, taken = episode.ended_at or end, episode.taken_at
    if episode.kind is Kind.TIMER:
        return [_Bar(episode.asked_at, ended, characters.timer)]
    waiting = _Bar(episode.asked_at, taken or ended, characters.waiting)
    return [waiting] if taken is None else [waiting, _Bar(taken, ended, characters.running)]


def _mark(episode: Episode, characters: Characters) -> str:
    if episode.is_open:
        return characters.open
    return '' if episode.state is State.COMPLETED else characters.failed


def _decision_bars(events: Iterable[Event], end: float, characters: Characters) -> Iterator[_Bar]:
    """Give the stretches of time in which a decision task waited for a decider, or was with one."""
    of_kind = {'DecisionTaskScheduled': characters.waiting, 'DecisionTaskStarted': characters.running}
    since, character = end, ''
    for event in events:
        kind, now = event['eventType'], time_of(event)
        if not kind.startswith('DecisionTask'):
            continue
        if character:
            yield _Bar(since, now, character)
        since = now
        character = of_kind.get(kind, '')
    if character:
        yield _Bar(since, end, character)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f'{text[:width - 1]}~'
