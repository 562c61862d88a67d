"""Running the matrix: every fault and every profile of some dialects, in as many processes as there are cores."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from watchword.detection.measure import Honest, faulty, honest, profiled, touched
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.faults.fault import Fault
from watchword.reports.detection.matrix import Cell, Column, Matrix, Profile, Row, Sheet
from watchword.specs.loader import Dialect
from watchword.suites.running.check import GENERATED

__all__ = ["cores", "run"]

Progress = Callable[[int, int], None]
"""Told how many servers have been measured, and of how many."""

_DOCUMENTED = "documented"


def _nobody(done: int, total: int) -> None:
    """Nobody wants to know."""


def run(
    dialects: Sequence[Dialect],
    jobs: int = 1,
    *,
    evidence: bool = False,
    progress: Progress = _nobody,
    faults: Mapping[str, Mapping[str, Fault]] | None = None,
) -> Matrix:
    """Measure the dialects' right servers and faults; with one job, in this process.

    With `evidence`, the cells say what was seen, and the broken ones have their records. `faults` replaces the catalogues,
    by the dialect's name. An interruption ends the run, and the matrix is a partial one.

    Raises:
        SpecError: a file of a dialect is wrong.
    """
    began = time.perf_counter()
    drafts = [_Draft(d, (faults or {}).get(d.name, catalogue(d))) for d in dialects]
    total = sum(len(draft.faults) + len(draft.dialect.profiles) for draft in drafts)
    done, partial = 0, False
    try:
        for _ in _alone(drafts, evidence) if jobs == 1 else _together(drafts, evidence, jobs):
            done += 1
            progress(done, total)
    except KeyboardInterrupt:
        partial = True
    return Matrix(tuple(draft.sheet() for draft in drafts), time.perf_counter() - began, partial)


def cores() -> int:
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Draft:
    """A sheet that is being written."""

    dialect: Dialect
    faults: Mapping[str, Fault]
    truth: Honest | None = None
    profiles: dict[str, tuple[Cell, ...]] = field(default_factory=dict)
    faulty: dict[str, tuple[Cell, ...]] = field(default_factory=dict)

    def hear(self, truth: Honest) -> None:
        """Take down the honest server."""
        self.truth = truth
        self.profiles[_DOCUMENTED] = truth.cells

    def others(self) -> list[str]:
        """Give the profiles besides the documented one."""
        return [name for name in self.dialect.profiles if name != _DOCUMENTED]

    def plan(self) -> Iterator[tuple[str, list[str]]]:
        """Give each fault with the clauses that it could change."""
        if self.truth is not None:
            for name, fault in self.faults.items():
                yield name, touched(fault, self.truth)

    def sheet(self) -> Sheet:
        """Give what there is of the sheet, in the order of the dialect's files."""
        declared = self.dialect.declared
        return Sheet(
            dialect=self.dialect.name,
            columns=tuple(
                Column(c.id, c.says, c.topic, c.level, c.basis, c.can_break, c.guarantee == GENERATED)
                for c in self.dialect.clauses
                if not c.untested
            ),
            rows=tuple(
                Row(f.name, f.stage, f.says, f.breaks, self.faulty[f.name])
                for f in self.faults.values()
                if f.name in self.faulty
            ),
            profiles=tuple(Profile(n, self.profiles[n]) for n in self.dialect.profiles if n in self.profiles),
            declared=declared is not None,
            strange=tuple(name for name in declared or () if name not in self.faults),
        )


def _alone(drafts: Iterable[_Draft], evidence: bool) -> Iterator[None]:
    for draft in drafts:
        folder = draft.dialect.folder
        draft.hear(honest(folder))
        yield
        for name in draft.others():
            draft.profiles[name] = profiled(folder, name)
            yield
        for name, clauses in draft.plan():
            draft.faulty[name] = faulty(folder, name, clauses, evidence)
            yield


def _together(drafts: Sequence[_Draft], evidence: bool, jobs: int) -> Iterator[None]:
    # Processes that start afresh know nothing of our threads, and are the only kind that every system has.
    # An interruption reaches all of them at once, and only this one has something to say about it.
    pool = ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )
    notes: dict[Future[Any], Callable[[Any], None]] = {}

    def send(note: Callable[[Any], None], work: Callable[..., Any], *words: Any) -> None:
        notes[pool.submit(work, *words)] = note

    try:
        for draft in drafts:
            send(draft.hear, honest, draft.dialect.folder)
        yield from _taken(notes)
        for draft in drafts:
            for name in draft.others():
                send(functools.partial(draft.profiles.__setitem__, name), profiled, draft.dialect.folder, name)
            for name, clauses in draft.plan():
                send(
                    functools.partial(draft.faulty.__setitem__, name),
                    faulty,
                    draft.dialect.folder,
                    name,
                    clauses,
                    evidence,
                )
        yield from _taken(notes)
    finally:
        pool.shutdown(cancel_futures=True)


def _taken(notes: dict[Future[Any], Callable[[Any], None]]) -> Iterator[None]:
    for future in as_completed(list(notes)):
        notes.pop(future)(future.result())
        yield
