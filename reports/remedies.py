"""What would decide what a run left open: the settings of a target file that its records name, and else the reasons."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from watchword.reports.causes import sameness
from watchword.reports.records import ClauseRecord
from watchword.reports.wording import count

__all__ = ["acceptance", "remedies", "remedy"]

_REASONS = 5
"""How many reasons are named; a broken login leaves as many open as there are operations."""


def remedies(records: Iterable[ClauseRecord]) -> list[str]:
    """Write a line for each setting that would let checks be made, and for what keeps binding rules open without one.

    What somebody has accepted is left in peace. The settings that decide most binding rules come first.
    """
    rows = [record for record in records if not record.excuse]
    settings: dict[tuple[str, ...], list[ClauseRecord]] = {}
    for row in rows:
        if row.remedy:
            settings.setdefault(tuple(sorted(row.remedy)), []).append(row)
    ranked = sorted(settings.items(), key=lambda item: (-sum(row.level == "must" for row in item[1]), item[0]))
    lines = [_setting(names, found) for names, found in ranked]
    told = [row.reason or row.observed for row in rows if row.open and not row.remedy]
    reasons = Counter(map(sameness, told))
    first = {sameness(reason): reason for reason in reversed(told)}
    lines += [f"{count(number, 'binding rule')}: {first[kind]}" for kind, number in reasons.most_common(_REASONS)]
    left = len(reasons) - _REASONS
    return [*lines, f"{count(left, 'further reason')}, each with its clause"] if left > 0 else lines


def remedy(record: ClauseRecord) -> str:
    """Write the settings that would let a check be made."""
    return _written(sorted(record.remedy), [record])


def acceptance(record: ClauseRecord) -> str:
    """Write the table of a target file that accepts that a record stays undecided, with the reason left to somebody."""
    return f'[accept]\nundecided = ["{record.clause.partition(":")[2]}"]\nreason = ""'


def _setting(names: tuple[str, ...], rows: list[ClauseRecord]) -> str:
    binding = sum(row.level == "must" for row in rows)
    if binding == len(rows):
        decided = count(binding, "binding rule")
    else:
        decided = f"{count(len(rows), 'clause')}, {binding or 'none'} of them binding"
    return f"{_written(names, rows)} would decide {decided}"


def _written(names: Iterable[str], rows: list[ClauseRecord]) -> str:
    said = []
    for name in names:
        # A value that is enough for one clause and not for the next is not enough.
        values = [value for row in rows if (value := row.remedy[name]) is not None]
        said.append(f"{name} = {math.ceil(max(values))}" if values else name)
    return " and ".join(said)
