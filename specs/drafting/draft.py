"""A whole draft: the files of a dialect as text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from watchword.specs.drafting.behaving import profiles
from watchword.specs.drafting.describing import describe
from watchword.specs.drafting.document import read_document
from watchword.specs.drafting.finding import find
from watchword.specs.drafting.found import REVIEW, Ask
from watchword.specs.drafting.register import REVIEWED, register
from watchword.specs.errors import SpecError
from watchword.specs.reading.openapi import read_api
from watchword.specs.reading.yamlfile import YamlFile
from watchword.specs.values.api import Api
from watchword.specs.vocabulary.manners import MANNERS

__all__ = ["MINIMAL", "Draft", "draft"]

MINIMAL = Path(__file__).parent / "minimal.yaml"
"""The plain document of an API with about the least that a token API has."""

_HEADS = {
    "openapi.yaml": """\
# {title}: what travels where. Plain OpenAPI 3.1; the words that begin with x- are Watchword's, and other tools pass them over.
# x-role says what a value means, x-purpose what an operation is for, and x-operations parts the grants of one endpoint.
# Drafted by `watchword new`. x-review marks what was guessed: correct it or leave it, and then take the mark away.
""",
    "clauses.yaml": """\
# {title}: what its document says, one row a sentence.
# Drafted by `watchword new`. A row of level may breaks no run. Basis silent: it is shown what the server does, and no more.
# Where the document does say something, write down what it says: basis documented, a level, and what to expect.
# A note that begins with `review:` marks a guess: correct the row, raise its level, and take the note away.
""",
    "sources.yaml": """\
# {title}: the documents that the clauses come from, by the name that they call them; standards are known by their number.
# Drafted by `watchword new`. Add when it was written (date: "YYYY-MM-DD") and where it can be read (published: https://...).
""",
    "profiles.yaml": """\
# {title}: who lives in the mock, and what the mock does.
# Drafted by `watchword new`. Each operation looks for what it refuses from top to bottom, and serves what it accepts.
# The names and secrets are invented. `like: documented` begins another profile, which names only its differences.
""",
    "client.yaml": """\
# {title}: how much each rule about clients binds here.
# Drafted by `watchword new`: none binds until its level is raised to should or must, with where that is written.
""",
}


class _Plain(yaml.SafeDumper):
    """YAML without anchors: what stands in two places is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@dataclass(frozen=True)
class Draft:
    """The files of a dialect by name, how many rows and operations they have, what is marked in them, and what was left out."""

    files: Mapping[str, str]
    operations: tuple[str, ...]
    rows: int
    marks: int
    notes: tuple[str, ...]


def draft(name: str, source: Path, ask: Ask) -> Draft:
    """Draft a dialect from a plain OpenAPI document.

    Raises:
        SpecError: the document cannot be used, or holds no operation that gives a token.
    """
    root = read_document(source, ours=source == MINIMAL)
    notes: list[str] = []
    found = find(root, ask, notes)
    if not found:
        looked = (
            "looked for an operation whose 2xx JSON reply has a token (access_token, token, jwt, ... at its top) and whose "
            "request has credentials, and for an OAuth 2.0 flow password or clientCredentials with its tokenUrl"
        )
        seen = f"; {notes[0]}" if notes else ""
        raise SpecError(source, None, f"no operation gives a token{seen}", looked)
    description = describe(root, found, name)
    api = read_api(YamlFile(source, "", description, {}), name)
    rfc = frozenset(
        op.name for op in api.operations.values() for f in found if f.invokes_rfc and f.path == op.path and f.grants
    )
    certain = frozenset(op.name for op in api.operations.values() if op.name in rfc and not _guessed(description, op))
    rows = register(api, name, rfc, certain)
    behaviour = profiles(api, rfc)
    title = api.title
    files = {
        "openapi.yaml": _HEADS["openapi.yaml"].format(title=title) + _text(description),
        "clauses.yaml": _HEADS["clauses.yaml"].format(title=title) + "\n".join(_rows(rows)),
        "sources.yaml": _HEADS["sources.yaml"].format(title=title) + _text({name: _document(root, source, title)}),
        "profiles.yaml": _HEADS["profiles.yaml"].format(title=title) + _text(behaviour),
        "client.yaml": _HEADS["client.yaml"].format(title=title) + "".join(_manners(api)),
    }
    marks = files["openapi.yaml"].count(f"{REVIEW}:") + files["clauses.yaml"].count(f"note: '{REVIEWED}")
    return Draft(files, tuple(api.operations), len(rows), marks, tuple(notes))


def _guessed(description: Mapping[str, Any], operation: Any) -> bool:
    return f"{REVIEW}:" in _text(description["paths"][operation.path][operation.method.lower()])


def _document(root: Mapping[str, Any], source: Path, title: str) -> dict[str, str]:
    version = str(root["info"].get("version", "")).strip()
    told = {"title": title, **({"version": version} if version else {})}
    return told | {"sha256": hashlib.sha256(source.read_bytes()).hexdigest()}


def _text(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return text


def _flow(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Plain, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1_000_000
    )
    return text.strip().removesuffix("...").strip()


def _rows(rows: list[dict[str, Any]]) -> Iterator[str]:
    operation = None
    for row in rows:
        if row["operation"] != operation:
            operation = row["operation"]
            yield f"\n# -- {operation}\n"
        lines = [f"{key}: {_flow(value)}" for key, value in row.items()]
        yield "- " + "\n  ".join(lines) + "\n"


def _manners(api: Api) -> Iterator[str]:
    brands = any(op.bound("brand_key") for op in api.operations.values())
    for name in MANNERS:
        if name.startswith("brand.") and not brands:
            yield f"{name}: {{none: This API has no brands.}}\n"
        else:
            yield f"{name}: {{level: may, basis: silent, source: {REVIEWED[:-1]} this}}\n"
