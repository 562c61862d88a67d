"""The outcome of a run: one reckoning, and everybody who tells it tells the same."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import combinations, product
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from watchword.reports.command import report
from watchword.reports.junit import junit
from watchword.reports.outcome import outcome
from watchword.reports.page.document import render
from watchword.reports.records import EXIT_MEANING, EndRecord, Exit
from watchword.reports.schema import baseline_validator
from watchword.reports.summary import headline
from watchword.reports.verdict import Verdict

FOUND = {
    "holds": {},
    "broken": {"verdict": "fail"},
    "warned": {"verdict": "warn", "level": "should"},
    "known": {"verdict": "fail", "known": "mended soon"},
    "error": {"verdict": "error"},
    "blocked": {"verdict": "blocked"},
    "inconclusive": {"verdict": "inconclusive"},
    "unobservable": {"verdict": "not_observable", "remedy": {"limits.max_wait": 12.5}},
    "accepted": {"verdict": "not_observable", "accepted": "nobody waits so long"},
    "limited": {"verdict": "not_observable", "level": "should"},
    "lacking": {"verdict": "not_applicable", "remedy": {"credentials.other_brand_key": None}},
}
"""What may be found, and the record of it."""

ENDS = {
    "whole": (0, ""),
    "stale": (8, "the baseline is stale"),
    "strangers": (1, "tests failed that left no record"),
    "interrupted": (2, "somebody or something interrupted the run"),
    "internal": (3, "the tool itself went wrong"),
    "down": (6, "preflight failed: target 'staging' cannot be reached"),
    "other": (99, "a plugin ended the run"),
    "truncated": None,
}
"""How a run may end apart from its clauses: the exit code that calls for, and what is said of it; None: it has no end."""

ALONE = [(), *((name,) for name in FOUND), *combinations(FOUND, 2)]
SELECTED = {"all": {}, "some": {"testable": 500}, "unrecorded": {"selected": 7, "testable": 7}}


@pytest.fixture(scope="module")
def told():
    """What was reckoned of each case of `everything`, once for all tests."""
    return {}


@pytest.fixture
def reckoned(made, told):
    """Give the outcome of a case, reckoned once."""

    def reckoned(*case):
        if case not in told:
            told[case] = outcome(made(*case))
        return told[case]

    return reckoned


@pytest.fixture
def made(run, clause):
    """Give a factory of runs: of what was found, how it ended, and what was selected."""

    def make(found, end="whole", strict=False, chosen="all"):
        rows = [clause(clause=f"toy:x.{name}", **FOUND[name]) for name in found]
        begun = run(*rows, exit_code=None, options={"strict": strict, "selected": len(rows), **SELECTED[chosen]})
        if ENDS[end] is None:
            return begun
        code, trouble = ENDS[end]
        return replace(begun, end=EndRecord(begun.verdicts, code, 1.5, trouble=trouble))

    return make


def expected_exit(found, end, strict, chosen):
    """What the contract of exit codes says of a run, put another way than the product puts it."""
    if end == "truncated":
        return 2
    stopped = ENDS[end][0] in (2, 3, 6)
    # A check that went wrong gives its run the code of an internal error; nobody can tell the two apart, nor has to.
    if stopped:
        return ENDS[end][0]
    if "broken" in found or (strict and "warned" in found):
        return 1
    if end == "strangers":
        return 1
    if "error" in found:
        return 3
    verified = {"holds", "warned", "known"} & set(found)
    open_musts = {"blocked", "inconclusive", "unobservable"} & set(found)
    if open_musts or not verified or chosen == "unrecorded":
        return 7
    return ENDS[end][0]


def everything():
    """Every set of findings of up to three kinds, with every end, strictness and selection."""
    sets = [found for size in range(4) for found in combinations(FOUND, size)]
    return product(sets, ENDS, (False, True), SELECTED)


def test_exit_code_is_the_contracts(reckoned):
    """Of every combination of findings, ends, strictness and selection, the exit code is that of the contract."""
    wrong = [case for case in everything() if expected_exit(*case) != reckoned(*case).exit]

    assert [] == wrong


def test_tones(reckoned):
    """Green is said only of exit code 0, red of broken rules and runs that went wrong, and never of what is merely open."""
    wrong = []
    for found, end, strict, chosen in everything():
        told = reckoned(found, end, strict, chosen)
        bad = "broken" in found or "error" in found or (strict and "warned" in found)
        bad = bad or end in ("internal", "down", "strangers")
        good = told.exit == 0 and "known" not in found
        if ("bad" if bad else "good" if good else "caution") != told.tone:
            wrong.append((found, end, strict, chosen, told))

    assert [] == wrong


def test_words_name_everything(reckoned):
    """Whatever was found that somebody has to know is in the words, whatever else was found."""
    says = {
        "broken": "is broken",
        "error": "went wrong on our own side",
        "blocked": "could not be decided",
        "unobservable": "could not be decided",
        "accepted": "may stay undecided",
        "limited": "unchecked",
        "known": "known",
    }
    silent = []
    for found, end, strict, chosen in everything():
        told = reckoned(found, end, strict, chosen).words.lower()
        wanted = [says[name] for name in found if name in says]
        if {"broken", "warned"} <= set(found) and strict:
            wanted = [text.replace("is broken", "are broken") for text in wanted]
        wanted += [ENDS[end][1]] if ENDS[end] and ENDS[end][1] else []
        wanted += ["of 500 clauses were selected"] if chosen == "some" else []
        silent += [(found, end, strict, chosen, told) for text in wanted if text not in told]

    assert [] == silent


def test_reckoning_again_changes_nothing(made, reckoned):
    """The outcome that stands in the records is the outcome of the records."""
    changed = []
    for case in everything():
        begun = made(*case)
        first = reckoned(*case)
        if begun.end is not None:
            ended = replace(begun, end=replace(begun.end, exit=first.exit, message=str(first)))
            changed += [case] if outcome(ended) != first else []

    assert [] == changed


@pytest.mark.parametrize("end", ENDS)
def test_everybody_tells_the_same(made, written, end):
    """Page, JUnit and command tell the words of the outcome, and JUnit is without failures and errors where the code is 0."""
    for found, chosen in product(ALONE, SELECTED):
        case = made(found, end, chosen=chosen)
        told = outcome(case)
        page = html.unescape(render(case))
        tone, title = re.search(r'class="headline (\w+)".*?</span> ([^<]+)</p>', page, re.DOTALL).groups()
        document = ET.fromstring(junit(case))
        broken = int(document.get("failures")) + int(document.get("errors"))
        own = document.find("testsuite[@name='run']/testcase/*")

        assert (told.tone, told.title, True) == (tone, title, told.beside in page), (found, chosen)
        assert told.gist in page
        assert f"<title>{headline(case)} · Watchword</title>" in page
        assert f">{headline(case)}</h1>" in page
        assert case.end is None or f"Exit code <b>{told.exit}</b>" in page
        assert (told.exit != 0) == (broken > 0), (found, chosen)
        assert own is None or str(told) == own.get("message")
        assert own is not None or told.exit in (0, 1)
    printed = CliRunner().invoke(report, [str(written(case))]).output

    assert [headline(case), str(told)] == printed.splitlines()[0:3:2]


def _broken_rules(clause, number):
    return [clause(clause=f"toy:x.broken{place}", verdict="fail") for place in range(number)]


def test_headline_says_how_bad_it_is(run, clause):
    """The headline names the target and its dialect, the judgement, and how many of the binding rules are broken."""
    rows = [*_broken_rules(clause, 5), clause(), clause(clause="toy:x.advice", level="should")]
    several = tuple({"name": name, "dialect": "toy"} for name in "abc")

    assert headline(run(*rows)) == "staging (toy): not conforming, 5 of 6 binding rules are broken"
    assert headline(run(*rows, targets=several[:2])).startswith("a (toy) and b (toy): not conforming, ")
    assert headline(run(*rows, targets=several)).startswith("3 targets: not conforming, ")


def test_headline_counts_what_is_known(run, clause):
    """Of a run that did not get through its clauses nobody knows how many bind; other rules are told beside them."""
    [row] = _broken_rules(clause, 1)
    advice = clause(clause="toy:x.advice", verdict="warn", level="should")

    assert headline(run(row, clause(), exit_code=None)) == "staging (toy): not conforming, 1 binding rule is broken"
    assert outcome(run(row, advice, options={"strict": True})).gist == "1 of 1 binding rule and 1 other rule are broken"
    assert outcome(run(advice, options={"strict": True})).gist == "1 rule is broken"


def test_headline_of_what_holds(run, clause):
    """Rules that hold are counted out of those that bind here, and what was not seen to hold is not called kept."""
    lacking = clause(clause="toy:x.lacking", **FOUND["lacking"])
    absent = clause(clause="toy:x.absent", verdict="not_applicable")

    assert headline(run(clause(), clause(clause="toy:x.y"))) == "staging (toy): conforming, all 2 binding rules hold"
    assert outcome(run(clause(), lacking)).gist == "1 of 2 binding rules were seen to hold, and none is broken"
    assert outcome(run(clause(), absent)).gist == "the one binding rule holds"
    assert outcome(run(clause(level="should"))).gist == "no binding rule is broken"


def test_down_server_is_told_once(made):
    """A server that is down is nobody's broken rule and no lost record: the run, its targets and JUnit say what is the matter."""
    case = made((), "down", chosen="unrecorded")
    page, document = html.unescape(render(case)), junit(case)
    told = "Nothing established: Preflight failed: target 'staging' cannot be reached."

    assert told == str(outcome(case)) == str(outcome(case, ()))
    assert ["left no record" in text for text in (page, document)] == [False, False]
    assert ET.fromstring(document).find(".//error").get("message") == told


def test_old_records_are_understood(run, clause):
    """Records that say what stopped their run in their message only, as older ones do, give the same outcome."""
    ended = run(exit_code=6, message="preflight failed: nobody is there", options={"selected": 153})

    assert "Nothing established: Preflight failed: nobody is there." == str(outcome(ended))


def test_every_meaning_can_be_told(run, clause):
    """Whatever code a run ended with, there are words for it."""
    told = [outcome(run(clause(), exit_code=code)).words for code in (*EXIT_MEANING, 99)]

    assert [] == [text for text in told if not re.fullmatch(r"[A-Z].*[^.]\.", text)]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("verdict", Verdict)
def test_one_row_says_all(verdict, strict, clause):
    """A verdict's test fails exactly when its run does, and what is excused is neither passed nor failed."""
    record = clause(verdict=verdict.value)
    known, accepted = (replace(record, **{name: "because"}) for name in ("known", "accepted"))

    assert record.fails(strict) == (record.shown(strict) == "failed")
    assert not known.fails(strict)
    assert not accepted.open
    assert known.shown(strict) != "failed"
    assert not (verdict.broken or verdict.undecided) or known.shown(strict) == accepted.shown(strict) == "skipped"
    assert not (verdict.broken and verdict.undecided)
    assert (1, True) == (len(verdict.glyph), verdict.meaning.endswith("."))


def test_baselines_excuse_what_is_excusable():
    """The verdicts that a file of known deviations can name are those that a deviation can have."""
    [entry] = [baseline_validator().schema["properties"]["known"]["items"]["properties"]["verdict"]]

    assert {verdict.value for verdict in Verdict if verdict.excusable} == set(entry["enum"])


def test_exit_codes_of_the_contract():
    """The codes are those of the contract."""
    names = "CONFORMING BROKEN INTERRUPTED INTERNAL USAGE NOTHING PREFLIGHT TOO_LITTLE STALE_BASELINE"

    assert names.split() == [code.name for code in Exit]


@pytest.mark.parametrize(
    ("verdicts", "exit_code", "titles"),
    [
        (("error", "pass"), 3, ("Checks went wrong", "Conforming")),
        (("error", "fail"), 1, ("Checks went wrong", "Not conforming")),
        (("error", "blocked"), 3, ("Checks went wrong", "Nothing verified")),
        (("pass", "pass"), 3, ("Nothing established", "Nothing established")),
    ],
)
def test_an_error_at_one_target_says_nothing_of_the_others(run, clause, verdicts, exit_code, titles):
    """Where a check of one target went wrong, the other is judged by its own; where the tool ended, nothing is known of either."""
    rows = [
        clause(target=name, verdict=verdict) for name, verdict in zip(("staging", "production"), verdicts, strict=True)
    ]
    targets = tuple({"name": row.target, "dialect": "toy"} for row in rows)
    found = run(*rows, exit_code=exit_code, targets=targets)

    assert titles == tuple(outcome(found, [row]).title for row in rows)
