"""`watchword diff`: what became of each clause from one run to another, and the exit code that follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from watchword.reports.comparing import Kind, compare
from watchword.reports.diffcommand import diff
from watchword.reports.differencepage import render
from watchword.reports.records import Run, write_line
from watchword.reports.verdict import Verdict

OURS, THEIRS = ("status is 500, not 400",), ("status is 200, not 400",)
WHOLE = {"selected": 2, "testable": 2}


@pytest.fixture
def seen(run, clause):
    """Give a factory of whole runs of two clauses, the first as asked and the second one that holds."""

    def make(*, exit_code=0, options=None, targets=None, **planted):
        rows = [clause(**{"clause": "toy:rule.n1", **planted}), clause(clause="toy:rule.n2")]
        changes = {"targets": targets} if targets else {}
        return run(*rows, exit_code=exit_code, options=options or WHOLE, **changes)

    return make


def kind(before: Run, after: Run) -> tuple[Kind, int]:
    """Give what became of the planted clause, and the exit code."""
    found = compare(before, after)
    return next(c.kind for c in found.changes if c.record.clause == "toy:rule.n1"), found.exit


FAILS = {"verdict": "fail", "differences": OURS}
UNVERIFIED = [verdict for verdict in Verdict if not verdict.verified]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, (Kind.SAME, 0)),
        ({}, FAILS, (Kind.NEW, 1)),
        ({"verdict": "blocked"}, FAILS, (Kind.NEW, 1)),
        ({}, {**FAILS, "known": "soon"}, (Kind.NEW, 0)),
        (FAILS, FAILS, (Kind.STILL, 0)),
        (FAILS, {**FAILS, "differences": ("status is 500, not 400",)}, (Kind.STILL, 0)),
        (FAILS, {**FAILS, "differences": THEIRS}, (Kind.DIFFERENT, 1)),
        (FAILS, {**FAILS, "differences": THEIRS, "known": "soon"}, (Kind.DIFFERENT, 0)),
        (FAILS, {}, (Kind.MENDED, 0)),
        ({"verdict": "blocked"}, {}, (Kind.FOUND, 0)),
        ({"level": "should"}, {"level": "should", "verdict": "warn", "differences": OURS}, (Kind.NEW, 0)),
        # A warning about a documented rule that binds is a failure, whoever wrote the records.
        ({}, {"verdict": "warn", "differences": OURS}, (Kind.NEW, 1)),
        ({"verdict": "observed", "observed": "rotates"}, {"verdict": "observed", "observed": "keeps"}, (Kind.OTHERWISE, 0)),
        *(({}, {"verdict": verdict}, (Kind.LOST, 7)) for verdict in UNVERIFIED),
        *((FAILS, {"verdict": verdict}, (Kind.LOST, 7)) for verdict in UNVERIFIED),
        *(({"verdict": verdict}, {"verdict": "blocked"}, (Kind.SAME, 0)) for verdict in UNVERIFIED),
    ],
)  # fmt: skip
def test_kinds(seen, before, after, expected):
    """Each pair of verdicts has its kind and its exit code; what was not seen to hold is never mended."""
    assert expected == kind(seen(**before), seen(**after))


def test_every_kind_means_something():
    """Each kind has a sentence of its own."""
    assert len(Kind) == len({kind.meaning for kind in Kind if kind.meaning})


def test_strict_counts_recommendations(seen):
    """A recommendation that is newly broken is worse where it is asked for."""
    after = seen(level="should", verdict="warn", differences=OURS)

    assert [0, 1] == [compare(seen(level="should"), after, strict=strict).exit for strict in (False, True)]


def test_staging_against_production(seen):
    """Two targets with different names are held against each other where each is alone, and that is said."""
    production = ({"name": "production", "dialect": "toy"},)
    after = seen(targets=production, target="production", **FAILS)
    after = Run(after.run, tuple(replace(record, target="production") for record in after.clauses), after.end)
    found = compare(seen(), after)

    assert ([Kind.NEW, Kind.SAME], 1) == ([change.kind for change in found.changes], found.exit)
    assert "staging is held against production (toy)." in found.notes


def test_other_targets_are_left_out_and_said(seen):
    """A target that only one run has is no change, and is said."""
    both = ({"name": "staging", "dialect": "toy"}, {"name": "production", "dialect": "toy"})
    found = compare(seen(), seen(targets=both))

    assert (0, True) == (found.exit, "production (toy) is only in the second run, and is left out." in found.notes)


@pytest.mark.parametrize("which", [0, 1])
def test_cut_short(seen, which):
    """A run that was cut short never lets the comparison end with 0, and is said to be one."""
    runs = [seen(), seen()]
    runs[which] = replace(runs[which], end=None)
    found = compare(*runs)

    assert (2, True) == (found.exit, any("was cut short" in note for note in found.notes))


@pytest.mark.parametrize(("partial", "expected"), [(False, 7), (True, 0)])
@pytest.mark.parametrize("turned", [False, True])
def test_selected(seen, partial, expected, turned):
    """A clause that one run did not check is no green comparison, unless that is meant; either way it is said."""
    whole = seen()
    part = Run(replace(whole.run, options={"selected": 1, "testable": 2}), whole.clauses[:1], whole.end)
    found = compare(*((part, whole) if turned else (whole, part)), partial=partial)

    assert expected == found.exit
    assert [True, True] == [
        any(w in n for n in found.notes) for w in ("run is partial", "1 clause of these targets has a")
    ]


def test_revisions_are_said(seen):
    """Clauses that said something else before, and another version of Watchword, are named."""
    before = seen(says="It was another rule.")
    before = replace(before, run=replace(before.run, versions={"watchword": "0.0.9"}))
    notes = " ".join(compare(before, seen()).notes)

    assert "watchword 0.0.9 and 0.1.0" in notes
    assert "The dialects differ: 1 clause said something else, as toy:rule.n1." in notes


def test_nothing_in_common(seen, run, clause):
    """Runs of different dialects are refused, and the dialects named."""
    other = run(clause(dialect="bear"), targets=({"name": "staging", "dialect": "bear"},))

    with pytest.raises(ValueError, match="the first has toy, the other bear"):
        compare(seen(), other)


def write(path, run):
    """Write a run as a file of records."""
    path.write_text("".join(write_line(r) + "\n" for r in (run.run, *run.clauses, run.end) if r))
    return str(path)


def test_command(tmp_path, seen, outline):
    """The command prints each clause with what was seen, writes the page, and ends with the code."""
    old, new = write(tmp_path / "a", seen()), write(tmp_path / "b", seen(**FAILS))
    result = CliRunner().invoke(diff, [old, new, "--html", str(tmp_path / "d.html")])
    lines = result.output.splitlines()
    page = (tmp_path / "d.html").read_text()

    assert (1, True) == (result.exit_code, "diff: 1 new, 1 unchanged (1)" in lines)
    assert "  toy:rule.n1 on staging: pass → fail: status is 500, not 400" in lines
    assert (["data:,"], []) == (outline(page).loads, outline(page).links)
    assert "toy:rule.n1" in page
    assert "toy:rule.n2" not in page


def test_command_refuses(tmp_path, seen):
    """Records that are not there end with 4 and one line."""
    result = CliRunner().invoke(diff, [write(tmp_path / "a", seen()), str(tmp_path / "none")])

    assert (4, 1) == (result.exit_code, len(result.output.splitlines()))


def test_page_escapes(seen):
    """What a reply brought along is text on the page."""
    page = render(compare(seen(), seen(**{**FAILS, "differences": ("<img src=x onerror=alert(1)>",)})))

    assert ("<img" in page, "&lt;img src=x" in page) == (False, True)
