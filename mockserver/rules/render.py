"""Rendering: from a reply as data to a reply as bytes, with the values of a session filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from watchword.specs.values.api import JSON, Operation
from watchword.specs.values.http import Reply
from watchword.specs.values.profile import ReplyTemplate

__all__ = ["render"]


def render(template: ReplyTemplate, values: Mapping[str, Any], operation: Operation | None = None) -> Reply:
    """Make a reply.

    `values` holds roles (for the members of a success schema) and `$names` (for text in `json` and in headers). A member
    whose role has no value, or whose value is None, is left out.
    """
    headers = {name: _filled(value, values) for name, value in template.headers.items()}
    if template.members and operation is not None and operation.success is not None:
        described = {m.name: m for m in operation.success.members}
        body: dict[str, Any] = {}
        for name in template.members:
            member = described[name]
            value = values.get(member.role) if member.role else None
            if value is None:
                # An example may stand for what has no role; for a token it would be a lie.
                value = member.example if member.const is None and member.role is None else member.const
            if value is not None:
                body[name] = value
        return _reply(template.status, headers, json.dumps(body).encode(), JSON)
    if template.json is not None:
        return _reply(template.status, headers, json.dumps(_fill(template.json, values)).encode(), JSON)
    if template.text is not None:
        return _reply(template.status, headers, _filled(template.text, values).encode(), "text/plain; charset=utf-8")
    return Reply(template.status, tuple(headers.items()), b"")


def _reply(status: int, headers: dict[str, str], body: bytes, media_type: str) -> Reply:
    if not any(name.lower() == "content-type" for name in headers):
        headers = {"Content-Type": media_type, **headers}
    return Reply(status, tuple(headers.items()), body)


def _fill(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _fill(entry, values) for name, entry in value.items()}
    if isinstance(value, list):
        return [_fill(entry, values) for entry in value]
    if isinstance(value, str) and value.startswith("$"):
        return values.get(value, value)
    return value


def _filled(text: str, values: Mapping[str, Any]) -> str:
    if "$" in text:
        for name, value in values.items():
            if name.startswith("$"):
                text = text.replace(name, str(value))
    return text
