"""The values of a dialect and the questions that can be asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.clause import Clause, Expectation, Source
from watchword.specs.values.profile import Account, Client, WorldData

DIALECT = load_dialect(Path(__file__).parent.parent / "dialects" / "lanternhouse")
API = DIALECT.api


def operation(name: str) -> Operation:
    """Give an operation of the invented dialect."""
    return API.operations[name]


def test_operations_come_in_the_order_of_the_description() -> None:
    """A grant is an operation of its own, in the place of its path."""
    assert [
        "logIn",
        "checkCredentials",
        "logInOfficer",
        "renewSession",
        "endSession",
        "issueByPassword",
        "issueByClientCredentials",
        "renewByRefreshToken",
        "revoke",
        "tellOfToken",
        "whereAllIs",
        "readLamp",
    ] == list(API.operations)


def test_bindings() -> None:
    """A role has its main place first; alternative and superseded places follow."""
    found = [(b.place, b.name, b.standing, b.required) for b in operation("revoke").bound("brand_key")]

    assert [
        ("query", "house", "main", True),
        ("form", "house", "alternative", False),
        ("query", "h", "superseded", False),
    ] == found
    assert () == operation("readLamp").bound("password")


def test_places() -> None:
    """A role travels in one main place; where it does not travel there is none."""
    assert ("basic", "json", "form", "bearer", "path", "query", "header", None) == (
        operation("checkCredentials").place("password"),
        operation("logIn").place("password"),
        operation("issueByPassword").place("password"),
        operation("readLamp").place("access_token"),
        operation("readLamp").place("record"),
        operation("readLamp").place("brand_key"),
        operation("logIn").place("brand_key"),
        operation("readLamp").place("password"),
    )


def test_roles() -> None:
    """Roles are those of main places; required are those that have neither a fixed value nor an example."""
    grant = operation("issueByPassword")

    assert ("client_id", "client_secret", "brand_key", "grant_type", "username", "password", "scope") == grant.roles
    assert ("client_id", "client_secret", "brand_key", "username", "password") == grant.required_roles
    assert ("access_token", "brand_key") == operation("readLamp").required_roles
    assert "record" in operation("readLamp").roles


def test_replies() -> None:
    """A reply is found by its status, by the class of its status, or as the default."""
    login = operation("logIn")
    shapes = {key: replace(login.replies["401"], status=key) for key in ("401", "4XX", "default")}
    ranged = replace(login, replies=shapes)

    assert ["401", "4XX", "default"] == [getattr(ranged.shape(s), "status", None) for s in (401, 403, 500)]
    assert login.shape(500) is None
    assert "201" == getattr(login.success, "status", None)
    assert ("access_token", "refresh_token", "expires_at", "scope", "subject") == login.gives
    assert () == operation("endSession").gives
    assert () == replace(login, replies={}).gives


def test_schema_pointers() -> None:
    """Each media type of a reply knows where its schema stands, with the slashes of paths escaped."""
    assert {"application/json": "/paths/~1sessions/post/responses/201/content/application~1json/schema"} == dict(
        operation("logIn").replies["201"].schemas
    )
    assert (
        "/components/responses/BadRequest/content/text~1plain/schema"
        == operation("logIn").replies["400"].schemas["text/plain"]
    )


def test_read_reply() -> None:
    """The members of a reply are read by role, whatever its status."""
    members = {"access_token": "a", "keeper": "Edda", "fault": "house", "other": 1}

    assert {"access_token": "a", "subject": "Edda", "error": "house"} == operation("logIn").read_reply(members)
    assert {} == operation("logIn").read_reply({})


def test_what_the_description_says_of_the_whole() -> None:
    """Title, base URLs, scopes, purposes and credentials of the dialect."""
    assert "Lanternhouse" == API.title
    assert {"url": "/keeper", "issuer": "", "resource_url": "/beacon"} == dict(API.bases)
    assert "/.well-known/oauth-authorization-server/keeper" == operation("whereAllIs").path
    assert ("lamps", "signals", "logbook", "stations") == API.scopes
    assert ["endSession", "revoke"] == [op.name for op in API.with_purpose("revoke")]
    assert [] == load_dialect("sensu").api.with_purpose("revoke")
    assert ("username", "password", "client_id", "client_secret", "brand_key") == API.required_credentials
    others = ("other_username", "other_password", "other_brand_key", "other_client_id", "other_client_secret")
    assert ("operator_username", "operator_password", *others) == API.optional_credentials


def test_text_and_folder_are_those_of_the_file() -> None:
    """An API knows its file's text and folder."""
    assert (API.folder / "openapi.yaml").read_text(encoding="utf-8") == API.text
    assert (DIALECT.folder, DIALECT.name) == (API.folder, API.name) == (API.folder, "lanternhouse")


@pytest.mark.parametrize(
    ("statuses", "status", "accepted"),
    [
        ((), 500, True),
        ((400, 401), 401, True),
        ((400, 401), 403, False),
        (("4xx",), 404, True),
        (("4xx",), 500, False),
        (("2xx", 302), 302, True),
        (("2xx",), 302, False),
    ],
)
def test_accepts_status(statuses: tuple[int | str, ...], status: int, accepted: bool) -> None:
    """An expectation takes the statuses it names, the classes it names, and any when it names none."""
    assert accepted is Expectation(status=statuses).accepts_status(status)


@pytest.mark.parametrize(
    ("level", "basis", "can_fail"),
    [
        ("must", "documented", True),
        ("must", "inferred", True),
        ("must", "rfc", False),
        ("should", "documented", False),
        ("may", "documented", False),
        ("may", "silent", False),
    ],
)
def test_can_fail(level: str, basis: str, can_fail: bool) -> None:
    """Only a must that the document says or implies can fail."""
    clause = Clause("a.b", "acme", "auth", "It works.", level, basis, Source("acme", "x"))

    assert can_fail is clause.can_fail
    assert "acme:a.b" == clause.full_id


@pytest.mark.parametrize(
    ("source", "text"),
    [(Source("acme", "Login", 7), "acme, Login, line 7"), (Source("RFC 6749", "5.1"), "RFC 6749, 5.1")],
)
def test_source(source: Source, text: str) -> None:
    """A source is a document, a section, and a line where there is one."""
    assert text == str(source)


def test_values_are_frozen() -> None:
    """Nobody changes a dialect that others use as well."""
    api: Any = API
    login: Any = operation("logIn")
    with pytest.raises(FrozenInstanceError):
        api.name = "other"
    with pytest.raises(FrozenInstanceError):
        login.path = "/other"
    with pytest.raises(TypeError):
        api.operations["other"] = login


# -- worlds


def test_announced_credentials() -> None:
    """The first of each kind is announced; second users, clients and brands are the others."""
    world = WorldData(
        accounts=(
            Account("op", "op-pass", "operator"),
            Account("a", "a-pass"),
            Account("b", "b-pass"),
            Account("c", "c-pass"),
        ),
        clients=(Client("app", "app-secret"), Client("second", "x")),
        brands=("A", "B", "C"),
    )

    assert {
        "username": "a",
        "password": "a-pass",
        "other_username": "b",
        "other_password": "b-pass",
        "operator_username": "op",
        "operator_password": "op-pass",
        "client_id": "app",
        "client_secret": "app-secret",
        "other_client_id": "second",
        "other_client_secret": "x",
        "brand_key": "A",
        "other_brand_key": "B",
    } == world.credentials
    assert {"username": "a", "password": "p"} == WorldData((Account("a", "p"),)).credentials


def test_reprs_hold_no_secret() -> None:
    """The reprs of accounts and clients show neither password nor secret."""
    shown = repr(DIALECT.world)
    secrets = [a.password for a in DIALECT.world.accounts] + [c.client_secret for c in DIALECT.world.clients]

    assert DIALECT.world.accounts[0].username in shown
    assert [] == [secret for secret in secrets if secret in shown]


def test_accounts_have_what_the_world_has() -> None:
    """An account that names no brands or scopes has all of them."""
    by_name = {account.username: account for account in DIALECT.world.accounts}

    assert ("NORTH", "south-mole") == by_name["Edda.Voss"].brands
    assert ("south-mole",) == by_name["Åse & Søn"].brands
    assert ("lamps", "signals", "logbook", "stations") == by_name["Harbour.Ines"].scopes
    assert ("Edda.Voss", "11") == (by_name["Edda.Voss"].username, by_name["Edda.Voss"].id)


# -- profiles


def test_profile_of_replies(broken: Callable[..., Any]) -> None:
    """A reply that a profile overlays is replaced as a whole; other maps are merged, lists are replaced."""
    copied = broken(
        "profiles.yaml",
        "    says: The same with shorter lives.\n    like: documented\n",
        "    says: x\n    like: documented\n    replies: {no such method: {status: 501}}\n    relogin: same_tokens\n",
    )
    dialect: Dialect = load_dialect(copied.folder)
    documented, terse = dialect.profile("documented"), dialect.profile("terse")

    assert (405, {"Allow": "$allow"}) == (documented.unknown_method.status, dict(documented.unknown_method.headers))
    assert (501, {}) == (terse.unknown_method.status, dict(terse.unknown_method.headers))
    assert documented.unknown_path == terse.unknown_path
    assert (600, 60) == (documented.access_token.lifetime, terse.access_token.lifetime)
    assert ("new_tokens", "same_tokens") == (documented.relogin, terse.relogin)


def test_api_is_an_api() -> None:
    """The smallest dialect has two operations, no scopes and no ban."""
    api: Api = load_dialect(Path(__file__).parent.parent / "dialects" / "smallest").api

    assert (["logIn", "readMe"], (), None) == (list(api.operations), api.scopes, api.ban)
    assert {"url": ""} == dict(api.bases)
