"""The description of the imitated API and its register of rules, as a page to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from watchword.mockserver.console.prose import inline, rendered
from watchword.mockserver.console.sheet import as_page
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Binding, Operation
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply

__all__ = ["render_description"]

_PLACES = {
    "basic": "Basic authentication",
    "bearer": "Bearer token",
    "form": "form",
    "header": "header",
    "json": "JSON body",
    "path": "path",
    "query": "query",
}


def render_description(dialect: Dialect, facts: Mapping[str, Any], text: str) -> Reply:
    """Make the page of a dialect: each operation with what it takes, what it answers, and the rules that are about it.

    `facts` are those of the mock, `text` is the OpenAPI document itself.
    """
    rules: dict[str | None, list[Clause]] = {}
    for clause in dialect.clauses:
        rules.setdefault(clause.operation, []).append(clause)
    return as_page(
        "description.html",
        facts=facts,
        says=rendered(str(_found(dialect, "info").get("description", "")), below=1),
        operations=[
            {
                "operation": one,
                "says": rendered(_said(dialect, one), below=2),
                "base": facts.get(one.base, facts["url"]),
                "takes": [_taken(one, binding) for binding in one.bindings],
                "replies": [(shape, _told(dialect, one, shape.status)) for shape in one.replies.values()],
                "rules": rules.get(one.name, []),
            }
            for one in dialect.api.operations.values()
        ],
        rules=rules.get(None, []),
        text=text,
    )


def _taken(operation: Operation, binding: Binding) -> dict[str, Any]:
    """Say what a place is for; one that stands beside the main place of its role may be used in its stead."""
    if binding.standing != "main":
        need = {"alternative": "instead", "superseded": "older name"}.get(binding.standing, binding.standing)
    else:
        need = "required" if binding.required else "optional"
    return {
        "place": _PLACES[binding.place],
        "name": binding.name,
        "role": binding.role,
        "need": need,
        "value": binding.const,
    }


def _said(dialect: Dialect, operation: Operation) -> str:
    """Give what the document says of an operation; operations that share a path and a method share that, too."""
    return str(_found(dialect, "paths", operation.path, operation.method.lower()).get("description", ""))


def _told(dialect: Dialect, operation: Operation, status: str) -> Markup:
    """Give what the document says of a reply, or nothing."""
    found = _found(dialect, "paths", operation.path, operation.method.lower(), "responses", status)
    if isinstance(reference := found.get("$ref"), str):
        steps = reference.removeprefix("#/").split("/")
        found = _found(dialect, *(step.replace("~1", "/").replace("~0", "~") for step in steps))
    return inline(str(found.get("description", "")).strip())


def _found(dialect: Dialect, *steps: str) -> Mapping[str, Any]:
    """Give the object at a place of the document, an empty one where there is none."""
    found: Any = dialect.api.description
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
