"""Rules of a dialect held against what a client did.

A rule that holds although entries were forgotten is inconclusive: they might have broken it. One that is broken stays so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from watchword.mockserver.verdicts import logins, refusals, renewals, replies, requests
from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge
from watchword.specs.values.manner import Manner

__all__ = ["JUDGES", "TOPICS", "Judged", "judge"]

JUDGES: Mapping[str, Judge] = MappingProxyType(
    {**requests.JUDGES, **refusals.JUDGES, **renewals.JUDGES, **logins.JUDGES, **replies.JUDGES}
)
"""The judge of each rule."""

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        name: topic
        for topic, rows in (
            ("requests", requests.JUDGES),
            ("refusals", refusals.JUDGES),
            ("renewals", renewals.JUDGES),
            ("renewals", logins.JUDGES),
            ("replies", replies.JUDGES),
        )
        for name in rows
    }
)
"""What each rule is about."""

_BROKEN = {"must": "fail", "should": "warn", "may": "info"}
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one rule: pass, fail, warn, info, inconclusive or not_observed.

    `entries` are the ids of the journal's entries that show it, `reason` says why there is no answer.
    """

    manner: Manner
    verdict: str
    breaches: tuple[Breach, ...] = ()
    entries: tuple[int, ...] = ()
    reason: str = ""


def judge(manners: Iterable[Manner], exchanges: Sequence[Exchange], dropped: int = 0) -> list[Judged]:
    """Judge a client by what it did, in order; `dropped` is how many exchanges before these are forgotten.

    A rule that means nothing to the dialect is left out.
    """
    return [_judged(m, JUDGES[m.name](exchanges), dropped) for m in manners if m.reason is None]


def _judged(manner: Manner, finding: Finding, dropped: int) -> Judged:
    if finding.breaches:
        entries = dict.fromkeys(number for breach in finding.breaches for number in breach.entries)
        return Judged(manner, _BROKEN[manner.level], _gathered(finding.breaches), tuple(entries)[:_SHOWN])
    tried = tuple(dict.fromkeys(finding.tried))[-_SHOWN:]
    if dropped:
        reason = f"{dropped} older requests are forgotten, and the rule may have been broken in them"
        return Judged(manner, "inconclusive", (), tried, reason)
    if finding.open:
        return Judged(manner, "inconclusive", (), tried, finding.open)
    if not tried:
        return Judged(manner, "not_observed", (), (), "nothing happened that the rule speaks of")
    return Judged(manner, "pass", (), tried)


def _gathered(breaches: Iterable[Breach]) -> tuple[Breach, ...]:
    """Tell once of what single requests have in common; of too much, the first."""
    single: dict[str, list[int]] = {}
    found: list[Breach] = []
    for breach in breaches:
        if len(breach.entries) == 1:
            single.setdefault(breach.says, []).extend(breach.entries)
        else:
            found.append(breach)
    return (*(Breach(says, tuple(entries[:_SHOWN])) for says, entries in single.items()), *found[:_SHOWN])
