"""A first register: each condition and each property that an operation can have, as a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from watchword.specs.applies import applicable_conditions, why_not_guarantee
from watchword.specs.drafting.replying import Answer, answer
from watchword.specs.values.api import JSON, Api, Operation
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, broader
from watchword.specs.vocabulary.rows import usual_id, usual_topic

__all__ = ["REVIEWED", "register"]

REVIEWED = "review:"
"""What a note begins with as long as nobody has looked at its row."""

_LISTED = f"{REVIEWED} the document lists the status; that it is the one of this refusal is a guess."
_TELLS: dict[str, Callable[[Operation], bool]] = {
    "expiry.": lambda op: bool({"expires_in", "expires_at"} & set(op.gives)),
    "expiry.matches_token": lambda op: "expires_at" in op.gives,
    "refresh_token.": lambda op: "refresh_token" in op.gives,
    "tokens.differ": lambda op: "refresh_token" in op.gives,
    "tokens.distinct_users": lambda op: "username" in op.roles,
    "tokens.distinct_brands": lambda op: "brand_key" in op.roles,
    "refusals.alike": lambda op: "username" in op.roles and "password" in op.roles,
    "renew.chains": lambda op: "refresh_token" in op.gives,
    "scope.": lambda op: "scope" in op.roles,
    "renew.keeps_scope": lambda op: "scope" in op.roles,
}


def register(api: Api, document: str, rfc: frozenset[str], certain: frozenset[str]) -> list[dict[str, Any]]:
    """Give the rows of a first register, in the order of the operations.

    `rfc` names the operations that are grants of RFC 6749, `certain` those of which nothing was guessed: only there does a
    row bind, and only where the document itself says it.
    """
    rows: list[dict[str, Any]] = []
    for operation in api.operations.values():
        rows += _served(operation, document, operation.name in certain, operation.name in rfc)
        described = True
        for condition in applicable_conditions(operation, api):
            if condition.name != "path.alternative":
                told = answer(condition, operation, (condition.name, *broader(condition.name)), operation.name in rfc)
                described = described and (
                    condition.concerns == "route" or operation.shape(told.statuses[0]) is not None
                )
                rows.append(_refused(operation, condition.name, told, document))
        rows += _kept(operation, api, document, described)
    return rows


def _row(
    operation: Operation, name: str, says: str, level: str, basis: str, document: str, section: str
) -> dict[str, Any]:
    return {
        "id": usual_id(operation.name, name),
        "topic": usual_topic(name, operation.purpose),
        "says": says if len(says) <= 240 else says[:237] + "...",
        "level": level,
        "basis": basis,
        "source": {"document": document, "section": section},
        "operation": operation.name,
    }


def _place(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _served(operation: Operation, document: str, certain: bool, rfc: bool) -> Iterator[dict[str, Any]]:
    success = operation.success
    if success is None or not success.status.isdigit():
        return
    present = [r for r in ("access_token", "refresh_token") if r in {m.role for m in success.members if m.required}]
    if "access_token" in operation.gives and "access_token" not in present:
        present.insert(0, "access_token")
    given = f" with {' and '.join(r.replace('_', ' ') for r in present)}" if present else ""
    level = "must" if certain else "may"
    says = f"A right request of {operation.name} is answered {success.status}{given}."
    row = _row(operation, "request.accepted", says, level, "documented", document, _place(operation))
    row["id"] = usual_id(operation.name, "served")
    row["guarantee"] = "request.accepted"
    row["expect"] = {"status": [int(success.status)], **({"present": present} if present else {})}
    if not certain:
        row["note"] = f"{REVIEWED} roles or purpose of the operation were guessed; once they are right, this is a must."
    yield row
    if rfc and "access_token" in operation.gives:
        says = f"The tokens of {operation.name} come with Cache-Control: no-store."
        row = _row(operation, "reply.no_store", says, "must", "rfc", document, "RFC 6749 section 5.1")
        yield row | {"guarantee": "request.accepted", "expect": {"headers": {"Cache-Control": "no-store"}}}


def _refused(operation: Operation, name: str, told: Answer, document: str) -> dict[str, Any]:
    what = f"a request of {operation.name} in which {CONDITIONS[name].says}."
    section = told.source or _place(operation)
    if told.basis == "silent":
        says = f"Not stated: what becomes of {what}"
        return _row(operation, name, says, "may", "silent", document, section) | {"when": name}
    statuses = " or ".join(map(str, told.statuses))
    says = f"{'Served with' if told.accepted else 'Answered'} {statuses}: {what}"
    level = "may" if told.basis == "documented" else "should" if section.startswith("RFC 6750") else "must"
    row = _row(operation, name, says, level, told.basis, document, section)
    expect: dict[str, Any] = {"status": list(told.statuses)}
    if told.error and not told.open_code and _tells_error(operation, told.statuses):
        expect["error"] = [told.error]
    return row | {"when": name, "expect": expect} | ({"note": _LISTED} if told.basis == "documented" else {})


def _tells_error(operation: Operation, statuses: tuple[int, ...]) -> bool:
    shapes = [operation.shape(status) for status in statuses]
    return operation.place("access_token") is None and all(
        s and any(m.role == "error" for m in s.members) for s in shapes
    )


def _kept(operation: Operation, api: Api, document: str, described: bool) -> Iterator[dict[str, Any]]:
    for guarantee in GUARANTEES.values():
        name = guarantee.name
        telling = [tells for part, tells in _TELLS.items() if name.startswith(part)]
        if name == "request.accepted" or why_not_guarantee(name, operation) or not all(t(operation) for t in telling):
            continue
        if name == "reply.matches_schema" and not (operation.success and JSON in operation.success.schemas):
            continue
        if name.startswith("refusals.") and name != "refusals.alike":
            yield from _of_refusals(operation, name, api, document)
            continue
        says = f"Not stated: {guarantee.says} ({operation.name})."
        row = _row(operation, name, says, "may", "silent", document, _place(operation))
        if name == "reply.matches_schema" or (name == "contract.conforms" and described):
            row |= {"says": f"At {operation.name}, {guarantee.says}.", "basis": "documented"}
            row["note"] = f"{REVIEWED} the description says it; raise the level where it is to be kept."
        if row["says"].count(":") and "method" in name:
            row["says"] = f"Not stated at {operation.name}: {guarantee.says}."
        yield row | {"observe" if guarantee.describes else "guarantee": name}


def _of_refusals(operation: Operation, name: str, api: Api, document: str) -> Iterator[dict[str, Any]]:
    wrong = [
        c.name
        for c in applicable_conditions(operation, api)
        if c.concerns != "route" and not c.needs and not c.presumes
    ]
    likely = [
        n for n in wrong if n.endswith((".missing", ".garbage", ".unknown", ".wrong", ".malformed", ".wrong_type"))
    ]
    if likely:
        says = f"Not stated at {operation.name}: {GUARANTEES[name].says}."
        row = _row(operation, name, says, "may", "silent", document, _place(operation))
        yield row | {"guarantee": name, "conditions": likely[:8]}
