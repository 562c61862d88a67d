"""Reading the replies that a description foresees: their media types, where their schemas stand, their members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.reading.pointers import Pointers
from watchword.specs.reading.yamlfile import At
from watchword.specs.values.api import Member, ReplyShape

__all__ = ["read_replies"]


def read_replies(pointers: Pointers, at: At, op: Mapping[str, Any]) -> dict[str, ReplyShape]:
    """Read the described replies of an operation, by status.

    Raises:
        SpecError: a reference leads nowhere, or a role does not exist.
    """
    shapes: dict[str, ReplyShape] = {}
    for status, raw in op.get("responses", {}).items():
        here, reply = pointers.resolve((*at, "responses", status), raw)
        schemas: dict[str, str] = {}
        members: list[Member] = []
        for media_type, content in reply.get("content", {}).items():
            place = (*here, "content", media_type, "schema")
            schemas[media_type] = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in place)
            if "schema" in content:
                members.extend(_members(pointers, *pointers.resolve(place, content["schema"])))
        shapes[status] = ReplyShape(status, MappingProxyType(schemas), tuple(members), tuple(reply.get("headers", ())))
    return shapes


def _members(pointers: Pointers, at: At, schema: Mapping[str, Any]) -> Iterator[Member]:
    for part in ("allOf", "oneOf", "anyOf"):
        for index, raw in enumerate(schema.get(part, ())):
            yield from _members(pointers, *pointers.resolve((*at, part, index), raw))
    required = schema.get("required", ())
    for name, raw in schema.get("properties", {}).items():
        here, member = pointers.resolve((*at, "properties", name), raw)
        types = member.get("type", ())
        role = member.get("x-role")
        yield Member(
            name=name,
            role=pointers.role(here, role) if role else None,
            required=name in required,
            types=(types,) if isinstance(types, str) else tuple(types),
            const=member.get("const", member.get("default", (member.get("enum") or [None])[0])),
            example=(member.get("examples") or [None])[0],
        )
