"""The group form of `clauses.yaml`: what several rows share is said once, and the file is read as if each row said it.

Laws:
1. A group is an item with `rows`; whatever else it has, each of its rows has that does not say its own.
2. A row's `source` replaces the group's from the coarsest part on that it names: with another section, the group's line does
   not go along. `line` alone is the line within the group's section.
3. A row says one of `when`, `guarantee`, `observe` and `untested`; its own takes the place of the group's.
4. A group of several operations has rows that give each operation an id and a sentence, and stand for one clause each.
5. What is silent is a may: inside groups, whoever says `basis: silent` may do without the level.
6. Rows may be groups again. The order of the clauses is that of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from watchword.specs.errors import Gathering
from watchword.specs.reading.yamlfile import At, YamlFile

__all__ = ["WAYS", "ungrouped"]

WAYS = ("when", "guarantee", "observe", "untested")
"""What a clause is about; a row says one of them."""
_SOURCE = ("document", "section", "line")
_EACH = ("id", "says", "line")

_Row = dict[str, tuple[Any, At]]
"""A row in the making: key → the value, and the place where it is written. Parts of the source are `source.document` and so on."""


def ungrouped(source: YamlFile) -> YamlFile:
    """Give the register as plain rows, each value with the line on which it is written.

    A file without groups is given back as it is. The file keeps to its JSON Schema; the rows that come of it may not yet.

    Raises:
        SpecError: a row leaves out one of several operations, or names one that its group has not.
    """
    if not any("rows" in item for item in source.value):
        return source
    values: list[Any] = []
    lines: dict[At, int] = {(): source.line(()) or 1}
    gathering = Gathering()
    for at, row in _rows(source, source.value, (), {}, gathering):
        index = len(values)
        lines[(index,)] = source.line(at) or 1
        values.append(_written(source, row, index, lines))
    gathering.end()
    return replace(source, value=values, lines=lines)


def _rows(
    source: YamlFile, items: list[Any], above: At, shared: _Row, gathering: Gathering
) -> Iterator[tuple[At, _Row]]:
    for index, item in enumerate(items):
        at = (*above, index)
        row = _over(shared, item, at)
        if "rows" in item:
            yield from _rows(source, item["rows"], (*at, "rows"), row, gathering)
        elif isinstance(names := row.get("operation", ("", at))[0], list):
            with gathering.part():
                yield from _each(source, names, row, at)
        else:
            yield at, row


def _over(shared: _Row, item: Mapping[str, Any], at: At) -> _Row:
    """Lay what an item says over what it shares."""
    row = dict(shared)
    if any(way in item for way in WAYS):
        row = {key: value for key, value in row.items() if key not in WAYS}
    named = item.get("source")
    if isinstance(named, dict):
        coarsest = min((_SOURCE.index(key) for key in named if key in _SOURCE), default=len(_SOURCE))
        for part in _SOURCE[coarsest:]:
            row.pop(f"source.{part}", None)
    if item.get("basis") == "silent" and ("rows" in item or len(at) > 1):
        row["level"] = ("may", (*at, "basis"))
    for key, value in item.items():
        if key == "source" and isinstance(value, dict):
            row |= {f"source.{part}": (inner, (*at, "source", part)) for part, inner in value.items()}
        elif key == "line":
            row["source.line"] = (value, (*at, "line"))
        elif key != "rows":
            row[key] = (value, (*at, key))
    return row


def _each(source: YamlFile, names: list[str], row: _Row, at: At) -> Iterator[tuple[At, _Row]]:
    """Give the rows that one row stands for: one for each operation of its group."""
    for key in ("id", "says"):
        told, place = row.get(key, (None, at))
        if not isinstance(told, dict) or set(told) != set(names):
            raise source.error(
                place,
                f"a row of several operations has the {key} for each of them: {', '.join(names)}",
                f"{key}: {{{', '.join(f'{name}: …' for name in names)}}}, or operation: {names[0]}",
            )
    for name in names:
        one: _Row = dict(row)
        for key, (value, place) in row.items():
            if key.rpartition(".")[2] in _EACH and isinstance(value, dict):
                one[key] = (value.get(name), (*place, name))
        one["operation"] = (name, row["operation"][1])
        yield one["id"][1], one


def _written(source: YamlFile, row: _Row, index: int, lines: dict[At, int]) -> dict[str, Any]:
    """Write a row out, and note for each of its values where it came from."""
    value: dict[str, Any] = {}
    for key, (inner, place) in row.items():
        outer, _, part = key.partition(".")
        at: At = (index, outer, part) if part else (index, outer)
        if part:
            value.setdefault(outer, {})[part] = inner
            lines.setdefault((index, outer), source.line(place) or 1)
        else:
            value[outer] = inner
        _copied(source, inner, place, at, lines)
    return value


def _copied(source: YamlFile, value: Any, place: At, at: At, lines: dict[At, int]) -> None:
    lines[at] = source.line(place) or 1
    inside: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        _copied(source, inner, (*place, step), (*at, step), lines)
