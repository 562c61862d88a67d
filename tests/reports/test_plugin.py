"""The plugin, in real pytest processes with a small suite of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from tests.forked import forking
from watchword.reports.records import read_run

pytest_plugins = ["pytester"]

# Only the plugin under test; the others of this project have tests of their own.
_ALONE = tuple(
    word
    for name in ("watchword.suites.plugin", "watchword.mockserver.plugin", "schemathesis", "randomly", "rerunfailures")
    for word in ("-p", f"no:{name}")
)

_SUITE = """
import os
import pytest
from watchword.reports.records import ClauseRecord, EndRecord, ExchangeRecord, RunRecord

RUN = RunRecord("2026-03-01T12:00:00Z", {"watchword": "0"}, ({"name": "staging", "dialect": "toy"},))
REPLY = {"status": 200, "headers": [], "body": "<script>alert(1)</script>"}
REQUEST = {"method": "GET", "url": "http://127.0.0.1/", "headers": [], "body": None}
SAID = ExchangeRecord("probe", "ask", REQUEST, REPLY, "", "curl http://127.0.0.1/", 0.1)

@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    session.config.hook.pytest_watchword_run(record=RUN)

@pytest.fixture
def check(request):
    def hand_over(name, verdict):
        record = ClauseRecord(f"toy:{name}", "toy", "staging", "auth", verdict, "must", "documented",
            "A <b>rule</b>.", "line 1", "x", "y", (SAID,), 0.1)
        known = request.config.hook.pytest_watchword_known(record=record)
        if known:
            from dataclasses import replace
            record = replace(record, known=known)
        request.config.hook.pytest_watchword_clause(record=record, item=request.node)
        assert verdict != "fail" or known
    return hand_over

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    if exitstatus != 2 and not os.environ.get("NO_END"):
        session.config.hook.pytest_watchword_end(record=EndRecord({}, int(exitstatus), 0.5))
"""

_TESTS = """
def test_one(check): check("x.one", "pass")
def test_two(check): check("x.two", "fail")
"""


@pytest.fixture
def pytester(pytester, forks, monkeypatch):
    """Give pytest's own, with processes that begin sooner."""
    return forking(pytester, forks, monkeypatch)


@pytest.fixture
def suite(pytester):
    """Give a folder with a suite of two clauses, of which one is broken."""
    pytester.makeconftest(_SUITE)
    pytester.makepyfile(test_toy=_TESTS)
    return pytester


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Run the suite once with every report that there is; gives its folder and what it printed."""
    folder = tmp_path_factory.mktemp("reported")
    (folder / "conftest.py").write_text(_SUITE, "utf-8")
    (folder / "test_toy.py").write_text(_TESTS, "utf-8")
    words = ["--watchword-report-dir", "there", "--html=own.html", "--self-contained-html", "--junitxml=own.xml"]
    command = [sys.executable, "-m", "pytest", *_ALONE, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return folder, done


def _lines(path):
    return [json.loads(line)["record"] for line in path.read_text().splitlines()]


def test_reports(reported):
    """A run leaves its records and both reports, and says where the page is."""
    folder = reported[0] / "there"
    lines = reported[1].stdout.splitlines()
    told = lines.index("2 of 2 clauses verified: 1 fail, 1 pass")

    assert f"report: {folder}/report.html" in lines[told:]
    assert 1 == sum("toy:x.two" in line and "reproduce" not in line for line in lines)

    assert (1, ["run", "clause", "clause", "end"], "1", "Not conforming" in (folder / "report.html").read_text()) == (
        reported[1].returncode,
        _lines(folder / "records.jsonl"),
        ET.parse(folder / "junit.xml").getroot().get("failures"),
        True,
    )


def test_no_record_is_left_when_garbage_is_looked_for(suite):
    """When pytest looks for garbage for the last time, which takes as long as there are objects, the records are gone."""
    counting = """
@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    import gc
    gc.collect()
    print("\\nleft:", sum(type(one) is ClauseRecord for one in gc.get_objects()))
"""
    (suite.path / "conftest.py").write_text(_SUITE + counting, "utf-8")
    # A test that fails is kept by Python itself, with all that it had in hand.
    (suite.path / "test_toy.py").write_text('def test_one(check): check("x.one", "pass")', "utf-8")

    done = suite.runpytest_subprocess(*_ALONE, "-q", "-s")

    assert "left: 0" in done.outlines


def test_default_directory(suite):
    """Without an option the reports go to reports/out under the root directory."""
    suite.runpytest_subprocess(*_ALONE, "-q")

    assert ["junit.xml", "records.jsonl", "report.html"] == sorted(
        p.name for p in (suite.path / "reports/out").iterdir()
    )


def test_inert_without_records(pytester):
    """Tests that are none of ours leave nothing behind and read nothing about us."""
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_subprocess(*_ALONE, "--html=own.html", "--self-contained-html")
    result.stdout.no_fnmatch_line("=*watchword*=")

    assert (0, False, 0) == (
        result.ret,
        (pytester.path / "reports").exists(),
        (pytester.path / "own.html").read_text().count("col-clause"),
    )


def test_unwritable_directory(suite):
    """A report directory that cannot be written is a usage error before any test."""
    (suite.path / "file").write_text("")
    result = suite.runpytest_subprocess(*_ALONE, "--watchword-report-dir", "file/below")
    told = [line for line in result.stderr.lines if line.strip()]

    assert (4, 1, True, []) == (result.ret, len(told), "--report-dir" in told[0], result.stdout.lines)


def test_unwritable_default_directory(suite):
    """The default directory is only looked at when a run begins, and then refused as clearly."""
    (suite.path / "reports").write_text("")
    result = suite.runpytest_subprocess(*_ALONE)

    assert (4, True) == (result.ret, "cannot be written" in result.stderr.str())


def test_broken_baseline(suite):
    """A baseline that cannot be read is a usage error that names the key."""
    (suite.path / "known.toml").write_text('[[known]]\nclause = "toy:x.two"\n')
    result = suite.runpytest_subprocess(*_ALONE, "--watchword-baseline", "known.toml")

    assert (4, True) == (result.ret, "known[0].reason: is missing" in result.stderr.str())


def test_baseline_is_asked(suite):
    """A suite learns through the hook that a deviation is known."""
    (suite.path / "known.toml").write_text('[[known]]\nclause = "toy:x.two"\nreason = "mended soon"\n')
    result = suite.runpytest_subprocess(
        *_ALONE, "--watchword-baseline", "known.toml", "--watchword-report-dir", "there"
    )

    assert (0, "mended soon") == (result.ret, read_run(suite.path / "there/records.jsonl").clauses[1].known)


def test_interrupted_run(suite):
    """A run that is interrupted still gets its page, which calls it partial."""
    suite.makepyfile(test_toy=_TESTS + "\ndef test_three(check): raise KeyboardInterrupt\n")
    result = suite.runpytest_subprocess(*_ALONE, "--watchword-report-dir", "there")
    page = (suite.path / "there/report.html").read_text()

    assert (2, True, True) == (result.ret, "Partial run." in page, "x.two" in page)


def test_killed_run(suite, tmp_path):
    """A run that is killed leaves readable records and a page that calls itself partial."""
    suite.makepyfile(test_toy=_TESTS + "\ndef test_three():\n    import time\n    time.sleep(60)\n")
    (suite.path / "there").mkdir()
    (suite.path / "there/junit.xml").write_text("of the run before")
    command = [sys.executable, "-m", "pytest", *_ALONE, "--watchword-report-dir", "there"]
    process = subprocess.Popen(command, cwd=suite.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    records = suite.path / "there/records.jsonl"
    deadline = time.monotonic() + 30
    while (not records.exists() or records.read_bytes().count(b"\n") < 3) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    run = read_run(records)

    assert (["toy:x.one", "toy:x.two"], None, True, False) == (
        [record.clause for record in run.clauses],
        run.end,
        "Partial run." in (suite.path / "there/report.html").read_text(),
        (suite.path / "there/junit.xml").exists(),
    )


def test_directory_lost_on_the_way(suite):
    """Reports that cannot be finished end the run with a usage error, after all its tests."""
    suite.makepyfile(test_toy=_TESTS + "\ndef test_three():\n    import shutil\n    shutil.rmtree('there')\n")
    result = suite.runpytest_subprocess(*_ALONE, "--watchword-report-dir", "there")
    result.assert_outcomes(passed=2, failed=1)

    assert (4, True) == (result.ret, "are not whole: No such file" in result.stderr.str())


def test_missing_end(suite, monkeypatch):
    """A run whose suite never said that it ended is partial."""
    monkeypatch.setenv("NO_END", "1")
    result = suite.runpytest_subprocess(*_ALONE, "--watchword-report-dir", "there")
    result.stdout.fnmatch_lines(["*; the run was cut short"])

    assert ["run", "clause", "clause"] == _lines(suite.path / "there/records.jsonl")


def test_pytest_html(reported):
    """The report of pytest-html has our columns and the evidence, and none of it is markup of the server's."""
    page = (reported[0] / "own.html").read_text()
    cells = ["col-clause", "toy:x.two", "col-verdict", "✗ fail", "toy:x.two: evidence"]
    blob = json.loads(unescape(page.split('data-jsonblob="')[1].split('"')[0]))
    text = json.dumps(blob, ensure_ascii=False)

    assert ([], False, True) == (
        [cell for cell in cells if cell not in text],
        "<script>alert(1)" in text,
        'data-column-type="verdict"' in page,
    )


def test_junit_of_pytest(reported):
    """The report of pytest itself carries the clause's properties."""
    rows = [(row.get("name"), row.get("value")) for row in ET.parse(reported[0] / "own.xml").iter("property")]

    assert ("clause", "toy:x.two") in rows
