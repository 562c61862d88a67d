"""Measuring one server: the cells of its clauses, and for the honest one what a fault could have taken hold of.

Each clause is checked at a mock of its own: a cell of the matrix depends on its fault (or profile) and its clause alone.
With `evidence`, each cell says what was seen, and the broken ones have their records; it costs more than the check.
Everything here is called in worker processes, too: arguments and results can be sent from one to the other.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from watchword.detection.servers import begin, describe
from watchword.detection.watching import WatchedWire
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.faults.spy import Spy
from watchword.reports.detection.matrix import BROKEN, TROUBLE, Cell
from watchword.specs.loader import Dialect, load_dialect
from watchword.suites.running.survey import Examined, Server, survey_each

__all__ = ["Honest", "faulty", "honest", "profiled", "several", "touched"]

_OURS = frozenset({"error"})


@dataclass(frozen=True)
class Honest:
    """The documented profile, telling the truth: its cells, and by clause what a fault could take hold of."""

    cells: tuple[Cell, ...]
    seen: Mapping[str, frozenset[Seen]]

    @cached_property
    def clauses(self) -> Mapping[Seen, frozenset[str]]:
        """In the checks of which clauses each exchange occurs."""
        found: dict[Seen, set[str]] = {}
        for clause, seen in self.seen.items():
            for one in seen:
                found.setdefault(one, set()).add(clause)
        return {seen: frozenset(clauses) for seen, clauses in found.items()}


def honest(folder: Path, evidence: bool) -> Honest:
    """Measure the documented profile, and watch what happens on the way."""
    spy = Spy()
    cells, seen = [], {}
    dialect = load_dialect(folder)

    def start() -> Server:
        server = begin(dialect, "documented", spy.fault)
        return replace(server, wire=WatchedWire(server.wire, spy))

    # What is seen belongs to the clause for which it was sent, so that each is checked apart.
    for one in survey_each(describe(dialect, "documented"), start):
        seen[one.clause.id] = spy.take()
        cells.append(_cell(one, evidence, TROUBLE, TROUBLE))
    return Honest(tuple(cells), seen)


def profiled(folder: Path, profile: str, evidence: bool) -> tuple[Cell, ...]:
    """Measure a right server of another behaviour."""
    found = _survey(load_dialect(folder), profile, together=True)
    return tuple(_cell(one, evidence, TROUBLE, TROUBLE) for one in found)


def touched(fault: Fault, truth: Honest) -> list[str]:
    """Give the clauses whose checks a fault could change. Where the server alone breaks a clause, a fault shows nothing."""
    reached = {cell.clause for cell in truth.cells if cell.verdict not in BROKEN}
    for kind in (fault.reach, *fault.shows):
        reached &= set().union(*(clauses for seen, clauses in truth.clauses.items() if kind(seen)))
    return [cell.clause for cell in truth.cells if cell.clause in reached]


def faulty(
    folder: Path, name: str, clauses: Collection[str], evidence: bool, *, together: bool = True
) -> tuple[Cell, ...]:
    """Measure the documented profile with a fault, as far as some clauses go.

    Clauses whose checks send the same are judged by one and the same answers, unless they are not to be checked `together`.
    """
    dialect = load_dialect(folder)
    found = _survey(dialect, "documented", catalogue(dialect)[name], clauses, together=together)
    return tuple(_cell(one, evidence, BROKEN, _OURS) for one in found)


def several(
    folder: Path, plan: Sequence[tuple[str, Collection[str]]], evidence: bool
) -> list[tuple[str, tuple[Cell, ...]]]:
    """Measure several faults, each with clauses of its own; gives each with its cells, and leaves no garbage behind."""
    found = [(name, faulty(folder, name, clauses, evidence)) for name, clauses in plan]
    gc.collect(1)
    return found


def _survey(
    dialect: Dialect,
    profile: str,
    fault: Fault | None = None,
    only: Collection[str] | None = None,
    *,
    together: bool = False,
) -> Iterator[Examined]:
    period = 1 if fault is None else fault.period
    start = functools.partial(begin, dialect, profile, fault)
    return survey_each(describe(dialect, profile), start, only, period, together=together)


def _cell(one: Examined, evidence: bool, recorded: Collection[str], told: Collection[str]) -> Cell:
    """Give what came of a clause. What a law complains of, a verdict that is `told`, says what was seen in any case."""
    seen = one.seen() if evidence or one.verdict in told else ""
    record = one.record() if evidence and one.verdict in recorded else None
    return Cell(one.clause.id, one.verdict, seen, one.attempts, one.broken, record)
