"""The gate: whether what runs have left behind may pass, judged again from the records.

Laws:
1. Nothing is green that was not seen whole: a run that was cut short, that left clauses out, or whose records contradict
   themselves never passes unless somebody says so.
2. Only the file of known deviations that the gate is given excuses anything, whatever the run was given.
3. An entry of that file excuses one way of failing, with a reason, up to its last day. What it no longer fits is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from watchword.reports.baseline import Baseline, Known, signature, snippet
from watchword.reports.exits import STALE, Exit
from watchword.reports.outcome import outcome, selected
from watchword.reports.records import VERDICTS, ClauseRecord, Run
from watchword.reports.verdict import Verdict
from watchword.reports.wording import count

__all__ = ["Complaint", "Demands", "Passage", "binding", "gate", "is_whole"]

_WEIGHT = (Exit.BROKEN, Exit.INTERNAL, Exit.PREFLIGHT, Exit.USAGE, Exit.INTERRUPTED, Exit.NOTHING, Exit.TOO_LITTLE)
"""Of several complaints the first of these gives the exit code; a stale baseline weighs least."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What somebody asks of the gate.

    `strict` counts broken recommendations; `min_verified` is the least share of clauses that have to be verified, in per
    cent; `new_only` does not count entries of the baseline whose deviation is mended or gone; `partial` lets a run pass
    that selected some of the clauses.
    """

    strict: bool = False
    min_verified: Decimal | None = None
    new_only: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why the gate is shut: the exit code that it calls for, a sentence, and the entry that would excuse it, if one would."""

    exit: int
    says: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate says: its exit code, and the complaints, the weightiest first. `broken` are the records behind a 1."""

    exit: int
    complaints: tuple[Complaint, ...]
    broken: tuple[ClauseRecord, ...]


def gate(runs: Sequence[Run], baseline: Baseline, demands: Demands, today: date) -> Passage:
    """Judge runs together: the gate is open, with exit code 0, when none of them gives cause for complaint."""
    strict = [demands.strict or bool(run.run.options.get("strict")) for run in runs]
    weighed = [[_weighed(record, baseline, today) for record in map(binding, run.clauses)] for run in runs]
    complaints = [found for run in weighed for _, found in run if found]
    broken: list[ClauseRecord] = []
    for run, rows, is_strict in zip(runs, weighed, strict, strict=True):
        records = tuple(record for record, _ in rows)
        broken += [record for record in records if record.fails(is_strict)]
        complaints += _of_run(run, records, is_strict, demands)
    everything = [record for rows in weighed for record, _ in rows]
    complaints += _unused(baseline, everything, all(map(is_whole, runs)), demands, today)
    ranked = sorted(complaints, key=lambda found: _rank(found.exit))
    return Passage(ranked[0].exit if ranked else Exit.CONFORMING, tuple(ranked), tuple(broken))


def is_whole(run: Run) -> bool:
    """Say whether a run came to its end and left out none of the clauses that can be checked."""
    testable = run.run.options.get("testable")
    checked = {(record.target, record.clause) for record in run.clauses}
    return run.end is not None and isinstance(testable, int) and len(checked) >= max(testable, selected(run))


def binding(record: ClauseRecord) -> ClauseRecord:
    """Give a record as its level and basis have it: what breaks a documented rule that binds is no mere warning."""
    binds = record.level == "must" and record.basis in ("documented", "inferred")
    return replace(record, verdict=str(Verdict.FAIL)) if binds and record.judgement is Verdict.WARN else record


# -- one run


def _of_run(run: Run, records: tuple[ClauseRecord, ...], strict: bool, demands: Demands) -> Iterator[Complaint]:
    found = outcome(_again(run, records, strict))
    if found.exit:
        yield Complaint(found.exit, str(found))
    yield from (Complaint(Exit.USAGE, f"The records contradict themselves: {says}.") for says in _contradictions(run))
    if run.end is not None and not demands.partial:
        yield from _left_out(run)
    total = max(selected(run), _testable(run) or 0)
    worst = _worst(records)
    verified = sum(record.judgement.verified for record in worst)
    least = demands.min_verified
    if least is not None and verified * 100 < least * total:
        says = f"{verified} of {count(total, 'clause')} verified, which is below {least}%."
        yield Complaint(Exit.TOO_LITTLE, f"Too little verified: {says}")


def _again(run: Run, records: tuple[ClauseRecord, ...], strict: bool) -> Run:
    """Give the run with records that are excused anew, and without the part of its end that the old excuses explain."""
    end = run.end
    if end is not None:
        stale = end.trouble.startswith(STALE)
        trouble = "" if stale else end.trouble
        clauses_alone = outcome(replace(run, end=replace(end, exit=Exit.CONFORMING, trouble=""))).exit
        explained = end.exit == clauses_alone or (stale and end.exit == Exit.STALE_BASELINE)
        end = replace(end, exit=Exit.CONFORMING if explained and not trouble else end.exit, trouble=trouble)
    # Of a clause that was checked more than once, the worse verdict counts, and it counts once.
    return Run(replace(run.run, options={**run.run.options, "strict": strict}), tuple(_worst(records)), end)


def _worst(records: Iterable[ClauseRecord]) -> list[ClauseRecord]:
    found: dict[tuple[str, str], ClauseRecord] = {}
    for record in records:
        other = found.get((record.target, record.clause))
        if other is None or _badness(record) < _badness(other):
            found[record.target, record.clause] = record
    return list(found.values())


def _badness(record: ClauseRecord) -> tuple[bool, int]:
    return bool(record.excuse), VERDICTS.index(record.verdict)


def _contradictions(run: Run) -> Iterator[str]:
    if run.end is not None:
        told = {verdict: number for verdict, number in run.end.verdicts.items() if number}
        for verdict in VERDICTS:
            there, said = run.verdicts.get(verdict, 0), told.get(verdict, 0)
            if there != said:
                yield f"the end counts {said} with the verdict {verdict}, and {there} are there"
    for record in run.clauses:
        sound = record.judgement.verified and not record.judgement.broken
        if record.broken > record.attempts or (sound and record.broken):
            yield f"{record.clause} is {record.verdict}, and was broken in {record.broken} of {record.attempts} attempts"
        if record.judgement is Verdict.PASS and record.differences:
            yield f"{record.clause} is pass, and differs: {record.differences[0]}"


def _testable(run: Run) -> int | None:
    found = run.run.options.get("testable")
    return found if isinstance(found, int) else None


def _left_out(run: Run) -> Iterator[Complaint]:
    testable = _testable(run)
    deliberate = "if that is meant, say --partial"
    if testable is None and run.clauses:
        yield Complaint(Exit.TOO_LITTLE, f"The records do not say of how many clauses they were to be; {deliberate}.")
    elif testable is not None and (chosen := selected(run)) < testable:
        says = f"{chosen} of {count(testable, 'clause')} were selected; {deliberate}."
        yield Complaint(Exit.TOO_LITTLE, f"Too little verified: {says}")


def _rank(code: int) -> int:
    if code == Exit.STALE_BASELINE:
        return len(_WEIGHT)
    # A code that only the end of a run knows is some accident, and weighs as much as one of our own.
    return [*map(int, _WEIGHT)].index(code) if code in [*map(int, _WEIGHT)] else 1


# -- known deviations


def _weighed(record: ClauseRecord, baseline: Baseline, today: date) -> tuple[ClauseRecord, Complaint | None]:
    """Give a record as the baseline excuses it, and what is wrong with the entry that names it."""
    record = replace(record, known="")
    if not record.judgement.excusable or record.accepted:
        return record, None
    entries = [entry for entry in baseline.known if entry.names(record) and entry.verdict == record.verdict]
    if not entries:
        return record, None
    # The entry that fits best speaks for the others.
    wrong, entry = min(((_wrong(entry, record, today), entry) for entry in entries), key=lambda pair: pair[0][0])
    weight, says = wrong
    if not weight:
        return replace(record, known=entry.reason), None
    complaint = Complaint(Exit.STALE_BASELINE, f"{entry}: {says}", snippet(record, entry))
    return replace(record, known=says), complaint


def _wrong(entry: Known, record: ClauseRecord, today: date) -> tuple[int, str]:
    """Say why an entry does not excuse a deviation of its clause, and how far it is from doing so; 0 when it does."""
    if entry.signature and entry.signature != signature(record):
        seen = record.differences[0] if record.differences else record.reason or record.observed
        return 4, f"it fails differently now: {seen}"
    if not entry.signature:
        return (
            3,
            f"the entry has no signature, so it would excuse every way of failing; this one is {signature(record)}",
        )
    if entry.expired(today):
        return 2, f"the excuse ran out on {entry.expires}; mend the deviation, or choose another last day"
    return (0, "") if entry.reason.strip() else (1, "the entry has no reason")


def _unused(
    baseline: Baseline, records: list[ClauseRecord], whole: bool, demands: Demands, today: date
) -> Iterator[Complaint]:
    """Complain of the entries that excuse nothing any more."""
    for entry in baseline.known:
        rows = [record for record in records if entry.names(record)]
        if any(row.verdict == entry.verdict for row in rows):
            continue
        if not entry.reason.strip():
            yield Complaint(Exit.STALE_BASELINE, f"{entry}: the entry has no reason.")
        elif (rows or whole) and not demands.new_only:
            for says in Baseline((replace(entry, expires=None),)).stale(rows, today):
                yield Complaint(Exit.STALE_BASELINE, f"{says} Take the entry out.")
        if entry.expired(today) and not demands.new_only and any(row.open for row in rows):
            yield Complaint(Exit.STALE_BASELINE, f"{entry}: the excuse ran out on {entry.expires}.")
