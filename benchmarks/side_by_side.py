"""Schemathesis and the suites of this project, side by side: the same faults, the same right servers, the same mock.

    python -m benchmarks.side_by_side [DIALECT…] --seeds 5 --json FILE [--sample N] [--jobs N]

First the time is taken, of one run after the other with nothing beside it, alternately. Then come the honest servers, and
with what a spy saw there the faults, in as many processes as there are cores. A sample takes faults of each stage in its
proportion, chosen by a hash of their names: the same ones every time.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import multiprocessing
import os
import platform
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.figures import JUDGED, Results, as_json
from benchmarks.peer import MAX_EXAMPLES
from benchmarks.trials import BROKEN, Trial, guarded, our_fault, our_honest, reached, their_fault, their_honest
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.faults.fault import Fault
from watchword.specs.loader import bundled, load_dialect

_DOCUMENTED = "documented"
_ENOUGH = 2
"""How many clauses of ours look at a fault of the connection."""

# To have worn-out processes replaced by new ones would be tidier; several at a time, that can hang in Python 3.11.
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Job:
    """A piece of work for another process, and what is done with what comes of it. `fault`: it is a trial of one."""

    results: Results
    note: Callable[[Any], None]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    fault: bool = False

    def take(self, outcome: Any) -> None:
        """Take down what came of the work; of a crash, also the reason."""
        if isinstance(outcome, Trial) and outcome.outcome == "crashed":
            words = " ".join(str(word) for word in self.arguments if isinstance(word, str | int))
            self.results.crashes.append(f"{self.work.__name__} {words}: {outcome.by[0]}")
            if not self.fault:
                return
        self.note(outcome)


@click.command()
@click.argument("dialect", nargs=-1)
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="How many seeds Schemathesis gets.")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures to this file.")
@click.option("--sample", type=click.IntRange(1), help="Try only so many faults of each dialect, of all stages.")
@click.option("--jobs", default=lambda: os.cpu_count() or 1, type=click.IntRange(1), help="Processes to work in.")
@click.option("--max-examples", default=MAX_EXAMPLES, show_default=True, type=click.IntRange(1))
def main(
    dialect: tuple[str, ...], seeds: int, file: Path | None, sample: int | None, jobs: int, max_examples: int
) -> None:
    """Measure detection, false alarms, requests and time of both, for the bundled dialects or those named."""
    names = dialect or tuple(bundled())
    numbers = range(1, seeds + 1)
    all_results = {name: Results(_sample(catalogue(load_dialect(name)), sample), numbers) for name in names}
    partial = True
    try:
        # One at a time, each in a process of its own: nothing runs beside it, and nothing is remembered from before.
        _work("time", _paces(all_results, max_examples), 1, fresh=True)
        _work("honest", _honest(all_results, max_examples), jobs)
        _work("faults", _faults(all_results, max_examples), jobs)
        partial = any(results.crashes for results in all_results.values())
    except KeyboardInterrupt:
        click.echo("cut short", err=True)
    figures: dict[str, Any] = {
        "partial": partial,
        "seeds": list(numbers),
        "sample": sample,
        "max_examples": max_examples,
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("watchword", "schemathesis", "hypothesis")},
        "dialects": {name: as_json(results) for name, results in all_results.items()},
    }
    if file is not None:
        file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, found in figures["dialects"].items():
        click.echo(f"{name}: {_summary(found)}")
    if partial:
        click.echo("this result is partial")


def _sample(faults: Mapping[str, Fault], size: int | None) -> Mapping[str, Fault]:
    """Choose faults in the proportion of their stages, at least one of each, by nothing but their names."""
    if size is None or size >= len(faults):
        return faults
    chosen: set[str] = set()
    for stage in dict.fromkeys(fault.stage for fault in faults.values()):
        names = [name for name, fault in faults.items() if fault.stage == stage]
        names.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        chosen.update(names[: max(1, round(size * len(names) / len(faults)))])
    return {name: fault for name, fault in faults.items() if name in chosen}


# -- what there is to do


def _paces(all_results: Mapping[str, Results], examples: int) -> Iterator[Job]:
    for name, results in all_results.items():
        for seed in results.seeds:
            note = functools.partial(results.our_pace.__setitem__, seed)
            yield Job(results, note, our_honest, (name, _DOCUMENTED, False))
            note = functools.partial(results.their_pace.__setitem__, seed)
            yield Job(results, note, their_honest, (name, _DOCUMENTED, seed, examples, False))


def _honest(all_results: Mapping[str, Results], examples: int) -> Iterator[Job]:
    for name, results in all_results.items():
        for profile in load_dialect(name).profiles:
            spied = profile == _DOCUMENTED
            note = functools.partial(results.ours_at.__setitem__, profile)
            yield Job(results, note, our_honest, (name, profile, spied))
            for seed in results.seeds:
                note = functools.partial(results.theirs_at.__setitem__, (profile, seed))
                yield Job(results, note, their_honest, (name, profile, seed, examples, spied))


def _faults(all_results: Mapping[str, Results], examples: int) -> Iterator[Job]:
    for name, results in all_results.items():
        yield from _ours(name, results)
        for seed in results.seeds:
            yield from _theirs(name, results, seed, examples)


def _ours(name: str, results: Results) -> Iterator[Job]:
    truth = results.ours_at.get(_DOCUMENTED)
    if truth is None:
        return
    broken = frozenset(clause for clause, verdict in truth.said.items() if verdict in BROKEN)
    for fault in results.faults.values():
        clauses = reached(fault, truth)
        if fault.stage not in JUDGED:
            # How a broken connection is told of is the same everywhere, and a stalled one is waited for each time.
            clauses = clauses[:_ENOUGH]
        note = functools.partial(results.ours.__setitem__, fault.name)
        if clauses:
            yield Job(results, note, our_fault, (name, fault.name, frozenset(clauses), broken), fault=True)
        else:
            note(Trial("missed"))


def _theirs(name: str, results: Results, seed: int, examples: int) -> Iterator[Job]:
    truth = results.theirs_at.get((_DOCUMENTED, seed))
    if truth is None:
        return
    known = frozenset(truth.said)
    trials = results.theirs.setdefault(seed, {})
    for fault in results.faults.values():
        if fault.stage not in JUDGED and seed != results.seeds[0]:
            continue  # likewise for each seed
        note = functools.partial(trials.__setitem__, fault.name)
        if reached(fault, truth):
            yield Job(results, note, their_fault, (name, fault.name, seed, examples, known), fault=True)
        else:
            note(Trial("missed"))


# -- doing it


def _work(what: str, jobs: Iterable[Job], processes: int, fresh: bool = False) -> None:
    """Do jobs in other processes; `fresh` gives each a new one.

    A process that dies takes the whole pool with it: what it left undone is begun once more in another, and what is left
    undone again has crashed.
    """
    waiting = list(jobs)
    total = len(waiting)
    for _ in range(2):
        waiting = _through_pool(what, waiting, total, processes, fresh)
    for job in waiting:
        job.take(Trial("crashed", ("its process died",)))


def _through_pool(what: str, jobs: Sequence[Job], total: int, processes: int, fresh: bool) -> list[Job]:
    undone: list[Job] = []
    began = time.monotonic()
    # An interruption reaches all processes at once, and only this one has something to say about it.
    pool = ProcessPoolExecutor(
        processes,
        _SPAWN,
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
        max_tasks_per_child=1 if fresh else None,
    )
    try:
        futures: dict[Future[Any], Job] = {pool.submit(guarded, job.work, *job.arguments): job for job in jobs}
        for number, future in enumerate(as_completed(futures), start=total - len(jobs) + 1):
            if number % max(1, total // 20) == 0 or number == total:
                click.echo(f"{what}: {number} of {total}, {time.monotonic() - began:.0f} s", err=True)
            try:
                futures[future].take(future.result())
            except BrokenProcessPool:
                undone.append(futures[future])
    finally:
        pool.shutdown(cancel_futures=True)
    return undone


def _summary(found: Mapping[str, Any]) -> str:
    judged, pace = found["judged"], found["pace"]
    return (
        f"of {judged['faults']} faults ours finds {judged['ours']['found']}, Schemathesis {_range(judged['theirs']['found'])}; "
        f"requests {_range(pace['requests']['ours'])} and {_range(pace['requests']['theirs'])}; "
        f"Schemathesis takes {_range(pace['theirs_to_ours'])} times as long"
    )


def _range(values: Mapping[str, float] | None) -> str:
    return "unknown" if values is None else f"{values['median']:g} ({values['min']:g} to {values['max']:g})"


if __name__ == "__main__":
    main()
