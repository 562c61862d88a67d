"""Reading `clauses.yaml`: the register of everything that a document says, one row a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.applies import why_not, why_not_guarantee
from watchword.specs.errors import Gathering, nearest
from watchword.specs.reading.yamlfile import At, YamlFile
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.clause import Clause, Expectation, Source
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, ROLES

__all__ = ["read_clauses"]

_MODAL = re.compile(r"\b(should|shall|must|verify|verifies|test that|ensure|check that|needs? to)\b", re.IGNORECASE)


def read_clauses(source: YamlFile, api: Api) -> tuple[Clause, ...]:
    """Build the clauses of a register that its JSON Schema has accepted.

    Raises:
        SpecError: an id stands twice, a word is not in the vocabulary, a condition does not fit its operation, a
            description gives orders instead of stating a fact. It has the mistakes in the other rows.
    """
    clauses: list[Clause] = []
    seen: dict[str, int] = {}
    gathering = Gathering()
    for index, row in enumerate(source.value):
        with gathering.part(row.get("operation", "")):
            clauses.append(_clause(source, (index,), row, api))
            if row["id"] in seen:
                raise source.error(
                    (index, "id"),
                    f"the id {row['id']!r} stands on line {seen[row['id']]} too",
                    "give each row an id of its own",
                )
            seen[row["id"]] = source.line((index,)) or 0
    gathering.end()
    return tuple(clauses)


def _clause(source: YamlFile, at: At, row: Mapping[str, Any], api: Api) -> Clause:
    word = _MODAL.search(row["says"])
    if word:
        raise source.error(
            (*at, "says"), f"a rule is written as a fact, without {word.group()!r}", "the level says how strong it is"
        )
    when = (row["when"],) if isinstance(row.get("when"), str) else tuple(row.get("when", ()))
    operation = None
    if "operation" in row:
        operation = api.operations.get(row["operation"])
        if operation is None:
            raise source.error(
                (*at, "operation"),
                f"there is no operation {row['operation']!r}",
                nearest(row["operation"], api.operations),
            )
    elif "untested" not in row:
        raise source.error(at, "a clause that is tested names its operation", "add operation: …")
    if operation:
        for name in (*when, *row.get("conditions", ())):
            _check_condition(source, (*at, "when" if when else "conditions"), name, operation, api)
        _check_guarantee(source, at, row, operation)
    if row["basis"] == "silent" and row["level"] != "may":
        raise source.error((*at, "level"), "what the document leaves open has the level may", "level: may")
    if when and row["basis"] != "silent" and "expect" not in row:
        raise source.error(at, "a condition is judged by the replies it may get", "add expect: {status: [...]}")
    if row.get("guarantee") == "request.accepted" and "expect" not in row:
        raise source.error(at, "request.accepted is judged by the reply it gets", "add expect: {status: [...]}")
    if "guarantee" in row and GUARANTEES[row["guarantee"]].of_refusals and "conditions" not in row:
        raise source.error(at, f"{row['guarantee']} looks at the replies to wrong requests", "add conditions: [...]")
    return Clause(
        id=row["id"],
        dialect=api.name,
        topic=row["topic"],
        says=row["says"],
        level=row["level"],
        basis=row["basis"],
        source=Source(row["source"]["document"], row["source"]["section"], row["source"].get("line")),
        operation=row.get("operation"),
        when=when,
        guarantee=row.get("guarantee"),
        observe=row.get("observe"),
        untested=row.get("untested"),
        expect=_expectation(source, (*at, "expect"), row.get("expect", {}), operation),
        conditions=tuple(row.get("conditions", ())),
        method=row.get("method"),
        note=row.get("note", ""),
        line=source.line(at),
    )


def _check_condition(source: YamlFile, at: At, name: str, operation: Operation, api: Api) -> None:
    if name not in CONDITIONS:
        raise source.error(at, f"there is no condition {name!r}", nearest(name, CONDITIONS))
    reason = why_not(CONDITIONS[name], operation, api)
    if reason:
        raise source.error(
            at, f"{name} cannot be provoked at {operation.name}: {reason}", "name another operation or condition"
        )


def _check_guarantee(source: YamlFile, at: At, row: Mapping[str, Any], operation: Operation) -> None:
    for key in ("guarantee", "observe"):
        if key in row:
            name = row[key]
            if name not in GUARANTEES:
                raise source.error((*at, key), f"there is no guarantee {name!r}", nearest(name, GUARANTEES))
            reason = why_not_guarantee(name, operation)
            if reason:
                raise source.error((*at, key), reason, "name another operation or guarantee")
            if key == "guarantee" and GUARANTEES[name].describes:
                raise source.error(
                    (*at, key), f"{name} says what a server does, and demands nothing", f"observe: {name}"
                )


def _expectation(source: YamlFile, at: At, raw: Mapping[str, Any], operation: Operation | None) -> Expectation:
    named = (*raw.get("present", ()), *raw.get("absent", ()), *raw.get("types", ()), *raw.get("equals", ()))
    known = {m.role for shape in operation.replies.values() for m in shape.members} if operation else set(ROLES)
    for role in named:
        if role not in known:
            valid = sorted(r for r in known if r)
            raise source.error(at, f"no reply of the operation carries a {role!r}", nearest(role, valid))
    return Expectation(
        of_status=tuple(raw.get("of_status", ())),
        status=tuple(raw.get("status", ())),
        content_type=tuple(raw.get("content_type", ())),
        headers=MappingProxyType(dict(raw.get("headers", {}))),
        present=tuple(raw.get("present", ())),
        absent=tuple(raw.get("absent", ())),
        types=MappingProxyType(dict(raw.get("types", {}))),
        equals=MappingProxyType(dict(raw.get("equals", {}))),
        ignore_case=raw.get("ignore_case", False),
        error=tuple(raw.get("error", ())),
        body=raw.get("body"),
    )
