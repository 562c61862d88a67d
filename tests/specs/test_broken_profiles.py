"""What is wrong in a `profiles.yaml` or a world file is said with file, line and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from watchword.specs.errors import SpecError
from watchword.specs.loader import load_dialect, load_world

WORLD = "world:\n  accounts:\n    - {username: wanda, password: Pebble5-Drift}\n    - {username: oskar, password: Marsh8-Heron}"
SMALLEST = {
    "a key twice": (
        "    says: The same",
        "    says: Again\n    says: The same§",
        "'says' stands here twice",
        "keep one",
    ),
    "a misspelt key": (
        "world:\n",
        "world:\n  clints: []§\n",
        "there is no key 'clints' in world",
        "did you mean 'clients'?",
    ),
    "a misspelt required key": ("password: Pebble5", "passwort: Pebble5§", "no key 'passwort'", "'password'"),
    "no documented profile": ("profiles:\n  documented:", "profiles:§\n  dokumented:", "", "add documented: …"),
    "an unknown reply": ("with: unauthorized}", "with: unauthorised}§", "no reply 'unauthorised'", "'unauthorized'"),
    "an unknown reply to an unknown path": (
        "{path: not found",
        "{path: not fond§",
        "no reply 'not fond'",
        "'not found'",
    ),
    "an unknown operation": ("      readMe:", "      readMee:§", "there is no operation 'readMee'", "'readMe'"),
    "an unknown operation of an unknown method": (
        "method: no such method}",
        "method: no such method, method_by_operation: {logOut: not found}}§",
        "there is no operation 'logOut'",
        "valid names: logIn, readMe",
    ),
    "an unknown operation in front of methods": (
        "method: no such method}",
        "method: no such method, guard_methods: [logOut]}§",
        "there is no operation 'logOut'",
        "valid names: logIn, readMe",
    ),
    "an unknown reply to a method": (
        "method: no such method}",
        "method: no such method, method_by_method: {PUT: not fond}}§",
        "no reply 'not fond'",
        "'not found'",
    ),
    "an unknown reply to a grant": (
        "    says: The same",
        "    left_out: [{method: POST, path: /a, grant_type: b, says: c., with: not fond}]§\n    says: The same",
        "no reply 'not fond'",
        "'not found'",
    ),
    "an unknown condition": (
        "username.unknown, password.wrong]",
        "username.unknwon, password.wrong]§",
        "there is no condition 'username.unknwon'",
        "did you mean 'username.unknown'?",
    ),
    "a condition that does not fit": (
        "username.unknown, password.wrong]",
        "username.unknown, basic.missing, password.wrong]§",
        "basic.missing cannot happen at logIn: logIn has nothing in basic",
        "remove it",
    ),
    "an unknown accepted condition": (
        "[body.no_content_type]",
        "[body.no_content_typ]§",
        "no condition",
        "content_type'?",
    ),
    "an accepted condition that does not fit": (
        "accept: [body.no_content_type]",
        "accept: [body.no_content_type, body.in_query]§",
        "body.in_query cannot happen at logIn: logIn has nothing in form",
        "remove it",
    ),
    "a condition that is refused and accepted": (
        "accept: [body.no_content_type]",
        "accept: [body.no_content_type, body.null]§",
        "body.null is both refused and accepted",
        "keep one",
    ),
    "an undecided condition": (
        "      logIn:\n        refuse:\n          - when: [body.empty, ",
        "      logIn:§\n        refuse:\n          - when: [",
        "nothing is said of body.empty (there is no body)",
        "add it to accept, or to refuse with a reply",
    ),
    "an operation without a reply": (
        "      readMe:\n        refuse:",
        "      readMe:§\n        accept: []\n  other:\n    says: x\n    like: documented\n    operations:\n      readMe:\n        refuse:",
        "the reply to a right request is missing here",
        "add reply: {status: …}",
    ),
    "an unknown member": (
        "members: [token, until]",
        "members: [token, untill]§",
        "the success reply of logIn has no member 'untill'",
        "did you mean 'until'?",
    ),
    "an unknown profile to be like": ("like: documented", "like: documentd§", "no profile 'documentd'", "'documented'"),
    "a profile like itself": (
        "like: documented",
        "like: terse§",
        "the profile 'terse' is like itself",
        "end the circle",
    ),
    "profiles in a circle": (
        "    like: documented\n",
        "    like: brief\n  brief:\n    says: The same again.\n    like: terse§\n",
        "the profile 'brief' is like itself",
        "end the circle",
    ),
    "an unknown form": ("access_token: {form: hex", "access_token: {form: hexa§", "'hexa' is not valid", "'hex'"),
    "two bodies": ("{status: 400}", "{status: 400, json: {}, text: x}§", "should not be valid", "exclude each other"),
    "a status that is none": ("{status: 400}", "{status: 4000}§", "4000 is greater than the maximum of 599", ""),
    "an unknown kind of account": (
        "    - {username: wanda",
        "    - {kind: boss§, username: wanda",
        "'boss'",
        "operator",
    ),
    "nobody who can log in": (
        WORLD,
        "world:§\n  accounts:\n    - {username: wanda, password: Pebble5-Drift, kind: operator}",
        "the world gives no username, and smallest requires one",
        "add an account, a client or a brand",
    ),
    "nobody at all": ("  accounts:\n", "  accounts: []§\n  clients:\n", "[] should be non-empty", ""),
}
LANTERNHOUSE = {
    "no brand": (
        "world:\n  brands: [NORTH, south-mole]",
        "world:§\n  brands: []",
        "the world gives no brand_key, and lanternhouse requires one",
        "add an account, a client or a brand",
    ),
    "an unknown effect": ("then: end_session", "then: end_sesion§", "'end_sesion' is not valid here", "'end_session'"),
}
CASES = [
    pytest.param(base, *case, id=name)
    for base, cases in (("smallest", SMALLEST), ("lanternhouse", LANTERNHOUSE))
    for name, case in cases.items()
]


@pytest.mark.parametrize(("base", "old", "new", "problem", "hint"), CASES)
def test_error(base: str, old: str, new: str, problem: str, hint: str, broken: Callable[..., Any]) -> None:
    """The error names the file and the line, says what is wrong, and how it is mended."""
    wrong = broken("profiles.yaml", old, new, base)
    error = wrong.load()

    assert (wrong.file, wrong.line) == (error.file, error.line)
    assert problem in error.problem
    assert hint in error.hint


def test_part_of_a_profile_is_missing(broken: Callable[..., Any]) -> None:
    """A profile that lacks a part, and is like no other, is told so."""
    error = broken("profiles.yaml", "    like: documented\n", "").load()

    assert "the key 'refresh_token' is missing here" == error.problem
    assert "add refresh_token: …, or name a profile to be like" == error.hint


def test_world_file(tmp_path: Path) -> None:
    """A world file of somebody's own is held against its schema, and against what the dialect requires."""
    api = load_dialect(Path(__file__).parent.parent / "dialects" / "smallest").api
    file = tmp_path / "world.yaml"
    file.write_text("accounts:\n  - username: ada\n    password: Lovelace-1843\n", encoding="utf-8")

    assert {"username": "ada", "password": "Lovelace-1843"} == load_world(file, api).credentials


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("accounts:\n  - username: ada\n    pasword: x\n", 3, "there is no key 'pasword' here"),
        ("accounts:\n  - {username: ada, password: x, kind: operator}\n", 1, "the world gives no username"),
        ("brands: [A]\n", 1, "the key 'accounts' is missing here"),
        ("- 1\n", 1, "[1] is not of type 'object'"),
    ],
)
def test_wrong_world_file(text: str, line: int, problem: str, tmp_path: Path) -> None:
    """What is wrong in a world file is said with its line."""
    api = load_dialect(Path(__file__).parent.parent / "dialects" / "smallest").api
    file = tmp_path / "world.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_world(file, api)

    assert (file, line) == (caught.value.file, caught.value.line)
    assert problem in caught.value.problem
