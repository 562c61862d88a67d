"""Reading a plain OpenAPI document of anybody's: 3.0 or 3.1, JSON or YAML, validated, its references put in place."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from watchword.specs.errors import SpecError

__all__ = ["read_document"]

_DEEPEST = 12
"""Schemas are followed so far into each other; what lies deeper tells nothing of tokens."""
_LEFT_OUT = ("discriminator", "xml", "externalDocs", "callbacks")


def read_document(path: Path, ours: bool = False) -> dict[str, Any]:
    """Give a document as OpenAPI 3.1 without references; one of `ours` is known to be valid.

    Raises:
        SpecError: it cannot be read, is no valid OpenAPI 3.0 or 3.1, refers to other files, or the library that validates
            it is not installed.
    """
    root = _parsed(path)
    version = str(root.get("openapi", "")) if isinstance(root, Mapping) else ""
    if not version.startswith(("3.0", "3.1")):
        seen = f"version {version}" if version else "no `openapi` version"
        if isinstance(root, Mapping) and "swagger" in root:
            seen = f"Swagger {root['swagger']}"
        raise SpecError(
            path, None, f"an OpenAPI document of version 3.0 or 3.1 is wanted, and this has {seen}", "convert it"
        )
    outside = _outside(root)
    if outside:
        raise SpecError(
            path, None, f"the reference {outside!r} leads out of the file", "bundle the document into one file"
        )
    if not ours:
        _validate(path, root)
    found: dict[str, Any] = _in_place(path, root, root, (), version.startswith("3.0"))
    return found


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as trouble:
        raise SpecError(path, None, f"cannot be read: {trouble}") from trouble
    try:
        root = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except json.JSONDecodeError as trouble:
        raise SpecError(path, trouble.lineno, f"is not JSON: {trouble.msg}") from trouble
    except yaml.YAMLError as trouble:
        mark = getattr(trouble, "problem_mark", None)
        said = getattr(trouble, "problem", None) or "it cannot be parsed"
        raise SpecError(path, mark.line + 1 if mark else None, f"is not YAML: {said}") from trouble
    except RecursionError:
        raise SpecError(path, None, "is nested too deeply") from None
    try:
        return _plain(root)
    except RecursionError:
        raise SpecError(path, None, "is nested too deeply") from None


def _plain(value: Any) -> Any:
    # Statuses are often written without quotes, and days without meaning a day.
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _outside(value: Any) -> str:
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return reference
        return next((found for found in map(_outside, value.values()) if found), "")
    if isinstance(value, list):
        return next((found for found in map(_outside, value) if found), "")
    return ""


def _validate(path: Path, root: Any) -> None:
    try:
        from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
    except ImportError:
        hint = "pip install 'watchword[openapi]'"
        raise SpecError(path, None, "the library that validates OpenAPI documents is not installed", hint) from None
    kind = OpenAPIV30SpecValidator if root["openapi"].startswith("3.0") else OpenAPIV31SpecValidator
    for wrong in kind(root).iter_errors():
        where = "/".join(map(str, getattr(wrong, "absolute_path", ()))) or "the document"
        message = " ".join(str(wrong.message).partition("Failed validating")[0].split())
        short = message if len(message) < 200 else message[:197] + "..."
        raise SpecError(
            path, None, f"is not valid OpenAPI {root['openapi']}, at {where}: {short}", "mend the document first"
        )


def _in_place(path: Path, root: Any, value: Any, inside: tuple[str, ...], old: bool) -> Any:
    if isinstance(value, list):
        return [_in_place(path, root, entry, inside, old) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if isinstance(value.get("$ref"), str):
        reference = value["$ref"]
        if reference in inside or len(inside) >= _DEEPEST:
            return {}
        found = root
        for step in reference.removeprefix("#/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or key not in found:
                raise SpecError(path, None, f"the reference {reference!r} leads nowhere", "mend the document first")
            found = found[key]
        told = {key: entry for key, entry in value.items() if key != "$ref"}
        resolved = _in_place(path, root, found, (*inside, reference), old)
        return {**resolved, **told} if isinstance(resolved, dict) else resolved
    own = {key: _in_place(path, root, entry, inside, old) for key, entry in value.items() if key not in _LEFT_OUT}
    if isinstance(own.get("properties"), dict):
        # In 3.1 true is a schema, too: that of anything.
        own["properties"] = {
            name: entry if isinstance(entry, dict) else {} for name, entry in own["properties"].items()
        }
    return _newer(own) if old else own


def _newer(schema: dict[str, Any]) -> dict[str, Any]:
    """Write with the words of 3.1 what 3.0 says in its own; what is no schema stays as it is."""
    if isinstance(schema.get("nullable"), bool):
        nullable = schema.pop("nullable")
        if nullable and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema and None not in schema["enum"]:
                schema["enum"] = [*schema["enum"], None]
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), bool):
            exclusive = schema.pop(bound)
            if exclusive and limit in schema:
                schema[bound] = schema.pop(limit)
    if "example" in schema and isinstance(schema.get("type"), str | list):
        schema["examples"] = [schema.pop("example")]
    return schema
