"""Schemas as a draft needs them: parts joined, and a value that fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["media", "merged", "sample"]

_TEXTS = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "uuid": "0f9d5a0e-6c7b-4c1f-9b3e-2a41d8e6b570",
    "ipv4": "192.0.2.1",
}


def media(content: Mapping[str, Any], *types: str) -> tuple[str | None, Mapping[str, Any]]:
    """Give the first of the media types that there is, and its schema; without any, None and an empty one."""
    for wanted in types:
        for name, entry in content.items():
            if name.partition(";")[0].strip().lower() == wanted:
                schema = entry.get("schema", {})
                return wanted, schema if isinstance(schema, Mapping) else {}
    return None, {}


def merged(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schema with the members of all its `allOf` in one place."""
    found = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        other = merged(part)
        properties = {**other.get("properties", {}), **found.get("properties", {})}
        required = [*found.get("required", ()), *other.get("required", ())]
        found = {**other, **found}
        if properties:
            found["properties"] = properties
        if required:
            found["required"] = list(dict.fromkeys(required))
    return found


def sample(schema: Mapping[str, Any]) -> Any:
    """Give a value that a schema describes, as far as its plain words go."""
    schema = merged(schema)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    if "example" in schema:
        return schema["example"]
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return sample(schema[key][0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        required = schema.get("required", ())
        return {name: sample(entry) for name, entry in schema.get("properties", {}).items() if name in required}
    if kind == "array":
        return [sample(schema.get("items", {}))] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    if kind == "string":
        text = _TEXTS.get(schema.get("format", ""), "text")
        return text.ljust(schema.get("minLength", 0), "x")
    return {"boolean": True, "null": None}.get(kind)
