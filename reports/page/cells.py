"""What a record looks like inside the report of pytest-html, which puts cells and extras into its page as they are."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from watchword.reports.legible import conversation, legible
from watchword.reports.records import VERDICTS, ClauseRecord
from watchword.reports.verdict import Verdict
from watchword.reports.wording import words

__all__ = ["COLUMNS", "cell", "header", "properties", "unfolding"]

COLUMNS = ("clause", "level", "basis", "verdict")
"""The columns that a record adds, which are also the names of the properties on the test's report."""


def properties(record: ClauseRecord) -> list[tuple[str, str]]:
    """Give the properties that a record leaves on its test's report."""
    return [(name, str(getattr(record, name))) for name in COLUMNS]


def header(column: str) -> str:
    """Give the head of a column."""
    return f'<th class="sortable" data-column-type="{column}">{column.capitalize()}</th>'


def cell(column: str, found: Mapping[str, Any]) -> str:
    """Give the cell of a column from the properties of a report; an empty one where the test is none of ours."""
    text = str(found.get(column, ""))
    if column == "verdict" and text in VERDICTS:
        text = f"{Verdict(text).glyph} {words(text)}"
    return f'<td class="col-{column}">{escape(legible(text))}</td>'


def unfolding(record: ClauseRecord) -> str:
    """Give the evidence behind a record as a piece of HTML that is closed until somebody opens it."""
    rows = [(name, getattr(record, name)) for name in ("says", "source", "expected", "observed")]
    rows += [("difference", difference) for difference in record.differences]
    rows += [(name, getattr(record, name)) for name in ("reason", "known", "accepted", "note") if getattr(record, name)]
    facts = "".join(f"<tr><th>{name}</th><td>{escape(legible(text))}</td></tr>" for name, text in rows)
    exchanges = f"<pre>{escape(legible(conversation(record.exchanges)))}</pre>" if record.exchanges else ""
    head = f"{escape(legible(record.clause))}: evidence"
    return f"<details><summary>{head}</summary><table>{facts}</table>{exchanges}</details>"
