"""A contest: programs that do the same work by turns, each time in a process of its own, and the table of figures.

A contestant is a program under ``contestants/`` that asserts that its work came out right, and then prints its figure
as the last line. The contestants of a contest run one after the other, in rounds, so that whatever else the machine
does meets them all; what counts is the ratio of the medians.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

CONTESTANTS: Final = Path(__file__).parent / 'contestants'

_VERSIONS: Final = ('pyswfaws', 'boto3', 'dbos')


@dataclass(frozen=True)
class Contestant:
    """A program, its arguments, and the module without which it cannot take part."""

    name: str
    program: str
    arguments: tuple[str, ...] = ()
    needs: str | None = None

    @property
    def can_take_part(self) -> bool:
        """Whether what it needs is installed."""
        return self.needs is None or importlib.util.find_spec(self.needs) is not None

    def run(self) -> float:
        """Run it once and give its figure."""
        command = [sys.executable, str(CONTESTANTS / self.program), *self.arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f'{self.name} failed ({" ".join(command)}):\n{done.stderr}')
        return float(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Goal:
    """What to reach: a figure of the first contestant, and how it stands to that of the second (first by second)."""

    at_least: float | None = None
    at_most: float | None = None
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None

    def verdicts(self, figure: float, ratio: float | None) -> list[str]:
        """Say of each what was reached."""
        found = (
            (f'at least {self.at_least:g}', figure >= self.at_least) if self.at_least is not None else None,
            (f'at most {self.at_most:g}', figure <= self.at_most) if self.at_most is not None else None,
            (f'at least {self.ratio_at_least:g} times the peer', ratio >= self.ratio_at_least)
            if self.ratio_at_least is not None and ratio is not None else None,
            (f'at most {self.ratio_at_most:g} times the peer', ratio <= self.ratio_at_most)
            if self.ratio_at_most is not None and ratio is not None else None,
        )
        return [f'{"reached" if met else "MISSED"}: {text}' for text, met in filter(None, found)]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Give the options that every program here has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--rounds', type=int, default=5, help='how often each contestant runs (default: %(default)s)')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures there too')
    return parser


def contest(
    title: str, unit: str, contestants: Sequence[Contestant], goal: Goal, options: argparse.Namespace,
) -> None:
    """Run a contest and print its table; the first contestant is ours, the second the peer."""
    present = [contestant for contestant in contestants if contestant.can_take_part]
    figures: dict[str, list[float]] = {contestant.name: [] for contestant in present}
    for _ in range(options.rounds):
        for contestant in present:
            figures[contestant.name].append(contestant.run())
    medians = {name: median(found) for name, found in figures.items()}
    ours, peer = contestants[0].name, contestants[1].name if len(contestants) > 1 else None
    ratio = medians[ours] / medians[peer] if peer in medians else None
    print(f'{title} ({unit})\n{machine()}\n')
    print(f'{"":42}{"median":>10}{"least":>10}{"most":>10}')
    for contestant in contestants:
        if contestant.can_take_part:
            found = figures[contestant.name]
            print(f'{contestant.name:42}' + ''.join(
                f'{figure:10.4g}' for figure in (median(found), min(found), max(found))))
        else:
            print(f'{contestant.name:42}skipped: {contestant.needs} is not installed')
    if ratio is not None:
        print(f'{ours} is {ratio:.3g} times {peer}')
    print('\n'.join(goal.verdicts(medians[ours], ratio)), end='\n\n')
    if options.json is not None:
        options.json.write_text(json.dumps(
            {'title': title, 'unit': unit, 'machine': machine(), 'figures': figures, 'ratio': ratio}, indent=1))


def machine() -> str:
    """Say where this was measured, and with which versions."""
    versions: dict[str, Any] = {'Python': platform.python_version()}
    for name in _VERSIONS:
        if importlib.util.find_spec(name) is not None:
            versions[name] = importlib.metadata.version(name)
    described = ', '.join(f'{name} {version}' for name, version in versions.items())
    busy = os.getloadavg()[0]
    return f'{platform.system()} {platform.machine()}, {os.cpu_count()} cores (load {busy:.1f}); {described}'
