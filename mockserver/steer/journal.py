"""What was asked of the mock, as whoever steers it reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from watchword.mockserver.steer.channel import Channel

__all__ = ["Entry", "Journal", "Why"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what became of it, without any secret.

    `at` is the mock's time. `condition` says why it was refused (None: it was served), `says` the same in words, `hint`
    what mends it. `told` is everything that the control side says of it.
    """

    id: int | None
    at: float
    method: str
    path: str
    query: str
    operation: str | None
    status: int
    cause: str | None
    condition: str | None
    says: str | None
    hint: str | None
    told: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read an entry as the control side tells of it."""
        return cls(
            told["id"],
            told.get("at", 0.0),
            told.get("method", ""),
            told.get("path", ""),
            told.get("query", ""),
            told.get("operation"),
            told.get("status", 0),
            told.get("cause"),
            told.get("condition"),
            told.get("says"),
            told.get("hint"),
            told,
        )


class Why(Entry):
    """An entry with the sentence of the document behind it, and what would have been accepted.

    Where nothing has been asked yet, `id` is None.
    """

    __slots__ = ()

    @property
    def clause(self) -> Mapping[str, Any] | None:
        """The clause that the refusal goes back to; None when there is none."""
        found: Mapping[str, Any] | None = self.told.get("clause")
        return found

    @property
    def accepted(self) -> Mapping[str, Any] | None:
        """A request that would have been served; None when no operation was meant."""
        found: Mapping[str, Any] | None = self.told.get("accepted")
        return found


class Journal:
    """The requests of a mock; it can be iterated over, the oldest first."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def entries(self, last: int | None = None, **only: str | int) -> list[Entry]:
        """Give the entries, or the `last` so many, the oldest first.

        `only` limits them by status (one, or a class such as "4xx"), method, path, operation, condition, or to those since
        an id.
        """
        query = urlencode(only | ({} if last is None else {"last": last}))
        told = self._channel.ask("GET", f"journal?{query}" if query else "journal")
        return [Entry.of(entry) for entry in told["entries"]]

    @property
    def dropped(self) -> int:
        """How many entries have been forgotten to make room for newer ones."""
        return int(self._channel.ask("GET", "journal?last=1")["dropped"])

    def clear(self) -> None:
        """Forget every entry."""
        self._channel.ask("DELETE", "journal")
