"""The vocabulary to be read: each word with its sentence, where it applies, how it is provoked, and a row that uses it.

Everything here is taken from the tables and the JSON Schemas; nothing is told twice, so nothing can be told differently.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, PURPOSES, ROLES, SECRET_ROLES, Condition
from watchword.specs.vocabulary.condition import CONCERNS, GRAVITIES, PRESUMPTIONS, REQUIREMENTS
from watchword.specs.vocabulary.guarantees import Guarantee
from watchword.specs.vocabulary.roles import TOKEN_FORMS
from watchword.specs.vocabulary.rows import draft_row

__all__ = ["SECTIONS", "Word", "as_markdown", "as_text", "words_of"]

SECTIONS: Mapping[str, str] = {
    "conditions": "Every way in which a request can be wrong that has a name; a clause names one as `when`.",
    "guarantees": "Every property of right behaviour that has a name; a clause names one as `guarantee` or `observe`.",
    "roles": "What a value in a request or a reply is; a description gives one as `x-role`.",
    "tokens": "The forms in which the mock makes tokens; a profile names one as `form`.",
    "profiles": "What a profile in `profiles.yaml` can say of the mock's behaviour.",
}
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its sentence, what else is known of it (label → text), and YAML that uses it (empty: none)."""

    name: str
    says: str
    facts: Mapping[str, str] = field(default_factory=dict)
    example: str = ""


def words_of(section: str, profiles: Mapping[str, Any]) -> list[Word]:
    """Give the words of a section of `SECTIONS`; `profiles` is the JSON Schema of `profiles.yaml`.

    Raises:
        KeyError: there is no such section.
    """
    return {
        "conditions": lambda: [_condition(row) for row in CONDITIONS.values()],
        "guarantees": lambda: [_guarantee(row) for row in GUARANTEES.values()],
        "roles": lambda: [_role(name) for name in ROLES],
        "tokens": lambda: [
            Word(name, says, {}, f"access_token: {{form: {name}, lifetime: 3600}}")
            for name, says in TOKEN_FORMS.items()
        ],
        "profiles": lambda: list(_keys(profiles["properties"]["profiles"]["additionalProperties"])),
    }[section]()


def _condition(row: Condition) -> Word:
    where = [REQUIREMENTS[name] for name in row.requires]
    if row.role:
        where.insert(0, f"the operation carries the {row.role}")
    if row.places:
        where.append(
            f"it travels in {' or '.join(row.places)}"
            if row.role
            else f"something travels in {' or '.join(row.places)}"
        )
    if row.purposes:
        where.append(f"the operation {' or '.join(PURPOSES[name] for name in row.purposes)}")
    facts = {
        "where": "; ".join(where) or "any operation",
        "provoked": f"by a right request, changed so that {row.says}",
        "wants": f"{', '.join(row.needs)} in the target file" if row.needs else "",
        "presumes": PRESUMPTIONS[row.presumes] if row.presumes else "",
        "special case of": row.broader or "",
        "met by": CONCERNS[row.concerns] if row.concerns != "operation" else "",
        "gravity": row.gravity,
    }
    return Word(row.name, f"A request in which {row.says}.", _told(facts), draft_row(row.name, "OPERATION"))


def _guarantee(row: Guarantee) -> Word:
    every = len(row.purposes) == len(PURPOSES)
    right, wrong = row.generated
    how = "by right requests, and a look at what they give"
    if row.of_refusals:
        how = "by the wrong requests that the row names as `conditions`"
    elif right:
        how = f"by up to {right} right and {wrong} wrong requests that are generated from the description"
    facts = {
        "where": "any operation" if every else f"an operation that {' or '.join(PURPOSES[p] for p in row.purposes)}",
        "provoked": how,
        "wants": f"{', '.join(row.needs)} in the target file" if row.needs else "",
        "presumes": PRESUMPTIONS[row.presumes] if row.presumes else "",
        "demands": "nothing: it only says what a server does" if row.describes else "",
        "gravity": "" if row.describes else row.gravity,
    }
    says = f"{row.says[0].upper()}{row.says[1:]}."
    return Word(row.name, says, _told(facts), draft_row(row.name, "OPERATION"))


def _role(name: str) -> Word:
    facts = {
        "secret": "yes: it is in no report" if name in SECRET_ROLES else "",
        "conditions": ", ".join(row.name for row in CONDITIONS.values() if row.role == name),
    }
    says = f"{ROLES[name][0].upper()}{ROLES[name][1:]}."
    return Word(name, says, _told(facts), f"x-role: {name}")


def _told(facts: Mapping[str, str]) -> dict[str, str]:
    return {label: text for label, text in facts.items() if text}


def _keys(node: Mapping[str, Any], above: str = "") -> Iterator[Word]:
    """Give the keys of an object and of those inside it, as `operations.*.refuse[].when`."""
    for name, child in node.get("properties", {}).items():
        at = f"{above}{name}"
        yield Word(at, str(child.get("description", "")), _told({"value": _value(child)}))
        inside = child
        while isinstance(step := inside.get("items", inside.get("additionalProperties")), dict):
            at, inside = (f"{at}[]" if "items" in inside else f"{at}.*"), step
        yield from _keys(inside, f"{at}.")


def _value(node: Mapping[str, Any]) -> str:
    if "enum" in node:
        return " or ".join(map(str, node["enum"]))
    kind = node.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def as_text(words: Iterable[Word]) -> Iterator[str]:
    """Give the lines that a terminal shows."""
    for word in words:
        yield word.name
        told = [word.says] if word.says else []
        told += [f"{label}: {text}" for label, text in word.facts.items()]
        for text in told:
            yield from textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")
        if word.example:
            yield ""
            yield textwrap.indent(word.example, "        ")
        yield ""


def as_markdown(profiles: Mapping[str, Any]) -> str:
    """Give the text of `docs/vocabulary.md`."""
    lines = [
        "# The vocabulary",
        "",
        "The words that dialects are written in; what is not here, no dialect can say.",
        "Topics are not among them: `topic` is any word in small letters, digits and `_`, and groups the clauses in reports.",
        "This page is written by `watchword vocabulary --markdown`, and `watchword vocabulary SECTION [WORD…]` shows a part of it.",
        "An example is a row of `clauses.yaml` to be pasted and reviewed: names in capitals are to be filled in. As a `should`",
        "or a `may` it fails no run until somebody raises its level.",
    ]
    for section, about in SECTIONS.items():
        lines += ["", f"## {section.capitalize()}", "", about]
        if section == "conditions":
            lines += ["Its gravity says what it would mean to treat it wrongly:", ""]
            lines += [f"- {name}: {says}" for name, says in GRAVITIES.items()]
        for word in words_of(section, profiles):
            lines += ["", f"### `{word.name}`"]
            lines += ["", word.says] if word.says else []
            lines += ["", *(f"- {label}: {text}" for label, text in word.facts.items())] if word.facts else []
            lines += ["", "```yaml", word.example, "```"] if word.example else []
    return "\n".join(lines) + "\n"
