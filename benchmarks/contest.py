"""A contest: programs that do the same work by turns, each time in a process of its own, and the table of figures.

A contestant is a program under ``contestants/`` that asserts that its work came out right, and then prints its figure
as the last line. The contestants of a contest run one after the other, in rounds, so that whatever else the machine
does meets them all; what counts is the ratio of the medians. The first contestant is ours, the others are the peers,
and a goal that compares has to be reached beside each of them. A peer that cannot take part is named with the reason.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

CONTESTANTS: Final = Path(__file__).parent / 'contestants'

_VERSIONS: Final = (
    'pyswfaws', 'boto3', 'greenlet', 'msgspec', 'flowy', 'garcon', 'simpleflow', 'dbos', 'durabletask',
    'aws-durable-execution-sdk-python-testing',
)
_PATIENCE: Final = 1200     # seconds that one run may take


class CannotTakePartError(Exception):
    """A contestant lacks something, or its work did not come out right."""


@dataclass(frozen=True)
class Contestant:
    """A program, its arguments, and the module without which it cannot take part."""

    name: str
    program: str
    arguments: tuple[str, ...] = ()
    needs: str | None = None

    def run(self) -> float:
        """Run it once and give its figure; raises a CannotTakePartError that says why there is none."""
        if self.needs is not None and importlib.util.find_spec(self.needs) is None:
            raise CannotTakePartError(f'{self.needs} is not installed')
        command = [sys.executable, str(CONTESTANTS / self.program), *self.arguments]
        try:
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE)
        except subprocess.CalledProcessError as error:
            raise CannotTakePartError(f'{" ".join(command)} failed:\n{error.stderr}') from error
        except subprocess.TimeoutExpired as error:
            raise CannotTakePartError(f'it took more than {_PATIENCE} s') from error
        return float(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Goal:
    """What to reach: by our own figure, and by how it stands to that of each peer (ours by theirs).

    Less is better, unless it is `at_least` or `ratio_at_least` so much.
    """

    at_least: float | None = None
    at_most: float | None = None
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None

    @property
    def more_is_better(self) -> bool:
        """Whether the larger figure wins."""
        return self.at_least is not None or self.ratio_at_least is not None

    def verdicts(self, figure: float, ratios: Sequence[float]) -> Iterator[str]:
        """Say of each what was reached; of a comparison without peers, nothing."""
        if self.at_least is not None:
            yield _verdict(figure >= self.at_least, f'at least {self.at_least:g}')
        if self.at_most is not None:
            yield _verdict(figure <= self.at_most, f'at most {self.at_most:g}')
        if self.ratio_at_least is not None and ratios:
            yield _verdict(min(ratios) >= self.ratio_at_least, f'at least {self.ratio_at_least:g} times each peer')
        if self.ratio_at_most is not None and ratios:
            yield _verdict(max(ratios) <= self.ratio_at_most, f'at most {self.ratio_at_most:g} times each peer')


def _verdict(met: bool, text: str) -> str:
    return f'{"reached" if met else "MISSED"}: {text}'


@dataclass(frozen=True)
class Outcome:
    """What came of a contest: the figures of each round by contestant, ours first, and what was reached.

    `size` is the N of what is measured for several, `peer` the one that comes off best, if there is any.
    """

    title: str
    unit: str
    figures: dict[str, list[float]]
    missing: dict[str, str]
    verdicts: list[str]
    peer: str | None
    size: int | None

    @property
    def medians(self) -> dict[str, float]:
        """The median of each contestant."""
        return {name: median(found) for name, found in self.figures.items()}

    @property
    def ours(self) -> float:
        """Our median."""
        return next(iter(self.medians.values()))

    def __str__(self) -> str:
        lines = [f'{self.title} ({self.unit})', '', f'{"":42}{"median":>11}{"least":>11}{"most":>11}{"ours is":>16}']
        for name, found in self.figures.items():
            figures = ''.join(f'{figure:11.4g}' for figure in (median(found), min(found), max(found)))
            ratio = '' if found is next(iter(self.figures.values())) else f'{self.ours / median(found):10.3g} times'
            lines.append(f'{name:42}{figures}{ratio}')
        lines += [f'{name:42}left out: {why}' for name, why in self.missing.items()]
        return '\n'.join([*lines, *self.verdicts, ''])


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Give the options that every program here has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--rounds', type=int, default=5, help='how often each contestant runs (default: %(default)s)')
    parser.add_argument('--quick', action='store_true', help='two rounds at most, and the smaller sizes')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures there too')
    return parser


def contest(
    title: str, unit: str, contestants: Sequence[Contestant], goal: Goal, options: argparse.Namespace,
    size: int | None = None,
) -> Outcome:
    """Run a contest and print its table; where the first contestant, ours, fails, the program ends with its error."""
    figures: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    missing: dict[str, str] = {}
    for _ in range(min(options.rounds, 2) if options.quick else options.rounds):
        for contestant in contestants:
            if contestant.name not in missing:
                try:
                    figures[contestant.name].append(contestant.run())
                except CannotTakePartError as error:
                    if contestant is contestants[0]:
                        raise SystemExit(f'{contestant.name}: {error}') from error
                    missing[contestant.name] = str(error)
    for name in missing:
        del figures[name]
    return concluded(title, unit, figures, goal, missing, size)


def concluded(
    title: str, unit: str, figures: dict[str, list[float]], goal: Goal, missing: dict[str, str] | None = None,
    size: int | None = None,
) -> Outcome:
    """Say what came of figures, ours first, and print it."""
    (_, ours), *peers = ((name, median(found)) for name, found in figures.items())
    verdicts = list(goal.verdicts(ours, [ours / theirs for _, theirs in peers]))
    best = max if goal.more_is_better else min
    peer = best(peers, key=lambda one: one[1])[0] if peers else None
    outcome = Outcome(title, unit, figures, missing or {}, verdicts, peer, size)
    print(outcome, flush=True)
    return outcome


def conclude(options: argparse.Namespace, *outcomes: Outcome) -> None:
    """Say where this was measured, and write the figures to where the options ask for them."""
    here = {'machine': machine(), 'load': os.getloadavg()[0]}
    print('{machine}; load {load:.1f}\n'.format_map(here))
    if options.json is not None:
        options.json.write_text(json.dumps({**here, 'outcomes': [asdict(outcome) for outcome in outcomes]}, indent=1))


def machine() -> str:
    """Say where this was measured, and with which versions."""
    versions = {'Python': platform.python_version()}
    for name in _VERSIONS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    described = ', '.join(f'{name} {version}' for name, version in versions.items())
    return f'{platform.system()} {platform.machine()}, {os.cpu_count()} cores; {described}'
