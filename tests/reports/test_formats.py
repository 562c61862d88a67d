"""Runs in the formats of other tools: each is what its public schema says, and tells what the records tell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from jsonschema import Draft4Validator, Draft6Validator, Draft7Validator
from markdown_it import MarkdownIt
from referencing import Registry, Resource

from watchword.reports.exportcommand import FORMATS, export
from watchword.reports.formats.annotations import workflow_commands
from watchword.reports.formats.badge import Withheld, badge, shields
from watchword.reports.formats.ctrf import ctrf
from watchword.reports.formats.har import har
from watchword.reports.formats.markdown import markdown
from watchword.reports.formats.sarif import sarif
from watchword.reports.junit import junit
from watchword.reports.records import VERDICTS

ODD = 'a | b\n::error::x%0A <img src=x> [l](javascript:1) @who `c` \x00 & "q", http://127.0.0.1/x'
TARGETS = tuple({"name": name, "dialect": "toy"} for name in ("staging", "production"))


@pytest.fixture
def full(run, clause, exchange):
    """Give a run of two targets that has every verdict, hostile text everywhere, and exchanges without reply or body."""
    silent = exchange(reply=None, trouble="connection reset", request={**exchange().request, "body": None})
    odd = exchange(
        purpose=ODD,
        request={**exchange().request, "url": "http://127.0.0.1:8080/renew?a=1&b=&a=2"},
        reply={"status": 299, "headers": [["Set-Cookie", "a=***"], ["Set-Cookie", "b=***"]], "body": ODD},
    )
    rows = [
        clause(
            clause=f"toy:x.{verdict}",
            target=target["name"],
            verdict=verdict,
            says=ODD,
            differences=(ODD,) if verdict in ("fail", "warn") else (),
            reason=ODD,
            exchanges=(exchange(), odd, silent),
            operation="renewToken",
        )
        for target in TARGETS
        for verdict in VERDICTS
    ]
    known = clause(clause="toy:x.known", verdict="fail", known="mended soon")
    return run(*rows, known, exit_code=1, targets=TARGETS)


@pytest.fixture
def good(run, clause):
    """Give a whole run in which everything holds."""
    return run(clause(), options={"selected": 1, "testable": 1})


def errors(validator, text):
    """Give what a schema has against a document."""
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(json.loads(text))]


def every(full, good, run):
    """Give runs of each kind: all verdicts, good, cut short, empty."""
    return {"full": full, "good": good, "cut short": run(*full.clauses, exit_code=None), "empty": run(exit_code=6)}


@pytest.mark.needs("jest-sarif")
def test_sarif_schema(tool, full, good, run):
    """SARIF is what the schema of SARIF 2.1.0 says."""
    schema = next(Path(tool("jest-sarif"), "lib/schemas").glob("sarif-2.1.0*.json"))
    validator = Draft4Validator(json.loads(schema.read_text()), format_checker=Draft4Validator.FORMAT_CHECKER)

    assert {} == {name: found for name, r in every(full, good, run).items() if (found := errors(validator, sarif(r)))}


@pytest.mark.needs("ctrf")
def test_ctrf_schema(tool, full, good, run):
    """CTRF is what the schema of CTRF says."""
    schema = next(Path(tool("ctrf"), "dist").glob("ctrf-schema-*.json"))
    validator = Draft7Validator(json.loads(schema.read_text()), format_checker=Draft7Validator.FORMAT_CHECKER)

    assert {} == {name: found for name, r in every(full, good, run).items() if (found := errors(validator, ctrf(r)))}


@pytest.mark.needs("har-schema")
def test_har_schema(tool, full, good, run):
    """HAR is what the schema of HAR 1.2 says."""
    parts = [json.loads(path.read_text()) for path in Path(tool("har-schema"), "lib").glob("*.json")]
    registry = Registry().with_resources([(part["$id"], Resource.from_contents(part)) for part in parts])
    validator = Draft6Validator({"$ref": "har.json#"}, registry=registry, format_checker=Draft6Validator.FORMAT_CHECKER)

    assert {} == {name: found for name, r in every(full, good, run).items() if (found := errors(validator, har(r)))}


def test_sarif_tells_apart(full):
    """What is broken fails, what is open is open, what is excused is suppressed, and the rest is no result."""
    first = json.loads(sarif(full))["runs"][0]
    told = {r["ruleId"]: (r["kind"], r["level"], "suppressions" in r) for r in first["results"]}

    assert {
        "toy:x.fail": ("fail", "error", False),
        "toy:x.error": ("open", "none", False),
        "toy:x.blocked": ("open", "none", False),
        "toy:x.inconclusive": ("open", "none", False),
        "toy:x.warn": ("fail", "warning", False),
        "toy:x.not_observable": ("open", "none", False),
        "toy:x.known": ("fail", "error", True),
    } == told


def test_sarif_leads_to_the_evidence(full, written):
    """A result's place is the line of the records that holds its clause and target."""
    lines = written(full).read_text().splitlines()
    places = [
        (r["ruleId"], found["automationDetails"]["id"].split("/")[2], json.loads(lines[line - 1]))
        for found in json.loads(sarif(full))["runs"]
        for r in found["results"]
        for line in [r["locations"][0]["physicalLocation"]["region"]["startLine"]]
    ]

    assert places
    assert [] == [(i, t) for i, t, line in places if (i, t) != (line["clause"], line["target"])]


@pytest.mark.parametrize("write", [ctrf, junit])
def test_names_are_unique(full, write):
    """No two cases of a run have one name, though two targets have the same clauses."""
    text = write(full)
    names = (
        [(case.get("classname"), case.get("name")) for case in ET.fromstring(text).iter("testcase")]
        if write is junit
        else [test["name"] for test in json.loads(text)["results"]["tests"]]
    )

    assert len(full.clauses) == len(set(names)) == len(names)


def test_ctrf_passes_nothing_undecided(full):
    """Only what was seen to hold, or left to the server, is passed."""
    tests = json.loads(ctrf(full))["results"]["tests"]

    assert {"pass", "observed", "warn"} == {test["rawStatus"] for test in tests if test["status"] == "passed"}


@pytest.mark.parametrize("exit_code", [2, 3, 6, 7, None])
def test_ctrf_of_a_bad_end(run, clause, exit_code):
    """A run that ended badly without a broken rule has a failed test that says so."""
    summary = json.loads(ctrf(run(clause(), exit_code=exit_code)))["results"]["summary"]

    assert 1 == summary["failed"]


def test_har_holds_every_exchange(full):
    """Each exchange is an entry, in its order, and one without reply has the status 0 and says why."""
    entries = json.loads(har(full))["log"]["entries"]
    moments = [entry["startedDateTime"] for entry in entries]
    lost = {(e["response"]["status"], e["response"]["statusText"]) for e in entries[2:-1:3]}

    assert sum(len(record.exchanges) for record in full.clauses) == len(entries)
    assert moments == sorted(moments)
    assert {(0, "connection reset")} == lost
    assert [("a", "1"), ("b", ""), ("a", "2")] == [
        (pair["name"], pair["value"]) for pair in entries[1]["request"]["queryString"]
    ]


def test_markdown_renders_as_text(full):
    """Whatever a reply brought along, the summary has the tables and lists that were meant, and no link, image or code."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(markdown(full))
    inline = {child.type for token in tokens for child in token.children or ()}
    heads = [token for token in tokens if token.type == "th_open"]
    cells = [token for token in tokens if token.type == "td_open"]

    assert {"text"} == inline - {"text_special", "softbreak"}
    # Two tables of four columns: a row a target, and a row each clause to look at.
    assert (8, 0, 4 * (2 + 12)) == (len(heads), len(cells) % 4, len(cells))
    texts = ["".join(child.content for child in token.children or ()) for token in tokens if token.type == "inline"]
    assert 12 * 2 - 2 * 2 <= sum(
        " ".join(ODD.replace("\x00", "\N{REPLACEMENT CHARACTER}").split()) == text for text in texts
    )


def test_markdown_counts_what_it_leaves_out(run, clause):
    """Of many clauses the first fifty are listed, and the others counted."""
    text = markdown(run(*(clause(clause=f"toy:x.n{n}", verdict="fail") for n in range(60)), exit_code=1))

    assert (50, True) == (text.count("toy:x.n"), "10 more clauses" in text)


def test_annotations_stay_commands(full):
    """Each line is one whole command of a kind that GitHub knows, and what was escaped comes back as it was."""
    lines = workflow_commands(full).splitlines()
    found = [re.fullmatch(r"::(error|warning|notice) title=([^:,\r\n]+)::([^\r\n]*)", line) for line in lines]
    texts = [
        match[3].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") for match in found if match is not None
    ]

    assert None not in found
    assert "::error::x%0A" in texts[1]
    assert lines[0].startswith("::error title=staging (toy) and production (toy)%3A not conforming%2C 2 of ")


def test_annotations_are_bounded(run, clause):
    """GitHub shows ten of a kind; those that it would drop are counted in one more."""
    text = workflow_commands(run(*(clause(clause=f"toy:x.n{n}", verdict="fail") for n in range(30)), exit_code=1))

    assert (10, True) == (text.count("::error "), "::notice title=Watchword::21 more clauses" in text)


def test_badge_states_scope_and_day(good):
    """A badge says for whom it speaks, what was judged and on which day, in its picture and for who cannot see it."""
    drawn = ET.fromstring(badge(good))
    told = json.loads(shields(good))
    said = "staging (toy): conforming, the one binding rule holds, 2026-03-01"

    assert said == drawn.get("aria-label") == f"{told['label']}: {told['message']}"
    assert [said, *said.split(": ")] == [text for text in drawn.itertext() if text.strip()]
    assert {"schemaVersion", "label", "message", "color"} == set(told)


def test_badge_of_a_bad_run(run, clause):
    """A broken rule makes the badge red, and shields is told that it is an error."""
    bad = run(clause(verdict="fail"), exit_code=1, options={"selected": 1, "testable": 1})

    assert (True, True) == (json.loads(shields(bad))["isError"], "not conforming, 1 of 1 binding rule" in badge(bad))


@pytest.mark.parametrize(
    ("exit_code", "options", "says"),
    [
        (None, {"selected": 1, "testable": 1}, "cut short"),
        (0, {"selected": 1, "testable": 2}, "1 of 2 clauses"),
        (0, {"selected": 2, "testable": 2}, "1 of 2 clauses"),
        (0, {}, "do not say of how many"),
    ],
)
def test_badge_is_withheld(tmp_path, run, clause, written, exit_code, options, says):
    """A run that is not whole gets no badge: no file, 7, and a line that says why."""
    part = run(clause(), exit_code=exit_code, options=options)
    result = CliRunner().invoke(export, [str(written(part)), "--to", "badge", "-o", str(tmp_path / "b.svg")])

    with pytest.raises(Withheld, match=says):
        shields(part)
    assert (7, False, True) == (result.exit_code, (tmp_path / "b.svg").exists(), says in result.output)


@pytest.mark.parametrize("name", FORMATS)
def test_command(tmp_path, good, written, name):
    """Every format is written to a file or to the standard output, and is the same there."""
    path = written(good)
    to = tmp_path / "out"
    shown = CliRunner().invoke(export, [str(path.parent), "--to", name])
    kept = CliRunner().invoke(export, [str(path), "--to", name, "--output", str(to)])

    assert (0, 0, True) == (shown.exit_code, kept.exit_code, bool(shown.output))
    assert shown.stdout_bytes == to.read_bytes()


def test_command_refuses_in_one_line(tmp_path, good, written):
    """Records that are not there and a file that cannot be written end with 4 and name the file."""
    lost = CliRunner().invoke(export, [str(tmp_path / "none"), "--to", "sarif"])
    full = CliRunner().invoke(export, [str(written(good)), "--to", "sarif", "-o", str(tmp_path / "no" / "x")])

    assert [(4, 1), (4, 1)] == [(r.exit_code, len(r.output.splitlines())) for r in (lost, full)]
    assert "no/x cannot be written" in full.output
