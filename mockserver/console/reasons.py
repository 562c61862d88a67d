"""The full answer to `why`: an entry of the journal, the sentence that stands behind it, and what would have been right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watchword.mockserver.console.journal import Entry, Journal
from watchword.mockserver.explain.accepted import accepted
from watchword.mockserver.service import Service
from watchword.specs.vocabulary import CONDITIONS, broader

if TYPE_CHECKING:
    from watchword.specs.values.clause import Clause

__all__ = ["Reasons"]

_WEIGHT = ("must", "should", "may")


class Reasons:
    """What a service's dialect has to say to a refusal. The register is read when the first one is asked about."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def of(self, journal: Journal, entry: Entry | None) -> dict[str, Any]:
        """Give what is told of an entry; where nothing was asked yet, that."""
        if entry is None:
            return {"id": None, "condition": None, "says": "nothing has been asked yet", "hint": None}
        shown = journal.shown(entry)
        if entry.why is None:
            return shown | {"says": "the request was served"}
        condition = entry.why.broader or entry.why.condition
        return shown | self.around(entry.operation, condition)

    def around(self, operation: str | None, condition: str | None) -> dict[str, Any]:
        """Give the clause that speaks of a condition at an operation, and the right request; null where there is none."""
        api = self._service.api
        right = None if operation is None else accepted(api.operations[operation], api, self._service.credentials)
        known = operation is not None and condition is not None and condition in CONDITIONS
        clause = self._clause(operation or "", condition or "") if known else None
        told = None
        if clause is not None:
            told = {"id": clause.full_id, "level": clause.level, "basis": clause.basis}
            told |= {"says": clause.says, "source": str(clause.source)}
        return {"clause": told, "accepted": right}

    def _clause(self, operation: str, condition: str) -> Clause | None:
        names = [condition, *broader(condition)]
        rows = [
            (names.index(name), _WEIGHT.index(clause.level), clause)
            for clause in self._service.dialect.clauses
            if clause.operation == operation
            for name in names
            if clause.when == (name,)
        ]
        return min(rows, key=lambda row: row[:2])[2] if rows else None
