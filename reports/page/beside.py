"""Several targets of one dialect side by side: the clauses on which they differ, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchword.reports.baseline import signature
from watchword.reports.records import ClauseRecord, Run

__all__ = ["Beside", "Row", "side_by_side"]


@dataclass(frozen=True, slots=True)
class Row:
    """A clause on which targets differ: its record at each of them, in their order, None where there is none."""

    clause: str
    says: str
    records: tuple[ClauseRecord | None, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """The targets of one dialect, the clauses on which they differ, and on how many they agree."""

    dialect: str
    targets: tuple[str, ...]
    rows: tuple[Row, ...]
    alike: int


def side_by_side(run: Run) -> tuple[Beside, ...]:
    """Give each dialect that was tested at more than one target.

    Targets differ on a clause in its verdict, in how it fails, in what the document leaves open, or where one has no record.
    """
    found = []
    for dialect in dict.fromkeys(target["dialect"] for target in run.run.targets):
        targets = tuple(target["name"] for target in run.run.targets if target["dialect"] == dialect)
        if len(targets) < 2:
            continue
        rows: dict[str, dict[str, ClauseRecord]] = {}
        for record in run.clauses:
            if record.dialect == dialect:
                rows.setdefault(record.clause, {})[record.target] = record
        table = [tuple(there.get(name) for name in targets) for there in rows.values()]
        differing = [_row(records) for records in table if len(set(map(_kind, records))) > 1]
        found.append(Beside(dialect, targets, tuple(differing), len(table) - len(differing)))
    return tuple(found)


def _row(records: Sequence[ClauseRecord | None]) -> Row:
    first = next(record for record in records if record is not None)
    return Row(first.clause, first.says, tuple(records))


def _kind(record: ClauseRecord | None) -> tuple[str, str]:
    if record is None:
        return "", ""
    verdict = record.judgement
    how = signature(record) if verdict.broken else record.observed if verdict is verdict.OBSERVED else ""
    return record.verdict, how
