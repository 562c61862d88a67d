"""The figures: what is made of many trials, as plain values for JSON.

Everything by seed is given as median, lowest and highest. What ours finds depends on no seed, so it is one number.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.trials import BROKEN, Honest, Trial
from watchword.mockserver.faults.fault import Fault

__all__ = ["JUDGED", "Results", "as_json", "spread"]

JUDGED = ("dialect", "verdict", "reply")
"""The stages whose faults count as found when a failure is reported. A connection that fails is trouble, not a failure."""

OUTCOMES = ("found", "missed", "error", "crashed")
"""What can come of a trial, the best first."""


@dataclass
class Results:
    """What has been found out about one dialect so far.

    `ours_at` and `theirs_at` are runs at right servers, by profile, theirs also by seed; `ours` and `theirs` are trials by
    fault, theirs by seed first. `our_pace` and `their_pace` are the timed runs, of which those of one seed are a pair.
    """

    faults: Mapping[str, Fault]
    seeds: Sequence[int]
    ours_at: dict[str, Honest] = field(default_factory=dict)
    theirs_at: dict[tuple[str, int], Honest] = field(default_factory=dict)
    ours: dict[str, Trial] = field(default_factory=dict)
    theirs: dict[int, dict[str, Trial]] = field(default_factory=dict)
    our_pace: dict[int, Honest] = field(default_factory=dict)
    their_pace: dict[int, Honest] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)


def spread(values: Iterable[float]) -> dict[str, float] | None:
    """Give median, lowest and highest of some values; None when there are none."""
    known = sorted(values)
    if not known:
        return None
    return {"median": round(statistics.median(known), 3), "min": round(known[0], 3), "max": round(known[-1], 3)}


def as_json(results: Results) -> dict[str, Any]:
    """Give the figures of one dialect."""
    stages = {stage: _stage(results, [stage]) for stage in dict.fromkeys(f.stage for f in results.faults.values())}
    return {
        "judged": _stage(results, JUDGED),
        "stages": stages,
        "false_alarms": {
            "ours": {name: _broken(run) for name, run in results.ours_at.items()},
            "theirs": {name: _alarms(results, name) for name in dict.fromkeys(name for name, _ in results.theirs_at)},
        },
        "pace": _pace(results),
        "faults": {
            name: {
                "stage": fault.stage,
                "ours": _outcome(results.ours.get(name)),
                "theirs": [_outcome(results.theirs.get(seed, {}).get(name)) for seed in results.seeds],
                "by": list(_by(results.theirs.get(results.seeds[0], {}).get(name))),
            }
            for name, fault in results.faults.items()
        },
        "crashes": results.crashes,
    }


def _stage(results: Results, stages: Iterable[str]) -> dict[str, Any]:
    names = [name for name, fault in results.faults.items() if fault.stage in set(stages)]
    # Faults of the connection are tried with one seed only: the others have nothing to tell about them.
    runs = [run for run in results.theirs.values() if any(name in run for name in names)]
    return {
        "faults": len(names),
        "ours": _count(results.ours, names),
        "theirs": {
            outcome: spread(sum(_outcome(run.get(name)) == outcome for name in names) for run in runs)
            for outcome in OUTCOMES
        },
        "theirs_with_any_seed": sum(any(_outcome(run.get(name)) == "found" for run in runs) for name in names),
        "only_theirs": sorted(
            name
            for name in names
            if _outcome(results.ours.get(name)) != "found" and any(_outcome(run.get(name)) == "found" for run in runs)
        ),
    }


def _count(trials: Mapping[str, Trial], names: Iterable[str]) -> dict[str, int]:
    outcomes = [_outcome(trials.get(name)) for name in names]
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}


def _outcome(trial: Trial | None) -> str:
    return "untried" if trial is None else trial.outcome


def _by(trial: Trial | None) -> tuple[str, ...]:
    return () if trial is None else trial.by


def _broken(run: Honest) -> dict[str, list[str]]:
    return {verdict: sorted(clause for clause, v in run.said.items() if v == verdict) for verdict in sorted(BROKEN)}


def _alarms(results: Results, profile: str) -> dict[str, Any]:
    runs = [run for (name, _), run in results.theirs_at.items() if name == profile]
    return {
        "count": spread(len(run.said) for run in runs),
        "failures": sorted({str(failure) for run in runs for failure in run.said}),
        "errors": sorted({error for run in runs for error in run.errors}),
    }


def _pace(results: Results) -> dict[str, Any]:
    """Give requests and time. Of the times only the ratio is worth something on another machine."""
    ours, theirs = results.our_pace, results.their_pace
    pairs = [seed for seed in results.seeds if seed in ours and seed in theirs]
    return {
        "pairs": len(pairs),
        "requests": {
            "ours": spread(run.requests for run in ours.values()),
            "theirs": spread(run.requests for run in theirs.values()),
        },
        "seconds": {
            "ours": spread(run.seconds for run in ours.values()),
            "theirs": spread(run.seconds for run in theirs.values()),
        },
        "theirs_to_ours": spread(theirs[seed].seconds / ours[seed].seconds for seed in pairs),
    }
