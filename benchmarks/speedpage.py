"""The page about speed, made of measured figures: `python -m benchmarks.speedpage FIGURES docs/performance.md`.

Its plots are written beside it. Nothing on it is written by hand, so that it says what was measured and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.overlapping import table
from benchmarks.plot import Bar, bars

__all__ = ["Goal", "goals", "page"]

_SAYS = {
    "basic": "login with Basic, two JWTs",
    "json": "login with JSON, a JWT and an opaque token",
    "form": "login with a form, a JWT and an opaque token",
    "renew": "renewal with a form, each with the newest token",
    "bearer": "bearer call",
}
_ISSUE = ("basic", "json", "form")


@dataclass(frozen=True)
class Goal:
    """A figure that is wanted: what it is, which it is to reach, and which was measured (None: it was not).

    `at_least` says that more is better. `low` and `high` are the lowest and the highest that were measured.
    """

    says: str
    wanted: float
    unit: str
    measured: float | None
    low: float | None = None
    high: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Met, missed, or not measured."""
        if self.measured is None:
            return "not measured"
        met = self.measured >= self.wanted if self.at_least else self.measured <= self.wanted
        return "met" if met else "**missed**"


def goals(figures: Mapping[str, Any]) -> list[Goal]:
    """Give the figures that are wanted, beside those that were measured."""
    ratios, starts = figures["throughput"]["ratios"], figures["starts"]
    latency = figures["latency"]["milliseconds"].get("mock", {})
    found = []
    for operation, says in _SAYS.items():
        rows = [("bare", 0.6 if operation == "bearer" else 0.75, "of the bare protocol"), ("prism", 4, "times Prism")]
        if operation in _ISSUE:
            rows.append(("node:http", 4, "times node:http"))
        for other, wanted, unit in rows:
            found.append(_goal(says, wanted, unit, ratios[operation].get(other), at_least=True))
    found.append(Goal("p99 at 2,000 requests a second", 5, "ms", latency.get("p99")))
    found.append(Goal("the slowest of those requests", 50, "ms", latency.get("slowest")))
    many = figures["throughput"]["many"]
    found.append(_goal("throughput with 500 connections", 0.8, "of that with 16", many, at_least=True))
    for name, says, wanted, unit, factor in (
        ("cold", "cold start to the first right answer", 150, "ms", 1000),
        ("help", "`watchword --help`", 100, "ms", 1000),
        ("idle_mb", "memory after the first answer", 35, "MB", 1),
        ("fixture", "a fixture: start and stop in a process that runs", 5, "ms", 1000),
        ("stop", "the end of the process", 20, "ms", 1000),
    ):
        found.append(_goal(says, wanted, unit, starts.get(name), factor))
    whole = figures.get("commands", {})
    found.append(_goal("a conformance run, three dialects, reports included", 4, "s", whole.get("conformance")))
    found.append(_goal("the matrix of the bundled dialects", 60, "s", whole.get("matrix")))
    unused = "an empty pytest run with Watchword's plugins, CPU time"
    found.append(_goal(unused, 1.05, "of that without", whole.get("unused")))
    return found


def _goal(
    says: str, wanted: float, unit: str, seen: Mapping[str, float] | None, factor: float = 1, *, at_least: bool = False
) -> Goal:
    if seen is None:
        return Goal(says, wanted, unit, None, at_least=at_least)
    return Goal(says, wanted, unit, *(seen[name] * factor for name in ("median", "min", "max")), at_least=at_least)


def page(figures: Mapping[str, Any]) -> str:
    """Write the page."""
    machine, settings = figures["machine"], figures["settings"]
    requests = figures["latency"]["requests"]
    left_out = "\n".join(f"- {name}: {why}." for name, why in figures["missing"].items())
    return "\n".join(
        [
            "# How fast the mock is",
            "",
            "This page and its plots are made by `make bench` from measured figures; nobody writes in them.",
            "",
            f"Measured on {machine['cores']} cores with Python {machine['python']} on {machine['system']}, "
            f"while {machine['load']} processes on average wanted to run: where that is more than a few tenths, the machine was "
            "shared, times and rates are too high and too low, and only ratios are worth something.",
            "",
            "## What is wanted, and what there is",
            "",
            "Of each row the median, and the lowest and highest of the rounds.",
            "",
            *_table(
                ("figure", "wanted", "measured", "lowest to highest", ""),
                [
                    (
                        goal.says,
                        f"{'≥' if goal.at_least else '≤'} {goal.wanted:g} {goal.unit}",
                        "" if goal.measured is None else f"{goal.measured:.3g}",
                        "" if goal.low is None or goal.high is None else f"{goal.low:.3g} to {goal.high:.3g}",
                        goal.verdict,
                    )
                    for goal in goals(figures)
                ],
            ),
            "",
            "Starts of processes have a floor: a Python that does nothing takes "
            f"{figures['starts']['python']['median'] * 1000:.0f} ms here.",
            *_prism(figures["starts"]),
            "",
            "## Side by side",
            "",
            "![The mock's throughput as a multiple of others'](performance-ratios.svg)",
            "",
            *_rates(figures["throughput"]),
            "",
            "## At a steady rate",
            "",
            f"{requests:,} logins with Basic, {settings['rate']:,} a second, whether or not the answers keep up; milliseconds from "
            "when a request was due.",
            "",
            *_table(
                ("", "median", "p99", "p99.9", "slowest"),
                [
                    (name, *(f"{points[point]:.2f}" for point in ("p50", "p99", "p999", "slowest")))
                    for name, points in figures["latency"]["milliseconds"].items()
                ],
            ),
            "",
            *_overlap(figures.get("overlap", ())),
            "## Where the time goes",
            "",
            "The parts of the mock's modules in a request, without a network, by Python's profiler, which makes many small calls "
            "look dearer than they are. This is what stands between the mock and the bare protocol: reading a request as the "
            "dialect describes it, asking each rule of the profile, keeping the state, the journal.",
            "",
            "![The parts of the modules in a login and a bearer call](performance-shares.svg)",
            "",
            "A cold start is imports for the most part; Python's account of them, which makes them look dearer, too:",
            "",
            "![The parts of a cold start](performance-start.svg)",
            "",
            "And this is what the main thread of a conformance run over three dialects does. It waits while mocks in the same process "
            "answer:",
            "",
            "![The parts of a conformance run](performance-conformance.svg)",
            "",
            "## Method",
            "",
            f"Servers run on one core, load comes from the other: `wrk` with {settings['connections']} connections for "
            f"{settings['seconds']} s, {settings['rounds']} rounds in which every server has its turn at every operation. Of each "
            "round the ratio is taken, and of the ratios the median. The journal is on, checks and state are real, and every reply "
            "has to be a 2xx.",
            "",
            "- **bare** is `benchmarks/bare.py`: httptools and uvloop, the same credentials, the same kinds of tokens, kept in a dict; "
            "no rules, no journal, no masking, nothing is forgotten. A bearer call gets a constant.",
            "- **node:http** is `benchmarks/node/bare.mjs`, the same work written by hand for Node.js.",
            "- **nginx** gives a constant to everybody, with one worker.",
            "- **prism** serves the dialect's own description, and looks at neither credentials nor tokens.",
            "- **mockoon** serves that description, too.",
            "- **oauth2-mock-server** signs with RS256, and **oidc-provider** gives opaque tokens; both are asked for client "
            "credentials only.",
            "",
            "WireMock is a program for Java, comes from elsewhere than npm, and is not measured.",
            "",
            "The suites are measured beside Schemathesis in [detection.md](detection.md), and a million requests in "
            "[memory.md](memory.md).",
            "",
            *(["Left out here:", "", left_out, ""] if left_out else []),
        ]
    )


def _prism(starts: Mapping[str, Any]) -> list[str]:
    if "prism_cold" not in starts:
        return []
    ratio = starts["prism_cold_ratio"]
    return [
        f"Prism takes {starts['prism_cold']['median'] * 1000:.0f} ms to its first answer and {starts['prism_idle_mb']['median']:.0f}"
        f" MB; the mock takes {ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f}) of that time."
    ]


def _overlap(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    return [
        "## The suites at a slow server",
        "",
        f"A run over {rows[0]['rules']} rules, as fast as a live target is asked unless its file says otherwise. It can take no less "
        "than the rate does; one request at a time takes no less than all replies together, either. What more than one at a time "
        "sends besides shows that no session has ended another.",
        "",
        *_table(*table(rows)),
        "",
    ]


def _rates(throughput: Mapping[str, Any]) -> list[str]:
    names = list(dict.fromkeys(name for by in throughput["rates"].values() for name in by))
    rows = [
        (_SAYS[operation], *(f"{by[name]['median']:,.0f}" if name in by else "" for name in names))
        for operation, by in throughput["rates"].items()
    ]
    return ["Requests a second, the median of the rounds:", "", *_table(("", *names), rows)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _plots(figures: Mapping[str, Any]) -> dict[str, str]:
    ratios = [
        Bar(f"{operation} / {name}", found["median"], found["min"], found["max"])
        for operation, by in figures["throughput"]["ratios"].items()
        for name, found in by.items()
    ]
    parts = [
        Bar(f"{operation}: {module}", 100 * part)
        for operation, by in figures["shares"].items()
        for module, part in list(by.items())[:12]
    ]
    starts = [Bar(name, 100 * part) for name, part in figures["starts"]["imports"].items()]
    run = [Bar(name, 100 * part) for name, part in figures["commands"]["parts"].items() if part > 0]
    return {
        "performance-conformance.svg": bars("Parts of a conformance run, in percent", run),
        "performance-start.svg": bars("Parts of a cold start, in percent", starts),
        "performance-ratios.svg": bars("Throughput of the mock as a multiple of another's", ratios, mark=1),
        "performance-shares.svg": bars("Parts of the time of a request, in percent", parts),
    }


@click.command()
@click.argument("figures", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def main(figures: Path, target: Path) -> None:
    """Write the page TARGET, and its plots beside it, from FIGURES."""
    known = json.loads(figures.read_text())
    target.write_text(page(known))
    for name, text in _plots(known).items():
        target.with_name(name).write_text(text)


if __name__ == "__main__":
    main()
