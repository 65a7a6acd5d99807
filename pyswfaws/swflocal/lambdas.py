"""Lambda tasks: the functions that SWF Local invokes in AWS Lambda's place.

A function is registered by the name or ARN that decisions give, and is an ordinary Python handler, ``handler(event,
context)``: what it returns is the task's result, what it raises its failure. `command` makes a handler of a program.

Source of the reasons and details of failures: histories recorded from Amazon SWF.
"""

import json
import subprocess
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from pyswfaws.swflocal.service import ACCOUNT, Invocation

#: Takes the task's input, decoded, and the `Invocation`; gives what JSON can say.
Handler: TypeAlias = Callable[[Any, Invocation], Any]

#: Invocations that run at the same time.
AT_ONCE: Final = 32


class Outcome(NamedTuple):
    """What became of an invocation: a result, as JSON text, or the reason and details of a failure."""

    result: str | None = None
    reason: str | None = None
    details: str | None = None


def command(*arguments: str) -> Handler:
    """Make a handler that runs a program: the event comes on its stdin as JSON, and its stdout is the result, as JSON.

    An exit status other than 0 is a failure with what the program wrote to stderr.
    """
    def handler(event: Any, _context: Invocation) -> Any:
        done = subprocess.run(arguments, input=json.dumps(event), capture_output=True, text=True, check=False)   # noqa: S603 - it is the user's own program
        if done.returncode != 0:
            raise RuntimeError(f'{arguments[0]} ended with status {done.returncode}: {done.stderr.strip()}')
        return json.loads(done.stdout or 'null')
    return handler


def invoke(handlers: Mapping[str, Handler], invocation: Invocation) -> Outcome:
    """Run the handler that is registered for the function's name or ARN."""
    arn = f'arn:aws:lambda:{invocation.region}:{ACCOUNT}:function:{invocation.name}'
    handler = handlers.get(invocation.name) or handlers.get(arn) or handlers.get(invocation.name.rpartition(':')[2])
    if handler is None:
        return Outcome(reason='ResourceNotFoundException', details=f'Function not found: {arn}')
    try:
        return Outcome(result=json.dumps(handler(json.loads(invocation.input), invocation)))
    except Exception as error:   # noqa: BLE001 - the user's function, whose every failure is the task's
        return Outcome(reason='UnhandledError', details=json.dumps({
            'errorMessage': str(error),
            'errorType': type(error).__name__,
            'stackTrace': traceback.format_tb(error.__traceback__),
        }))
