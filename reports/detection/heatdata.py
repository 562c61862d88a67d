"""What the script of the heat map reads: a sheet packed twice, as what is drawn and as what is looked up.

Laws:
1. The map is small: one character a fault and clause. What came of a cell, and the evidence, is told once and referred to
   by its number, and stays compressed until somebody opens a cell.
2. All text is legible before it is packed, and no JSON of it can end the element that it stands in.
3. The same sheet gives the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from watchword.reports.detection.matrix import BROKEN, UNVERIFIED, Column, Row, Sheet
from watchword.reports.legible import legible, outcome, reply_text, request_text, shell_line
from watchword.reports.records import VERDICTS, ClauseRecord

__all__ = [
    "KINDS",
    "SURVIVORS",
    "Kind",
    "about",
    "by_stage",
    "by_topic",
    "embedded",
    "kind",
    "packed",
    "picture",
    "total",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a cell looks like on the map: the character it is packed as, its name, and two ways of saying it."""

    letter: str
    name: str
    words: str
    meaning: str


KINDS = (
    Kind("B", "broken", "broken", "The suites found the clause broken, and the fault says that it breaks it or need not say so."),
    Kind("U", "undeclared", "broken, not declared", "The suites found the clause broken, and the fault does not say so."),
    Kind("D", "unbroken", "declared, not broken", "The fault says that it breaks the clause, and the suites found no such thing."),
    Kind("h", "held", "held", "The clause was checked, and holds in spite of the fault."),
    Kind("o", "observed", "only observed", "The document leaves it open, so no server can break it."),
    Kind("x", "unclear", "not found out", "The server refused, stalled or hung up where it ought to answer; for a fault of the connection that is the right result."),
    Kind("s", "skipped", "skipped", "The check could not be made: not supported, not applicable or not observable."),
    Kind(".", "unreached", "not reached", "The fault changes nothing of what the check sends and gets, so it was not made again: the answers are those of a server without the fault."),
)  # fmt: skip
"""Every kind of cell, the one that matters most first."""

SURVIVORS = "survivors"
EVERYWHERE = "all operations"
"""What the groups of rows are called that no operation names."""

_WORD = re.compile("[a-z_]+")
_LETTER = {kind.name: kind.letter for kind in KINDS}
_RECORDED = ("source", "operation", "check", "expected", "observed", "reason", "note")


def kind(verdict: str | None, declared: bool, needed: bool) -> str:
    """Name the kind of a cell; without a verdict, there is none. `needed` is whether a fault has to declare the clause."""
    if verdict in BROKEN:
        return "broken" if declared or not needed else "undeclared"
    if declared:
        return "unbroken"
    if verdict is None:
        return "unreached"
    if verdict in UNVERIFIED:
        return "unclear"
    return {"pass": "held", "observed": "observed"}.get(verdict, "skipped")


def total(sheets: Iterable[Sheet]) -> dict[str, int]:
    """Count the cells of each kind."""
    counted: Counter[str] = Counter(dict.fromkeys(_LETTER, 0))
    letters = Counter("".join(letters for sheet in sheets for letters in _letters(sheet)))
    counted.update({name: letters[letter] for name, letter in _LETTER.items()})
    return dict(counted)


def by_stage(sheet: Sheet) -> dict[str, list[Row]]:
    """Give the faults of each stage, the stages in the order in which they are met first."""
    grouped: dict[str, list[Row]] = {}
    for row in sheet.rows:
        grouped.setdefault(row.stage, []).append(row)
    return grouped


def by_topic(sheet: Sheet) -> dict[str, list[Column]]:
    """Give the clauses of each topic, the topics in the order in which they are met first."""
    grouped: dict[str, list[Column]] = {}
    for column in sheet.columns:
        grouped.setdefault(column.topic, []).append(column)
    return grouped


def about(row: Row) -> tuple[str, str]:
    """Give the operation that a fault is of, and what it is about there: a condition's subject, a role, or else its stage.

    A fault's name says both, as in `accepts:password.wrong@logIn`.
    """
    what, at, operation = row.fault.rpartition("@")
    subject = what.rpartition(":")[2].partition(".")[0] if ":" in what else ""
    return operation if at else EVERYWHERE, subject if _WORD.fullmatch(subject) else row.stage


def picture(sheet: Sheet) -> dict[str, Any]:
    """Pack what is drawn: the names on both sides, in groups, and one letter a cell.

    `stages`, `operations` and `subjects` are of the faults, each name with how many follow that have it.
    """
    rows, columns = _rows(sheet), _columns(sheet)
    survived, misdeclared = ({row.fault for row in found} for found in (sheet.survived, sheet.misdeclared))
    return {
        "dialect": sheet.dialect,
        "declared": sheet.declared,
        "stages": _runs(row.stage for row in rows),
        "operations": _runs(SURVIVORS if row.fault in survived else about(row)[0] for row in rows),
        "subjects": _runs(about(row)[1] for row in rows),
        "topics": [[topic, len(group)] for topic, group in by_topic(sheet).items()],
        "faults": [[row.fault, row.says] for row in rows],
        "clauses": [[column.clause, column.says, column.level, column.basis] for column in columns],
        "cells": _letters(sheet),
        "survived": [number for number, row in enumerate(rows) if row.fault in survived],
        "misdeclared": [number for number, row in enumerate(rows) if row.fault in misdeclared],
    }


def packed(sheet: Sheet) -> str:
    """Pack what is looked up, as base64 of compressed JSON.

    `cells` has for each fault, clause by clause, the clause's number and that of what came of it; `found` says what came:
    the verdict's place in `VERDICTS`, the text of what was observed, attempts, broken ones, and the record if there is one.
    """
    texts, found, records, exchanges = _Table(), _Table(), _Table(), _Table()

    def written(record: ClauseRecord) -> int:
        lines = []
        for item in record.exchanges:
            said = (item.step, item.purpose, item.request["method"], outcome(item))
            full = (request_text(item.request), reply_text(item), shell_line(item))
            lines.append(exchanges.number(tuple(texts.number(legible(text)) for text in (*said, *full))))
        facts = tuple(texts.number(legible(getattr(record, name))) for name in _RECORDED)
        differences = tuple(texts.number(legible(text)) for text in record.differences)
        return records.number((*facts, differences, tuple(lines)))

    places = {column.clause: number for number, column in enumerate(_columns(sheet))}
    cells: list[list[int]] = []
    for row in _rows(sheet):
        line: list[int] = []
        for cell in row.cells:
            seen = (VERDICTS.index(cell.verdict), texts.number(legible(cell.observed)), cell.attempts, cell.broken)
            record = () if cell.record is None else (written(cell.record),)
            line += [places[cell.clause], found.number((*seen, *record))]
        cells.append(line)
    packed = {"cells": cells, "found": found.values, "records": records.values, "exchanges": exchanges.values}
    text = json.dumps({**packed, "texts": texts.values}, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def embedded(value: Any) -> Markup:
    """Write a value as JSON that may stand in a script element of any kind."""
    text = json.dumps(_legible(value), separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML knows


class _Table:
    """Distinct values, each with its number."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def number(self, value: Any) -> int:
        """Give the number of a value, a new one if need be."""
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[Any]:
        """The values in the order of their numbers."""
        return list(self._numbers)


def _rows(sheet: Sheet) -> list[Row]:
    """Give the faults in the order of the map: the survivors, then by operation and what they are about."""
    survived = {row.fault for row in sheet.survived}
    operations = list(dict.fromkeys(about(row)[0] for row in sheet.rows))
    subjects = list(dict.fromkeys(about(row)[1] for row in sheet.rows))

    def weight(row: Row) -> tuple[bool, int, int]:
        operation, subject = about(row)
        return row.fault not in survived, operations.index(operation), subjects.index(subject)

    return sorted(sheet.rows, key=weight)


def _runs(names: Iterable[str]) -> list[list[Any]]:
    """Give names that follow one another once, each with how many there are."""
    return [[name, sum(1 for _ in same)] for name, same in itertools.groupby(names)]


def _columns(sheet: Sheet) -> list[Column]:
    return [column for group in by_topic(sheet).values() for column in group]


def _letters(sheet: Sheet) -> list[str]:
    clauses = [(column.clause, sheet.declared and not column.generated) for column in _columns(sheet)]
    lines = []
    for row in _rows(sheet):
        verdicts = {cell.clause: cell.verdict for cell in row.cells}
        kinds = (kind(verdicts.get(clause), clause in row.declared, needed) for clause, needed in clauses)
        lines.append("".join(map(_LETTER.__getitem__, kinds)))
    return lines


def _legible(value: Any) -> Any:
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, dict):
        return {name: _legible(member) for name, member in value.items()}
    return list(map(_legible, value)) if isinstance(value, list | tuple) else value
