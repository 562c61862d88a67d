"""A run as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from watchword.reports.junit import junit
from watchword.reports.records import VERDICTS


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode())


@pytest.mark.parametrize(
    ("verdict", "tags"),
    {
        "pass": [],
        "warn": [],
        "observed": [],
        "fail": ["failure"],
        "blocked": ["error"],
        "error": ["error"],
        "inconclusive": ["skipped"],
        "not_supported": ["skipped"],
        "not_observable": ["skipped"],
        "not_applicable": ["skipped"],
        "not_observed": ["skipped"],
    }.items(),
)
def test_verdicts(run, clause, verdict, tags):
    """Each verdict is written as its JUnit outcome, with the reason in its message."""
    case = _parsed(junit(run(clause(verdict=verdict, reason="because"), exit_code=1))).find(".//testcase")
    found = [child for child in case if child.tag in ("failure", "error", "skipped")]

    assert (tags, True) == ([child.tag for child in found], all("because" in child.get("message") for child in found))


def test_strict_run_fails_on_warnings(run, clause):
    """In a strict run a broken recommendation is a failure."""
    root = _parsed(junit(run(clause(verdict="warn"), exit_code=1, options={"strict": True})))

    assert "1" == root.get("failures")


def test_known_deviation_is_skipped(run, clause):
    """A known deviation is skipped with the reason of its excuse."""
    case = _parsed(junit(run(clause(verdict="fail", known="mended soon")))).find(".//skipped")

    assert "fail: mended soon" == case.get("message")


def test_names_and_counts(run, clause):
    """A suite a target, a case a clause, and the totals of all verdicts."""
    targets = tuple({"name": name, "dialect": "toy"} for name in ("one", "two"))
    rows = [clause(target=name, clause=f"toy:x.{v}", verdict=v) for name in ("one", "two") for v in VERDICTS]
    root = _parsed(junit(run(*rows, exit_code=1, targets=targets)))
    totals = [root.get(name) for name in ("tests", "failures", "errors")]
    skipped = [suite.get("skipped") for suite in root]
    first = root.find(".//testcase")

    assert (["one", "two"], ["22", "2", "4"], ["5", "5"], ("toy.error_codes", "toy:x.fail@one")) == (
        [suite.get("name") for suite in root],
        totals,
        skipped,
        (first.get("classname"), first.get("name")),
    )


def test_facts_and_exchanges(run, clause):
    """A case carries the clause's facts, its exchanges and the shell line that repeats them."""
    case = _parsed(junit(run(clause()))).find(".//testcase")
    output = case.findtext("system-out")
    facts = dict(line.split(": ", 1) for line in output.split("\n\n")[0].splitlines())

    assert ("must", "documented", "pass", "status 400", True, True) == (
        facts["level"],
        facts["basis"],
        facts["verdict"],
        facts["observed"],
        "$ACCESS_TOKEN" in output,
        "400 Bad Request" in output,
    )


def test_illegal_characters(run, clause, exchange):
    """Characters that XML cannot carry are replaced wherever they stand."""
    odd = "\x00<&\"'\ud800\ufffe]]>\x1b"
    reply = {"status": 200, "headers": [], "body": odd}
    row = clause(verdict="fail", says=odd, observed=odd, differences=(odd,), exchanges=(exchange(reply=reply),))
    output = _parsed(junit(run(row, exit_code=1))).findtext(".//system-out")

    assert "observed: \ufffd<&\"'\ufffd\ufffd]]>\ufffd" in output.splitlines()


@pytest.mark.parametrize("exit_code", [1, 6])
def test_holds_what_schemas_allow(run, clause, exit_code):
    """Each element has only the children and attributes that junit-10.xsd of the xUnit plugin of Jenkins gives it."""
    told = {
        "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
        "testsuite": (
            {"properties", "testcase", "system-out", "system-err"},
            {"name", "time", "tests", "failures", "errors", "skipped", "timestamp"},
        ),
        "testcase": ({"skipped", "error", "failure", "system-out", "system-err"}, {"name", "time", "classname"}),
        "properties": ({"property"}, set()),
        "property": (set(), {"name", "value"}),
        "system-out": (set(), set()),
    } | dict.fromkeys(("failure", "error", "skipped"), (set(), {"type", "message"}))
    rows = [clause(clause=f"toy:x.{verdict}", verdict=verdict, reason="because") for verdict in VERDICTS]
    root = _parsed(junit(run(*rows, exit_code=exit_code)))
    odd = [
        (each.tag, name)
        for each in root.iter()
        for name in ({child.tag for child in each} - told[each.tag][0]) | (set(each.attrib) - told[each.tag][1])
    ]

    assert [] == odd


@pytest.mark.parametrize(
    ("exit_code", "errors"), [(0, "0"), (1, "0"), (2, "1"), (6, "1"), (7, "1"), (8, "1"), (None, "1")]
)
def test_bad_end_is_an_error(run, clause, exit_code, errors):
    """A run that did not end well is never a document without errors."""
    assert errors == _parsed(junit(run(clause(), exit_code=exit_code))).get("errors")
