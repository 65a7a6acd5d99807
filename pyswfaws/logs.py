"""Logs: in each record, what it belongs to; once, not at each replay; and as text or as lines of JSON.

While a worker has a task in hand, what anybody logs, your code and ours, belongs to an execution. `ContextFilter` puts
that into the record, for every handler that has it:

>>> import logging
>>> record = logging.makeLogRecord({'msg': 'resizing %s', 'args': ('cat.jpg',), 'levelname': 'INFO', 'name': 'photos'})
>>> record.swf = {'workflow_id': 'cat', 'activity_id': 'resize-1'}
>>> TextFormatter('%(levelname)s %(message)s').format(record)
'INFO resizing cat.jpg [workflow_id=cat activity_id=resize-1]'

What is logged never has values of yours in it above DEBUG, with one exception: what an exception says is its own text,
and is logged as it stands in the history. Where codecs encrypt values it is its class only, in both.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

from pyswfaws.binding.context import current, work_in_hand
from pyswfaws.binding.passthrough import PASS_THROUGH
from pyswfaws.exceptions import DefinitionError, describe_value

__all__ = ['ContextFilter', 'JsonFormatter', 'TextFormatter', 'configure']

LEVELS: Final = ('debug', 'info', 'warning', 'error', 'critical')

#: Libraries that tell at each request what they send, at DEBUG; they are kept to warnings.
_TALKATIVE: Final = ('boto3', 'botocore', 'urllib3', 's3transfer')

#: What every record has; all else came with it, by ``extra=``.
_OF_EVERY_RECORD: Final = frozenset(vars(logging.makeLogRecord({}))) | {'message', 'asctime', 'taskName', 'swf'}


class ContextFilter(logging.Filter):
    """Puts into each record, as the dict `swf`, what the worker has in hand; passes over what a replay logs again.

    Add it to a handler. Its words are `domain`, `task_list`, `workflow_id`, `run_id`, and `workflow_type` in a decider
    or `activity_type`, `activity_id` and `attempt` in an activity. It holds for whatever runs in the worker's context:
    the function, its coroutines, `asyncio.to_thread`; a thread of your own has it in a copy of the context.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be heard."""
        work = work_in_hand()
        if not hasattr(record, 'swf'):      # else a queue has brought it from where it was logged
            record.swf = {} if work is None else work.context
        return not current(PASS_THROUGH).is_replaying()


class TextFormatter(logging.Formatter):
    """A line of text, with the context after it; our own messages name it themselves."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Give the line, before what is said of an exception."""
        line = super().formatMessage(record)
        context = getattr(record, 'swf', {})
        if not context or record.name == 'pyswfaws':
            return line
        return f'{line} [{" ".join(f"{name}={value}" for name, value in context.items())}]'


class JsonFormatter(logging.Formatter):
    """A line of JSON: `time`, `level`, `logger`, `message`, the context, what came as ``extra=``, and `exception`.

    What JSON cannot write stands as its text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        found: dict[str, Any] = {
            name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD
        }
        found |= {
            'time': datetime.fromtimestamp(record.created, UTC).isoformat(timespec='milliseconds'),
            'level': record.levelname,
            'logger': record.name,
            'message': record.getMessage(),
            **getattr(record, 'swf', {}),
        }
        if record.exc_info:
            found['exception'] = self.formatException(record.exc_info)
        if record.stack_info:
            found['stack'] = self.formatStack(record.stack_info)
        return json.dumps(found, default=str)


class _ToStderr(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f'{self.format(record)}\n')
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - as every handler of the standard library has it
            self.handleError(record)


def configure(level: str = 'info', *, json: bool = False) -> None:
    """Log to stderr, with context, as text or as lines of JSON, what is of that level or above it.

    A second time, it replaces what it set up the first time. Handlers of others are left alone. AWS's libraries, which
    would log each request with all that is in it, are kept to warnings.
    """
    if not isinstance(level, str) or level.lower() not in LEVELS:
        raise DefinitionError(f'level is one of {", ".join(LEVELS)}, but it is {describe_value(level)}')
    handler = _ToStderr()
    handler.setFormatter(JsonFormatter() if json else TextFormatter('%(asctime)s %(levelname)s %(message)s'))
    handler.addFilter(ContextFilter())
    root = logging.getLogger()
    for before in [one for one in root.handlers if isinstance(one, _ToStderr)]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
