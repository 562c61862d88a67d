"""The JSON Schemas of the seven kinds of file: valid themselves, and strict about what they describe."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from watchword.specs.loader import bundled, schema
from watchword.specs.reading.yamlfile import read_yaml

KINDS = ("openapi", "clauses", "profiles", "faults", "world", "client", "sources")
DIALECTS = Path(__file__).parent.parent / "dialects"
FOLDERS = {**bundled(), **{folder.name: folder for folder in DIALECTS.iterdir() if folder.is_dir()}}
SMALLEST = DIALECTS / "smallest"
REMOVED = object()


def errors(kind: str, value: Any) -> list[str]:
    """Hold a value against the schema of a kind of file."""
    return [error.message for error in Draft202012Validator(dict(schema(kind))).iter_errors(value)]


def example(kind: str) -> Any:
    """Give a value that keeps to the schema."""
    if kind == "world":
        return copy.deepcopy(read_yaml(SMALLEST / "profiles.yaml").value["world"])
    if kind == "faults":
        return {"drop@logIn": [], "accepts:password.wrong@logIn": ["login.password-wrong"]}
    if kind == "client":
        return copy.deepcopy(read_yaml(FOLDERS["lanternhouse"] / "client.yaml").value)
    return copy.deepcopy(read_yaml(SMALLEST / f"{kind}.yaml").value)


def changed(value: Any, at: str, new: Any) -> Any:
    """Put something else at a place, or take away what is there."""
    *steps, last = [int(step) if step.isdigit() else step for step in at.split("/")]
    inside = value
    for step in steps:
        inside = inside[step]
    if new is REMOVED:
        del inside[last]
    else:
        inside[last] = new
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_valid(kind: str) -> None:
    """Each schema is a JSON Schema of 2020-12 and says what it is of."""
    Draft202012Validator.check_schema(dict(schema(kind)))

    assert "https://json-schema.org/draft/2020-12/schema" == schema(kind)["$schema"]
    assert schema(kind)["title"]


def test_there_are_no_other_schemas() -> None:
    """The folder of schemas holds these seven."""
    folder = next(iter(bundled().values())).parent / "schemas"

    assert {f"{kind}.schema.json" for kind in KINDS} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
@pytest.mark.parametrize("kind", ["openapi", "clauses", "profiles"])
def test_dialects_keep_to_them(kind: str, folder: Path) -> None:
    """The files of every dialect keep to their schemas."""
    assert [] == errors(kind, read_yaml(folder / f"{kind}.yaml").value)


def test_world_is_that_of_profiles() -> None:
    """A world file is written like the world of a profiles file, and may say of which dialect it is."""
    own = {key: value for key, value in schema("world").items() if key not in ("$schema", "title")}
    own["properties"] = {key: value for key, value in own["properties"].items() if key != "dialect"}

    assert own == schema("profiles")["properties"]["world"]


VALID = [
    ("openapi", "paths/~1login/post/x-optional", True),
    ("openapi", "openapi", "3.1.1"),
    ("openapi", "x-watchword/ban", {"count": 3, "window": 60, "statuses": [403], "text": "banned"}),
    ("openapi", "paths/~1login/post/x-alternative-paths", ["/log-in"]),
    ("openapi", "paths/~1login/post/x-base", "resource_url"),
    ("openapi", "paths/~1login/post/x-accounts", {"says": "guests", "claim": "kind", "values": ["guest"]}),
    ("openapi", "paths/~1login/post/x-anything", {"of": "others"}),
    ("openapi", "servers/0/description", "Here."),
    ("clauses", "1/when", ["password.wrong", "body.empty"]),
    ("clauses", "1/expect/status", ["4xx", 500]),
    ("clauses", "1/expect/headers", {"Allow": ""}),
    ("clauses", "1/expect/body", "empty"),
    ("clauses", "1/expect/ignore_case", True),
    ("clauses", "1/method", "HEAD"),
    ("clauses", "1/note", "Why."),
    ("clauses", "0/id", "a.b-c.d2"),
    ("clauses", "0/source", {"document": "RFC 6749", "section": "5.1"}),
    ("profiles", "profiles/documented/relogin", "same_tokens"),
    ("profiles", "profiles/documented/renewal", {"rotates": True}),
    ("profiles", "profiles/documented/access_token", {"form": "jwt", "lifetime": None, "claims": {"sub": "$subject"}}),
    ("profiles", "profiles/documented/replies/bad request", {"status": 400, "json": {"a": [1]}, "headers": {"X": "1"}}),
    ("profiles", "profiles/documented/operations/logIn/refuse/0/then", "end_session"),
    ("faults", "stall@logIn", []),
    ("world", "clients", [{"client_id": "a", "client_secret": "b", "grants": ["password"], "enabled": False}]),
    ("world", "accounts/0/kind", "operator"),
    ("world", "brands", []),
    ("client", "retry.once", {"none": "Nobody is refused here."}),
    ("client", "retry.once/says", "In other words."),
]
INVALID = [
    ("client", "retry.once/level", "always"),
    ("client", "retry.once/source", REMOVED),
    ("client", "retry.once/basis", REMOVED),
    ("client", "retry.once/none", "And a level, too."),
    ("client", "retry.once/unless", "never"),
    ("client", "retry.once", {"none": ""}),
    ("sources", "smallest/title", REMOVED),
    ("sources", "smallest/date", "May 2026"),
    ("sources", "smallest/published", "on paper"),
    ("sources", "smallest/sha256", "ABCD"),
    ("sources", "smallest/author", "Nobody"),
    ("openapi", "openapi", "3.0.3"),
    ("openapi", "x-watchword", REMOVED),
    ("openapi", "x-watchword/title", ""),
    ("openapi", "x-watchword/ban", {"count": 0, "window": 60, "statuses": [403], "text": "banned"}),
    ("openapi", "x-watchword/ban", {"count": 3}),
    ("openapi", "servers", []),
    ("openapi", "servers", [{"description": "Nowhere."}]),
    ("openapi", "paths", {}),
    ("openapi", "paths/~1login/post/operationId", REMOVED),
    ("openapi", "paths/~1login/post/x-purpose", "log in"),
    ("openapi", "paths/~1login/post/x-purpose", REMOVED),
    ("openapi", "paths/~1login/post/x-operations", {}),
    ("openapi", "paths/~1login/post/x-optional", "yes"),
    ("openapi", "paths/~1login/post/x-base", "base"),
    ("openapi", "paths/~1login/post/x-accounts", {"says": "guests", "claim": "kind", "values": []}),
    ("openapi", "paths/~1login/post/x-alternative-paths", ["/a", "/a"]),
    ("clauses", "0/id", "one-word"),
    ("clauses", "0/id", "Login.served"),
    ("clauses", "0/id", REMOVED),
    ("clauses", "0/topic", "Log-in"),
    ("clauses", "0/level", "MUST"),
    ("clauses", "0/basis", "implied"),
    ("clauses", "0/says", "Too short."),
    ("clauses", "0/says", "x" * 241),
    ("clauses", "0/source", {"document": "x"}),
    ("clauses", "0/source/page", 3),
    ("clauses", "0/guarantee", REMOVED),
    ("clauses", "0/untested", "Nobody can look into the server."),
    ("clauses", "0/expect", {}),
    ("clauses", "0/expect/status", []),
    ("clauses", "0/expect/status", ["401"]),
    ("clauses", "0/expect/status", [99]),
    ("clauses", "0/expect/body", "text"),
    ("clauses", "0/expect/types", {"access_token": "number or string"}),
    ("clauses", "0/expect/says", "x"),
    ("clauses", "1/when", ["password.wrong"]),
    ("clauses", "1/when", ["password.wrong", "password.wrong"]),
    ("clauses", "1/method", "TRACE"),
    ("clauses", "3/conditions", []),
    ("clauses", "4/untested", "No."),
    ("clauses", "4/severity", "low"),
    ("faults", "drop@logIn", None),
    ("faults", "drop@logIn", "login.served"),
    ("faults", "drop@logIn", [1]),
    ("faults", "drop@logIn", ["login.served", "login.served"]),
    ("profiles", "world", REMOVED),
    ("profiles", "profiles", {}),
    ("profiles", "profiles/documented", REMOVED),
    ("profiles", "profiles/documented/says", REMOVED),
    ("profiles", "profiles/documented/extra", 1),
    ("profiles", "profiles/documented/access_token/form", "opaque"),
    ("profiles", "profiles/documented/access_token/lifetime", 0),
    ("profiles", "profiles/documented/relogin", "refused"),
    ("profiles", "profiles/documented/renewal", {"rotate": True}),
    ("profiles", "profiles/documented/replies/bad request", {"json": {}}),
    ("profiles", "profiles/documented/replies/bad request", {"status": 400, "json": {}, "text": ""}),
    ("profiles", "profiles/documented/replies/bad request", {"status": "400"}),
    ("profiles", "profiles/documented/operations/logIn/refuse/0/when", []),
    ("profiles", "profiles/documented/operations/logIn/refuse/0/with", REMOVED),
    ("profiles", "profiles/documented/operations/logIn/refuse/0/then", "log_out"),
    ("profiles", "profiles/documented/operations/logIn/accept", ["a.b", "a.b"]),
    ("profiles", "profiles/documented/operations/logIn/reply", {"members": ["token"]}),
    ("profiles", "profiles/documented/operations/logIn/reply/members", []),
    ("world", "accounts", []),
    ("world", "accounts", REMOVED),
    ("world", "accounts/0/password", REMOVED),
    ("world", "accounts/0/username", ""),
    ("world", "accounts/0/kind", "admin"),
    ("world", "accounts/0/nickname", "a@b"),
    ("world", "clients", [{"client_id": "a"}]),
    ("world", "brands", ["A", "A"]),
]


def place(at: str) -> str:
    """Write a place without the escapes that keep the slashes of paths apart."""
    return at.replace("~1", "\0")


def at_place(kind: str, at: str, new: Any) -> list[str]:
    """Hold an example that was changed at one place against its schema."""
    value = example(kind)
    if kind == "openapi":
        value["paths"] = {path.replace("/", "\0"): item for path, item in value["paths"].items()}
    return errors(kind, changed(value, place(at), new))


@pytest.mark.parametrize("kind", KINDS)
def test_example(kind: str) -> None:
    """The example that the changes below are made to is valid."""
    assert [] == errors(kind, example(kind))


@pytest.mark.parametrize(("kind", "at", "new"), VALID)
def test_valid(kind: str, at: str, new: Any) -> None:
    """What the schema allows."""
    assert [] == at_place(kind, at, new)


@pytest.mark.parametrize(("kind", "at", "new"), INVALID)
def test_invalid(kind: str, at: str, new: Any) -> None:
    """What the schema refuses."""
    assert at_place(kind, at, new)
