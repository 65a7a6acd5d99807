"""Contents: texts that were read from stores lately, by their digest. A replay reads the same ones again and again."""

from collections import OrderedDict
from threading import Lock
from typing import Final

_ROOM: Final = 64 << 20     # characters, of all texts together


class Contents:
    """Remembers texts up to `room` characters in all, and forgets first what was not asked for the longest time."""

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._length = 0
        self._lock = Lock()

    def get(self, digest: str) -> str | None:
        """Give the text of that digest; None where it is not here."""
        with self._lock:
            text = self._texts.get(digest)
            if text is not None:
                self._texts.move_to_end(digest)
            return text

    def add(self, digest: str, text: str) -> None:
        """Remember a text, whose digest the caller has verified."""
        with self._lock:
            if len(text) > self._room or digest in self._texts:
                return
            self._texts[digest] = text
            self._length += len(text)
            while self._length > self._room:
                _, forgotten = self._texts.popitem(last=False)
                self._length -= len(forgotten)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._texts.clear()
            self._length = 0


#: Those of this process.
CONTENTS: Final = Contents()
