"""What was asked of the mock and what it made of it: the last so many requests, without any secret."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from watchword.mockserver.service import Outcome
from watchword.specs.redaction import Masker
from watchword.specs.values.api import Api
from watchword.specs.values.http import Request
from watchword.specs.vocabulary import CONDITIONS, SECRET_ROLES

__all__ = ["Journal"]

_LONGEST = 2048
"""Paths and queries beyond this many characters are left out: half a secret could not be recognised."""


class _Entry(NamedTuple):
    at: float
    method: str
    path: str
    query: str
    operation: str | None
    status: int
    condition: str | None


class Journal:
    """A ring of entries. It keeps no header and no body, and masks path and query when it is read.

    Of the query it shows the values of roles that are no secret; any other value is shown as its pseudonym, or as `***`
    when it is not known, for it may be a secret in the wrong place.
    """

    def __init__(self, api: Api, masker: Masker, size: int = 1000) -> None:
        self._entries: deque[_Entry] = deque(maxlen=size)
        self._masker = masker
        self._served = 0
        bindings = [b for op in api.operations.values() for b in op.bindings]
        self._names = {b.name for b in bindings} | {b.role for b in bindings}
        self._open = {b.name for b in bindings if b.place == "query" and b.role not in SECRET_ROLES}

    @property
    def dropped(self) -> int:
        """How many entries have been forgotten to make room for newer ones."""
        return self._served - len(self._entries)

    def record(self, request: Request, outcome: Outcome) -> None:
        """Add a request and its outcome."""
        self._served += 1
        path = request.path if len(request.path) <= _LONGEST else "/…"
        query = request.query if len(request.query) <= _LONGEST else "***"
        status = outcome.reply.status
        self._entries.append(
            _Entry(outcome.at, request.method, path, query, outcome.operation, status, outcome.condition)
        )

    def clear(self) -> None:
        """Forget every entry."""
        self._entries.clear()
        self._served = 0

    def learn(self, secrets: Iterable[tuple[str, str]]) -> None:
        """Take note of the secrets that there are now: values with their roles."""
        for value, role in secrets:
            self._masker.learn(role, value)

    def entries(self, last: int | None = None) -> list[dict[str, Any]]:
        """Give the entries, or only the `last` so many, the oldest first."""
        wanted = list(self._entries)
        return list(self._shown(wanted if last is None else wanted[max(0, len(wanted) - last) :]))

    def _shown(self, entries: list[_Entry]) -> Iterator[dict[str, Any]]:
        for entry in entries:
            known = CONDITIONS.get(entry.condition or "")
            yield {
                "at": round(entry.at, 3),
                "method": self._masker.mask(entry.method),
                "path": self._masker.mask(entry.path),
                "query": self._query(entry.query),
                "operation": entry.operation,
                "status": entry.status,
                "condition": entry.condition,
                "says": known.says if known else None,
            }

    def _query(self, query: str) -> str:
        if not query or query == "***":
            return query
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
        return "&".join(f"{self._name(name, value)}={self._value(name, value)}" for name, value in pairs) or "***"

    def _name(self, name: str, value: str) -> str:
        # A name that nobody knows and that has no value is as likely a value that lost its name.
        return self._masker.mask(quote(name)) if value or name in self._names else "***"

    def _value(self, name: str, value: str) -> str:
        if not value:
            return ""
        pseudonym = self._masker.known(value)
        if pseudonym is not None:
            return pseudonym
        return self._masker.mask(quote(value)) if name in self._open else "***"
