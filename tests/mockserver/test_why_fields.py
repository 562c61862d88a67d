"""Hints and fields: whatever single part of a right request is spoilt, the explanation names that part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from watchword.mockserver.control import Application
from watchword.mockserver.service import Service
from watchword.specs.codec import draft, encode
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.values.api import Binding, Operation
from watchword.specs.values.draft import Draft, Field
from watchword.specs.values.http import Request

ORIGIN = "http://mock.test"
DIALECTS = [*bundled().values(), Path(__file__).parent.parent / "dialects" / "lanternhouse"]


def values(service: Service, operation: Operation) -> dict[str, Any]:
    """Give what a right request of an operation carries, with tokens of a login of its own."""
    known: dict[str, Any] = dict(service.credentials)
    api = service.dialect.api
    wanted = {"access_token", "refresh_token"} & set(operation.roles)
    if wanted:
        # The login that gives all that is wanted.
        issuer = next(op for op in api.with_purpose("issue") if wanted <= set(op.gives))
        reply = service.handle(sent(service, draft(issuer, known)), ORIGIN).reply
        known |= issuer.read_reply(reply.members)
    if "scope" in operation.roles:
        known["scope"] = service.state.data.accounts[0].scopes[0]
    return known | {"language": "en"}


def sent(service: Service, sketch: Draft) -> Request:
    """Give a draft as the request that arrives at the mock."""
    request = encode(sketch)
    return replace(request, path=service.dialect.api.bases[sketch.operation.base] + request.path)


def named(name: str) -> str:
    """Give a name with a slip of the keyboard in it."""
    return name[:-1] if len(name) > 2 else name + "s"


def garbled(value: Any) -> Any:
    """Give a value with a slip of the keyboard in it."""
    return f"{value}"[:-1] + ("y" if f"{value}".endswith("x") else "x")


SPOIL: dict[str, Callable[[Field], list[Field]]] = {
    "left-out": lambda f: [],
    "empty": lambda f: [replace(f, value="")],
    "garbled": lambda f: [replace(f, value=garbled(f.value))],
    "cut": lambda f: [replace(f, value=f"{f.value}"[:-2])],
    "other-case": lambda f: [replace(f, value=f"{f.value}".swapcase())],
    "padded": lambda f: [replace(f, value=f"{f.value} ")],
    "number": lambda f: [replace(f, value=7)],
    "misnamed": lambda f: [replace(f, name=named(f.name))],
    "in-query": lambda f: [replace(f, place="query", name=f.role or f.name)],
    "in-header": lambda f: [replace(f, place="header", name=f.role or f.name, value="moved")],
    "in-form": lambda f: [replace(f, place="form", name=f.role or f.name)],
    "in-json": lambda f: [replace(f, place="json", name=f.role or f.name)],
    "doubled": lambda f: [f, replace(f, value=garbled(f.value))],
}


def spoilt() -> Iterator[Any]:
    """Give every operation of every dialect whose request carries something."""
    for folder in DIALECTS:
        for operation in load_dialect(folder).api.operations.values():
            if operation.bindings:
                yield pytest.param(folder, operation.name, id=f"{folder.name}-{operation.name}")


def names_it(hint: str, binding: Binding) -> bool:
    """Tell whether a hint names a field: by its name on the wire, or by its role."""
    carried = "Authorization" if binding.place in ("basic", "bearer") else binding.name
    return carried in hint and (binding.role in hint or binding.place not in ("basic", "bearer"))


@pytest.mark.parametrize(("folder", "name"), list(spoilt()))
def test_the_hint_names_what_was_spoilt(folder: Path, name: str) -> None:
    """Whatever is done to one field of a right request, a refusal's hint names that field; none is without an explanation."""
    unnamed = []
    refused = 0
    operation = load_dialect(folder).api.operations[name]
    for binding in (b for b in operation.bindings if b.standing == "main"):
        for way, spoil in SPOIL.items():
            if binding.place in ("basic", "bearer", "path") and way == "misnamed":
                continue
            service = Service(load_dialect(folder))
            application = Application(service)
            optional = tuple(b.role for b in operation.bindings if b.standing == "main")
            known = values(service, operation)
            right = draft(operation, known, [role for role in optional if role in known])
            assert 400 > service.handle(sent(service, right), ORIGIN).reply.status
            known = values(service, operation)
            right = draft(operation, known, [role for role in optional if role in known])
            wrong = right.mapping(binding.role, lambda f, spoil=spoil: tuple(spoil(f)))
            application(sent(service, wrong), ORIGIN)
            [entry] = application.entries()
            if entry["status"] < 400:
                continue
            refused += 1
            if not entry["hint"] or not names_it(entry["hint"], binding):
                unnamed.append((binding.role, way, entry["condition"], entry["hint"]))

    assert refused
    assert [] == unnamed
