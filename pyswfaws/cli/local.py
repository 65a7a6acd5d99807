"""``pyswfaws local``: SWF Local over HTTP, until it is told to stop."""

import shlex
import signal
import sys
from pathlib import Path
from typing import Literal, NamedTuple

import click

from pyswfaws.cli.logs import logging_from
from pyswfaws.protocol import limits
from pyswfaws.swflocal import RATES, Mishap, SkippingClock, SwfLocal, command
from pyswfaws.swflocal.lambdas import Handler

_STOP = (signal.SIGTERM, signal.SIGINT)


def _mishaps(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[Mishap, ...]:
    try:
        return tuple(Mishap.parse(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


class Refuse(NamedTuple):
    """An argument of ``--refuse``."""

    decision_type: str
    cause: str
    times: int


def _refusals(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[Refuse, ...]:
    refusals = []
    for text in texts:
        decision_type, _, rest = text.partition(':')
        cause, _, times = rest.partition(':')
        if not cause or not (times or '1').isdigit():
            raise click.BadParameter(f'{text!r} does not read DECISION:CAUSE[:TIMES]')
        refusals.append(Refuse(decision_type, cause, int(times or '1')))
    return tuple(refusals)


def _lambdas(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, Handler]:
    handlers = {}
    for text in texts:
        name, _, program = text.partition('=')
        if not name or not program:
            raise click.BadParameter(f'{text!r} does not read NAME=COMMAND')
        handlers[name] = command(*shlex.split(program))
    return handlers


@click.command()
@click.option('--db', 'path', type=click.Path(dir_okay=False, path_type=Path), metavar='FILE',
              help='SQLite file that keeps everything; in memory without it.')
@click.option('--host', default='127.0.0.1', show_default=True, help='Address to listen on.')
@click.option('--port', default=8042, show_default=True, type=click.IntRange(0, 65535),
              help='Port to listen on; 0 takes a free one.')
@click.option('--poll-timeout', default=float(limits.LONG_POLL), show_default=True, type=click.FloatRange(min=0),
              metavar='SECONDS', help='When a poll without a task is answered empty.')
@click.option('--durability', type=click.Choice(['normal', 'full']), default='normal', show_default=True,
              help='What the file survives: the end of the process at any point, or a power cut as well.')
@click.option('--time-skipping', is_flag=True, help='Skip time that every worker would only wait through.')
@click.option('--allow-reset', is_flag=True, help='Let POST /moto-api/reset empty the service.')
@click.option('--allow-remote', is_flag=True, help='Listen on an address that other machines can reach; wants a token.')
@click.option('--token', envvar='PYSWFAWS_LOCAL_TOKEN', show_envvar=True, metavar='TOKEN',
              help='What clients must give as AWS session token.')
@click.option('--inject', 'mishaps', multiple=True, callback=_mishaps,
              metavar='KIND[:OPERATIONS[:LIKELIHOOD[:SECONDS]]]',
              help='Let calls go wrong: throttle, error, drop or delay. May be given several times.')
@click.option('--refuse', 'refusals', multiple=True, callback=_refusals, metavar='DECISION:CAUSE[:TIMES]',
              help='Refuse the next decisions of a type with a cause. May be given several times.')
@click.option('--lambda', 'lambdas', multiple=True, callback=_lambdas, metavar='NAME=COMMAND',
              help='Run a program for Lambda tasks of that name or ARN: JSON on stdin, JSON on stdout.')
@click.option('--rates', is_flag=True, help="Throttle at Amazon SWF's rates.")
@click.option('--seed', default=0, show_default=True, help='Seed of the dice for --inject.')
@logging_from('warning')
def local(   # noqa: PLR0917 - one parameter an option
    path: Path | None,
    host: str,
    port: int,
    poll_timeout: float,
    durability: Literal['normal', 'full'],
    time_skipping: bool,
    allow_reset: bool,
    allow_remote: bool,
    token: str | None,
    mishaps: tuple[Mishap, ...],
    refusals: tuple[Refuse, ...],
    lambdas: dict[str, Handler],
    rates: bool,
    seed: int,
) -> None:
    """Run SWF Local, an embedded Amazon SWF, over HTTP.

    The first line on stdout is its endpoint, printed once it accepts connections. SIGTERM and Ctrl-C end it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)   # in every thread to come; this one waits for them below
    try:
        with (
            SwfLocal(
                path, clock=SkippingClock() if time_skipping else None, poll_timeout=poll_timeout,
                durability=durability, mishaps=mishaps, seed=seed, lambdas=lambdas, rates=RATES if rates else {},
            ) as swf,
            swf.serve(host, port, allow_remote=allow_remote, token=token, allow_reset=allow_reset) as url,
        ):
            for refusal in refusals:
                swf.refuse_next(*refusal)
            click.echo(url)
            sys.stdout.flush()
            signal.sigwait(_STOP)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        raise click.ClickException(getattr(error, 'strerror', None) or str(error)) from None
