"""Documents say the same in many shapes: what each becomes, and that it is a dialect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from watchword.specs.loader import load_dialect
from watchword.specs.newcommand import new

TEXT = {"type": "string"}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LOGIN = {"type": "object", "required": ["username", "password"], "properties": {"username": TEXT, "password": TEXT}}
BEARER = {"token": {"type": "http", "scheme": "bearer"}}
KEYS = {
    name: {"type": "apiKey", "in": place, "name": name}
    for name, place in (("X-Api-Key", "header"), ("X-Api-Secret", "header"), ("api_key", "query"), ("sid", "cookie"))
}
OPENED = {"get": {"security": [{"token": []}], "responses": {"200": {"description": "You."}}}}


def grant(**about: Any) -> dict[str, Any]:
    """Give the form of some grants of RFC 6749."""
    names = ("client_id", "client_secret", "username", "password", "refresh_token", "code")
    members = {"grant_type": {"type": "string", **about}, **dict.fromkeys(names, TEXT)}
    return {"type": "object", "required": ["grant_type"], "properties": members}


def giving(**members: Any) -> dict[str, Any]:
    """Give the reply that carries an access token, and what else is named."""
    schema = {"type": "object", "properties": {"access_token": TEXT, **members}}
    return {"200": {"description": "A token.", "content": {JSON: {"schema": schema}}}}


def post(schema: Any = None, media: str = JSON, replies: Any = None, **more: Any) -> dict[str, Any]:
    """Give a path whose POST takes a body and gives a token."""
    body = {} if schema is None else {"requestBody": {"content": {media: {"schema": schema}}}}
    return {"post": {**body, "responses": replies or giving(), **more}}


def begin(folder: Path, paths: dict[str, Any], **schemes: Any) -> Result:
    """Draft a dialect of a document with these paths."""
    root = {
        "openapi": "3.1.0",
        "info": {"title": "Shapes", "version": "1"},
        "paths": {"/me": OPENED, **paths},
        "components": {"securitySchemes": {**BEARER, **KEYS, **schemes}},
    }
    (folder / "api.json").write_text(json.dumps(root), encoding="utf-8")
    return CliRunner().invoke(new, [str(folder / "mine"), "--from", str(folder / "api.json"), "--yes"])


def queried(*names: str) -> list[dict[str, Any]]:
    """Give parameters of the query."""
    return [{"name": name, "in": "query", "required": True, "schema": TEXT} for name in names]


EMAIL = {"type": "object", "required": ["email", "password"], "properties": {"email": TEXT, "password": TEXT}}
BOTH = {"content": {JSON: {"schema": LOGIN}, FORM: {"schema": LOGIN}}}
LIFE = {"refresh_token": TEXT}
REFRESHING = {"type": "object", "properties": {"refreshToken": TEXT}}
ENDING = {"type": "object", "required": ["token"], "properties": {"token": TEXT, "token_type_hint": TEXT}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            post(
                {"oneOf": [grant(const="password"), grant(enum=["refresh_token"]), grant(const="urn:other")]},
                FORM,
                giving(**LIFE),
            ),
            "issueByPassword issue client_id@form client_secret@form grant_type@form password@form username@form; "
            "renewByRefreshToken renew client_id@form client_secret@form grant_type@form refresh_token@form",
            id="a form for each grant",
        ),
        pytest.param(
            post(grant(), FORM),
            "issueByPassword issue client_id@form client_secret@form grant_type@form password@form username@form; "
            "issueByClientCredentials issue client_id@form client_secret@form grant_type@form",
            id="grants without a list, and no refresh token to renew by",
        ),
        pytest.param(
            post(grant(enum=["client_credentials"])),
            "issueByClientCredentials issue client_id@json client_secret@json grant_type@json",
            id="grants in JSON",
        ),
        pytest.param(
            post(grant(enum=["client_credentials"]), FORM, security=[{}, {"basic": []}]),
            "issueByClientCredentials issue client_id@basic client_secret@basic grant_type@form",
            id="Basic or the form",
        ),
        pytest.param(
            post({"oneOf": [LOGIN, EMAIL]}), "postT issue password@json username@json", id="two ways to name oneself"
        ),
        pytest.param(
            post({**LOGIN, "required": []}), "postT issue password@json username@json", id="nothing is required"
        ),
        pytest.param(
            post(parameters=queried("login", "password")),
            "postT issue password@query username@query",
            id="in the query",
        ),
        pytest.param(
            {"post": {"requestBody": BOTH, "responses": giving()}},
            "postT issue password@form username@form",
            id="a form or JSON",
        ),
        pytest.param(
            post(LOGIN, security=[{"X-Api-Key": []}]),
            "postT issue client_secret@header password@json username@json",
            id="a key beside the login",
        ),
        pytest.param(
            post(security=[{"X-Api-Key": [], "X-Api-Secret": []}]),
            "postT issue client_id@header client_secret@header",
            id="a key and its secret",
        ),
        pytest.param(post(security=[{"api_key": []}]), "postT issue client_secret@query", id="a key in the query"),
        pytest.param(
            post(LOGIN, replies={**giving(), "default": {"description": "Else."}}, operationId="weißes Login: {x}"),
            "weiEsLoginX issue password@json username@json",
            id="a strange name",
        ),
    ],
)
def test_a_shape(path: dict[str, Any], expected: str, tmp_path: Path) -> None:
    """The operations about tokens, what each is for, and where its roles travel; all credentials are required."""
    done = begin(tmp_path, {"/t": path}, basic={"type": "http", "scheme": "Basic"})
    assert done.exit_code == 0, done.output
    *tokens, opened = load_dialect(tmp_path / "mine").api.operations.values()

    told = [f"{op.name} {op.purpose} {' '.join(sorted(f'{b.role}@{b.place}' for b in op.bindings))}" for op in tokens]

    assert expected == "; ".join(told)
    assert ("getMe", "resource") == (opened.name, opened.purpose)
    assert [] == [b.role for op in tokens for b in op.bindings if not b.required and b.role != "scope"]


def test_what_comes_after_a_login(tmp_path: Path) -> None:
    """A renewal, an end after RFC 7009 and a scope that no flow lists are found beside the login."""
    oidc = {"type": "openIdConnect", "openIdConnectUrl": "https://id.example"}
    me = {"get": {"security": [{"oidc": ["mail"]}], "responses": {"200": {"description": "You."}}}}
    paths = {
        "/t": post(LOGIN, replies=giving(**LIFE)),
        "/renewal": post(REFRESHING, replies=giving(**LIFE), security=[{"token": []}]),
        "/revoke": post(ENDING, FORM, {"200": {"description": "It ends."}}),
        "/me": me,
    }
    done = begin(tmp_path, paths, oidc=oidc)
    assert done.exit_code == 0, done.output
    api = load_dialect(tmp_path / "mine").api

    assert ["issue", "renew", "revoke", "resource"] == [op.purpose for op in api.operations.values()]
    assert {"access_token": "bearer", "refresh_token": "json"} == {
        b.role: b.place for b in api.operations["postRenewal"].bindings
    }
    assert {"refresh_token"} == {b.role for b in api.operations["postRevoke"].bindings}
    assert ("mail",) == api.scopes == api.operations["getMe"].scopes


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (post(LOGIN, replies={"200": {"description": "Nothing."}}), "no operation gives a token"),
        (post(grant(enum=["authorization_code"]), FORM), "left out the grants authorization_code"),
        (post(parameters=queried("grant_type", "client_id", "client_secret")), "the grant travels in the query"),
        (
            post(
                LOGIN,
                replies={
                    "200": {
                        "description": "Inside.",
                        "content": {JSON: {"schema": {"properties": {"data": {"properties": {"token": TEXT}}}}}},
                    }
                },
            ),
            "the token stands inside `data`",
        ),
    ],
)
def test_what_cannot_be_drafted_is_said(path: dict[str, Any], said: str, tmp_path: Path) -> None:
    """A shape that a dialect cannot have is named, and nothing is written."""
    done = begin(tmp_path, {"/t": path})

    assert done.exit_code == 4
    assert said in done.output
    assert not (tmp_path / "mine").exists()


def test_a_token_of_another_look(tmp_path: Path) -> None:
    """What a document says of the look of its tokens goes into the mark, since the mock's look otherwise."""
    replies = giving(access_token={"type": "string", "pattern": "^eyJ"}, expires_in={"type": "integer", "maximum": 60})
    begin(tmp_path, {"/t": post(LOGIN, replies=replies)})
    text = (tmp_path / "mine" / "openapi.yaml").read_text(encoding="utf-8")

    assert "its role is certain; the document also says {'pattern': '^eyJ'}" in " ".join(
        text.replace("''", "'").split()
    )
    assert "maximum: 60" not in text


def test_schemas_that_hold_themselves(tmp_path: Path) -> None:
    """A schema that refers to itself is followed once."""
    itself = {"$ref": "#/paths/~1me/get/responses/200/content/application~1json/schema"}
    tree = {"type": "object", "properties": {"left": itself, "right": itself}}
    replies = {"200": {"description": "A tree.", "content": {JSON: {"schema": tree}}}}

    done = begin(tmp_path, {"/t": post(LOGIN), "/me": {"get": {"security": [{"token": []}], "responses": replies}}})

    assert done.exit_code == 0, done.output
    assert (tmp_path / "mine" / "openapi.yaml").read_text(encoding="utf-8").count("left:") == 3
