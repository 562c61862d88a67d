"""Verdicts about the client, as whoever steers the mock reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from watchword.specs.errors import nearest

__all__ = ["Breach", "Verdict", "Verdicts", "in_requests"]


def in_requests(entries: Sequence[int]) -> str:
    """Name some requests by their ids, as sentences do."""
    return f"request{'' if len(entries) == 1 else 's'} {', '.join(map(str, entries))}"


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a rule, in words, and the ids of the journal's entries that show it."""

    says: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one rule: pass, fail, warn, info, inconclusive or not_observed.

    `level` and `basis` say how much the rule binds and why, `source` where it is written. `entries` are ids of the journal's
    entries that show it, and `reason` says why there is no answer.
    """

    rule: str
    verdict: str
    level: str
    basis: str
    says: str
    source: str
    breaches: tuple[Breach, ...]
    entries: tuple[int, ...]
    reason: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read a verdict as the control side tells of it."""
        breaches = tuple(Breach(row["says"], tuple(row["entries"])) for row in told["breaches"])
        return cls(
            told["rule"],
            told["verdict"],
            told["level"],
            told["basis"],
            told["says"],
            told["source"],
            breaches,
            tuple(told["entries"]),
            told["reason"],
        )

    def __str__(self) -> str:
        lines = [f"{self.verdict:12}  {self.rule}: {self.says}"]
        lines += [f"{'':14}{b.says} ({in_requests(b.entries)})" for b in self.breaches]
        if self.breaches:
            lines.append(f"{'':14}{self.source}")
        elif self.verdict == "inconclusive":
            lines.append(f"{'':14}{self.reason}")
        return "\n".join(lines)


class Verdicts:
    """The verdicts on a client, in the order of the rules; it can be iterated over, and asked for one by its rule."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.dialect: str = told["dialect"]
        self.dropped: int = told["dropped"]
        self._rows = {row["rule"]: Verdict.of(row) for row in told["verdicts"]}

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self._rows.values())

    def __getitem__(self, rule: str) -> Verdict:
        if rule not in self._rows:
            raise KeyError(f"there is no rule {rule!r} for this API; {nearest(rule, self._rows)}")
        return self._rows[rule]

    def broken(self, *, strict: bool = False) -> list[Verdict]:
        """Give those that fail; with `strict`, the recommendations that went unheeded, too."""
        return [row for row in self if row.verdict == "fail" or (strict and row.verdict == "warn")]

    def check(self, *, strict: bool = False) -> None:
        """See that nothing fails.

        Raises:
            AssertionError: a rule is broken; the text says which, and which requests show it.
        """
        broken = self.broken(strict=strict)
        if broken:
            raise AssertionError("\n".join(["the client breaks rules of this API:", *map(str, broken)]))

    def __str__(self) -> str:
        return "\n".join(map(str, self))
