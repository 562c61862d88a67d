"""`watchword clauses`: the register, to be read."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import click

from watchword.specs.cli import Command
from watchword.specs.errors import nearest
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import LEVELS, TOPICS

__all__ = ["clauses"]


@click.command(cls=Command)
@click.argument("dialect", nargs=-1)
@click.option("--topic", metavar="NAME", help="Only the clauses of this topic.")
@click.option("--level", type=click.Choice(LEVELS), help="Only the clauses of this level.")
@click.option("--untested", is_flag=True, help="Only the clauses that cannot be checked from outside.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def clauses(dialect: tuple[str, ...], topic: str | None, level: str | None, untested: bool, as_json: bool) -> None:
    """Print what the documents say, sentence by sentence.

    DIALECT is the name of a bundled dialect or the folder of another; without one, all bundled dialects are printed.
    """
    loaded = {one.name: one for one in map(load_dialect, dialect or tuple(bundled()))}
    every = [clause for one in loaded.values() for clause in one.clauses]
    known = {*TOPICS, *(clause.topic for clause in every)}
    if topic is not None and topic not in known:
        raise click.UsageError(f"there is no topic {topic!r}: {nearest(topic, known)}")
    found = [
        clause
        for clause in every
        if (topic is None or clause.topic == topic)
        and (level is None or clause.level == level)
        and (clause.untested is not None or not untested)
    ]
    if as_json:
        click.echo(json.dumps([_row(clause, loaded[clause.dialect]) for clause in found], indent=2, ensure_ascii=False))
        return
    for clause in found:
        click.echo("\n".join(_lines(clause)))
    for name, told in _documents(found, loaded).items():
        click.echo(f"{name}: {', '.join(told)}")
    click.echo(_counts(found))


def _lines(clause: Clause) -> Iterable[str]:
    yield f"{clause.full_id}  {clause.level}, {clause.basis}"
    yield from textwrap.wrap(clause.says, 110, initial_indent="    ", subsequent_indent="    ")
    if clause.untested:
        yield from textwrap.wrap(f"untested: {clause.untested}", 110, initial_indent="    ", subsequent_indent="    ")
    yield f"    [{clause.source}]"
    yield ""


def _documents(found: list[Clause], loaded: Mapping[str, Dialect]) -> dict[str, list[str]]:
    """Say of each document that the clauses come from what it is, and where it can be read."""
    named = {clause.source.document: loaded[clause.dialect].documents.get(clause.source.document) for clause in found}
    return {name: list(document.looked_up("").values()) for name, document in named.items() if document}


def _counts(found: list[Clause]) -> str:
    tested = sum(clause.untested is None for clause in found)
    levels = Counter(clause.level for clause in found)
    bases = Counter(clause.basis for clause in found)
    parts = [f"{len(found)} clause{'s' * (len(found) != 1)}", f"{tested} tested, {len(found) - tested} untested"]
    parts += [", ".join(f"{n} {word}" for word, n in counts.items()) for counts in (levels, bases) if counts]
    return "; ".join(parts)


def _row(clause: Clause, dialect: Dialect) -> dict[str, Any]:
    return {
        "clause": clause.full_id,
        "topic": clause.topic,
        "level": clause.level,
        "basis": clause.basis,
        "says": clause.says,
        "source": asdict(clause.source),
        "document": dict(dialect.looked_up(clause)),
        "operation": clause.operation,
        "when": list(clause.when),
        "guarantee": clause.guarantee,
        "observe": clause.observe,
        "untested": clause.untested,
        "note": clause.note or None,
    }
