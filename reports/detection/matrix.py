"""The detection matrix as values: what the suites make of a server that has one fault, and of servers that have none.

Matrix      sheets, one a dialect
Sheet       columns (clauses), rows (faults), profiles (right servers)
Cell        what came of one clause at one server
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from watchword.reports.records import ClauseRecord
from watchword.reports.verdict import Verdict

__all__ = ["BROKEN", "TROUBLE", "UNVERIFIED", "Cell", "Column", "Matrix", "RightServer", "Row", "Sheet"]

BROKEN: frozenset[str] = frozenset(verdict for verdict in Verdict if verdict.broken)
"""The verdicts of a clause that does not hold."""

TROUBLE: frozenset[str] = frozenset(verdict for verdict in Verdict if verdict.trouble)
"""The verdicts that a right server never gets."""

UNVERIFIED: frozenset[str] = frozenset(verdict for verdict in Verdict if verdict.trouble and not verdict.verified)
"""The verdicts of a clause of which nothing could be found out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a clause: the verdict, what was seen, and in how many of the attempts the clause was broken.

    `record` is the evidence, masked; None where none was asked for.
    """

    clause: str
    verdict: str
    observed: str
    attempts: int = 1
    broken: int = 0
    record: ClauseRecord | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A clause. `breakable` is whether any server can break it: what is only observed, none can.

    `generated` is whether its check sends generated requests. What those happen upon differs from one release of the
    generator to the next, so that no fault declares it.
    """

    clause: str
    says: str
    topic: str
    level: str
    basis: str
    breakable: bool
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A fault with the cells of the clauses that it could touch. `declared` are those it says it breaks."""

    fault: str
    stage: str
    says: str
    declared: frozenset[str]
    cells: tuple[Cell, ...]

    @property
    def broken(self) -> frozenset[str]:
        """The clauses that the suites found broken."""
        return frozenset(cell.clause for cell in self.cells if cell.verdict in BROKEN)

    @property
    def killed(self) -> bool:
        """Whether the suites noticed: a rule is broken, or the connection's failure is told as one and not as a verdict."""
        if self.stage == "transport":
            return not self.broken and any(cell.verdict in UNVERIFIED for cell in self.cells)
        return bool(self.broken)


@dataclass(frozen=True, slots=True)
class RightServer:
    """A right server of one behaviour, with the cells of all clauses."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def alarms(self) -> tuple[Cell, ...]:
        """What the suites hold against it, or could not find out about it."""
        return tuple(cell for cell in self.cells if cell.verdict in TROUBLE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The matrix of one dialect. `declared` is whether its faults say what they break; `strange` those that do not exist.

    `ungenerated`: no requests could be generated where it was measured, so nothing is known of the clauses that want some.
    """

    dialect: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    profiles: tuple[RightServer, ...]
    declared: bool = False
    strange: tuple[str, ...] = ()
    ungenerated: bool = False

    @property
    def unchecked(self) -> tuple[Column, ...]:
        """The clauses that were checked at no server, as their requests could not be generated."""
        return tuple(column for column in self.columns if self.ungenerated and column.generated)

    @property
    def survived(self) -> tuple[Row, ...]:
        """The faults that the suites did not notice."""
        return tuple(row for row in self.rows if not row.killed)

    @property
    def unguarded(self) -> tuple[Column, ...]:
        """The clauses that can be broken and that no fault breaks."""
        broken = frozenset().union(*(row.broken for row in self.rows))
        unknown = broken.union(column.clause for column in self.unchecked)
        return tuple(column for column in self.columns if column.breakable and column.clause not in unknown)

    @property
    def misdeclared(self) -> tuple[Row, ...]:
        """The faults that break other clauses than they declare."""
        return tuple(row for row in self.rows if self.declared and row.declared != self.declarable(row))

    def declarable(self, row: Row) -> frozenset[str]:
        """Give the clauses that a fault has to declare, by what was found."""
        return row.broken.difference(column.clause for column in self.columns if column.generated)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix of several dialects, and the seconds it took. `partial`: it was cut short, and some rows are missing."""

    sheets: tuple[Sheet, ...]
    seconds: float
    partial: bool = False

    @property
    def faults(self) -> int:
        """The number of faults that were tried."""
        return sum(len(sheet.rows) for sheet in self.sheets)

    @property
    def survived(self) -> list[str]:
        """The faults that nobody noticed, as `<dialect>:<fault>`."""
        return [f"{sheet.dialect}:{row.fault}" for sheet in self.sheets for row in sheet.survived]

    @property
    def false_alarms(self) -> list[dict[str, Any]]:
        """The clauses that raised an alarm, by profile."""
        return [
            {"profile": f"{sheet.dialect}/{profile.name}", "clauses": [cell.clause for cell in profile.alarms]}
            for sheet in self.sheets
            for profile in sheet.profiles
            if profile.alarms
        ]

    def as_json(self) -> dict[str, Any]:
        """Give the figures, without the evidence."""
        return {
            "faults": self.faults,
            "killed": self.faults - len(self.survived),
            "survived": self.survived,
            "false_alarms": self.false_alarms,
            "unguarded": [f"{s.dialect}:{c.clause}" for s in self.sheets for c in s.unguarded],
            "misdeclared": [f"{s.dialect}:{r.fault}" for s in self.sheets for r in s.misdeclared],
            "unchecked": [f"{s.dialect}:{c.clause}" for s in self.sheets for c in s.unchecked],
            "seconds": round(self.seconds, 3),
            "partial": self.partial,
            "dialects": {sheet.dialect: _figures(sheet) for sheet in self.sheets},
        }


def _figures(sheet: Sheet) -> dict[str, Any]:
    return {
        **_count(sheet.rows),
        "stages": {
            stage: _count(r for r in sheet.rows if r.stage == stage) for stage in Counter(r.stage for r in sheet.rows)
        },
        "profiles": len(sheet.profiles),
        "clauses": len(sheet.columns),
    }


def _count(rows: Iterable[Row]) -> dict[str, int]:
    killed = [row.killed for row in rows]
    return {"faults": len(killed), "killed": sum(killed)}
