"""A file of known deviations brought up to what runs have left behind, with the comments that people wrote in it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import tomlkit
from tomlkit.items import AoT, Comment, Table, Whitespace

from watchword.reports.baseline import Baseline, Known, signature
from watchword.reports.gate import binding, is_whole
from watchword.reports.records import ClauseRecord, Run

__all__ = ["Added", "Unwritable", "updated"]


class Unwritable(ValueError):
    """The entries are written in a form in which they cannot be changed one by one."""


@dataclass(frozen=True, slots=True)
class Added:
    """What entries for new deviations say beside clause, target and signature."""

    reason: str = ""
    owner: str = ""
    expires: date | None = None


def updated(text: str, baseline: Baseline, runs: Sequence[Run], added: Added, *, strict: bool) -> tuple[str, list[str]]:
    """Give the text of a file brought up to date, and a sentence for each change.

    `text` is the file as it stands and `baseline` what it says. Entries that fit no deviation of their clause any more go,
    or get the signature of how it fails now; deviations without an entry get one. Days that are over stay as they are. An
    entry goes only where its clause was checked, or every run was whole.

    Raises:
        Unwritable: the entries are an inline array.
    """
    document = tomlkit.parse(text)
    tables = document.get("known", tomlkit.aot())
    if not isinstance(tables, AoT):
        if len(tables):
            raise Unwritable("known: is an inline array; write each entry as a table of its own, under [[known]]")
        del document["known"]
        tables = tomlkit.aot()
    records = [replace(binding(record), known="") for run in runs for record in run.clauses]
    deviations = [record for record in records if record.judgement.excusable and not record.accepted]
    gone, said = f"gone-{uuid.uuid4()}", []
    free = [record for record in deviations if not any(_fits(entry, record) for entry in baseline.known)]
    for entry, table in zip(baseline.known, tables.body, strict=True):
        named = [record for record in deviations if entry.names(record) and entry.verdict == record.verdict]
        if any(_fits(entry, record) for record in named):
            continue
        waiting = [record for record in named if record in free]
        if waiting:
            told = "it fails differently now; see that the reason still holds" if entry.signature else "signed"
            table["signature"] = signature(waiting[0])
            free = [r for r in free if not _fits(replace(entry, signature=signature(waiting[0])), r)]
            said.append(f"{entry}: {told}")
        elif _over(entry, records, all(map(is_whole, runs))):
            _strike(table, gone)
            said.append(f"{entry}: taken out, it is no deviation any more")
    fresh = tomlkit.aot()
    for record in _once(record for record in free if record.fails(strict)):
        fresh.append(_table(record, added))
        said.append(f"{record.clause} on {record.target}: added" + ("" if added.reason else "; it wants a reason"))
    kept = re.sub(rf'(?m)^[ \t]*\[\[\s*known\s*\]\][^\n]*\r?\n"?{gone}"? = true\r?\n', "", tomlkit.dumps(document))
    return _joined(kept, fresh), said


def _fits(entry: Known, record: ClauseRecord) -> bool:
    return entry.names(record) and entry.verdict == record.verdict and entry.signature == signature(record)


def _over(entry: Known, records: Sequence[ClauseRecord], whole: bool) -> bool:
    rows = [record for record in records if entry.names(record)]
    # An open question says nothing about the deviation.
    return all(row.judgement.verified and row.verdict != entry.verdict for row in rows) if rows else whole


def _strike(table: Table, mark: str) -> None:
    """Put a mark in place of an entry, and leave behind it the comments that stand before the next one."""
    body = table.value.body
    last = max((at for at, (key, _) in enumerate(body) if key is not None), default=-1)
    rest = [pair for pair in body[last + 1 :] if isinstance(pair[1], Comment | Whitespace)]
    struck = tomlkit.parse(f'"{mark}" = true\n').body
    # Blank lines alone would pile up where entry after entry goes.
    body[:] = [*struck, *(rest if any(isinstance(item, Comment) for _, item in rest) else [])]


def _once(records: Iterable[ClauseRecord]) -> list[ClauseRecord]:
    found: dict[tuple[str, str, str], ClauseRecord] = {}
    for record in records:
        found.setdefault((record.target, record.clause, signature(record)), record)
    return list(found.values())


def _table(record: ClauseRecord, added: Added) -> Table:
    table = tomlkit.table()
    table["clause"] = record.clause
    table["target"] = record.target
    if record.verdict != "fail":
        table["verdict"] = record.verdict
    table["signature"] = signature(record)
    table["reason"] = added.reason
    table["owner"] = added.owner
    if added.expires:
        table["expires"] = added.expires
    return table


def _joined(text: str, fresh: AoT) -> str:
    if not fresh.body:
        return text
    new = "\n".join(f"[[known]]\n{table.as_string()}" for table in fresh.body)
    return f"{text.rstrip()}\n\n{new}" if text.strip() else new
