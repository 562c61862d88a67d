"""The page about speed says of each figure what was measured: met, missed, or not measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.load import Call
from benchmarks.plot import Bar, bars
from benchmarks.speedpage import goals, page

OPERATIONS = ("basic", "json", "form", "renew", "bearer")


def _spread(value: float) -> dict[str, float]:
    return {"median": value, "min": value / 2, "max": value * 2}


def _figures(ratio: float, seconds: float) -> dict[str, Any]:
    starts = ("cold", "idle_mb", "stop", "help", "python", "fixture")
    return {
        "machine": {"cores": 2, "python": "3.11.1", "system": "Linux", "load": 0.1},
        "settings": {"rounds": 3, "seconds": 2, "connections": 16, "rate": 2000},
        "missing": {"prism": "there is no Node.js"},
        "throughput": {
            "rates": {name: {"mock": _spread(1000), "bare": _spread(1000 / ratio)} for name in OPERATIONS},
            "ratios": {name: {"bare": _spread(ratio)} for name in OPERATIONS},
            "many": _spread(ratio),
        },
        "latency": {
            "requests": 1000,
            "milliseconds": {"mock": dict.fromkeys(("p50", "p99", "p999", "slowest"), seconds * 1000)},
        },
        "starts": {name: _spread(seconds) for name in starts},
        "shares": {"basic": {"a.module": 0.7}},
        "commands": {name: _spread(seconds) for name in ("conformance", "matrix", "unused")},
        "overlap": [{"wait": 0.05, "count": 4, "rules": 9, "requests": 40, "seconds": 3, "rate": 2, "replies": 2.5}],
    }


def test_what_is_reached_is_met_and_what_is_not_is_missed() -> None:
    """More is better of some, less of others; what nobody measured is neither."""
    good, bad = (
        {goal.verdict for goal in goals(_figures(*values)) if goal.measured is not None}
        for values in ((0.9, 0.001), (0.1, 100))
    )
    assert good == {"met"}
    assert bad == {"**missed**"}
    unmeasured = [goal for goal in goals(_figures(0.9, 0.001)) if goal.measured is None]
    assert {goal.verdict for goal in unmeasured} == {"not measured"}
    assert all("Prism" in goal.unit or "node" in goal.unit for goal in unmeasured)


def test_the_page_names_what_was_left_out() -> None:
    """And has a row for each figure."""
    figures = _figures(0.9, 0.001)
    text = page(figures)
    assert "- prism: there is no Node.js." in text
    assert "| 50 ms | 4 | 40 | 3.0 s | 2.0 s | 2.5 s |" in text
    assert text.count("| met |") == sum(goal.verdict == "met" for goal in goals(figures))


def test_a_plot_is_xml_with_a_bar_for_each_row() -> None:
    """Names are text, whatever is in them; with a mark the axis is logarithmic, and worse than it is another colour."""
    drawn = ElementTree.fromstring(bars("a <title>", [Bar("x & y", 0.1, 0.05, 0.2), Bar("z", 10)], mark=1))
    rects = [one for one in drawn.iter("{http://www.w3.org/2000/svg}rect") if one.get("height") == "11"]
    assert len(rects) == 2
    assert rects[0].get("fill") != rects[1].get("fill")
    assert rects[0].get("width") == rects[1].get("width")


def test_a_call_with_a_pool_takes_a_token_from_it() -> None:
    """The others are the same each time."""
    plain = Call(80, "POST", "/token", {"A": "b"}, "x=TOKEN")
    assert b"POST /token HTTP/1.1\r\nHost: 127.0.0.1:80\r\nA: b\r\nContent-Length: 7\r\n\r\nx=TOKEN" == plain.wire
    assert plain.pooled(3) == plain.script
    pooled = Call(80, "POST", "/token", {}, "x=TOKEN", lambda count: [f"t{number}" for number in range(count)])
    assert "local pool = {[[t0]], [[t1]]}" in pooled.pooled(2)


def test_the_page_in_the_repository_is_whole() -> None:
    """It has every row, each measured, and the plots that it names stand beside it."""
    docs = Path(__file__).parent.parent / "docs"
    text = (docs / "performance.md").read_text("utf-8")
    rows = {row[0]: row[2] for row in re.findall(r"^\| (.*?) \| (.*?) \| ([\d.]+) \|", text, re.MULTILINE)}
    assert [] == [goal.says for goal in goals(_figures(1, 1)) if goal.says not in rows]
    plots = re.findall(r"\]\((performance-\w+\.svg)\)", text)
    assert len(plots) >= 4
    assert all((docs / name).is_file() for name in plots)
