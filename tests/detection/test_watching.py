"""What the matrix leaves out: what a check sends, presents and looks at is noted, and decides where a fault can show."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from watchword.detection.measure import honest, touched
from watchword.detection.servers import begin
from watchword.detection.watching import Watched, WatchedWire
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.faults.seen import BODY, HEADERS
from watchword.mockserver.faults.spy import Spy
from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply

REPLY = Reply(
    200,
    (("Content-Type", "application/json"), ("Cache-Control", "no-store")),
    b'{"access_token": "a", "expires_at": 1}',
)
LOOKS = {
    "the status": (lambda reply: reply.status, set()),
    "whether it was cut": (lambda reply: reply.cut, set()),
    "the size": (lambda reply: reply.size, set()),
    "a header": (lambda reply: reply.header("Cache-Control"), {"header cache-control"}),
    "the lines of a header": (lambda reply: reply.lines("Cache-Control"), {"header cache-control"}),
    "the media type": (lambda reply: reply.media_type, {"header content-type"}),
    "the headers": (lambda reply: reply.headers, {HEADERS}),
    "the body": (lambda reply: reply.body, {BODY}),
    "the text": (lambda reply: reply.text, {BODY}),
    "the JSON": (lambda reply: reply.json, {BODY}),
    "a member": (lambda reply: reply.members.get("access_token"), {"member access_token"}),
    "a member that is wanted": (lambda reply: reply.members["access_token"], {"member access_token"}),
    "whether there is a member": (lambda reply: "expires_at" in reply.members, {"member expires_at"}),
    "all members": (lambda reply: dict(reply.members), {BODY}),
    "how many members": (lambda reply: len(reply.members), {BODY}),
    "another process": (lambda reply: pickle.loads(pickle.dumps(reply)), {HEADERS, BODY}),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_is_noted(name):
    """Whoever looks at a part of a reply finds what is there, and that part is noted, and no other."""
    look, words = LOOKS[name]
    looked = set()

    assert look(REPLY) == look(Watched(REPLY, looked))
    # Who goes through the members has looked at each of them, too.
    assert words == {word for word in looked if BODY not in looked or not word.startswith("member ")}


@pytest.mark.parametrize("body", [b"", b"[]", b"no JSON"])
def test_a_reply_without_members_is_looked_at_as_a_whole(body):
    """That there are no members is something that the whole body says."""
    looked = set()

    assert Watched(replace(REPLY, body=body), looked).members.get("access_token") is None
    assert BODY in looked


def test_a_conversation_is_noted():
    """What a request presents, whether that is of old or of a renewed session, and that it is not the first, is noted."""
    spy, dialect = Spy(), load_dialect("sensu")
    server = begin(dialect, "documented", spy.fault)
    wire, values = WatchedWire(server.wire, spy), dict(dialect.world.credentials)

    def ask(name):
        operation = dialect.api.operations[name]
        reply, _ = wire.send(encode(draft(operation, values)))
        assert reply.status == 200
        values.update(operation.read_reply(reply.members))

    ask("createToken")
    ask("listNamespaces")
    server.control.advance(5)
    ask("renewToken")
    ask("listNamespaces")
    ask("createToken")
    access, both = frozenset({"access_token"}), frozenset({"access_token", "refresh_token"})

    assert {
        ("createToken", frozenset(), False, False, False),
        ("listNamespaces", access, False, False, False),
        ("renewToken", both, True, False, False),
        ("listNamespaces", access, False, True, True),
        ("createToken", frozenset(), False, False, True),
    } == {(one.operation, one.presents, one.aged, one.renewed, one.again) for one in spy.take()}
    assert frozenset() == spy.take()


def test_what_nobody_looks_at_is_left_out():
    """A header that one clause is about is tried on those alone that look at it; a fault of the status on all that are answered."""
    dialect = load_dialect("sensu")
    truth, faults = honest(dialect.folder, evidence=False), catalogue(dialect)
    header, status = (
        set(touched(faults[f"{name}@createToken"], truth)) for name in ("header-cache-control", "right-500")
    )

    assert faults["header-cache-control@createToken"].breaks <= header
    assert header < status
    assert len(header) < len(status) / 10
