"""What a test expects of the journal, and what it is told when that is not there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict
from urllib.parse import parse_qsl

from watchword.specs.errors import nearest

__all__ = ["Inconclusive", "Wanted", "asked", "fits", "found_in_sequence", "in_words", "unknown"]


class Inconclusive(AssertionError):
    """Whether something has happened cannot be told: the journal has forgotten entries that it could depend on."""


class Wanted(TypedDict, total=False):
    """Which requests are meant; what is left out may be anything.

    `status` is one, or a class such as "4xx"; `condition` is the one that `why` names, or the broader one that it stands beside.
    `purpose` is issue, verify, renew, revoke or resource. `headers`, `query` and
    `fields` of the body are by name, in the journal's words: secrets by their pseudonyms, such as access_token#1.
    """

    operation: str
    purpose: str
    method: str
    path: str
    status: int | str
    condition: str
    session: int
    headers: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, Any]


def fits(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether an entry, as the control side tells of it with details, is one that is meant.

    Raises:
        TypeError: what is wanted is nothing that an entry has.
    """
    return all(_has(told, name, value) for name, value in wanted.items())


def _has(told: Mapping[str, Any], name: str, value: Any) -> bool:
    if name == "condition":
        return value == told[name] or (value is not None and value == told.get("broader"))
    if name in ("operation", "purpose", "method", "path"):
        return bool(told[name] == value)
    if name == "status":
        status = str(told["status"])
        return str(value) in (status, f"{status[0]}xx")
    if name == "session":
        return bool(told["lineage"]["session"] == value)
    request = told.get("request") or {"headers": [], "body": None}
    if name == "headers":
        return _holds(
            [(key.lower(), text) for key, text in request["headers"]], {k.lower(): v for k, v in value.items()}
        )
    if name == "query":
        return _holds(parse_qsl(told["query"], keep_blank_values=True), value)
    if name == "fields":
        return _holds(_fields(request["body"]), value)
    raise TypeError(_strange(name))


def asked(wanted: Mapping[str, Any]) -> dict[str, str]:
    """Give what the control side knows the names of, for it to say which of them there are not.

    Raises:
        TypeError: what is wanted is nothing that an entry has.
    """
    for name in wanted:
        if name not in Wanted.__annotations__:
            raise TypeError(_strange(name))
    return {name: str(wanted[name]) for name in _NAMED if wanted.get(name) is not None}


_NAMED = ("operation", "purpose", "method", "path", "status", "condition")


def _strange(name: str) -> str:
    return f"an entry of the journal has no {name!r}; {nearest(name, Wanted.__annotations__)}"


def _holds(pairs: Iterable[tuple[str, Any]], wanted: Mapping[str, Any]) -> bool:
    there = list(pairs)
    return all(any((name, value) == pair for pair in there) for name, value in wanted.items())


def _fields(body: str | None) -> list[tuple[str, Any]]:
    try:
        value = json.loads(body or "")
    except ValueError:
        return list(parse_qsl(body or "", keep_blank_values=True))
    return list(value.items()) if isinstance(value, dict) else []


def unknown(told: Iterable[Mapping[str, Any]], wanted: Mapping[str, Any]) -> int:
    """Give of how many entries it cannot be told whether they are meant: what is asked for was too much to be kept."""
    rest = {name: value for name, value in wanted.items() if name not in ("headers", "fields")}
    if len(rest) == len(wanted):
        return 0
    return sum(fits(entry, rest) and _is_cut(entry, "fields" in wanted) for entry in told)


def _is_cut(told: Mapping[str, Any], body: bool) -> bool:
    if told.get("forgotten"):
        return True
    headers = (told.get("request") or {"headers": []})["headers"]
    return body and any(name == _LEFT_OUT for name, _ in headers)


_LEFT_OUT = "Watchword-Body"


def found_in_sequence(
    told: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], int]:
    """Look for steps one after the other, others between them; gives what was found, and how many steps that are."""
    found: list[Mapping[str, Any]] = []
    for entry in told:
        if len(found) < len(steps) and fits(entry, steps[len(found)]):
            found.append(entry)
    return found, len(found)


def in_words(told: Sequence[Mapping[str, Any]], last: int = 10) -> str:
    """Write down the newest entries, a line each."""
    lines = [
        f"  #{entry['id']} {entry['status']} {entry['method']} {entry['path']}"
        + (f"  {entry['condition']}" if entry.get("condition") else "")
        for entry in told[-last:]
    ]
    return "\n".join(["the journal has:", *lines] if lines else ["the journal is empty"])
