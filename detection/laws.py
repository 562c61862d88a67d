"""The laws of detection: what has to hold between a dialect's clauses, its faults and its right servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchword.reports.detection.matrix import Row, Sheet

__all__ = ["LAWS", "Breach", "breaches"]

LAWS = {
    "alarm": "no fault, and nothing fails, under every profile",
    "survived": "every fault is noticed",
    "unguarded": "every clause that can be broken is broken by some fault",
    "misdeclared": "a fault breaks exactly the clauses that it declares",
    "transport": "a connection that fails is never a broken clause",
    "error": "whatever a server answers, nothing goes wrong in the suites",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """One law that does not hold, and where: `what` names the fault, clause or profile, and `detail` what is to be seen."""

    law: str
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.law}  {self.what}: {self.detail}"


def breaches(sheet: Sheet) -> list[Breach]:
    """Hold a sheet against the laws; where all hold, the list is empty."""
    return [
        *_alarms(sheet),
        *_survivors(sheet),
        *(
            Breach("unguarded", column.clause, "no fault breaks it, so a suite that never looked would be as green")
            for column in sheet.unguarded
        ),
        *_declarations(sheet),
        *_rows(sheet),
    ]


def _alarms(sheet: Sheet) -> Iterator[Breach]:
    for profile in sheet.profiles:
        for cell in profile.alarms:
            detail = f"{cell.clause} is {cell.verdict} at a right server; {cell.observed}"
            yield Breach("alarm", f"{sheet.dialect}/{profile.name}", detail)


def _survivors(sheet: Sheet) -> Iterator[Breach]:
    for row in sheet.survived:
        looked = (
            f"none of the {len(row.cells)} clauses that it reaches is broken" if row.cells else "no clause reaches it"
        )
        yield Breach("survived", row.fault, f"{looked}. {row.says}")


def _declarations(sheet: Sheet) -> Iterator[Breach]:
    for row in sheet.misdeclared:
        broken = sheet.declarable(row)
        fewer, more = sorted(row.declared - broken), sorted(broken - row.declared)
        parts = [f"declares and does not break {', '.join(fewer)}"] if fewer else []
        parts += [f"breaks and does not declare {', '.join(more)}"] if more else []
        yield Breach("misdeclared", row.fault, "; ".join(parts))
    for name in sheet.strange:
        yield Breach("misdeclared", name, "there is no such fault")


def _rows(sheet: Sheet) -> Iterator[Breach]:
    for row in sheet.rows:
        if row.stage == "transport" and row.broken:
            yield Breach("transport", row.fault, f"breaks {', '.join(sorted(row.broken))}")
        yield from _errors(row)


def _errors(row: Row) -> Iterator[Breach]:
    for cell in row.cells:
        if cell.verdict == "error" and row.stage != "transport":
            yield Breach("error", row.fault, f"{cell.clause}: {cell.observed or 'an error of our own'}")
