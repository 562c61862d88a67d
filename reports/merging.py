"""Several runs as one: parts of a run that was divided, or runs of different targets to be seen side by side.

Laws:
1. A merged run is no better than its parts: one that was cut short leaves it without an end, and of their exit codes the
   weightiest stays.
2. Two runs of one target stay two targets, told apart by when they began, unless they share no clause: then they are
   parts of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from watchword.reports.exits import Exit
from watchword.reports.outcome import selected
from watchword.reports.records import EndRecord, Run, RunRecord, TargetRecord, Untested
from watchword.reports.wording import moment

__all__ = ["merged"]

_WEIGHT = (
    Exit.BROKEN,
    Exit.INTERNAL,
    Exit.PREFLIGHT,
    Exit.USAGE,
    Exit.INTERRUPTED,
    Exit.NOTHING,
    Exit.TOO_LITTLE,
    Exit.STALE_BASELINE,
    Exit.CONFORMING,
)


def merged(runs: Sequence[Run]) -> Run:
    """Make one run of one or more, in their order.

    Raises:
        ValueError: there is none.
    """
    if not runs:
        raise ValueError("there is no run to merge")
    if len(runs) == 1:
        return runs[0]
    parts = _told_apart(runs)
    begun = [part.run for part in parts]
    targets: dict[tuple[str, str], TargetRecord] = {}
    for part in begun:
        for target in part.targets:
            targets.setdefault((target["name"], target["dialect"]), target)
    untested: dict[str, Untested] = {row.clause: row for part in begun for row in part.untested}
    whole = RunRecord(
        started=min(part.started for part in begun),
        versions=_versions(begun),
        targets=tuple(targets.values()),
        options=_options(parts),
        untested=tuple(untested.values()),
    )
    clauses = tuple(record for part in parts for record in part.clauses)
    return Run(whole, clauses, _end(parts, Run(whole, clauses, None).verdicts))


def _told_apart(runs: Sequence[Run]) -> list[Run]:
    """Give the runs with a name of its own for each target that another run has checked before, clause for clause."""
    seen: dict[tuple[str, str], set[str]] = {}
    parts = []
    for run in runs:
        mine: dict[tuple[str, str], set[str]] = {(t["name"], t["dialect"]): set() for t in run.run.targets}
        for record in run.clauses:
            mine.setdefault((record.target, record.dialect), set()).add(record.clause)
        again = {key for key, clauses in mine.items() if seen.get(key, set()) & clauses}
        names = {key: _another(key, run, seen) if key in again else key[0] for key in mine}
        for key, clauses in mine.items():
            seen.setdefault((names[key], key[1]), set()).update(clauses)
        parts.append(_renamed(run, names) if again else run)
    return parts


def _another(key: tuple[str, str], run: Run, taken: Iterable[tuple[str, str]]) -> str:
    name, dialect = key
    wanted = f"{name}, {moment(run.run.started)}"
    number = 1
    while (found := wanted if number == 1 else f"{wanted}, {number}", dialect) in taken:
        number += 1
    return found


def _renamed(run: Run, names: dict[tuple[str, str], str]) -> Run:
    targets: list[TargetRecord] = []
    for target in run.run.targets:
        other = target.copy()
        other["name"] = names[target["name"], target["dialect"]]
        targets.append(other)
    clauses = tuple(replace(record, target=names[record.target, record.dialect]) for record in run.clauses)
    return replace(run, run=replace(run.run, targets=tuple(targets)), clauses=clauses)


def _versions(begun: Iterable[RunRecord]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for part in begun:
        for name, version in part.versions.items():
            if version not in found.setdefault(name, []):
                found[name].append(version)
    return {name: ", ".join(versions) for name, versions in found.items()}


def _options(parts: Sequence[Run]) -> dict[str, object]:
    options: dict[str, object] = {}
    for part in parts:
        options |= part.run.options
    options["strict"] = any(part.run.options.get("strict") for part in parts)
    # Parts of one run set out to check clauses of the same whole; runs of other targets bring a whole of their own.
    wholes: dict[frozenset[tuple[str, str]], int] = {}
    known = True
    for part in parts:
        testable = part.run.options.get("testable")
        known = known and isinstance(testable, int)
        targets = frozenset((target["name"], target["dialect"]) for target in part.run.targets)
        wholes[targets] = max(wholes.get(targets, 0), testable if isinstance(testable, int) else 0)
    options.pop("testable", None)
    if known:
        options["testable"] = sum(wholes.values())
    options["selected"] = sum(map(selected, parts))
    return options


def _end(parts: Sequence[Run], verdicts: dict[str, int]) -> EndRecord | None:
    ends = [part.end for part in parts if part.end is not None]
    if len(ends) < len(parts):
        return None
    worst = min(ends, key=lambda end: _WEIGHT.index(Exit(end.exit)) if end.exit in [*map(int, _WEIGHT)] else 1)
    return EndRecord(
        verdicts,
        worst.exit,
        sum(end.seconds for end in ends),
        worst.message,
        "; ".join(dict.fromkeys(end.trouble for end in ends if end.trouble)),
    )
