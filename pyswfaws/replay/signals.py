"""Signals: which one a program's next call is answered by, and which ones nobody has read."""

from collections import Counter
from collections.abc import Iterable

from pyswfaws.protocol.events import Event, attributes
from pyswfaws.replay.history import History
from pyswfaws.replay.outcomes import NOT_KNOWN, Arrival, Moment


class Signals:
    """The signals of an execution, by name and number: each that a program asks for is the one after."""

    def __init__(self, history: History) -> None:
        self.read: set[tuple[str, int]] = set()
        self._history = history
        self._asked: Counter[str] = Counter()

    def next(self, name: str) -> 'Signalled':
        """Give the first of that name that was not asked for, whether it has come or not."""
        self._asked[name] += 1
        return Signalled(self, name, self._asked[name] - 1)

    def arrived(self, name: str) -> list[Arrival]:
        """Give those of that name that have come."""
        return self._history.signals.get(name, [])

    def unread(self) -> list[Event]:
        """Give those that have come and that the program has not read, in the order in which they came."""
        unread = [
            arrival.event
            for name, arrivals in self._history.signals.items()
            for number, arrival in enumerate(arrivals)
            if (name, number) not in self.read
        ]
        return sorted(unread, key=lambda event: int(event['eventId']))

    def carry_in(self, events: Iterable[Event]) -> None:
        """Take those that the run before this one left unread: they come before all others."""
        carried: dict[str, list[Arrival]] = {}
        for event in events:
            arrival = Arrival(event)
            arrival.known_at = (1, 0)
            carried.setdefault(attributes(event)['signalName'], []).append(arrival)
        for name, arrivals in carried.items():
            self._history.signals[name] = arrivals + self.arrived(name)


class Signalled:
    """One of them: something that a program can wait for."""

    def __init__(self, signals: Signals, name: str, number: int) -> None:
        self._signals = signals
        self._name = name
        self._number = number

    @property
    def known_at(self) -> Moment:
        """When it has come."""
        arrived = self._signals.arrived(self._name)
        return arrived[self._number].known_at if self._number < len(arrived) else NOT_KNOWN

    def __str__(self) -> str:
        return f'signal {self._name}, number {self._number + 1}'

    def take(self) -> Event:
        """Give it, as read."""
        self._signals.read.add((self._name, self._number))
        return self._signals.arrived(self._name)[self._number].event
