"""The outcome of a run: its exit code, its tone and its words, reckoned here and nowhere else.

Laws:
1. Red is said only of broken rules, of checks and tests that went wrong, and of runs that could not take place; green only
   of a whole run that ended well.
2. A known deviation is no longer red, and never green.
3. What the clauses cannot tell is taken from the end of the run, so that an outcome stays the same when it is reckoned
   again from the records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from watchword.reports.exits import EXIT_MEANING, STOPS, Exit
from watchword.reports.records import ClauseRecord, EndRecord, Run
from watchword.reports.verdict import Verdict
from watchword.reports.wording import are, count

__all__ = ["TONES", "Outcome", "Tone", "outcome", "selected"]

Tone = Literal["good", "caution", "bad"]
TONES = MappingProxyType({"good": "✓", "caution": "!", "bad": "✗"})
"""One sign a tone, so that none is told by its colour alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to.

    `title` is the judgement in two or three words, `gist` what decided it, `beside` the sentence of what else there is to
    say (empty: nothing), and `words` the whole sentence behind the judgement.
    """

    exit: int
    tone: Tone
    title: str
    words: str
    gist: str
    beside: str

    def __str__(self) -> str:
        return f"{self.title}: {self.words}"


def outcome(run: Run, clauses: Sequence[ClauseRecord] | None = None) -> Outcome:
    """Reckon what a run comes to; with `clauses`, what these do on their own, those of one target for instance."""
    facts = _facts(run, clauses)
    met = [row for row in _ROWS if row.holds(facts)]
    decisive = next(row for row in met if row.title)
    beside = [row for row in met if row is not decisive and not row.alone]
    told = [row for row in met if row is decisive or row in beside]
    code = facts.ended if facts.stopped or decisive.exit is None else decisive.exit
    return Outcome(
        int(code),
        decisive.tone,
        decisive.title,
        _sentence(told, facts),
        _said(decisive, facts),
        _sentence(beside, facts),
    )


def selected(run: Run) -> int:
    """Give the number of clauses the run set out to check; fewer records than that mean that some left none."""
    wanted = run.run.options.get("selected")
    return max(len(run.clauses), wanted) if isinstance(wanted, int) else len(run.clauses)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rows ask: clauses counted, and what the end of the run tells beside them.

    `stopped` is whether the run did not get through its clauses, so that its exit code `ended` stands whatever they say;
    `cut_short`, that it has no end at all. `spoilt` is whether something else is told that the clauses do not show.
    `unrecorded` clauses were to be checked and left no record; `testable` is out of how many the run selected some.
    `binding` are the rules that bind the targets and that they can have, `kept` those of them that were seen to hold, and `breaches` those that
    are broken; `broken` has what a strict run holds against the targets beside them.
    """

    binding: int
    kept: int
    breaches: int
    broken: int
    errors: int
    verified: int
    undecided: int
    known: int
    accepted: int
    warned: int
    limited: int
    ended: int
    trouble: str
    stopped: bool
    cut_short: bool
    spoilt: bool
    unrecorded: int
    selected: int
    testable: int

    @property
    def others(self) -> bool:
        """Whether the run is red, and no rule of the suites is broken."""
        return self.ended == Exit.BROKEN and not self.broken


def _facts(run: Run, clauses: Sequence[ClauseRecord] | None) -> _Facts:
    rows, whole = (run.clauses, True) if clauses is None else (clauses, False)
    strict = bool(run.run.options.get("strict"))
    end = run.end or EndRecord({}, Exit.INTERRUPTED, 0.0, trouble=_UNENDED)
    binding = [row for row in rows if row.level == "must" and _applies(row)]
    broken = sum(row.fails(strict) for row in rows)
    errors = sum(row.judgement is Verdict.ERROR for row in rows)
    verified = sum(row.judgement.verified for row in rows)
    undecided = sum(row.open for row in rows)
    # Errors of checks have the same code, and that run did get through its clauses, whichever target they concern.
    amiss = errors and not broken if whole else any(row.judgement is Verdict.ERROR for row in run.clauses)
    stopped = end.exit in STOPS and not (end.exit == Exit.INTERNAL and amiss)
    unrecorded = selected(run) - len({(row.target, row.clause) for row in rows}) if whole and not stopped else 0
    ended = end.exit if whole or stopped else Exit.CONFORMING
    shown: dict[int, object] = {
        Exit.CONFORMING: True,
        Exit.BROKEN: broken,
        Exit.INTERNAL: errors,
        Exit.TOO_LITTLE: undecided or unrecorded or not verified,
    }
    testable = run.run.options.get("testable")
    return _Facts(
        binding=len(binding),
        kept=sum(row.judgement.verified and not row.judgement.broken for row in binding),
        breaches=sum(row.fails(strict) for row in binding),
        broken=broken,
        errors=errors,
        verified=verified,
        undecided=undecided,
        known=sum(bool(row.known) for row in rows),
        accepted=sum(row.level == "must" and bool(row.accepted) for row in rows),
        warned=sum(row.judgement.broken and not row.excuse for row in rows) - broken,
        limited=sum(row.level == "should" and row.judgement is Verdict.NOT_OBSERVABLE for row in rows),
        ended=ended,
        trouble=end.trouble or end.message or _meaning(ended),
        stopped=stopped,
        cut_short=run.end is None,
        spoilt=whole and bool(end.trouble or not shown.get(ended)),
        unrecorded=unrecorded,
        selected=selected(run),
        testable=testable if whole and isinstance(testable, int) else 0,
    )


def _applies(row: ClauseRecord) -> bool:
    # What a credential more would show is a rule for this target; what it has no subject for is none.
    return row.judgement is not Verdict.NOT_APPLICABLE or bool(row.remedy)


def _sentence(rows: Sequence[_Row], facts: _Facts) -> str:
    said = "; ".join(_said(row, facts) for row in rows)
    return f"{said[:1].upper()}{said[1:]}{'' if not said or said.endswith('?') else '.'}"


def _said(row: _Row, facts: _Facts) -> str:
    return row.says(facts).strip().rstrip(".")


def _broken(facts: _Facts) -> str:
    others = facts.broken - facts.breaches
    if not facts.breaches:
        return are(others, "rule", "broken")
    # How many bind in all is known of a run that got through its clauses only.
    whole = not facts.stopped and not facts.unrecorded
    binding = count(facts.binding if whole else facts.breaches, "binding rule")
    said = f"{facts.breaches} of {binding}" if whole else binding
    if others:
        return f"{said} and {count(others, 'other rule')} are broken"
    return f"{said} {'is' if facts.breaches == 1 else 'are'} broken"


def _held(facts: _Facts) -> str:
    if not facts.kept:
        return "no binding rule is broken"
    if facts.kept < facts.binding:
        return f"{facts.kept} of {count(facts.binding, 'binding rule')} were seen to hold, and none is broken"
    return "the one binding rule holds" if facts.binding == 1 else f"all {facts.binding} binding rules hold"


def _meaning(code: int) -> str:
    if code == Exit.BROKEN:
        return "tests failed that left no record"
    meaning = EXIT_MEANING.get(code, f"The run ended with exit code {code}.")
    return f"{meaning[0].lower()}{meaning[1:]}"


_UNENDED = "the run did not reach its end, and nothing is known of the clauses after it"
_NOTHING = "no clause was really put to the test, so nothing is known of the target"


@dataclass(frozen=True, slots=True)
class _Row:
    """When a row holds and what it adds to the words.

    The first row with a `title` that holds decides: its tone, and its exit code, which is the one that the run recorded
    where it has none of its own. What is said `alone` is said only by the row that decides.
    """

    holds: Callable[[_Facts], object]
    says: Callable[[_Facts], str]
    title: str = ""
    tone: Tone = "good"
    exit: Exit | None = None
    alone: bool = False


# fmt: off
_ROWS = (
    _Row(lambda f: f.broken, _broken, "Not conforming", "bad", Exit.BROKEN),
    _Row(lambda f: f.others, lambda f: f.trouble, "Other tests failed", "bad"),
    _Row(lambda f: f.errors, lambda f: f"{count(f.errors, 'check')} went wrong on our own side",
        "Checks went wrong", "bad", Exit.INTERNAL),
    _Row(lambda f: f.cut_short, lambda f: f.trouble, "Cut short", "caution"),
    _Row(lambda f: f.stopped and not f.cut_short and f.ended != Exit.INTERRUPTED, lambda f: f.trouble,
        "Nothing established", "bad"),
    _Row(lambda f: f.unrecorded, lambda f: f"{count(f.unrecorded, 'clause')} left no record",
        "Too little verified", "caution", Exit.TOO_LITTLE),
    _Row(lambda f: not f.verified and not f.stopped, lambda f: _NOTHING,
        "Nothing verified", "caution", Exit.TOO_LITTLE),
    _Row(lambda f: f.undecided, lambda f: f"{count(f.undecided, 'binding rule')} could not be decided",
        "Too little verified", "caution", Exit.TOO_LITTLE),
    _Row(lambda f: f.spoilt and not f.others and (not f.stopped or f.ended == Exit.INTERRUPTED) and not f.cut_short,
        lambda f: f.trouble, "Not settled", "caution"),
    _Row(lambda f: f.known, lambda f: are(f.known, "deviation", "known"), "Known deviations", "caution", Exit.CONFORMING),
    _Row(lambda f: True, _held, "Conforming", "good", Exit.CONFORMING, alone=True),
    _Row(lambda f: f.warned, lambda f: f"{count(f.warned, 'recommendation')} went unheeded"),
    _Row(lambda f: f.limited, lambda f: f"the limits left {count(f.limited, 'recommendation')} unchecked"),
    _Row(lambda f: f.accepted, lambda f: f"{count(f.accepted, 'binding rule')} may stay undecided"),
    _Row(lambda f: f.selected < f.testable, lambda f: f"{f.selected} of {count(f.testable, 'clause')} were selected"),
)
# fmt: on
"""Everything that a run can come to, the weightiest first."""
