"""The page about detection, made of two files of figures and of nothing else.

watchword faults --json matrix.json
python -m benchmarks.side_by_side --json side-by-side.json
python -m benchmarks.page matrix.json side-by-side.json docs/detection.md

The comparison takes long. With the matrix alone, `python -m benchmarks.page matrix.json docs/detection.md` renews the first
section and says of the others how large the catalogue was when they were measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.figures import JUDGED

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)

_FIRST = "## The suites by themselves"
_SECOND = "## Side by side with Schemathesis"
_OLDER = "What follows was measured when the catalogue had"

_HOW = """\
## How it was measured

The mock has one fault at a time; `watchword mock DIALECT --fault list` prints them.
A fault counts as found when a check fails that did not fail at the honest server: for ours a verdict `fail` or `warn`, for Schemathesis a failure that it would itself call new beside a baseline.
So the false alarms at the honest server are forgiven when it comes to faults, and counted by themselves.
Faults about the connection are a table of their own: there the right answer is trouble, and no verdict.

The first table comes from `watchword faults`, which calls the mock in its own process.
All others come from real sockets, the same for both sides, with a clock that stands and ids that repeat.
Ours is deterministic and was run once; faults that show only now and then were looked at as often as they need.
Schemathesis {schemathesis} (with Hypothesis {hypothesis} and Python {python}) was run with the seeds {seeds}; its figures are a median, and the lowest and highest of the seeds.

What Schemathesis was given:

* the description of the API, with the links between its operations;
* right credentials: a hook logs in and fills names, passwords, keys, brands, scopes and live tokens into every request that is not meant to be wrong, so that what is meant to be right is answered 2xx by the documented profile;
* all its phases and all its checks, with the acceptance check tightened to 2xx, since the credentials are right;
* {max_examples} examples for each operation; its default is 100. More examples find more and take longer: in trials on 59 faults of one API, 15 and 50 examples found 11 and 13 of them with either of two seeds, and 100 examples found 18 with the one seed that was tried.

A fault that could not have changed any reply of the honest run is not run again, on either side: with the same seed and the same replies, the same requests follow.
A run of Schemathesis against a fault ends at its first new failure.
The time is that of whole runs against the honest server, one side after the other with nothing beside them, each in a new process and without the time it takes to start.
Only the ratio is given, for seconds tell of a machine.
Starting is left out on both sides, which is kinder to Schemathesis than its command would be.
"""

_NOT = """\
## What the figures do not say

* The faults are ours. They were made from the same documents and by the same people as the suites, so a share of them found is no share of the bugs of real servers.
* Schemathesis is not made for this. It knows nothing of passwords, brands and lifetimes, and no general tool can; it finds crashes and broken schemas in servers of every kind, for which nobody wrote a register.
* Some faults break no promise that an OpenAPI document can express, so that Schemathesis could not find them however long it ran. They are counted all the same.
* A user of Schemathesis can write checks of their own and would then find more. That is the work that a register of clauses saves.
* The right servers are profiles of the mock: the bare document, and imitations of releases as far as their behaviour is known to us.
"""


@click.command()
@click.argument("figures", type=_FILE, nargs=-1, required=True)
@click.argument("page", type=click.Path(path_type=Path, dir_okay=False))
def main(figures: tuple[Path, ...], page: Path) -> None:
    """Write PAGE from the figures of the matrix and of the comparison, or renew in it what the matrix alone tells."""
    ours, *rest = (json.loads(path.read_text(encoding="utf-8")) for path in figures)
    text = "\n".join(_lines(ours, rest[0])) if rest else _renewed(page.read_text(encoding="utf-8"), ours)
    page.write_text(text.rstrip() + "\n", encoding="utf-8")


def _renewed(page: str, ours: Mapping[str, Any]) -> str:
    before, first, rest = page.partition(_FIRST)
    old, second, after = rest.partition(_SECOND)
    if not first or not second:
        raise click.ClickException(f"expected a page with the headings {_FIRST!r} and {_SECOND!r}: make it whole once")
    if _OLDER not in after:
        size = old.split(" of ", 1)[1].split(" ", 1)[0]
        after = f"\n\n{_OLDER} {size} faults, and later ones are not in it, nor what the profiles have learnt since.\n\n{after.lstrip(chr(10))}"
    return before + "\n".join(_alone(ours)) + "\n" + second + after


def _lines(ours: Mapping[str, Any], both: Mapping[str, Any]) -> Iterator[str]:
    yield "# Detection\n"
    yield (
        "How many of the mock's faults the suites notice, how often they raise an alarm at a server that has none, "
        "and what a general tool makes of the same servers."
    )
    yield "This page is made by `python -m benchmarks.page` from measured figures; nobody writes in it.\n"
    if ours.get("partial") or both.get("partial"):
        yield "**This is a partial result: some runs were cut short or crashed.**\n"
    if both.get("sample"):
        yield (
            f"The comparison was made with a sample of about {both['sample']} faults of each dialect, the same for both sides: "
            "chosen by a hash of their names, in the proportion of their stages. The suites by themselves were tried on all.\n"
        )
    yield from _alone(ours)
    yield from _compared(both)
    yield from _alarms(both)
    yield from _pace(both)
    known = {**both["versions"], "seeds": ", ".join(map(str, both["seeds"])), "max_examples": both["max_examples"]}
    yield _HOW.format(**known)
    yield _NOT
    yield "## To make it again\n"
    yield "`make detection` does all of it, in a checkout with its virtual environment:\n"
    yield "```sh\nwatchword faults --json matrix.json"
    wanted = f" --sample {both['sample']}" if both.get("sample") else ""
    options = f"--seeds {len(both['seeds'])}{wanted} --max-examples {both['max_examples']}"
    yield f"python -m benchmarks.side_by_side {options} --json side-by-side.json"
    yield "python -m benchmarks.page matrix.json side-by-side.json docs/detection.md\n```"


def _alone(ours: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_FIRST}\n"
    yield f"{ours['killed']} of {ours['faults']} faults are noticed, those about the connection among them.\n"
    rows = [
        (name, stage, found["faults"], found["killed"])
        for name, dialect in ours.get("dialects", {}).items()
        for stage, found in dialect["stages"].items()
    ]
    if rows:
        yield from _table(("dialect", "stage", "faults", "noticed"), rows)
    if ours["survived"]:
        yield "Not noticed: " + ", ".join(f"`{name}`" for name in ours["survived"]) + ".\n"
    if ours["false_alarms"]:
        yield "Alarms at right servers:\n"
        yield from (f"* {one['profile']}: {', '.join(one['clauses'])}" for one in ours["false_alarms"])
        yield ""
    else:
        yield "No right server raises an alarm.\n"


def _compared(both: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_SECOND}\n"
    rows = []
    for name, dialect in both["dialects"].items():
        for stage in (*JUDGED, "judged"):
            one = dialect["judged"] if stage == "judged" else dialect["stages"].get(stage)
            if one is not None:
                theirs, errors = one["theirs"]["found"], one["theirs"]["error"]
                label = "together" if stage == "judged" else stage
                rows.append((name, label, one["faults"], one["ours"]["found"], _spread(theirs), _spread(errors)))
    yield from _table(
        ("dialect", "stage", "faults", "found by the suites", "found by Schemathesis", "told as an error by it"), rows
    )
    strays = [f"`{name}:{fault}`" for name, d in both["dialects"].items() for fault in d["judged"]["only_theirs"]]
    yield (f"Found by Schemathesis alone: {', '.join(strays)}.\n" if strays else "Schemathesis alone finds none.\n")
    yield "Faults about the connection, where the right answer is trouble and a failure would be a wrong one:\n"
    rows = []
    for name, dialect in both["dialects"].items():
        one = dialect["stages"].get("transport")
        if one is not None:
            told = [one["ours"]["error"], one["ours"]["found"], one["theirs"]["error"], one["theirs"]["found"]]
            rows.append((name, one["faults"], *told[:2], *map(_spread, told[2:])))
    heads = ("the suites: trouble", "the suites: failure", "Schemathesis: trouble", "Schemathesis: failure")
    yield from _table(("dialect", "faults", *heads), rows)
    crashes = [f"* {name}: {crash}" for name, dialect in both["dialects"].items() for crash in dialect["crashes"]]
    if crashes:
        yield "Runs that crashed:\n"
        yield from (*crashes, "")


def _alarms(both: Mapping[str, Any]) -> Iterator[str]:
    yield "## False alarms at right servers\n"
    rows = []
    where: dict[str, list[str]] = {}
    for name, dialect in both["dialects"].items():
        alarms = dialect["false_alarms"]
        for profile, ours in alarms["ours"].items():
            theirs = alarms["theirs"].get(profile, {"count": None, "failures": []})
            for failure in theirs["failures"]:
                where.setdefault(f"{name}: {failure}", []).append(profile)
            rows.append((name, profile, len(ours["fail"]), len(ours["warn"]), _spread(theirs["count"])))
    yield from _table(("dialect", "profile", "the suites: fail", "the suites: warn", "Schemathesis: failures"), rows)
    yield "A `warn` speaks of a recommendation, or of a standard that the document only refers to, and closes no gate."
    yield "Some failures of Schemathesis are of this kind, too: the release does depart from a standard, and its document does not promise otherwise.\n"
    if where:
        yield "The failures of Schemathesis over all seeds, and the profiles:\n"
        yield from (*(f"* {failure} ({', '.join(profiles)})" for failure, profiles in where.items()), "")


def _pace(both: Mapping[str, Any]) -> Iterator[str]:
    yield "## Requests and time of one run\n"
    rows = []
    for name, dialect in both["dialects"].items():
        pace = dialect["pace"]
        requests = pace["requests"]
        rows.append((name, _spread(requests["ours"]), _spread(requests["theirs"]), _spread(pace["theirs_to_ours"], 2)))
    heads = ("requests of the suites", "requests of Schemathesis", "time of Schemathesis, in times of the suites'")
    yield from _table(("dialect", *heads), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join("---" for _ in heads) + " |"
    yield from ("| " + " | ".join(map(str, row)) + " |" for row in rows)
    yield ""


def _spread(values: Mapping[str, float] | None, places: int = 0) -> str:
    if values is None:
        return "unknown"
    median, low, high = (f"{values[key]:.{places}f}" for key in ("median", "min", "max"))
    return median if low == high else f"{median} ({low} to {high})"


if __name__ == "__main__":
    main()
