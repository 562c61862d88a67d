"""Roles become bytes and bytes become roles: what is written can be read again, whatever the value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchword.specs.codec import Reading, decode, draft, encode
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.draft import Field, MissingRole
from watchword.specs.values.http import Reply, Request

DIALECTS = Path(__file__).parent.parent / "dialects"
OPERATIONS = {
    f"{dialect.name}/{name}": operation
    for dialect in map(load_dialect, [*bundled(), DIALECTS / "lanternhouse", DIALECTS / "smallest"])
    for name, operation in dialect.api.operations.items()
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
NASTY = ("ä€😀", "two words", "a:b:c", "&=+%#?/;", " ", "%41", "a+b", '"\\', "null", "12345", "x" * 300)
ANY = st.sampled_from(NASTY) | st.text(min_size=1)
VISIBLE = st.from_regex(r"[!-~]([ -~]*[!-~])?", fullmatch=True)
TOKEN = st.from_regex(r"[A-Za-z0-9._~+/-]+=*", fullmatch=True)
quickly = settings(max_examples=25, deadline=None)


def fitting(place: str, name: str) -> st.SearchStrategy[str]:
    """What can travel in a place at all: any text, save in headers and before the colon of Basic."""
    if place == "bearer":
        return TOKEN
    if place == "header":
        return VISIBLE
    # RFC 7617 section 2: a user-id that holds a colon cannot be sent.
    return ANY.filter(lambda text: ":" not in text) if (place, name) == ("basic", "user") else ANY


def read(operation: Operation, request: Request) -> Reading:
    """Read a request as a server does that knows the operation's path."""
    names = re.findall(r"{(.+?)}", operation.path)
    pattern = "([^/]*)".join(map(re.escape, re.split(r"{.+?}", operation.path)))
    found = re.fullmatch(pattern, request.path)
    assert found is not None
    return decode(operation, request, dict(zip(names, map(unquote, found.groups()), strict=True)))


@every_operation
@quickly
@given(data=st.data())
def test_round_trip(operation: Operation, data: st.DataObject) -> None:
    """What is written into the main place of every role is read from there."""
    wanted = {b.role: data.draw(fitting(b.place, b.name)) for b in operation.bindings if b.standing == "main"}
    wanted |= {b.role: b.const for b in operation.bindings if b.const is not None}
    reading = read(operation, encode(draft(operation, wanted, tuple(wanted))))

    assert {role: [value] for role, value in wanted.items()} == {role: reading.values(role) for role in wanted}
    assert wanted == {role: reading.value(role) for role in wanted}


ELSEWHERE = [
    pytest.param(operation, binding, id=f"{name}/{binding.place}/{binding.name}")
    for name, operation in OPERATIONS.items()
    for binding in operation.bindings
    if binding.standing != "main"
]


@pytest.mark.parametrize(("operation", "binding"), ELSEWHERE)
@pytest.mark.parametrize("value", ["plain", "&=+%", "two words"])
def test_other_places(operation: Operation, binding: Any, value: str) -> None:
    """What is written into another place of a role is read as standing there, and counts where the main place is empty."""
    values: dict[str, Any] = dict.fromkeys(operation.roles, "some-value")
    sketch = draft(operation, values).without(binding.role)
    reading = read(operation, encode(sketch.adding(Field(binding.place, binding.name, value, binding.role))))

    assert [] == reading.values(binding.role)
    assert [value] == reading.values(binding.role, binding.standing)
    assert value == reading.value(binding.role)


@every_operation
@quickly
@given(
    query=st.text(),
    body=st.binary() | st.sampled_from([b"[" * 100_000, b"\xff", b'{"a": ' + b"9" * 5000 + b"}", b"a=%ff&=", b"{}"]),
    authorization=st.none() | st.text() | st.sampled_from(["Basic", "Basic /w==", "Basic YTpi=", "Bearer", "  "]),
    kind=st.none() | st.text() | st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
)
def test_decode_never_fails(
    operation: Operation, query: str, body: bytes, authorization: str | None, kind: str | None
) -> None:
    """Whatever comes in, reading it ends in a reading, from which every role can be asked."""
    headers = [(n, v) for n, v in (("Authorization", authorization), ("content-type", kind)) if v is not None]
    reading = decode(operation, Request(operation.method, operation.path, query, tuple(headers), body))

    for role in operation.roles:
        reading.value(role)

    assert reading.body_state in ("none", "empty", "ok", "malformed", "null", "not_an_object", "other_encoding")
    assert reading.basic_state in ("absent", "empty", "other_scheme", "not_base64", "no_colon", "ok")


# -- details


def operation_of(name: str) -> Operation:
    """Give one operation by dialect and name."""
    return OPERATIONS[name]


CHECK = operation_of("lanternhouse/checkCredentials")
LOGIN = operation_of("lanternhouse/logIn")
GRANT = operation_of("lanternhouse/issueByPassword")
LAMP = operation_of("lanternhouse/readLamp")
WHO: Mapping[str, str] = {
    "username": "Åse",
    "password": "a:b c",
    "brand_key": "NORTH",
    "client_id": "app",
    "client_secret": "s3cret",
    "access_token": "t0ken",
}


@pytest.mark.parametrize(
    ("header", "state"),
    [
        (None, "absent"),
        ("", "absent"),
        ("Basic", "empty"),
        ("Basic ", "empty"),
        ("Bearer YTpi", "other_scheme"),
        ("Basic !!!", "not_base64"),
        ("Basic /w==", "not_base64"),
        ("Basic YWI=", "no_colon"),
        ("Basic YTpi", "ok"),
        ("basic YTpi", "ok"),
        ("BASIC   YTpi", "ok"),
    ],
)
def test_basic_states(header: str | None, state: str) -> None:
    """What is wrong with Basic credentials has a name."""
    headers = () if header is None else (("authorization", header),)

    assert state == decode(CHECK, Request("GET", "/sessions/check", "", headers)).basic_state


@pytest.mark.parametrize(
    ("operation", "kind", "body", "state"),
    [
        (CHECK, "application/json", b"{}", "none"),
        (LOGIN, "application/json", b"", "empty"),
        (LOGIN, "application/json", b"{", "malformed"),
        (LOGIN, "application/json", b"null", "null"),
        (LOGIN, "application/json", b"[]", "not_an_object"),
        (LOGIN, "application/json", b'"text"', "not_an_object"),
        (LOGIN, "application/json", b"{}", "ok"),
        (LOGIN, "", b"{}", "ok"),
        (LOGIN, "application/json", b"keeper=a", "malformed"),
        (LOGIN, "application/x-www-form-urlencoded", b"keeper=a", "other_encoding"),
        (GRANT, "application/x-www-form-urlencoded", b"", "empty"),
        (GRANT, "application/x-www-form-urlencoded", b"username", "malformed"),
        (GRANT, "application/x-www-form-urlencoded; charset=utf-8", b"username=a", "ok"),
        (GRANT, "application/x-www-form-urlencoded", b"username=\xff", "malformed"),
        (GRANT, "application/json", b'{"username": "a"}', "other_encoding"),
        (GRANT, "application/json", b"{", "malformed"),
    ],
)
def test_body_states(operation: Operation, kind: str, body: bytes, state: str) -> None:
    """What is wrong with a body has a name."""
    headers = (("Content-Type", kind),) if kind else ()

    assert state == decode(operation, Request("POST", "/", "", headers, body)).body_state


def test_other_encoding_is_still_read() -> None:
    """The fields of a body in the other encoding have values all the same."""
    form = decode(
        LOGIN, Request("POST", "/", "", (("Content-Type", "application/x-www-form-urlencoded"),), b"keeper=a")
    )
    json = decode(
        GRANT, Request("POST", "/", "", (("Content-Type", "application/json"),), b'{"username": "a", "x": 1}')
    )

    assert ["a"] == form.values("username")
    assert (["a"], [("username", "a"), ("x", "1")]) == (json.values("username"), list(json.form))


def test_places_are_not_merged() -> None:
    """What stands in the query is not read as a field of the form, nor the other way round."""
    body = b"house=SOUTH&token=x"
    kind = (("Content-Type", "application/x-www-form-urlencoded"),)
    reading = decode(operation_of("lanternhouse/revoke"), Request("POST", "/", "house=NORTH&token=y", kind, body))

    assert ["NORTH"] == reading.values("brand_key")
    assert ["SOUTH"] == reading.values("brand_key", "alternative")
    assert ["x"] == reading.values("refresh_token")


def test_repeated_values_are_kept() -> None:
    """A name that is sent twice has both values, in the order sent; headers are the same in any case."""
    reading = decode(LAMP, Request("GET", "/", "house=A&house=&house=B"))
    headers = (("Lantern-House", "A"), ("lantern-house", "B"))

    assert ["A", "", "B"] == reading.values("brand_key")
    assert ["A", "B"] == decode(LOGIN, Request("POST", "/", "", headers)).values("brand_key")


def test_draft_of_a_right_request() -> None:
    """A right request carries what is required, examples where nothing is given, and of the rest only what is named."""
    sketch = draft(LAMP, WHO)
    asked = draft(LOGIN, {**WHO, "scope": "lamps"}, ("scope",))

    assert {"access_token": "t0ken", "record": "north-2", "brand_key": "NORTH"} == {
        f.role: f.value for f in sketch.fields
    }
    assert "lamps" == asked.value("scope")
    assert [] == draft(LOGIN, {**WHO, "scope": "lamps"}).of("scope")
    assert "/lamps/north-2" == encode(sketch).path
    assert "resource_url" == encode(sketch).base


def test_draft_lacks_a_role() -> None:
    """A draft cannot be written without a required role, nor read for one that it does not carry."""
    with pytest.raises(MissingRole, match="logIn wants a password") as caught:
        draft(LOGIN, {"username": "a", "brand_key": "b"})
    with pytest.raises(MissingRole):
        draft(LOGIN, WHO).value("refresh_token")

    assert (LOGIN, "password") == (caught.value.operation, caught.value.role)


def test_draft_changes() -> None:
    """A draft is changed by giving another one."""
    sketch = draft(LOGIN, WHO)
    doubled = sketch.mapping("brand_key", lambda f: (f, f))

    assert "x" == sketch.setting("password", "x").value("password")
    assert [] == sketch.without("password").of("password")
    assert 2 == len(doubled.of("brand_key"))
    assert "a:b c" == sketch.value("password")


@pytest.mark.parametrize(
    ("authorization", "content_type", "expected"),
    [
        (None, None, {"Authorization", "Content-Type"}),
        ("", None, {"Content-Type"}),
        (None, "", {"Authorization"}),
        ("", "", set()),
    ],
)
def test_headers_that_are_left_out(authorization: str | None, content_type: str | None, expected: set[str]) -> None:
    """An empty text leaves a header out; None has it made from the fields."""
    sketch = replace(draft(GRANT, WHO), authorization=authorization, content_type=content_type)

    assert expected == {name for name, _ in encode(sketch).headers} & {"Authorization", "Content-Type"}


def test_reprs_hold_no_secret() -> None:
    """What a traceback shows of requests, drafts and fields holds no value."""
    sketch = draft(GRANT, WHO)
    request = encode(sketch)
    reading = decode(GRANT, request)
    shown = " ".join(map(repr, [sketch, *sketch.fields, request, reading, Reply(200, (), b"s3cret")]))

    assert [] == [value for role, value in WHO.items() if value in shown and role != "client_id"]


def test_reply() -> None:
    """A reply gives its header, its media type and its JSON, whatever the spelling."""
    reply = Reply(200, (("content-TYPE", "Application/JSON; charset=utf-8"), ("X", "1"), ("X", "2")), b'{"a": 1}')

    assert ("application/json", {"a": 1}, "1", None) == (
        reply.media_type,
        reply.members,
        reply.header("x"),
        reply.header("y"),
    )
    assert ("", {}, None) == (Reply(204).media_type, Reply(204).members, Reply(204).json)
    assert {} == Reply(200, (), b"[1]").members
