"""The history of runs: a line a run, written whole, and the trend that the page shows of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from click.testing import CliRunner

from watchword.reports.command import report
from watchword.reports.history import BrokenHistory, point, read_history, remember, trend
from watchword.reports.page.document import render
from watchword.reports.sink import Sink

WHOLE = {"selected": 1, "testable": 1}


@pytest.fixture
def on(run, clause):
    """Give a factory of whole runs on a day of March, broken or not."""

    def make(day, verdict="pass", **changes):
        said = {"options": WHOLE, "exit_code": int(verdict == "fail"), **changes}
        return run(clause(verdict=verdict), started=f"2026-03-{day:02}T12:00:00Z", **said)

    return make


def test_a_line_a_run(tmp_path, on):
    """Each run is a line with what it came to, once, and no address or exchange is in it."""
    path = tmp_path / "h.jsonl"
    for made in (on(1), on(2, "fail"), on(2, "fail")):
        remember(path, made)
    lines = [json.loads(line) for line in path.read_text().splitlines()]

    assert [(0, 0), (1, 1)] == [(line["exit"], line["broken"]) for line in lines]
    assert (point(on(1)), point(on(2, "fail"))) == read_history(path)
    assert "127.0.0.1" not in path.read_text()


def test_runs_that_end_at_once(tmp_path, on):
    """Of many runs that end at once, each has its whole line."""
    path = tmp_path / "h.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda day: remember(path, on(day)), range(1, 29)))

    assert {f"2026-03-{day:02}T12:00:00Z" for day in range(1, 29)} == {found.started for found in read_history(path)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", ":1: the line has no end"),
        ("hello\n", ":1: is not JSON"),
        ("{}\n", ":1: is not the line of a run"),
        ("[]\n", ":1: is not the line of a run"),
        ("GOOD{}\n", ":2: is not the line of a run"),
        ("GOOD" + '{"started":', ":2: the line has no end"),
        ("NUMBER", ":1: started has a value of another type"),
    ],
)
def test_another_file_is_left_alone(tmp_path, on, text, says):
    """A file that is no history is refused by line, and nothing is written to it."""
    path = tmp_path / "h.jsonl"
    remember(path, on(1))
    good = path.read_text()
    kept = text.replace("GOOD", good).replace("NUMBER", json.dumps({**json.loads(good), "started": 1}) + "\n")
    path.write_text(kept)

    with pytest.raises(BrokenHistory, match=says):
        remember(path, on(2))
    assert kept == path.read_text()


def test_trend_compares_like_with_like(on):
    """A trend has whole runs of the same targets up to this one, thirty at most, and is none of a single run."""
    others = on(1, targets=({"name": "production", "dialect": "toy"},))
    partial = on(2, options={"selected": 1, "testable": 2})
    cut = replace(on(3), end=None)
    past = [point(each) for each in (others, partial, cut, on(9), on(4, "fail"))]

    assert [(4, 1), (5, 0)] == [(int(p.started[8:10]), p.broken) for p in trend(past, on(5))]
    assert () == trend(past[:3], on(5))
    assert 30 == len(trend([replace(point(on(1)), started=f"2026-02-01T12:00:{s:02}Z") for s in range(59)], on(5)))


def test_page(on, outline):
    """The page draws the trend and says it in words, beside a table of the runs."""
    page = render(on(3), [point(on(1, "fail")), point(on(2))])

    assert 3 == outline(page).tags.count("circle")
    assert 'aria-label="Broken rules from 2026-03-01 12:00:00 UTC to 2026-03-03 12:00:00 UTC: 1, 0, 0"' in page
    assert "Broken rules: 0 in the run before, 0 in this one" in page
    assert 'id="trend"' not in render(on(3))


def test_command(tmp_path, on, written):
    """`watchword report` adds the run once and shows the trend; a file that is no history is 4 and one line."""
    past = tmp_path / "h.jsonl"
    remember(past, on(1, "fail"))
    path = written(on(2))
    results = [CliRunner().invoke(report, [str(path), "--history", str(past)]) for _ in range(2)]
    refused = CliRunner().invoke(report, [str(path), "--history", str(path)])

    assert ([0, 0], 2) == ([result.exit_code for result in results], len(read_history(past)))
    assert 'id="trend"' in path.with_name("report.html").read_text()
    assert (4, True) == (refused.exit_code, "is not the line of a run" in refused.output)


def test_run_adds_itself(tmp_path, on):
    """A run that ends adds itself, and its page shows the trend; one without an end does not."""
    past = tmp_path / "h.jsonl"
    remember(past, on(1, "fail"))
    for made in (on(2), replace(on(3), end=None)):
        sink = Sink(tmp_path / "reports", past)
        sink.begin(made.run)
        for record in made.clauses:
            sink.add(record)
        if made.end:
            sink.end(made.end)
            assert 'id="trend"' in sink.page.read_text()
        sink.close()

    assert ["2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z"] == [found.started for found in read_history(past)]


def test_lost_history_is_told(tmp_path, on):
    """A history that cannot be written is trouble that the run tells, and the reports are there all the same."""
    sink, made = Sink(tmp_path / "reports", tmp_path / "none" / "h.jsonl"), on(1)
    sink.begin(made.run)
    sink.end(made.end)
    sink.close()

    assert "did not get this run" in sink.trouble
    assert "No such file" in sink.trouble
    assert (tmp_path / "reports/junit.xml").is_file()
