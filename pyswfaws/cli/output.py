"""Output: how commands write what they found, and show how far they are.

What was found goes to stdout, as a table for people, as JSON, or as JSON lines, which are written as they come.
Progress goes to stderr. Colours and progress are for terminals only, and colours only where NO_COLOR is not set.
"""

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, Final, TypeAlias, TypeVar

import click

F = TypeVar('F', bound=Callable[..., Any])

Record: TypeAlias = Mapping[str, Any]

LAYOUTS: Final = ('table', 'json', 'jsonl')
_SOON: Final = 0.5      # seconds before it is worth saying that something takes long


def formatted(command: F) -> F:
    """Give `command` the option ``--format``, as its argument `layout`."""
    return click.option(
        '--format', 'layout', type=click.Choice(LAYOUTS), default='table', show_default=True,
        help='How the answer is written: for people, as JSON, or as one JSON document a line.',
    )(command)


def write(layout: str, records: Iterable[Record], lines: Callable[[Record], Iterable[str]]) -> None:
    """Write records to stdout: in a table `lines` says how each is shown, in JSON they are a list."""
    if layout == 'json':
        click.echo(_json(list(records), indent=2))
        return
    for record in records:
        for line in [_json(record)] if layout == 'jsonl' else lines(record):
            click.echo(line)


def write_one(layout: str, record: Record, lines: Callable[[Record], Iterable[str]]) -> None:
    """Write a record that stands for itself: in JSON it is an object."""
    if layout == 'json':
        click.echo(_json(record, indent=2))
    else:
        write(layout, [record], lines)


def record_of(one: Any) -> Record:
    """Give the record of a dataclass: its fields, by names as SWF writes them."""
    names = {name: re.sub('_(.)', lambda found: found[1].upper(), name) for name in vars(one)}
    return {written: getattr(one, name) for name, written in names.items()}


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give the lines of a table whose columns are as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield '  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def time_text(moment: datetime | float) -> str:
    """Give a point in time, a datetime or Unix seconds, as people read it here."""
    found = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return f'{found.astimezone():%Y-%m-%d %H:%M:%S}'


def painted(text: str, style: str) -> str:
    """Give `text` in a style such as ``bold red``, where stdout is a terminal that wants colours."""
    if not style or not sys.stdout.isatty() or os.environ.get('NO_COLOR'):
        return text
    words = set(style.split())
    colour = next(iter(words - {'bold', 'dim'}), None)
    return click.style(text, fg=colour, bold='bold' in words or None, dim='dim' in words or None)


@contextmanager
def progress(label: str, length: int | None = None) -> Iterator[Callable[[], None]]:
    """Give what is to be called after each step of work; if that takes long, it draws a bar on a terminal at stderr.

    `length` is the number of steps, where it is known.
    """
    began, steps = time.monotonic(), 0
    bar: Any = None
    with ExitStack() as stack:

        def step() -> None:
            nonlocal steps, bar
            steps += 1
            if bar is not None:
                bar.update(1)
            elif sys.stderr.isatty() and time.monotonic() - began >= _SOON:
                made = click.progressbar(repeat(None), length, label, show_pos=True, file=sys.stderr)
                bar = stack.enter_context(made)
                bar.update(steps)

        yield step


def _json(found: Any, indent: int | None = None) -> str:
    return json.dumps(found, ensure_ascii=False, indent=indent, default=_as_json)


def _as_json(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
