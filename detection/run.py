"""Running the matrix: every fault and every profile of some dialects, in as many processes as there are cores."""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchword.detection.measure import Honest, faulty, honest, profiled, several, touched
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.faults.fault import Fault
from watchword.reports.detection.matrix import Cell, Column, Matrix, RightServer, Row, Sheet
from watchword.specs.garbage import unlooked
from watchword.specs.loader import Dialect, load_dialect
from watchword.suites.judging.workshop import GENERATED, shortage

__all__ = ["cores", "run"]

Progress = Callable[[int, int], None]
"""Told how many servers have been measured, and of how many."""

_DOCUMENTED = "documented"
_BATCH = 250
"""Cells that a process measures at a time: a quarter of a second or so."""


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
    drafts = [_Unfinished(d, (faults or {}).get(d.name, catalogue(d))) for d in dialects]
    total = sum(len(draft.faults) + len(draft.dialect.profiles) for draft in drafts)
    done, partial = 0, False
    try:
        with _settled():
            for _ in _alone(drafts, evidence) if jobs == 1 else _together(drafts, evidence, jobs):
                done += 1
                progress(done, total)
    except KeyboardInterrupt:
        partial = True
    return Matrix(tuple(draft.sheet() for draft in drafts), time.perf_counter() - began, partial)


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """Keep the garbage collector from what is there already, and let it look only between two batches.

    Few cells leave anything behind that knows itself; dialects, and whatever else a process has loaded, would be walked
    through again each time that such a thing is looked for.
    """
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    try:
        with unlooked():
            yield
    finally:
        if ours:
            gc.unfreeze()


def cores() -> int:
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Unfinished:
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
            profiles=tuple(RightServer(n, self.profiles[n]) for n in self.dialect.profiles if n in self.profiles),
            declared=declared is not None,
            strange=tuple(name for name in declared or () if name not in self.faults),
            ungenerated=bool(shortage()),
        )


def _alone(drafts: Iterable[_Unfinished], evidence: bool) -> Iterator[None]:
    for draft in drafts:
        folder = draft.dialect.folder
        draft.hear(honest(folder, evidence))
        yield
        for name in draft.others():
            draft.profiles[name] = profiled(folder, name, evidence)
            yield
        for batch in _batches(draft.plan()):
            for name, clauses in batch:
                draft.faulty[name] = faulty(folder, name, clauses, evidence)
                yield
            gc.collect(1)


def _together(drafts: Sequence[_Unfinished], evidence: bool, jobs: int) -> Iterator[None]:
    # Processes that start afresh know nothing of our threads, and are the only kind that every system has.
    # An interruption reaches all of them at once, and only this one has something to say about it.
    pool = ProcessPoolExecutor(
        jobs,
        multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=([draft.dialect.folder for draft in drafts],),
    )
    notes: dict[Future[Any], Callable[[Any], int]] = {}

    def send(note: Callable[[Any], int], work: Callable[..., Any], *words: Any) -> None:
        notes[pool.submit(work, *words)] = note

    def hear(draft: _Unfinished, truth: Honest) -> int:
        draft.hear(truth)
        for plan in _batches(draft.plan()):
            send(functools.partial(take, draft.faulty), several, draft.dialect.folder, plan, evidence)
        return 1

    def take(taken: dict[str, tuple[Cell, ...]], found: Sequence[tuple[str, tuple[Cell, ...]]]) -> int:
        taken.update(found)
        return len(found)

    def take_profile(draft: _Unfinished, name: str, cells: tuple[Cell, ...]) -> int:
        return take(draft.profiles, [(name, cells)])

    try:
        # What the faults can touch is known when the honest server has been measured; the right servers fill the gap.
        longest = sorted(drafts, key=lambda draft: -len(draft.faults))
        for draft in longest:
            send(functools.partial(hear, draft), honest, draft.dialect.folder, evidence)
        for draft in longest:
            for name in draft.others():
                send(functools.partial(take_profile, draft, name), profiled, draft.dialect.folder, name, evidence)
        while notes:
            for future in wait(notes, return_when=FIRST_COMPLETED).done:
                yield from itertools.repeat(None, notes.pop(future)(future.result()))
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(folders: Iterable[Path]) -> None:
    """Begin a process of the pool: load what all its work needs, and let the garbage collector leave it alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for folder in folders:
        catalogue(load_dialect(folder))
    gc.freeze()
    gc.disable()


def _batches(plan: Iterable[tuple[str, list[str]]]) -> Iterator[list[tuple[str, list[str]]]]:
    """Put faults together, so that little time is lost between processes and none is left alone with much at the end."""
    batch: list[tuple[str, list[str]]] = []
    for entry in plan:
        batch.append(entry)
        if sum(len(clauses) for _, clauses in batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
