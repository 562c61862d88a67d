"""What was asked of the mock, as whoever steers it reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, Unpack
from urllib.parse import urlencode

from watchword.mockserver.steer.channel import Channel
from watchword.mockserver.steer.expecting import Inconclusive, Wanted, asked, fits, found_in_sequence, in_words, unknown

__all__ = ["Entry", "Inconclusive", "Journal", "Wanted", "Why"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what became of it, without any secret.

    `at` is the mock's time. `condition` says why it was refused (None: it was served), `says` the same in words, `hint`
    what mends it. `parent` is the request that gave the token which this one presents, `session` the login with which all that
    began; None where there is none. `told` is everything that the control side says of it.
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
    parent: int | None = None
    session: int | None = None
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
            told.get("lineage", {}).get("parent"),
            told.get("lineage", {}).get("session"),
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

    def entries(self, last: int | None = None, *, details: bool = False, **only: str | int) -> list[Entry]:
        """Give the entries, or the `last` so many, the oldest first.

        `only` limits them by status (one, or a class such as "4xx"), method, path, operation, purpose, condition, to the session
        that began with an id, or to those since an id. With `details`, `told` has headers and bodies, masked.
        """
        return [Entry.of(entry) for entry in self._read(last, details, only)["entries"]]

    def _read(self, last: int | None, details: bool, only: Mapping[str, str | int]) -> dict[str, Any]:
        asked = {"last": last, "details": "true" if details else None, **only}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        told: dict[str, Any] = self._channel.ask("GET", f"journal?{query}" if query else "journal")
        return told

    @property
    def dropped(self) -> int:
        """How many entries have been forgotten to make room for newer ones."""
        return int(self._channel.ask("GET", "journal?last=1")["dropped"])

    def clear(self) -> None:
        """Forget every entry."""
        self._channel.ask("DELETE", "journal")

    def har(self) -> dict[str, Any]:
        """Give the entries as an HTTP Archive 1.2, with pseudonyms for secrets."""
        found: dict[str, Any] = self._channel.ask("GET", "journal.har")
        return found

    def curl(self) -> str:
        """Give the requests as curl lines, with environment variables for secrets."""
        return str(self._channel.ask("GET", "journal.sh") or "")

    def _check(self, *wanted: Mapping[str, Any]) -> None:
        """See that what a test wants can be: a slip in a name would have it pass, or fail, for no reason."""
        for one in wanted:
            names = asked(one)
            if names:
                self._read(1, False, names)

    # -- what a test may ask for; a name that there is not is a TypeError or a ControlProblem

    def called_with(self, times: int | None = None, **wanted: Unpack[Wanted]) -> list[Entry]:
        """See that there was such a request, or `times` so many; gives them.

        Raises:
            AssertionError: there was none, or not so many.
            Inconclusive: entries are forgotten that it could depend on.
        """
        self._check(wanted)
        told = self._read(None, True, {})
        found = [entry for entry in told["entries"] if fits(entry, wanted)]
        right = bool(found) if times is None else len(found) == times
        lost = told["dropped"] + unknown(told["entries"], wanted)
        if lost and (not found or times is not None) and len(found) <= (times or 0):
            raise Inconclusive(_lost(lost, wanted))
        if not right:
            expected = "one" if times is None else str(times)
            raise AssertionError(f"expected {expected} of {wanted}, seen {len(found)}; {in_words(told['entries'])}")
        return [Entry.of(entry) for entry in found]

    def in_sequence(self, *steps: Wanted) -> list[Entry]:
        """See that there were such requests one after the other, whatever came between them; gives them.

        Raises:
            AssertionError: they were not there in that order.
            Inconclusive: entries are forgotten that it could depend on.
        """
        self._check(*steps)
        told = self._read(None, True, {})
        found, number = found_in_sequence(told["entries"], steps)
        if number < len(steps):
            lost = told["dropped"] + sum(unknown(told["entries"], step) for step in steps)
            if lost:
                raise Inconclusive(_lost(lost, steps[number]))
            says = f"expected {steps[number]} as step {number + 1} of {len(steps)}"
            raise AssertionError(f"{says}; {in_words(told['entries'])}")
        return [Entry.of(entry) for entry in found]

    def eventually(self, within: float = 5.0, **wanted: Unpack[Wanted]) -> Entry:
        """Wait until there is such a request, but no more than `within` seconds; gives the first.

        Raises:
            AssertionError: there was none in time.
            Inconclusive: entries are forgotten that it could depend on.
        """
        self._check(wanted)
        end = time.monotonic() + within
        while True:
            told = self._read(None, True, {})
            found = next((entry for entry in told["entries"] if fits(entry, wanted)), None)
            if found is not None:
                return Entry.of(found)
            if time.monotonic() >= end:
                break
            time.sleep(_POLL)
        lost = told["dropped"] + unknown(told["entries"], wanted)
        if lost:
            raise Inconclusive(_lost(lost, wanted))
        raise AssertionError(f"expected {wanted} within {within:g} seconds; {in_words(told['entries'])}")

    def never_within(self, seconds: float, **wanted: Unpack[Wanted]) -> None:
        """See that for so many seconds from now there is no such request.

        Raises:
            AssertionError: there was one.
            Inconclusive: entries are forgotten that came in that time.
        """
        self._check(wanted)
        newest = self.entries(last=1)
        seen = newest[0].id or 0 if newest else self._read(1, False, {})["dropped"]
        end = time.monotonic() + seconds
        while True:
            last = time.monotonic() >= end
            told = self._read(None, True, {"since": seen})["entries"]
            if told and told[0]["id"] > seen + 1:
                raise Inconclusive(f"{told[0]['id'] - seen - 1} entries of that time are forgotten")
            found = next((entry for entry in told if fits(entry, wanted)), None)
            if found is not None:
                raise AssertionError(f"expected no {wanted}, seen request {found['id']}; {in_words(told)}")
            lost = unknown(told, wanted)
            if lost:
                raise Inconclusive(_lost(lost, wanted))
            if last:
                return
            seen = told[-1]["id"] if told else seen
            time.sleep(_POLL)


def _lost(number: int, wanted: Mapping[str, Any]) -> str:
    return f"{number} entries are forgotten, or what they carried is, and {wanted} may be among them"


_POLL = 0.02
"""Seconds between two looks."""
