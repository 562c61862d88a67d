"""What a run comes to: how much was verified, out of what, and whether that is good, bad or too little.

Laws:
1. Red is said only of broken rules and of runs that could not take place; green only of a whole run that ended well.
2. A known deviation is no longer red, and never green.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.reports.records import EXIT_MEANING, VERDICTS, VERIFIED, ClauseRecord, Exit, Run
from watchword.reports.wording import count, words

__all__ = ["Summary", "TargetSummary", "counts", "summarize", "verdict_line", "wants_attention"]

_RED_EXITS = (Exit.BROKEN, Exit.INTERNAL, Exit.USAGE, Exit.PREFLIGHT)


@dataclass(frozen=True, slots=True)
class Summary:
    """A judgement in one word and one sentence. `tone` is good, caution or bad; `verified` counts out of `total`."""

    tone: str
    verdict: str
    sentence: str
    verified: int
    total: int
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """The same for one target, with the identity that the run gave it and its clauses."""

    name: str
    dialect: str
    identity: Mapping[str, Any]
    summary: Summary
    clauses: tuple[ClauseRecord, ...]


def counts(records: Iterable[ClauseRecord]) -> dict[str, int]:
    """Count records by verdict, in the order of `VERDICTS`, without those that did not occur."""
    counted = Counter(record.verdict for record in records)
    return {verdict: counted[verdict] for verdict in VERDICTS if counted[verdict]}


def verdict_line(run: Run) -> str:
    """Write what a run verified, and its counts by verdict, in one line."""
    verified = sum(record.verdict in VERIFIED for record in run.clauses)
    line = f"{verified} of {count(_selected(run), 'clause')} verified"
    if run.clauses:
        line += ": " + ", ".join(f"{number} {words(verdict)}" for verdict, number in run.verdicts.items())
    known = sum(bool(record.known) for record in run.clauses)
    return line + (f" ({known} known)" if known else "") + ("" if run.end else "; the run was cut short")


def wants_attention(record: ClauseRecord) -> bool:
    """Say whether somebody has to look at a record: something is broken or open, and nobody has excused it."""
    if record.known:
        return False
    return record.verdict in ("fail", "error", "blocked", "warn") or (
        record.verdict == "inconclusive" and record.level == "must"
    )


def summarize(run: Run) -> tuple[Summary, tuple[TargetSummary, ...]]:
    """Judge a whole run, and each of its targets in the order in which the run names them."""
    identities = {(str(t.get("name", "")), str(t.get("dialect", ""))): t for t in run.run.targets}
    grouped: dict[tuple[str, str], list[ClauseRecord]] = {key: [] for key in identities}
    for record in run.clauses:
        grouped.setdefault((record.target, record.dialect), []).append(record)
    targets = tuple(
        TargetSummary(*key, identities.get(key, {}), _judge(run, records, whole=False), tuple(records))
        for key, records in grouped.items()
    )
    return _judge(run, run.clauses, whole=True), targets


def _judge(run: Run, records: Iterable[ClauseRecord], *, whole: bool) -> Summary:
    rows = list(records)
    verified = sum(row.verdict in VERIFIED for row in rows)
    tone, verdict, sentence = _verdict(run, rows, verified, whole=whole)
    return Summary(tone, verdict, sentence, verified, _selected(run) if whole else len(rows), counts(rows))


def _selected(run: Run) -> int:
    """Give the number of clauses the run set out to check; fewer records than that mean that some left none."""
    selected = run.run.options.get("selected")
    return max(len(run.clauses), selected) if isinstance(selected, int) else len(run.clauses)


def _verdict(run: Run, rows: list[ClauseRecord], verified: int, *, whole: bool) -> tuple[str, str, str]:
    strict = bool(run.run.options.get("strict"))
    unexcused = [row for row in rows if not row.known]
    broken = sum(row.verdict == "fail" or (strict and row.verdict == "warn") for row in unexcused)
    errors = sum(row.verdict == "error" for row in unexcused)
    undecided = sum(row.level == "must" and row.verdict in ("blocked", "inconclusive") for row in unexcused)
    warned = sum(row.verdict == "warn" for row in unexcused)
    known = len(rows) - len(unexcused)
    unrecorded = _selected(run) - len(rows) if whole else 0
    exit_code = run.end.exit if run.end and whole else Exit.CONFORMING
    if broken:
        return "bad", "Not conforming", f"{count(broken, 'rule')} {'is' if broken == 1 else 'are'} broken."
    if errors:
        return "bad", "Checks went wrong", f"{count(errors, 'check')} went wrong on our own side."
    if run.end is None:
        return "caution", "Cut short", "The run did not reach its end, and nothing is known of the clauses after it."
    if unrecorded:
        return "bad", "Checks went wrong", f"{count(unrecorded, 'clause')} left no record."
    if exit_code in _RED_EXITS:
        return "bad", "Not conforming" if exit_code == Exit.BROKEN else "Nothing established", EXIT_MEANING[exit_code]
    if not verified:
        return "caution", "Nothing verified", "No clause was really put to the test, so nothing is known of the target."
    if undecided:
        return "caution", "Too little verified", f"{count(undecided, 'binding rule')} could not be decided."
    if exit_code:
        return "caution", "Not settled", EXIT_MEANING.get(exit_code, f"The run ended with exit code {exit_code}.")
    if known:
        return "caution", "Known deviations", f"{count(known, 'known deviation')} and no other broken rule."
    if warned:
        return "good", "Conforming", f"No binding rule is broken; {count(warned, 'recommendation')} went unheeded."
    return "good", "Conforming", "Every rule that was checked holds."
