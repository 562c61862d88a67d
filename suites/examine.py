"""Examining a server without pytest: the verdicts of its register, and which operations each check called.

For whoever wants to know what the suites make of many servers, one after the other, in one process.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.reports.records import ClauseRecord
from watchword.specs.redaction import Masker
from watchword.suites.check import GENERATED, Session, conclude, examine
from watchword.suites.target import from_description

__all__ = ["Examined", "verdicts"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one clause: its record, and the names of the operations that its check called."""

    record: ClauseRecord
    operations: frozenset[str]


def verdicts(
    description: Mapping[str, Any],
    only: Iterable[str] | None = None,
    generated: bool = True,
    repeat: int = 1,
) -> dict[str, Examined]:
    """Check the clauses of a server's register; gives what came of each by its id.

    `description` is what a plugin says of a server that it has started, and may hold a `wire` in place of a network.
    `only` limits the clauses to those ids; without `generated`, the checks that send generated requests are left out.

    Raises:
        TargetError: the description is wrong.
    """
    target = from_description(description)
    session = Session(target, Masker(), repeat, description.get("wire"))
    wanted = None if only is None else set(only)
    found: dict[str, Examined] = {}
    for clause in target.dialect.clauses:
        if clause.untested or (wanted is not None and clause.id not in wanted):
            continue
        if clause.guarantee == GENERATED and not generated:
            continue
        began = time.monotonic()
        attempts = examine(session, clause)
        record = conclude(session, clause, attempts, began)
        called = {e.call.draft.operation.name for a in attempts for e in a.transcript.exchanges}
        found[clause.id] = Examined(record, frozenset(called))
    session.close()
    return found
