"""Validating replies against the description with jsonschema, each schema prepared once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from watchword.specs.values.api import Api, Operation
from watchword.specs.values.http import Reply

__all__ = ["schema_errors"]

_RULES: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "required": lambda names: f"with {', '.join(names)}"[:80],
        "type": lambda kinds: f"as JSON {kinds if isinstance(kinds, str) else ' or '.join(kinds)}",
        "enum": lambda values: f"as one of {', '.join(map(str, values))}"[:80],
        "const": lambda value: f"as {value!r}"[:80],
        "format": lambda name: f"as {name}",
        "minLength": lambda number: f"of {number} or more characters",
        "minimum": lambda number: f"of {number} or more",
    }
)
"""The words of JSON Schema that descriptions are full of, as somebody says them who does not know JSON Schema."""

_ANYTHING = "*/*"
"""The media type under which a description says that it leaves open what a reply is written in, and whether it has a body."""
_URI = "urn:watchword:description"


@functools.lru_cache(maxsize=512)
def _validator(api: Api, pointer: str) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource(_URI, DRAFT202012.create_resource(dict(api.description)))
    return Draft202012Validator({"$ref": f"{_URI}#{pointer}"}, registry=registry, format_checker=FormatChecker())


def schema_errors(api: Api, operation: Operation, reply: Reply) -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
    """Hold a reply against its description; yields what deviates as (where, the rule, what was seen, the
    assertion that does not hold)."""
    shape = operation.shape(reply.status)
    if shape is None:
        statuses = list(operation.replies)
        described = ("status", reply, statuses)
        yield "the reply", f"has a described status ({', '.join(statuses)})", str(reply.status), described
        return
    if not shape.schemas:
        return
    if reply.media_type not in shape.schemas:
        if _ANYTHING in shape.schemas:
            return
        types = list(shape.schemas)
        typed = ("media_type", reply, types, reply.status)
        yield "the reply", f"has the content type {' or '.join(types)}", reply.media_type or "none", typed
        return
    instance = reply.json if reply.media_type.endswith("json") else reply.body.decode(errors="replace")
    for error in _validator(api, shape.schemas[reply.media_type]).iter_errors(instance):
        where = ".".join(str(step) for step in error.absolute_path) or "the body"
        # The message of a schema error repeats the value; what is said here must not hold a token.
        tells = _RULES.get(word := str(error.validator))
        rule = tells(error.validator_value) if tells else f"that keeps to {word}: {str(error.validator_value)[:80]}"
        kept = ("keeps", reply, list(error.absolute_path), str(error.validator), error.validator_value, reply.status)
        yield where, rule, _seen(error.instance), kept


def _seen(value: Any) -> str:
    if isinstance(value, dict):
        return "an object with " + ", ".join(sorted(value)) if value else "an empty object"
    return f"{type(value).__name__} of length {len(value)}" if isinstance(value, str | list) else repr(value)
