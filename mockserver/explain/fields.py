"""The parts of a request: what people call them, what stands in them, and what was probably meant for them."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from watchword.mockserver.rules.case import Case
from watchword.specs.values.api import Binding, Operation
from watchword.specs.values.http import Request

__all__ = ["field_of", "fields_of_body", "fields_sent", "pair_of", "stray_headers", "strays", "words"]

_ALIKE = 0.75
_LOOKED_AT = 200
"""How many fields of a request are looked at, so that an absurd one costs no more than another."""


def words(place: str, name: str) -> str:
    """Say which part of a request is meant."""
    return {
        "query": f"the query parameter `{name}`",
        "header": f"the header `{name}`",
        "form": f"the form field `{name}`",
        "json": f"the member `{name}` of the JSON body",
        "path": f"`{name}` in the path",
    }.get(place, f"the header `Authorization: {place.capitalize()}`")


def field_of(case: Case, role: str) -> str:
    """Say where a role belongs in the request of an operation."""
    binding = _main(case.operation, role)
    if binding is None:
        return f"the {role}"
    if binding.place not in ("basic", "bearer"):
        return words(binding.place, binding.name)
    names = " or ".join(_namesakes(case, binding))
    if binding.place == "bearer":
        return f"{words(binding.place, binding.name)} ({names})"
    side = "before" if binding.name == "user" else "behind"
    return f"what stands {side} the colon ({names}) in {words(binding.place, binding.name)}"


def pair_of(case: Case) -> str:
    """Say what stands in the Basic credentials of an operation, on both sides of the colon."""
    bound = [b for b in case.operation.bindings if b.place == "basic" and b.standing == "main"]
    names = [" or ".join(_namesakes(case, b)) for b in sorted(bound, key=lambda b: b.name != "user")]
    return " and ".join(names) or "user and password"


def _main(operation: Operation, role: str) -> Binding | None:
    return next((b for b in operation.bound(role) if b.standing == "main"), None)


def _namesakes(case: Case, binding: Binding) -> list[str]:
    """Give the roles that travel there: of this operation, and of others of the same path and grant."""
    own = case.operation
    grant = [b.const for b in own.bound("grant_type")]
    found = [binding.role]
    for other in case.api.operations.values():
        if (other.path, other.method) == (own.path, own.method) and [
            b.const for b in other.bound("grant_type")
        ] == grant:
            found += [b.role for b in other.bindings if (b.place, b.name) == (binding.place, binding.name)]
    return list(dict.fromkeys(found))


def fields_of_body(operation: Operation) -> str:
    """Name what an operation wants in its body."""
    bound = [b for b in operation.bindings if b.place in ("form", "json") and b.standing == "main"]
    wanted = [b for b in bound if b.required] or bound
    return ", ".join(f"`{b.name}`" for b in wanted)


def fields_sent(request: Request) -> Iterator[tuple[str, str, Any]]:
    """Give all that a request carries under a name, whatever its media type says: place, name, value."""
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        yield "query", name, value
    for name, value in request.headers:
        yield "header", name, value
    text = request.body.decode(errors="replace").lstrip("\ufeff")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    if isinstance(members, dict):
        for name, value in members.items():
            yield "json", name, value
    elif members is None and "=" in text:
        for name, value in parse_qsl(text, keep_blank_values=True):
            yield "form", name, value


def strays(case: Case, role: str) -> list[str]:
    """Say where else in the request something stands that was probably meant for a role."""
    binding = _main(case.operation, role)
    if binding is None:
        return []
    carried = binding.place in ("basic", "bearer")
    names = {role, "Authorization"} if carried else {role, *(b.name for b in case.operation.bound(role))}
    own = {(b.place, b.name) for op in case.api.operations.values() for b in op.bindings if b.role != role}
    own.add(("header", "Authorization"))
    return [
        words(place, name)
        for place, name, _ in itertools.islice(fields_sent(case.reading.request), _LOOKED_AT)
        if (place, name) != (binding.place, binding.name)
        and (place, name) not in own
        and any(_alike(name, other) for other in names)
    ]


def stray_headers(case: Case) -> list[str]:
    """Say which header was probably meant for Authorization, where there is none."""
    if case.reading.authorization is not None:
        return []
    names = itertools.islice((name for name, _ in case.reading.request.headers), _LOOKED_AT)
    return [words("header", name) for name in names if _alike(name, "Authorization")]


def _alike(name: str, other: str) -> bool:
    left, right = _plain(name), _plain(other)
    if len(left) > 2 * len(right):
        return False
    return left == right or difflib.SequenceMatcher(None, left, right).ratio() >= _ALIKE


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower().removeprefix("x")
