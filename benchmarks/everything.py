"""Every figure, one program after the other, and what came of it in one table.

With ``--docs``, the documentation gets the table, the figures and the plots that it shows. One program that fails does
not keep the others from running, but it is named at the end, and the exit status is 1.
"""

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import plot

HERE: Final = Path(__file__).parent
DOCS: Final = HERE.parent / 'docs' / 'benchmarks'
PROGRAMS: Final = (
    'p1_replay', 'p2_life', 'p3_bytes', 'p4_steps', 'p5_latency', 'p6_http', 'p7_crowd', 'p8_memory', 'p9_import',
    'p10_hello', 'soak',
)
HEADER: Final = ('what', 'pyswfaws', 'best peer', 'ours by theirs', 'goal')


def run(program: str, passed_on: list[str]) -> dict[str, Any] | None:
    """Run a program; give its figures, or nothing where it failed."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / 'figures.json'
        began = perf_counter()
        done = subprocess.run([sys.executable, HERE / f'{program}.py', '--json', file, *passed_on], check=False)
        print(f'--- {program}: {perf_counter() - began:.0f} s, exit status {done.returncode}\n', flush=True)
        if done.returncode:
            return None
        figures: dict[str, Any] = json.loads(file.read_text())
        return figures


def row(outcome: dict[str, Any]) -> tuple[str, ...]:
    """Give the row of an outcome in the table."""
    medians = {name: median(found) for name, found in outcome['figures'].items()}
    ours, peer = next(iter(medians.values())), outcome['peer']
    theirs = medians.get(peer)
    return (
        outcome['title'],
        f'{ours:,.4g} {outcome["unit"]}',
        '' if theirs is None else f'{peer}: {theirs:,.4g}',
        '' if theirs is None else f'{ours / theirs:.3g}',
        '; '.join(outcome['verdicts']),
    )


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--docs', action='store_true', help='write the table, the figures and the plots to docs/')
    parser.add_argument('--only', nargs='+', choices=PROGRAMS, default=PROGRAMS, metavar='PROGRAM')
    options, passed_on = parser.parse_known_args()
    found = {program: run(program, passed_on) for program in options.only}
    figures = {program: one for program, one in found.items() if one is not None}
    rows = [row(outcome) for one in figures.values() for outcome in one['outcomes']]
    print('\n'.join(' | '.join(one) for one in (HEADER, *rows)))
    if options.docs:
        kept = json.loads((DOCS / 'figures.json').read_text()) if (DOCS / 'figures.json').exists() else {}
        write(kept | figures)
    failed = [program for program in found if found[program] is None]
    if failed:
        raise SystemExit(f'failed: {", ".join(failed)}')


def write(figures: dict[str, Any]) -> None:
    """Write what the documentation shows."""
    DOCS.mkdir(exist_ok=True)
    (DOCS / 'figures.json').write_text(json.dumps(figures, indent=1) + '\n')
    with (DOCS / 'figures.csv').open('w', newline='') as file:
        table = csv.writer(file, lineterminator='\n')
        table.writerow(HEADER)
        for program in PROGRAMS:
            table.writerows(row(outcome) for outcome in figures.get(program, {'outcomes': []})['outcomes'])
    machines = dict.fromkeys(one['machine'] for one in figures.values())
    (DOCS / 'machine.txt').write_text('\n'.join(machines) + '\n')
    plot.draw(figures, DOCS)


if __name__ == '__main__':
    main()
