"""Task tokens and page tokens: opaque outside, a few words or a JSON list with a check sum inside.

A token that was garbled on its way, or that another service made, does not pass the check and is answered ``Invalid
token``. A page token is bound to its request and lives for a day, as in the service.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .faults import invalid, invalid_token

PAGE_TOKEN_LIFETIME: Final = 86_400.0   # seconds
_CHECK_BYTES: Final = 8
#: What may change from page to page, and is not part of what a page token is bound to.
_FREE_MEMBERS: Final = frozenset({'nextPageToken', 'maximumPageSize', 'identity'})


class TaskToken(NamedTuple):
    """Names one attempt of one task; `kind` is decision, activity or lambda."""

    kind: str
    execution: int
    run_id: str
    scheduled_id: int
    started_id: int


def encode_task(task: TaskToken) -> str:
    """Make the token of a task."""
    return _seal(' '.join(map(str, task)).encode())


def decode_task(token: str, kind: str) -> TaskToken:
    """Give the task that a token of that kind names."""
    found, *named = _unseal(token).decode().split(' ')
    if found != kind:
        raise invalid_token()
    execution, run_id, scheduled_id, started_id = named
    return TaskToken(kind, int(execution), run_id, int(scheduled_id), int(started_id))


def encode_page(cursor: list[Any], request: Mapping[str, Any], bound_to: str, now: float) -> str:
    """Make the token of the page that starts at `cursor`; `bound_to` names operation and region."""
    return _seal(json.dumps([now, _fingerprint(request, bound_to), cursor]).encode())


def decode_page(request: Mapping[str, Any], bound_to: str, now: float) -> list[Any] | None:
    """Give the cursor in the request's ``nextPageToken``; None if it has none."""
    token = request.get('nextPageToken')
    if token is None:
        return None
    content = _unseal(token)
    if not content.startswith(b'['):    # a task's
        raise invalid_token()
    made_at, fingerprint, cursor = json.loads(content)
    if fingerprint != _fingerprint(request, bound_to):
        raise invalid_token()
    if now - made_at > PAGE_TOKEN_LIFETIME:
        raise invalid('Specified token has exceeded its maximum lifetime')
    position: list[Any] = cursor
    return position


def _fingerprint(request: Mapping[str, Any], bound_to: str) -> str:
    bound = {name: value for name, value in request.items() if name not in _FREE_MEMBERS}
    text = bound_to + json.dumps(bound, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_CHECK_BYTES).hexdigest()


def _seal(content: bytes) -> str:
    return base64.b64encode(_check(content) + content).decode()


def _unseal(token: str) -> bytes:
    """Give back what a token was made of; the Fault of an invalid token if nothing here made it."""
    try:
        raw = base64.b64decode(token.encode('ascii'), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise invalid_token() from None
    if raw[:_CHECK_BYTES] != _check(raw[_CHECK_BYTES:]):
        raise invalid_token()
    return raw[_CHECK_BYTES:]


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, person=b'swf token').digest()
