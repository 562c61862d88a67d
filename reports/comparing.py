"""Two runs held against each other, clause by clause: what is new, mended, still broken, no longer verified.

Laws:
1. Nothing is mended that was not seen to hold: what is not verified any more is said to be that, also when it was broken.
2. What fails in another way than before is not still the same deviation.
3. Clauses that only one run set out to check are said and never taken for a change of the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from watchword.reports.baseline import signature
from watchword.reports.exits import Exit
from watchword.reports.gate import binding, is_whole
from watchword.reports.records import VERDICTS, ClauseRecord, Run, TargetRecord
from watchword.reports.wording import count, moment

__all__ = ["Change", "Comparison", "Kind", "compare"]


class Kind(StrEnum):
    """What became of a clause, the kinds that want attention first; `meaning` says it in a sentence."""

    meaning: str

    # The default is for type checkers alone, as in `Verdict`.
    def __new__(cls, name: str, meaning: str = "") -> Self:
        """Make a member of its row."""
        made = str.__new__(cls, name)
        made._value_ = name
        made.meaning = meaning
        return made

    # fmt: off
    NEW = "new", "It is broken, and was not before."
    DIFFERENT = "fails differently", "It was broken before, in another way."
    LOST = "no longer verified", "It was verified before, and now nothing is known of it."
    STILL = "still broken", "It is broken in the same way as before."
    OTHERWISE = "behaves differently", "The document leaves it open, and the target does something else than before."
    MENDED = "mended", "It was broken, and was now seen to hold."
    FOUND = "newly verified", "It holds, and was not verified before."
    SAME = "unchanged", "Nothing changed."
    # fmt: on


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one clause. `before` or `after` is None where its run has no record of it."""

    kind: Kind
    before: ClauseRecord | None
    after: ClauseRecord | None

    @property
    def record(self) -> ClauseRecord:
        """The later record, or the earlier one where there is no later."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - there is no change without a record
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs say of each other: `changes` in the order of their kinds, and `notes`, sentences on what limits them."""

    before: str
    after: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    exit: int

    def of(self, kind: Kind) -> list[Change]:
        """Give the changes of one kind."""
        return [change for change in self.changes if change.kind is kind]

    @property
    def words(self) -> str:
        """The counts of all kinds that occur, in one line."""
        told = [f"{len(found)} {kind}" for kind in Kind if (found := self.of(kind))]
        return ", ".join(told) or "no clause in common"


def compare(before: Run, after: Run, *, strict: bool = False, partial: bool = False) -> Comparison:
    """Hold a later run against an earlier one, or one target against another.

    A recommendation that is newly broken counts as worse only with `strict`; with `partial`, clauses that one run has no
    record of do not count.

    Raises:
        ValueError: the runs have no dialect in common.
    """
    pairs = _pairs(before.run.targets, after.run.targets)
    if not pairs:
        have = [", ".join(sorted({t["dialect"] for t in run.run.targets})) or "none" for run in (before, after)]
        raise ValueError(
            f"the runs have no target of one dialect in common: the first has {have[0]}, the other {have[1]}"
        )
    changes: list[Change] = []
    for one, other in pairs:
        rows, later = _rows(before, one), _rows(after, other)
        changes += [_change(rows.get(c), later.get(c)) for c in dict.fromkeys([*rows, *later])]
    kinds = list(Kind)
    changes.sort(key=lambda change: (kinds.index(change.kind), VERDICTS.index(change.record.verdict)))
    notes = tuple(_notes(before, after, pairs, changes))
    code = _exit((before, after), changes, strict=strict, partial=partial)
    return Comparison(_name(before), _name(after), tuple(changes), notes, int(code))


def _pairs(before: Sequence[TargetRecord], after: Sequence[TargetRecord]) -> list[tuple[TargetRecord, TargetRecord]]:
    """Pair targets of one dialect: by their name, and where a dialect has one left on either side, those two."""
    pairs = [(one, other) for one in before for other in after if _key(one) == _key(other)]
    for dialect in dict.fromkeys(target["dialect"] for target in before):
        ones = [t for t in before if t["dialect"] == dialect and all(t is not one for one, _ in pairs)]
        others = [t for t in after if t["dialect"] == dialect and all(t is not other for _, other in pairs)]
        if len(ones) == len(others) == 1:
            pairs.append((ones[0], others[0]))
    return pairs


def _key(target: TargetRecord) -> tuple[str, str]:
    return target["name"], target["dialect"]


def _rows(run: Run, target: TargetRecord) -> dict[str, ClauseRecord]:
    found: dict[str, ClauseRecord] = {}
    for record in map(binding, run.clauses):
        if (record.target, record.dialect) == _key(target):
            other = found.get(record.clause)
            # Of a clause that was checked more than once, the worse verdict counts.
            if other is None or VERDICTS.index(record.verdict) < VERDICTS.index(other.verdict):
                found[record.clause] = record
    return found


def _change(before: ClauseRecord | None, after: ClauseRecord | None) -> Change:
    was_broken = before is not None and before.judgement.broken
    was_verified = before is not None and before.judgement.verified
    if after is None or not after.judgement.verified:
        return Change(Kind.LOST if was_verified else Kind.SAME, before, after)
    if after.judgement.broken:
        if before is None or not was_broken:
            return Change(Kind.NEW, before, after)
        same = signature(before) == signature(after) and before.verdict == after.verdict
        return Change(Kind.STILL if same else Kind.DIFFERENT, before, after)
    if was_broken:
        return Change(Kind.MENDED, before, after)
    if before is None or not was_verified:
        return Change(Kind.FOUND, before, after)
    open_ = before.judgement is after.judgement is after.judgement.OBSERVED
    return Change(Kind.OTHERWISE if open_ and before.observed != after.observed else Kind.SAME, before, after)


def _exit(runs: tuple[Run, Run], changes: Sequence[Change], *, strict: bool, partial: bool) -> Exit:
    worse = [c.after for c in changes if c.kind in (Kind.NEW, Kind.DIFFERENT) and c.after]
    if any(record.fails(strict) for record in worse):
        return Exit.BROKEN
    if any(run.end is None for run in runs):
        return Exit.INTERRUPTED
    lost = [change for change in changes if change.kind is Kind.LOST and (change.after or not partial)]
    missing = not partial and any(change.before is None or change.after is None for change in changes)
    return Exit.TOO_LITTLE if lost or missing else Exit.CONFORMING


def _name(run: Run) -> str:
    names = ", ".join(f"{target['name']} ({target['dialect']})" for target in run.run.targets)
    return f"{names}, {moment(run.run.started)}"


def _notes(
    before: Run, after: Run, pairs: list[tuple[TargetRecord, TargetRecord]], changes: Sequence[Change]
) -> Iterator[str]:
    runs = {"first": before, "second": after}
    yield from _limits(runs)
    yield from _targets(runs, pairs)
    yield from _revisions(runs, changes)
    for which, number in (
        ("first", sum(c.after is None for c in changes)),
        ("second", sum(c.before is None for c in changes)),
    ):
        if number:
            yield f"{count(number, 'clause')} of these targets {'has' if number == 1 else 'have'} a record in the {which} run only."


def _limits(runs: Mapping[str, Run]) -> Iterator[str]:
    for which, run in runs.items():
        if run.end is None:
            yield f"The {which} run was cut short: of the clauses after its end nothing is known."
        elif not is_whole(run):
            yield f"The {which} run is partial: it did not check every clause that can be checked."


def _targets(runs: Mapping[str, Run], pairs: list[tuple[TargetRecord, TargetRecord]]) -> Iterator[str]:
    for one, other in pairs:
        if one["name"] != other["name"]:
            yield f"{one['name']} is held against {other['name']} ({one['dialect']})."
        if one.get("title") != other.get("title"):
            titles = f"{one.get('title', 'unknown')} and {other.get('title', 'unknown')}"
            yield f"The API that {one['dialect']} describes has another title: {titles}."
    paired = [id(target) for pair in pairs for target in pair]
    for which, run in runs.items():
        for target in run.run.targets:
            if id(target) not in paired:
                yield f"{target['name']} ({target['dialect']}) is only in the {which} run, and is left out."


def _revisions(runs: Mapping[str, Run], changes: Sequence[Change]) -> Iterator[str]:
    old, new = (run.run.versions.get("watchword", "unknown") for run in runs.values())
    if old != new:
        yield f"The runs were made with different versions: watchword {old} and {new}."
    # A dialect has no number of its own; what its rows say tells one revision from another.
    reworded = [c for c in changes if c.before and c.after and _rule(c.before) != _rule(c.after)]
    if reworded:
        ids = ", ".join(change.record.clause for change in reworded[:3])
        yield f"The dialects differ: {count(len(reworded), 'clause')} said something else, as {ids}."


def _rule(record: ClauseRecord) -> tuple[str, str, str]:
    return record.says, record.level, record.basis
