"""JSON documents with holes, compiled into what writes them: what never changes is serialised once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

__all__ = ["Values", "Writer", "compact", "spaced", "written"]

Values = Mapping[str, Any]
"""What stands for the holes, by their names, `$` included. A hole that is not in it stands for its own name."""

Writer = Callable[[Values], str]
"""Writes a document as JSON; a value that is callable is called for each hole that it fills."""

_Part = str | Callable[[Values], str]
"""What writes a part that has holes; a part that is nothing but a hole is the hole's name."""


def spaced(data: Any) -> Writer:
    """Compile a document in which each string that begins with `$` is a hole, as `json.dumps` would write it."""
    constant, part = _compiled(data, ", ", ": ", sparse=False)
    return _writer(constant, part)


def compact(data: Any) -> Writer:
    """Compile a document to be written without a space; members of objects whose value is null are left out."""
    constant, part = _compiled(data, ",", ":", sparse=True)
    return _writer(constant, part)


def written(value: Any) -> str:
    """Write one value as JSON."""
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is int:
        return int.__repr__(value)
    return json.dumps(value)


def _writer(constant: str | None, part: _Part) -> Writer:
    if constant is not None:
        return lambda values: constant
    return part if callable(part) else lambda values: _filled(part, values) or "null"


def _filled(hole: str, values: Values) -> str | None:
    value = values.get(hole, hole)
    if callable(value):
        value = value()
    return None if value is None else written(value)


def _compiled(data: Any, comma: str, colon: str, *, sparse: bool) -> tuple[str | None, _Part]:
    """Give the text of a document that has no holes, and what writes it in any case; null is written as None."""
    if isinstance(data, str) and data.startswith("$"):
        return None, data
    if isinstance(data, Mapping):
        return _joined(
            [
                (written(str(name)) + colon, *_compiled(value, comma, colon, sparse=sparse))
                for name, value in data.items()
                if not (sparse and value is None)
            ],
            comma,
            "{}",
            sparse=sparse,
        )
    if isinstance(data, list):
        entries = [("", *_compiled(value, comma, colon, sparse=sparse)) for value in data]
        return _joined(entries, comma, "[]", sparse=False)
    text = json.dumps(data)
    return text, lambda values: text


def _merged(entries: list[tuple[str, str | None, _Part]], comma: str) -> list[tuple[str, _Part | None]]:
    """Make one text of entries without holes that follow each other."""
    parts: list[tuple[str, _Part | None]] = []
    for before, constant, part in entries:
        if constant is None:
            parts.append((before, part))
        elif parts and parts[-1][1] is None:
            parts[-1] = (parts[-1][0] + comma + before + constant, None)
        else:
            parts.append((before + constant, None))
    return parts


def _joined(
    entries: list[tuple[str, str | None, _Part]], comma: str, brackets: str, *, sparse: bool
) -> tuple[str | None, _Part]:
    """Join the entries of an object or a list."""
    parts = _merged(entries, comma)
    left, right = brackets[0], brackets[1]
    if all(part is None for _, part in parts):
        text = left + "".join(text for text, _ in parts) + right
        return text, lambda values: text

    def write(values: Values) -> str:
        texts = []
        for before, part in parts:
            if part is None:
                texts.append(before)
            elif isinstance(part, str):
                # As `_filled` does it: a call for each hole is what took longest here.
                value = values.get(part, part)
                if callable(value):
                    value = value()
                if type(value) is str:
                    texts.append(before + encode_basestring_ascii(value))
                elif value is not None:
                    texts.append(before + written(value))
                elif not sparse:
                    texts.append(before + "null")
            else:
                texts.append(before + part(values))
        return left + comma.join(texts) + right

    return None, write
