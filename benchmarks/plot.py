"""Draws how a cost grows with N, as SVG: both axes by powers of ten, a line for each contestant, its name at its end.

Run by itself, it draws anew what the figures in ``docs/benchmarks/`` say.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from statistics import median
from typing import Any, Final

DOCS: Final = Path(__file__).parents[1] / 'docs' / 'benchmarks'

_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 110, 130, 50, 60     # margins
_COLOURS: Final = ('#0b6e4f', '#b3541e', '#5b5ea6', '#8a1c4a', '#555555')
_LABEL_HEIGHT: Final = 16

#: A line: its name, and points by N.
Curves = Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Axis:
    """Whole powers of ten from `low` to `high`, which lie between the pixels `start` and `end`."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> 'Axis':
        """Give an axis on which all `values` have room."""
        low, high = floor(log10(min(values))), ceil(log10(max(values)))
        return cls(low, max(high, low + 1), start, end)

    def __call__(self, value: float) -> float:
        """Give the pixel of a value."""
        return self.start + (log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def powers(self) -> list[int]:
        """The powers of ten on it."""
        return [10 ** power for power in range(self.low, self.high + 1)]


def svg(title: str, x_title: str, y_title: str, curves: Curves) -> str:
    """Give a picture of curves."""
    points = [point for curve in curves.values() for point in curve]
    x = Axis.over([point[0] for point in points], _LEFT, _WIDTH - _RIGHT)
    y = Axis.over([point[1] for point in points], _HEIGHT - _BOTTOM, _TOP)
    face = 'font-family="sans-serif" font-size="13"'
    return '\n'.join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {face}>',
        f'<title>{escape(title)}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="#ffffff"/>',
        _text(_WIDTH / 2, 26, title, 'text-anchor="middle" font-size="16"'),
        _text((x.start + x.end) / 2, _HEIGHT - 14, x_title, 'text-anchor="middle"'),
        _text(20, (y.start + y.end) / 2, y_title,
              f'text-anchor="middle" transform="rotate(-90 20 {(y.start + y.end) / 2:.0f})"'),
        *_grid(x, y),
        *_lines(curves, x, y),
        '</svg>\n',
    ))


def _text(x: float, y: float, text: str, more: str = '', colour: str = '#222222') -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" {more}>{escape(text)}</text>'


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    for value in x.powers:
        yield f'<path d="M{x(value):.1f} {y.start} V{y.end}" stroke="#dddddd"/>'
        yield _text(x(value), y.start + 20, f'{value:,}', 'text-anchor="middle"')
    for value in y.powers:
        yield f'<path d="M{x.start} {y(value):.1f} H{x.end}" stroke="#dddddd"/>'
        yield _text(x.start - 8, y(value) + 4, f'{value:,}', 'text-anchor="end"')


def _lines(curves: Curves, x: Axis, y: Axis) -> Iterator[str]:
    highest = float('inf')   # of the labels so far, which come from the bottom up
    coloured = zip(curves.items(), _COLOURS, strict=False)
    for (name, curve), colour in sorted(coloured, key=lambda one: max(one[0][1])[1]):
        spots = [(x(n), y(cost)) for n, cost in sorted(curve)]
        path = ' L'.join(f'{left:.1f} {top:.1f}' for left, top in spots)
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3" fill="{colour}"/>' for left, top in spots)
        left, top = spots[-1]
        highest = min(top, highest - _LABEL_HEIGHT)
        yield _text(left + 8, highest + 4, name, colour=colour)


def curves_of(outcomes: Sequence[Mapping[str, Any]], scale: float = 1) -> Curves:
    """Give the curves of a program's outcomes, from those that are of one N each, in its unit times `scale`."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for outcome in outcomes:
        if outcome['size'] is not None:
            for name, found in outcome['figures'].items():
                curves.setdefault(name, []).append((outcome['size'], median(found) * scale))
    return curves


def draw(figures: Mapping[str, Any], folder: Path) -> None:
    """Draw what there are figures of."""
    activities = 'activities, one after the other'
    if 'p2_life' in figures:
        (folder / 'life.svg').write_text(svg(
            'What the decider of a workflow costs in all', activities, 'seconds of processor time',
            curves_of(figures['p2_life']['outcomes'], scale=0.001)))
    if 'p3_bytes' in figures:
        (folder / 'bytes.svg').write_text(svg(
            'The history that is fetched for one decision', activities, 'bytes',
            curves_of(figures['p3_bytes']['outcomes'])))


if __name__ == '__main__':
    draw(json.loads((DOCS / 'figures.json').read_text()), DOCS)
