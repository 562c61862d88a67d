"""Causes: what is behind several records at once, said once.

One dead token leaves forty clauses in trouble, and one password that is not looked at seven. Whoever has to mend the
server wants to know of two things, not of forty-seven.

Laws:
1. Each record belongs to one cause, and all records of a cause to one target.
2. Wrong requests belong together by the operation and by what is wrong in them: the broadest first, the special cases
   under it. Right requests that fail belong together, with whatever they block, where the same thing was answered to them.
3. What somebody has to look at first comes first: what is broken before what is open, and the graver before the lesser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from watchword.reports.records import VERDICTS, ClauseRecord
from watchword.reports.verdict import Verdict
from watchword.reports.wording import GRAVITY_MEANING, count

__all__ = ["Cause", "causes", "gravest", "parted", "sameness"]

_NUMBER = re.compile(r"(?<![\w:.])\d+(?![\w:])")
_TOLD = 2
"""So many differences are told in a title; the rest is counted."""
_EXPECTED, _SAW = "expected ", ", saw "

_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is behind some records of a target; `records` begins with the one that tells most of it."""

    records: tuple[ClauseRecord, ...]

    @property
    def lead(self) -> ClauseRecord:
        """The record that tells most: the broadest of those that weigh most."""
        return self.records[0]

    @property
    def others(self) -> tuple[ClauseRecord, ...]:
        """The special cases and what follows."""
        return self.records[1:]

    @property
    def verdict(self) -> Verdict:
        """The weightiest verdict."""
        return min((record.judgement for record in self.records), key=VERDICTS.index)

    @property
    def gravity(self) -> str:
        """The gravest of what is broken, or else of all; empty where nobody knows."""
        return gravest([r for r in self.records if r.judgement.broken] or self.records)

    @property
    def title(self) -> str:
        """What happened, in one line without a full stop."""
        lead = self.lead
        if not lead.judgement.broken:
            said = lead.reason or lead.observed or lead.judgement.meaning.rstrip(".")
            return f"{' '.join(_unheard(lead))}: {said}" if _unheard(lead) else said
        pairs = [parted(difference) for difference in lead.differences]
        what = lead.observed or lead.says
        if pairs:
            expected, seen = (" and ".join(dict.fromkeys(part)) for part in zip(*pairs[:_TOLD], strict=True))
            what = f"expected {expected}, saw {seen}" if expected else seen
            more = len(pairs) - _TOLD
            what += f", and {count(more, 'other difference')}" if more > 0 else ""
        when = f", when {lead.about}" if lead.about and _is_of_a_condition(lead) else ""
        return f"{lead.operation}: {what}{when}" if lead.operation else f"{what}{when}"


def causes(records: Iterable[ClauseRecord]) -> tuple[Cause, ...]:
    """Put records together by what is behind them, the weightiest first."""
    groups: dict[_Key, list[ClauseRecord]] = {}
    for record in records:
        groups.setdefault((record.target, record.dialect, *_key(record)), []).append(record)
    _merge(groups)
    found = [Cause(tuple(sorted(group, key=_weight))) for group in groups.values()]
    return tuple(sorted(found, key=lambda cause: (_rank(cause), -len(cause.records))))


def gravest(records: Iterable[ClauseRecord]) -> str:
    """Give the gravest gravity of some records; empty where none has any."""
    known = {record.gravity for record in records}
    return next((gravity for gravity in GRAVITY_MEANING if gravity in known), "")


def parted(difference: str) -> tuple[str, str]:
    """Give what was expected and what was seen of a difference; of one in other words, only what was seen."""
    if difference.startswith(_EXPECTED) and _SAW in difference:
        expected, _, seen = difference.removeprefix(_EXPECTED).partition(_SAW)
        return expected, seen
    return "", difference


def _rank(cause: Cause) -> tuple[int, int, bool]:
    gravity = [*GRAVITY_MEANING, ""].index(cause.gravity)
    return VERDICTS.index(cause.verdict), gravity, cause.lead.level != "must"


def _weight(record: ClauseRecord) -> tuple[bool, bool, int, int]:
    """Order the records of a cause: what is broken first, and the broader before its special cases."""
    verdict = record.judgement
    return not verdict.broken, not _is_of_a_condition(record), len(record.broader), VERDICTS.index(verdict)


def sameness(reason: str) -> str:
    """Give what reasons have in common that differ only in how often something has happened until then."""
    return _NUMBER.sub("#", reason)


def _key(record: ClauseRecord) -> _Key:
    verdict = record.judgement
    if verdict.broken:
        if _is_of_a_condition(record):
            return "wrong", record.operation, _subject(record)
        return _unanswered(record) or ("property", record.operation, _subject(record))
    if verdict is Verdict.BLOCKED:
        return _unanswered(record) or ("open", sameness(record.reason))
    if record.remedy:
        return "open", *sorted(record.remedy)
    return "open", verdict, sameness(record.reason or record.observed), *_unheard(record)


def _unheard(record: ClauseRecord) -> _Key:
    """Name the request to which no reply came, by method and address; empty where each was answered."""
    last = record.exchanges[-1] if record.exchanges else None
    if last is None or last.reply is not None:
        return ()
    return last.request["method"], last.request["url"].partition("?")[0]


def _unanswered(record: ClauseRecord) -> _Key:
    """Name the right request that did not work, by where it went and what came; empty where none is known."""
    if record.conditions or not record.exchanges:
        blocked = record.judgement is Verdict.BLOCKED
        if not blocked or not record.exchanges:
            return ()
    last = record.exchanges[-1]
    if last.reply is not None and last.reply["status"] < 300:
        return ()
    came = last.trouble if last.reply is None else str(last.reply["status"])
    return "right", last.request["method"], last.request["url"].partition("?")[0], came


def _merge(groups: dict[_Key, list[ClauseRecord]]) -> None:
    """Put together what the keys alone could not: properties that miss the same, and those that follow from wrong requests."""
    for key in [key for key in groups if key[2] == "property"]:
        lead = groups[key][0]
        home = _home(groups, key, lead.conditions, {text for record in groups[key] for text in record.differences})
        if home is not None:
            groups[home] += groups.pop(key)


def _home(groups: dict[_Key, list[ClauseRecord]], key: _Key, conditions: Sequence[str], texts: set[str]) -> _Key | None:
    for other, records in groups.items():
        if other == key or other[:2] != key[:2] or other[3] != key[3]:
            continue
        if other[2] == "wrong" and any(
            name in conditions for record in records for name in (*record.conditions, *record.broader)
        ):
            return other
        if other[2] == "property" and any(text in texts for record in records for text in record.differences):
            return other
    return None


def _subject(record: ClauseRecord) -> str:
    return record.check.partition(".")[0]


def _is_of_a_condition(record: ClauseRecord) -> bool:
    return bool(record.conditions) and record.check.startswith(record.conditions[0])
