"""Pages of a listing: how long, where they start, and the token of the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pyswfaws.protocol.limits import PAGE

from . import tokens

if TYPE_CHECKING:
    from .unit import Unit

_T = TypeVar('_T')


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page that a request asks for: at most `limit` items, after the one of the key `after`."""

    request: dict[str, Any]
    bound_to: str
    now: float
    limit: int
    after: list[Any] | None

    def token(self, cursor: list[Any]) -> str:
        """Make the token of the page after this one."""
        return tokens.encode_page(cursor, self.request, self.bound_to, self.now)

    def answer(
        self, member: str, found: Sequence[_T], *, key: Callable[[_T], list[Any]], show: Callable[[_T], Any],
    ) -> dict[str, Any]:
        """Answer a page of `found`, in which an item beyond the limit tells that there is another page."""
        shown = found[:self.limit]
        answer: dict[str, Any] = {member: [show(item) for item in shown]}
        if len(found) > self.limit:
            answer['nextPageToken'] = self.token(key(shown[-1]))
        return answer


def page_of(unit: 'Unit', operation: str, request: dict[str, Any], longest: int = PAGE) -> PageRequest:
    """Read what page a request asks for; a size of 0, or none, means the longest."""
    size = min(request.get('maximumPageSize') or longest, longest)
    bound_to = f'{operation} {unit.region} '
    return PageRequest(request, bound_to, unit.now, size, tokens.decode_page(request, bound_to, unit.now))
