"""Writing `faults.yaml`: the clauses that each fault of a dialect was found to break, to be read before it is committed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from watchword.reports.detection.matrix import Sheet

__all__ = ["changes", "declaration"]

_HEAD = """\
# Which clauses each lie of the mock breaks: fault, then the ids in the order of the register. A connection that fails
# breaks none, and what generated requests happen upon is not declared. Written by `watchword faults {name} --declare`;
# what a change of it says is to be read like code.
"""
_WIDTH = 120


def declaration(sheet: Sheet) -> str:
    """Give the text of the file."""
    lines = [_HEAD.format(name=sheet.dialect)]
    for row in sheet.rows:
        broken = sheet.declarable(row)
        clauses = [column.clause for column in sheet.columns if column.clause in broken]
        text = f"{row.fault}: [{', '.join(clauses)}]"
        # Ids have hyphens, and are not to be broken at them.
        lines += textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    return "\n".join(lines) + "\n"


def changes(sheet: Sheet, before: Mapping[str, frozenset[str]]) -> list[str]:
    """Say in what the file differs from the one before, a line each fault."""
    now = {row.fault: sheet.declarable(row) for row in sheet.rows}
    found = [f"- {name}" for name in before if name not in now]
    for name, broken in now.items():
        if name not in before:
            found.append(f"+ {name}: {len(broken)}")
        elif before[name] != broken:
            signs = [f"-{clause}" for clause in sorted(before[name] - broken)]
            signs += [f"+{clause}" for clause in sorted(broken - before[name])]
            found.append(f"~ {name}: {' '.join(signs)}")
    return found
