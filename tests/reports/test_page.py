"""The page for people."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess

import pytest

from watchword.reports.page.document import render
from watchword.reports.page.highlight import marked

_HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}\x00\x1b\ud800\u202e"


@pytest.fixture
def hostile(run, clause, exchange):
    """Give a run in which every text of the server's is an attack."""
    said = exchange(
        purpose=_HOSTILE,
        curl=_HOSTILE,
        reply={"status": 200, "headers": [["X", _HOSTILE]], "body": _HOSTILE},
    )
    texts = dict.fromkeys(("says", "source", "expected", "observed", "reason", "note", "operation"), _HOSTILE)
    return run(
        clause(verdict="fail", exchanges=(said,), differences=(_HOSTILE,), **texts), exit_code=1, message=_HOSTILE
    )


def test_hostile_texts_stay_texts(hostile, outline):
    """Markup in a reply is shown, never obeyed."""
    page = render(hostile)

    assert (1, 0, False) == (page.count("<script"), outline(page).tags.count("img"), "49" in page.split("<main>")[1])


def test_a_source_can_be_looked_up(run, clause):
    """Where a clause comes from leads to its document, with title, version and date; without any, it is only named."""
    link = "https://toy.invalid/renewals#4"
    known = clause(document={"title": "Renewals", "version": "2", "date": "2026-11", "link": link})

    page, plain = (render(run(each)) for each in (known, clause()))

    assert f'<a href="{link}">toy, /renew, line 98</a> <span class="quiet">Renewals, 2, 2026-11<' in page
    assert "<dd>toy, /renew, line 98</dd>" in plain


def test_illegible_characters_are_replaced(hostile):
    """Characters that a page cannot carry, or that turn its writing around, are replaced."""
    page = render(hostile)
    page.encode()

    assert [] == re.findall("[\x00\x1b\ud800\u202e]", page)


def test_nothing_is_loaded(hostile, outline):
    """The page names nothing to load, and tells the browser to load nothing."""
    page = render(hostile)

    assert (["data:,"], True) == (outline(page).loads, "default-src 'none'" in page)


def test_script_is_the_only_one_allowed(run, clause):
    """The page allows exactly the script that it holds."""
    page = render(run(clause()))
    script = re.search("<script>(.*)</script>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert f"script-src 'sha256-{digest}'" in page


def test_everything_is_there_without_scripts(run, clause):
    """The facts of a clause stand in the HTML itself."""
    page = render(run(clause(verdict="fail", observed="status 200", differences=("status 200",), attempts=3, broken=1)))
    told = [
        "renew.malformed-body",
        "cannot be parsed",
        "line 98",
        "renewToken",
        "1 of 3",
    ]
    told += ["No operation of the API makes accounts.", "1 of 1 clause verified", "400 Bad Request", "Not conforming"]

    assert [] == [text for text in told if text not in page]


def test_links_lead_somewhere(run, clause, outline):
    """Every link of the page leads to an id of the page, and every id is there once."""
    rows = [clause(target=target, clause=name) for target in ("a b", "c") for name in ("toy:one.x", "toy:two.x")]
    targets = tuple({"name": name, "dialect": "toy"} for name in ("a b", "c"))
    found = outline(render(run(*rows, rows[0], clause(clause="toy:three.x", target="c"), targets=targets)))

    assert ([], len(found.ids)) == ([x for x in found.links if x[1:] not in found.ids], len(set(found.ids)))


def test_clause_id_is_the_anchor(run, clause, outline):
    """A clause that was checked on one target is reached by its id."""
    assert "toy:renew.malformed-body" in outline(render(run(clause()))).ids


def test_troubled_clauses_come_first(run, clause):
    """Within a chapter the broken clauses stand before the others."""
    verdicts = ("pass", "observed", "fail", "not_applicable", "warn")
    page = render(run(*(clause(clause=f"toy:x.{verdict}", verdict=verdict) for verdict in verdicts), exit_code=1))
    order = re.findall(r'<details class="clause v-(\w+)', page)

    assert ["fail", "warn", "observed", "pass", "not_applicable"] == order


def test_partial_run_says_so(run, clause):
    """A run without an end is called partial, and a whole one is not."""
    texts = (render(run(clause(), exit_code=None)), render(run(clause())))

    assert [True, False] == ["Partial run." in text for text in texts]


@pytest.mark.parametrize(
    ("changes", "exit_code", "tone", "word"),
    [
        ({}, 0, "good", "Conforming"),
        ({"verdict": "warn"}, 0, "good", "Conforming"),
        ({"verdict": "fail"}, 1, "bad", "Not conforming"),
        ({"verdict": "fail", "known": "soon"}, 0, "caution", "Known deviations"),
        ({"verdict": "error"}, 3, "bad", "Checks went wrong"),
        ({"verdict": "blocked"}, 7, "caution", "Nothing verified"),
        ({}, 2, "caution", "Not settled"),
        ({}, 8, "caution", "Not settled"),
        ({}, 6, "bad", "Nothing established"),
        ({}, None, "caution", "Cut short"),
        ({}, 99, "caution", "Not settled"),
    ],
)
def test_statement(run, clause, changes, exit_code, tone, word):
    """The headline is green only for a whole run that ended well, and red only for what is broken."""
    page = render(run(clause(**changes), exit_code=exit_code))
    found = re.search(r'class="headline (\w+)".*?</span> ([^<]+)</p>', page, re.DOTALL)

    assert (tone, word) == found.groups()


def test_run_without_clauses(run):
    """A run that checked nothing has a page that says so."""
    assert "Nothing verified" in render(run(exit_code=0))


def test_identity_is_written_for_people(run):
    """What the run says of a target reads as words, whatever its shape."""
    target = {
        "name": "staging",
        "dialect": "toy",
        "credentials": ["a", "b"],
        "clock": False,
        "limits": {"max_wait": 0, "rate": None},
    }
    page = render(run(targets=(target,)))

    assert [] == [text for text in ("<dd>a, b</dd>", "<dd>no</dd>", "<dd>max wait 0</dd>") if text not in page]


def test_clauses_without_a_record(run, clause):
    """A clause that was selected and left no record counts as not verified, and keeps the page from being green."""
    page = render(run(clause(), options={"selected": 3}))

    assert [True, True] == [text in page for text in ("1 of 3 clauses verified", "2 clauses left no record")]


def test_marks_show_what_differs():
    """Only the words that differ are marked."""
    assert ("status <del>400</del>", "status <ins>200</ins>") == tuple(map(str, marked("status 400", "status 200")))


def test_marks_are_left_out_when_all_differs():
    """Texts without anything in common carry no marks."""
    assert ("a&lt;b", "xyz") == tuple(map(str, marked("a<b", "xyz")))


def _browsed(tmp_path, page, fragment=""):
    """Open a page in the browser and give its HTML afterwards."""
    file = tmp_path / "page.html"
    file.write_text(page)
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"{file.as_uri()}{fragment}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def _details(dom):
    return re.findall(r'<details class="clause[^>]*id="toy:x\.\w+"[^>]*>', dom)


browser = pytest.mark.needs("chromium")


@browser
def test_search_in_a_browser(tmp_path, run, clause):
    """The slash leads to the search box, and what is typed there hides the clauses that do not have it."""
    page = render(run(clause(clause="toy:x.apple"), clause(clause="toy:x.pear")))
    typing = """<script>addEventListener("load", () => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true}));
      document.activeElement.value = "APPLE";
      document.activeElement.dispatchEvent(new Event("input"));
    });</script></body>"""
    # Without the page's own policy, which rightly refuses this test's script.
    lenient = re.sub("<meta http-equiv[^>]*>", "", page)
    dom = _browsed(tmp_path, lenient.replace("</body>", typing))

    assert ([False, True], True) == ([" hidden" in tag for tag in _details(dom)], ">1 of 2</output>" in dom)


@browser
def test_deep_link_in_a_browser(tmp_path, run, clause):
    """A link to a clause opens it, with the page's own policy in force."""
    page = render(run(clause(clause="toy:x.apple"), clause(clause="toy:x.pear")))
    dom = _browsed(tmp_path, page, "#toy:x.pear")

    assert [False, True] == [" open" in tag for tag in _details(dom)]
