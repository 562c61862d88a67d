"""Rendering: from a reply as data to a reply as bytes, with the values of a session filled in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from watchword.mockserver.prepared import Prepared
from watchword.mockserver.templates import spaced, written
from watchword.specs.values.api import JSON, Operation
from watchword.specs.values.http import Pairs, Reply
from watchword.specs.values.profile import ReplyTemplate

__all__ = ["Rendering", "prepared", "render", "rendering"]

Rendering = Callable[[Mapping[str, Any]], Reply]
"""Makes a reply of values: roles (for the members of a success schema) and `$names` (for text in `json` and in headers)."""

_TEXT = "text/plain; charset=utf-8"


def render(template: ReplyTemplate, values: Mapping[str, Any], operation: Operation | None = None) -> Reply:
    """Make a reply, see `Rendering`. A member whose role has no value, or whose value is None, is left out."""
    return rendering(template, operation)(values)


def rendering(template: ReplyTemplate, operation: Operation | None = None) -> Rendering:
    """Compile a reply: what is the same for all values is made once."""
    if template.members and operation is not None and operation.success is not None:
        return _of_members(template, operation)
    if template.json is not None:
        write = spaced(template.json)
        return _of(template, JSON, lambda values: write(values).encode())
    text = template.text
    if text is not None:
        return _of(template, _TEXT, lambda values: _filled(text, values).encode())
    return _of(template, None, lambda values: b"")


prepared: Prepared[Rendering] = Prepared(rendering)
"""Gives the compiled form of a reply, and of the operation that it is of: `prepared(template, operation)`."""


def _of(template: ReplyTemplate, media_type: str | None, body: Callable[[Mapping[str, Any]], bytes]) -> Rendering:
    status, headers = template.status, _headers(template, media_type)
    return lambda values: Reply(status, headers(values), body(values))


def _of_members(template: ReplyTemplate, operation: Operation) -> Rendering:
    described = {} if operation.success is None else {member.name: member for member in operation.success.members}
    rows = []
    for name in template.members:
        member = described[name]
        # An example may stand for what has no role; for a token it would be a lie.
        otherwise = member.example if member.const is None and member.role is None else member.const
        constant = None if otherwise is None else json.dumps(otherwise)
        rows.append((name, f"{written(name)}: ", member.role or "", otherwise, constant))
    status, headers = template.status, _headers(template, JSON)

    def make(values: Mapping[str, Any]) -> Reply:
        body: dict[str, Any] = {}
        texts = []
        for name, before, role, otherwise, constant in rows:
            value = values.get(role) if role else None
            if value is not None:
                body[name] = value
                texts.append(before + written(value))
            elif constant is not None:
                body[name] = otherwise
                texts.append(before + constant)
        return Reply.of_json(status, headers(values), body, f"{{{', '.join(texts)}}}".encode())

    return make


def _headers(template: ReplyTemplate, media_type: str | None) -> Callable[[Mapping[str, Any]], Pairs]:
    pairs = tuple(template.headers.items())
    if media_type is not None and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs = (("Content-Type", media_type), *pairs)
    if not any("$" in value for _, value in pairs):
        return lambda values: pairs
    return lambda values: tuple((name, _filled(value, values)) for name, value in pairs)


def _filled(text: str, values: Mapping[str, Any]) -> str:
    if "$" in text:
        for name, value in values.items():
            if name.startswith("$"):
                text = text.replace(name, str(value))
    return text
