"""The gate: a change in any single record turns it the right colour, and no accident leaves it open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from click.testing import CliRunner

from watchword.reports.baseline import Baseline, Known, signature
from watchword.reports.gate import Demands, gate
from watchword.reports.gatecommand import gate as command
from watchword.reports.records import ClauseRecord, EndRecord, Run
from watchword.reports.verdict import Verdict

TODAY = date(2026, 6, 1)
OURS = ("status is 500, not 400",)
THEIRS = ("status is 200, not 400",)
CLAUSES = 12


@pytest.fixture
def seen(run, clause):
    """Give a factory of whole runs of twelve clauses, all of which hold but the one that is planted at a place."""

    def make(at=0, *, options=None, exit_code=0, trouble="", recount=True, before=None, **planted):
        rows = [clause(clause=f"toy:rule.n{number}", **(before or {})) for number in range(CLAUSES)]
        old = run(*rows)
        rows[at] = replace(rows[at], **planted)
        counted = Run(old.run, tuple(rows), None).verdicts if recount else old.verdicts
        said = {"strict": False, "selected": CLAUSES, "testable": CLAUSES, **(options or {})}
        begun = replace(old.run, options={name: value for name, value in said.items() if value is not None})
        return Run(begun, tuple(rows), EndRecord(counted, exit_code, 1.5, trouble=trouble))

    return make


def code(*runs, known=(), **demands):
    """Give the gate's exit code."""
    return gate(runs, Baseline(tuple(known)), Demands(**demands), TODAY).exit


VERDICTS = {
    "fail": 1,
    "error": 3,
    "blocked": 7,
    "inconclusive": 7,
    "not_observable": 7,
    "warn": 1,
    "observed": 0,
    "pass": 0,
    "not_supported": 0,
    "not_applicable": 0,
    "not_observed": 0,
}


def test_every_verdict_has_its_colour():
    """The table below leaves out no verdict."""
    assert set(VERDICTS) == set(Verdict)


@pytest.mark.parametrize("at", range(CLAUSES))
@pytest.mark.parametrize(("verdict", "expected"), VERDICTS.items())
def test_verdict(seen, at, verdict, expected):
    """Wherever one verdict of a binding rule is another, the gate has that verdict's colour."""
    assert expected == code(seen(at, verdict=verdict, exit_code=0))


@pytest.mark.parametrize("at", range(CLAUSES))
@pytest.mark.parametrize("verdict", [verdict for verdict in VERDICTS if verdict != "pass"])
def test_verdict_without_its_count(seen, at, verdict):
    """A verdict that the run's own totals do not know never leaves the gate open."""
    assert (VERDICTS[verdict] if VERDICTS[verdict] in (1, 3) else 4) == code(seen(at, verdict=verdict, recount=False))


@pytest.mark.parametrize("at", range(CLAUSES))
@pytest.mark.parametrize(
    ("level", "basis", "verdict", "strict", "expected"),
    [
        ("must", "documented", "warn", False, 1),
        ("must", "inferred", "warn", False, 1),
        ("must", "rfc", "warn", False, 0),
        ("must", "rfc", "warn", True, 1),
        ("should", "documented", "warn", False, 0),
        ("should", "documented", "warn", True, 1),
        ("may", "documented", "warn", True, 1),
        ("should", "documented", "fail", False, 1),
        ("may", "silent", "fail", False, 1),
        ("must", "rfc", "blocked", False, 7),
        ("should", "documented", "blocked", False, 0),
        ("may", "documented", "inconclusive", False, 0),
        ("should", "documented", "error", False, 3),
    ],
)
def test_level(seen, at, level, basis, verdict, strict, expected):
    """The level and basis of one clause decide what its verdict means."""
    assert expected == code(seen(at, level=level, basis=basis, verdict=verdict), strict=strict)


def _colour(level, basis, verdict, strict):
    """Say by the words of the README which code one record calls for."""
    if verdict in ("fail", "error"):
        return VERDICTS[verdict]
    if verdict == "warn":
        return 1 if strict or (level == "must" and basis in ("documented", "inferred")) else 0
    return VERDICTS[verdict] if level == "must" else 0


@pytest.mark.parametrize("at", [0, CLAUSES // 2, CLAUSES - 1])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_level_with_every_verdict(seen, at, verdict):
    """Whatever level and basis one clause has, with and without --strict, each verdict has its colour."""
    every = list(product(("must", "should", "may"), ("documented", "inferred", "rfc", "silent"), (False, True)))
    found = {(lv, ba, st): code(seen(at, level=lv, basis=ba, verdict=verdict), strict=st) for lv, ba, st in every}

    assert {(lv, ba, st): _colour(lv, ba, verdict, st) for lv, ba, st in every} == found


@pytest.mark.parametrize("at", range(CLAUSES))
@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({"attempts": 3, "broken": 0}, 0),
        ({"attempts": 3, "broken": 1}, 4),
        ({"attempts": 3, "broken": 1, "verdict": "fail"}, 1),
        ({"attempts": 1, "broken": 2, "verdict": "error"}, 3),
        ({"differences": OURS}, 4),
        ({"verdict": "observed", "differences": OURS}, 0),
    ],
)
def test_counts_of_a_clause(seen, at, planted, expected):
    """A clause that holds and was broken in an attempt, or differs, contradicts itself."""
    assert expected == code(seen(at, **planted))


ENTRY = Known("toy:rule.n4", "mended soon", expires=date(2026, 6, 1), owner="us")


def signed(record: ClauseRecord, **changes) -> Known:
    """Give an entry that excuses a record today, changed as asked."""
    return replace(ENTRY, clause=record.clause, signature=signature(record), **changes)


@pytest.mark.parametrize("at", range(CLAUSES))
@pytest.mark.parametrize(
    ("planted", "entry", "expected", "new_only"),
    [
        ({}, {}, 0, 0),
        ({"differences": THEIRS}, {}, 8, 8),
        ({"differences": (*OURS, *THEIRS)}, {}, 8, 8),
        ({"verdict": "pass", "differences": ()}, {}, 8, 0),
        ({"verdict": "observed"}, {}, 8, 0),
        ({"verdict": "blocked"}, {}, 7, 7),
        ({"verdict": "error"}, {}, 3, 3),
        ({"verdict": "inconclusive"}, {"verdict": "inconclusive"}, 0, 0),
        ({}, {"expires": date(2026, 5, 31)}, 8, 8),
        ({}, {"expires": None}, 0, 0),
        ({}, {"reason": " "}, 8, 8),
        ({}, {"signature": ""}, 8, 8),
        ({}, {"target": "staging"}, 0, 0),
        ({}, {"target": "production"}, 1, 1),
        ({}, {"clause": "toy:rule.n99"}, 1, 1),
        ({}, {"verdict": "warn"}, 1, 1),
    ],
)
def test_baseline(seen, at, planted, entry, expected, new_only):
    """An entry excuses one way in which one clause fails; what it no longer fits makes the baseline stale."""
    usual = seen(at, verdict="fail", differences=OURS)
    known = [replace(signed(usual.clauses[at]), **entry)]
    found = seen(at, **{"verdict": "fail", "differences": OURS, **planted})

    assert (expected, new_only) == (code(found, known=known), code(found, known=known, new_only=True))


EXCUSABLE = [verdict for verdict in Verdict if verdict.excusable]


@pytest.mark.parametrize("at", range(CLAUSES))
@pytest.mark.parametrize("verdict", EXCUSABLE)
@pytest.mark.parametrize(
    ("ways", "expected"), [((OURS, OURS), 0), ((OURS, THEIRS), 8), ((OURS, ()), 8), (((), OURS), 8)]
)
def test_signature(seen, at, verdict, ways, expected):
    """Whatever verdict an entry excuses, it excuses one way of getting it: another one makes the baseline stale."""
    # A warning about a rule that binds is none; see `test_level`.
    level = "should" if verdict is Verdict.WARN else "must"
    was, now = ({"verdict": verdict, "level": level, "differences": way, "reason": "because"} for way in ways)
    entry = replace(signed(seen(at, **was).clauses[at]), verdict=str(verdict))

    assert expected == code(seen(at, **now), known=[entry], strict=True)


@pytest.mark.parametrize(("name", "more"), [("selected", 1), ("selected", -1), ("testable", 1), ("testable", -1)])
def test_counts_of_a_run(seen, name, more):
    """A run whose counts of clauses are others than those that are there is green only where it checked more."""
    found = seen(options={name: CLAUSES + more})
    missing = (name == "testable" and more > 0) or (name == "selected" and more > 0)

    assert (7 if missing else 0) == code(found)


@pytest.mark.parametrize("at", range(CLAUSES))
def test_a_record_that_is_gone(seen, at):
    """Wherever a record is taken out, the gate is shut, whether the totals still count it or not."""
    whole = seen()
    rows = whole.clauses[:at] + whole.clauses[at + 1 :]
    recounted = EndRecord(Run(whole.run, rows, None).verdicts, 0, 1.5)

    assert [7, 7] == [code(Run(whole.run, rows, recounted)), code(Run(whole.run, rows, recounted), partial=True)]
    assert code(Run(whole.run, rows, whole.end)) in (4, 7)


@pytest.mark.parametrize("at", range(CLAUSES))
def test_a_new_deviation_outweighs_a_stale_entry(seen, at):
    """One broken rule that nobody has excused is 1, whatever else the baseline holds."""
    other = (at + 1) % CLAUSES
    found = seen(at, verdict="fail", differences=OURS)

    assert 1 == code(found, known=[replace(ENTRY, clause=f"toy:rule.n{other}")])


ACCIDENTS = {
    "whole": ({}, 0, 0),
    "some deselected": ({"options": {"selected": CLAUSES, "testable": CLAUSES + 1}}, 7, 0),
    "no word of the whole": ({"options": {"testable": None}}, 7, 0),
    "a clause without record": ({"options": {"selected": CLAUSES + 1, "testable": CLAUSES + 1}}, 7, 7),
    "interrupted": ({"exit_code": 2}, 2, 2),
    "our own fault": ({"exit_code": 3}, 3, 3),
    "a wrong file": ({"exit_code": 4}, 4, 4),
    "preflight": ({"exit_code": 6}, 6, 6),
    "other tests failed": ({"exit_code": 1, "trouble": "tests failed that left no record"}, 1, 1),
    "ended red, cause lost": ({"exit_code": 1}, 1, 1),
    "ended undecided, cause lost": ({"exit_code": 7}, 7, 7),
    "stale by another baseline": ({"exit_code": 8, "trouble": "the baseline is stale: x"}, 0, 0),
}


@pytest.mark.parametrize(("changes", "expected", "partial"), ACCIDENTS.values(), ids=ACCIDENTS)
def test_accidents(seen, changes, expected, partial):
    """A run that was not whole never leaves the gate open, unless its selection was meant."""
    assert (expected, partial) == (code(seen(**changes)), code(seen(**changes), partial=True))


def test_cut_short(seen):
    """Without an end a run is cut short, whatever is asked."""
    whole = seen()

    assert 2 == code(replace(whole, end=None), partial=True, new_only=True)


@pytest.mark.parametrize("order", [1, -1])
def test_retried(seen, order):
    """Of a clause that was tried again, the worse verdict counts, whichever came last."""
    whole = seen()
    tried = [whole.clauses[0], replace(whole.clauses[0], verdict="fail", differences=OURS)][::order]
    retried = Run(whole.run, (*tried, *whole.clauses[1:]), None)
    retried = replace(retried, end=EndRecord(retried.verdicts, 0, 1.0))

    assert 1 == code(retried)


def test_a_second_record_hides_no_missing_clause(seen):
    """A clause that is there twice does not stand in for one that is not."""
    whole = seen()
    rows = (whole.clauses[0], *whole.clauses[:-1])

    assert 7 == code(replace(whole, clauses=rows))


@pytest.mark.parametrize(
    ("share", "verdict", "expected"),
    [("100", "pass", 0), ("100", "not_applicable", 7), ("91.6", "not_applicable", 0), ("91.7", "not_applicable", 7)],
)
def test_min_verified(seen, share, verdict, expected):
    """The share of verified clauses is measured by all that could be checked."""
    from decimal import Decimal

    assert expected == code(seen(verdict=verdict), min_verified=Decimal(share))


def test_excuses_of_the_run_count_for_nothing(seen):
    """A deviation that was excused during the run is broken at a gate that knows no excuse for it."""
    assert 1 == code(seen(verdict="fail", differences=OURS, known="because"))


def test_excused_by_the_gate_alone(seen):
    """A run that ended with 1 passes when the gate's baseline excuses what ended it."""
    found = seen(verdict="fail", differences=OURS, exit_code=1)

    assert 0 == code(found, known=[signed(found.clauses[0])])


def test_accepted_stays_accepted(seen):
    """What the target file accepts as undecided is no complaint."""
    assert 0 == code(seen(verdict="not_observable", accepted="two days"))


def test_several_runs(seen):
    """The weightiest complaint of several runs decides."""
    assert [0, 1, 2] == [
        code(seen(), seen()),
        code(seen(verdict="blocked"), seen(verdict="fail"), seen(exit_code=2)),
        code(seen(), replace(seen(), end=None)),
    ]


# -- the command


def _gate(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_prints_the_entry_to_paste(tmp_path, seen, written):
    """The entry that is printed for one that fails differently opens the gate when it is pasted."""
    path = written(seen(verdict="fail", differences=OURS, exit_code=1))
    known = tmp_path / "known.toml"
    known.write_text('[[known]]\nclause = "toy:rule.n0"\nsignature = "000000000000"\nreason = "soon"\nowner = "us"\n')
    shut = _gate(path, "--baseline", known)
    entry = shut.output.split("place:\n\n")[1].split("\n\n")[0]
    known.write_text(entry)
    opened = _gate(path.parent, "--baseline", known)

    assert (8, 0, True) == (shut.exit_code, opened.exit_code, 'reason = "soon"\nowner = "us"' in entry)


def test_an_entry_pasted_without_a_reason(tmp_path, seen, written):
    """The entry for a new deviation leaves the gate shut until it has a reason."""
    path = written(seen(verdict="fail", differences=OURS, exit_code=1))
    known = tmp_path / "known.toml"
    known.write_text("")
    new = _gate(path, "--baseline", known)
    entry = new.output.split("with a reason:\n\n")[1].split("\n\n")[0]
    known.write_text(entry)
    unreasoned = _gate(path, "--baseline", known)
    known.write_text(entry.replace('reason = ""', 'reason = "soon"'))

    assert [1, 8, 0] == [new.exit_code, unreasoned.exit_code, _gate(path, "--baseline", known).exit_code]


@pytest.mark.parametrize("share", ["0.9", "101", "-1%", "nan", "many"])
def test_wrong_share(seen, written, share):
    """What is no percentage is refused by what it is."""
    result = _gate(written(seen()), f"--min-verified={share}")

    assert (True, True) == (result.exit_code != 0, f"{share} is not a percentage" in result.output)


def test_missing_records(tmp_path):
    """Records that are not there are 4: a step before that did not run does not open the gate."""
    assert 4 == _gate(tmp_path / "none").exit_code
