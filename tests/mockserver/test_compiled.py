"""What is compiled says what the data says: each document with holes beside a plain walk over it, for all there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from watchword.mockserver.clock import SeededIds, StillClock
from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.rules.render import render
from watchword.mockserver.service import Service
from watchword.mockserver.state.world import World
from watchword.mockserver.templates import compact, spaced
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile, ReplyTemplate

LANTERNHOUSE = Path(__file__).parents[1] / "dialects" / "lanternhouse"
DIALECTS = [load_dialect(name) for name in (*bundled(), LANTERNHOUSE)]
PROFILES = [
    pytest.param(dialect, name, id=f"{dialect.name}-{name}") for dialect in DIALECTS for name in dialect.profiles
]
ORIGIN = "http://mock.test"


def filled(data: Any, values: Mapping[str, Any]) -> Any:
    """The plain reading: a string with a `$` in front is what stands for it."""
    if isinstance(data, Mapping):
        return {name: filled(value, values) for name, value in data.items()}
    if isinstance(data, list):
        return [filled(value, values) for value in data]
    return values.get(data, data) if isinstance(data, str) and data.startswith("$") else data


def without_nulls(data: Any) -> Any:
    """What is left of a document when members that are null are left out."""
    if isinstance(data, Mapping):
        return {name: without_nulls(value) for name, value in data.items() if value is not None}
    return [without_nulls(value) for value in data] if isinstance(data, list) else data


def body_of(template: ReplyTemplate, values: Mapping[str, Any], operation: Operation | None) -> bytes:
    """The plain reading of a reply's body."""
    if template.members and operation is not None and operation.success is not None:
        members = {member.name: member for member in operation.success.members}
        found = {}
        for name in template.members:
            member = members[name]
            value = values.get(member.role) if member.role else None
            if value is None:
                value = member.const if member.const is not None or member.role else member.example
            if value is not None:
                found[name] = value
        return json.dumps(found).encode()
    if template.json is not None:
        return json.dumps(filled(template.json, values)).encode()
    text = template.text or ""
    for name, value in values.items():
        text = text.replace(name, str(value)) if name.startswith("$") else text
    return text.encode()


def templates(profile: Profile) -> Iterator[tuple[str, ReplyTemplate, Operation | None]]:
    """Every reply that a profile has, with what it is for."""
    yield "unknown path", profile.unknown_path, None
    yield "unknown method", profile.unknown_method, None
    for name, template in {**profile.unknown_method_at, **profile.options}.items():
        yield name, template, None
    for name, operation in profile.operations.items():
        for rule in operation.rules:
            yield f"{name} {rule.condition}", rule.reply, None
        for demand in operation.demands:
            yield f"{name} {demand.header}", demand.reply, None


VALUES = (
    {},
    {
        "$origin": ORIGIN,
        "$allow": "GET, PUT",
        "$subject": 'a "name"\n',
        "$scope": "",
        "$brand_key": None,
        "$record": "é/ü",
    },
    {"access_token": "a.b.c", "refresh_token": None, "expires_at": 17, "expires_in": 0, "scope": "a b", "subject": "x"},
    {
        "access_token": "ä\ud800",
        "refresh_token": "r",
        "expires_at": None,
        "$origin": 1.5,
        "subject": ["l", {"m": True}],
    },
)


@pytest.mark.parametrize(("dialect", "name"), PROFILES)
def test_replies_are_what_a_plain_walk_makes_of_them(dialect: Dialect, name: str) -> None:
    """Every refusal of every condition, and every success, with values and without."""
    profile = dialect.profile(name)
    found = list(templates(profile))
    found += [
        (f"{name} served", operation.reply, dialect.api.operations[name])
        for name, operation in profile.operations.items()
    ]
    assert len(found) > 5
    for what, template, operation in found:
        for values in VALUES:
            reply = render(template, values, operation)
            assert body_of(template, values, operation) == reply.body, what
            assert template.status == reply.status, what
            read = Reply(reply.status, reply.headers, reply.body)
            assert read.json == reply.json, f"{what}: what is known of the body is what stands in it"
            for header, value in template.headers.items():
                plain = value
                for hole, text in values.items():
                    plain = plain.replace(hole, str(text)) if hole.startswith("$") else plain
                assert plain in reply.lines(header), what


@pytest.mark.parametrize(("dialect", "name"), PROFILES)
def test_tokens_say_what_a_plain_walk_makes_of_their_claims(dialect: Dialect, name: str) -> None:
    """With an account and without, with a client and without."""
    profile = dialect.profile(name)
    data = dialect.world
    for account in (None, *data.accounts):
        for client in (None, *data.clients):
            clock = StillClock()
            world = World(data, profile, clock, SeededIds(7), b"k" * 32, below="/below")
            session = world.begin(account, client, None, ("a", "b"))
            for form, token in (
                (profile.access_token, world.mint_access(session, ORIGIN)),
                (profile.refresh_token, world.mint_refresh(session, ORIGIN)),
            ):
                if form.form != "jwt":
                    continue
                owner = account or next((a for a in data.accounts if client and a.username == client.owner), None)
                values = {
                    "$username": account.username if account else None,
                    "$subject": session.subject,
                    "$user_id": owner.id if owner else None,
                    "$email": (owner.email or None) if owner else None,
                    "$client_id": client.client_id if client else None,
                    "$origin": ORIGIN,
                    "$issuer": f"{ORIGIN}/below",
                    "$issued_at": int(clock.now()),
                    "$expires_at": None if form.lifetime is None else int(clock.now()) + form.lifetime,
                    "$session": session.id,
                    "$scope": "a b",
                }
                seen = jwt.decode(token.value, options={"verify_signature": False})
                plain = without_nulls(filled(form.claims, values))
                assert list(plain) == list(seen)
                assert _but_ids(plain, plain) == _but_ids(seen, plain)


def _but_ids(data: Any, pattern: Any) -> Any:
    """Leave out what is drawn anew for each token, having seen that it was drawn."""
    if isinstance(pattern, Mapping):
        return {name: _but_ids(data[name], pattern[name]) for name in pattern}
    if pattern == "$id":
        assert data == "$id" or len(data) == 32
        return "$id"
    return data


def test_documents_of_all_shapes() -> None:
    """Nested, empty, with holes at every place; each hole is filled for itself."""
    document = {
        "a": 1,
        "b": None,
        "c": {"d": "$x", "e": [], "f": {}, "g": [1, "$none", None, "$gone", {"h": "$none", "i": 1.5}]},
        'quoted "name" é': "$x",
        "j": {"k": "$none"},
        "l": True,
    }
    values = {"$x": 'ü"\\', "$none": None}
    assert json.dumps(filled(document, values)) == spaced(document)(values)
    expected = json.dumps(without_nulls(filled(document, values)), separators=(",", ":"))
    assert expected == compact(document)(values)
    for data in (None, "$none", [], {}, "text", "$gone", 3, {"a": "$none"}, ["$none"]):
        assert json.dumps(filled(data, values)) == spaced(data)(values)
    counted = iter(range(9))
    assert "[0,1,[2]]" == compact(["$n", "$n", ["$n"]])({"$n": lambda: next(counted)})


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_was_seen_is_the_same_whenever_it_is_asked_for(dialect: Dialect) -> None:
    """One journal is asked after every request, the other at the end; a long body and a small budget change nothing."""
    told = []
    for at_once in (True, False):
        service = Service(dialect, clock=StillClock(), ids=SeededIds(3))
        application = Application(service)
        for request in _requests(dialect):
            application.from_inside(request, ORIGIN)
            if at_once:
                assert application.desk.journal.exchanges
        exchanges = application.desk.journal.exchanges
        assert len(exchanges) > 5
        told.append([_timeless(exchange) for exchange in exchanges])
    assert told[0] == told[1]


def _timeless(exchange: Any) -> dict[str, Any]:
    return {name: getattr(exchange, name) for name in exchange.__slots__ if name not in ("began", "ended")}


def _requests(dialect: Dialect) -> Iterator[Request]:
    from watchword.specs.codec import draft, encode

    values: dict[str, Any] = {
        **dialect.world.credentials,
        "access_token": "a.b.c",
        "refresh_token": "d.e.f",
        "record": "1",
    }
    for operation in dialect.api.operations.values():
        sent = encode(draft(operation, values))
        path = dialect.api.bases[operation.base] + sent.path
        for body in (sent.body, b"", b"x" * 9000):
            yield Request(sent.method, path, sent.query, sent.headers, body)
        yield Request(sent.method, path, f"token={values['password']}", (), b"null")
    yield Request("GET", "/nowhere/at-all", "password=none")
    yield Request("GET", ROOT + "health")
