"""Evidence that several clauses have in common, so that a page states it once.

Most of what a run sends are right requests, the same ones over and over: what differs between two of them is the moment
and which token they carry. The first of them stands for all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from watchword.reports.legible import reply_text, request_text
from watchword.reports.records import ClauseRecord, ExchangeRecord

__all__ = ["Common", "Shared"]

_PASSING = re.compile(
    r"^(?:date|age|expires|last-modified|content-length|etag|set-cookie|[\w-]*request(?:-id)?|[\w-]*trace[\w-]*): .*$"
    r"|#\d+|\d{9,}|[0-9a-f]{8}-[0-9a-f-]{27}",
    re.IGNORECASE | re.MULTILINE,
)
"""What two exchanges may differ in and still be the same: when they were made, and the numbers of pseudonyms."""


@dataclass(slots=True)
class Common:
    """An exchange that stands for others: its number on the page, and how many clauses rest on it."""

    number: int
    exchange: ExchangeRecord
    clauses: int = 1


class Shared:
    """The exchanges that more than one of some clauses has, beside those that verdicts rest on."""

    def __init__(self, records: Iterable[ClauseRecord]) -> None:
        self._keys: dict[int, int] = {}
        tally: Counter[int] = Counter()
        for record in records:
            for exchange in beside(record):
                key = self._keys[id(exchange)] = _kind(exchange)
                tally[key] += 1
        self._repeated = {key for key, number in tally.items() if number > 1}
        self._found: dict[int, Common] = {}

    def of(self, exchange: ExchangeRecord) -> Common | None:
        """Give what stands for an exchange; None where it stands for itself. Each call counts one clause more."""
        key = self._keys.get(id(exchange))
        if key is None or key not in self._repeated:
            return None
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = Common(len(self._found) + 1, exchange, 0)
        found.clauses += 1
        return found

    @property
    def all(self) -> list[Common]:
        """What was asked for, in the order of its numbers."""
        return list(self._found.values())


def beside(record: ClauseRecord) -> list[ExchangeRecord]:
    """Give the exchanges of a record beside the one that its verdict rests on."""
    judged = record.judged
    return [exchange for exchange in record.exchanges if exchange is not judged]


def _kind(exchange: ExchangeRecord) -> int:
    text = f"{exchange.step}\n{request_text(exchange.request)}\n\n{reply_text(exchange)}"
    return hash(_PASSING.sub("", text))
