"""What becomes of verdicts and evidence when a server behaves in a hostile way, or goes away for a while."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace

import pytest

from tests.suites.hostile.behaviours import BEHAVIOURS
from watchword.mockserver.http.message import finished
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Request
from watchword.suites.running.check import check
from watchword.suites.running.preflight import preflight
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Limits, from_description

RESOURCE, LOGIN = "/api/core/v2/namespaces", "/auth"


class Right:
    """A right server's replies, as bytes, and every token in them."""

    def __init__(self):
        self.service = Service(load_dialect("sensu"))
        self.tokens = set()

    def reply_to(self, asked):
        """The reply to a request that was read from a socket."""
        headers = tuple(
            tuple(part.strip() for part in field.split(":", 1)) for field in asked.fields.split("\r\n") if field
        )
        path, _, query = asked.path.partition("?")
        outcome = self.service.handle(Request(asked.method, path, query, headers, asked.body), "http://mock.test")
        reply = finished(outcome.reply, asked.method, outcome.at)
        self.tokens |= {v for n, v in reply.members.items() if n in ("access_token", "refresh_token")}
        lines = [
            f"HTTP/1.1 {reply.status} Whatever",
            *(f"{n}: {v}" for n, v in reply.headers if n.lower() != "content-length"),
        ]
        return "\r\n".join([*lines, f"Content-Length: {len(reply.body)}", "", ""]).encode("latin-1") + reply.body


@pytest.fixture
def checked(hostile):
    """Check clauses at a right server behind a function that may answer otherwise; gives the records and the server."""
    sessions = []

    def run(clauses, answer, timeout):
        right = Right()
        armed = []

        def serve(connection, asked):
            reply = right.reply_to(asked)
            if armed:
                answer(connection, asked, reply)
            else:
                connection.sendall(reply)

        server = hostile(serve)
        facts = {"name": "hostile", "dialect": "sensu", "url": server.url, "credentials": right.service.credentials}
        limits = Limits(requests_per_second=1000, bad_logins=1000, timeout=timeout)
        session = TargetSession(replace(from_description(facts), limits=limits), Masker())
        sessions.append(session)
        preflight(session)
        server.requests.clear()
        armed.append(True)
        wanted = [session.target.dialect.clause(name) for name in clauses]
        session.budget.plan(wanted)
        return [write(session, clause, check(session, clause), time.monotonic()) for clause in wanted], server, right

    yield run
    for session in sessions:
        session.close()


def at(path, behaviour):
    """Behave in that way at one path, and rightly everywhere else."""

    def answer(connection, asked, right):
        if asked.path == path:
            behaviour.answer(connection, right)
        else:
            connection.sendall(right)

    return answer


VERDICTS = {200: "pass", 204: "pass", 307: "fail", 302: "fail", 999: "fail"}
"""A token opens the protected operation where that answers 2xx, and does not where it answers something else."""


@pytest.mark.parametrize("name", [name for name, b in BEHAVIOURS.items() if b.outcome != "timeout"])
def test_hostile_resource(name, checked):
    """What is no reply is no verdict, what is one is judged by its status, and no secret is left behind."""
    (record,), _, right = checked(["token.works"], at(RESOURCE, BEHAVIOURS[name]), timeout=30)
    text = json.dumps(asdict(record))

    assert VERDICTS.get(BEHAVIOURS[name].outcome, "inconclusive") == record.verdict, record.reason
    assert right.tokens
    assert [] == [token for token in right.tokens if token in text]
    assert len(text) < 200_000


@pytest.mark.parametrize("name", [name for name, b in BEHAVIOURS.items() if b.outcome != "timeout"])
def test_hostile_login(name, checked):
    """A login that is hostile once it has been right makes no error of ours, and leaves no secret behind."""
    (record,), _, right = checked(["token.reply-fields"], at(LOGIN, BEHAVIOURS[name]), timeout=30)
    text = json.dumps(asdict(record))

    assert "error" != record.verdict
    if isinstance(BEHAVIOURS[name].outcome, str):
        assert "inconclusive" == record.verdict
    assert [] == [token for token in right.tokens if token in text]
    assert right.service.credentials["password"] not in text
    assert "t" * 300 not in text
    assert len(text) < 200_000


@pytest.mark.parametrize("name", [name for name, b in BEHAVIOURS.items() if b.outcome == "timeout"])
def test_stalls(name, checked):
    """An operation that stalls is given up after three requests, for every check that comes after."""
    clauses = ["token.works", "token.works-again", "renew.works"]
    records, server, _ = checked(clauses, at(RESOURCE, BEHAVIOURS[name]), timeout=1)

    assert ["inconclusive"] * 3 == [record.verdict for record in records]
    assert "no longer answers" in records[-1].reason
    assert 3 + 2 >= sum(asked.path == RESOURCE for asked in server.requests)


def silent_between(first, last):
    """Answer nothing to the requests from the one to the other."""
    count = iter(range(100_000))

    def answer(connection, asked, right):
        if not first <= next(count) < last:
            connection.sendall(right)

    return answer


NAMES = [c.id for c in load_dialect("sensu").clauses if not c.untested and c.when and c.operation == "createToken"]


def test_the_server_went_away(checked):
    """A server that stops answering is not waited for again and again: what is left is inconclusive, with the reason."""
    records, server, _ = checked(NAMES[:14], silent_between(6, 100_000), timeout=1)
    after = [record for record in records if record.verdict == "inconclusive"]

    assert {"pass", "inconclusive"} == {record.verdict for record in records}
    assert records[-len(after) :] == after
    assert all("the server went away" in record.reason for record in after)
    assert len(server.requests) <= 6 + 3 + len(records)


def test_the_server_comes_back(checked):
    """A server that answers again is noticed at the next clause."""
    records, _, _ = checked(NAMES[:14], silent_between(6, 10), timeout=1)
    verdicts = [record.verdict for record in records]

    assert "inconclusive" in verdicts
    assert "inconclusive" not in verdicts[-5:]


LEAKS = {
    "JSON that breaks off": lambda token: b'{"access_token": "%s", "refre' % token,
    "JSON that breaks off in the token": lambda token: b'{"access_token": "%s' % token[:-3],
    "members twice": lambda token: b'{"access_token": "%s", "access_token": "b"}' % token,
    "deep": lambda token: b"[" * 100_000 + b'{"access_token": "%s"}' % token,
    "below other members": lambda token: b'{"data": {"access_token": "%s"}}' % token,
    "UTF-16": lambda token: (b'{"access_token": "%s"}' % token).decode().encode("utf-16"),
    "UTF-16 without a mark": lambda token: (b'{"access_token": "%s"}' % token).decode().encode("utf-16-le"),
    "JSON in JSON": lambda token: json.dumps({"reply": json.dumps({"access_token": token.decode()})}).encode(),
    "a form": lambda token: b"token_type=bearer&access_token=%s&x=1" % token,
    "XML": lambda token: b"<reply><access_token>%s</access_token></reply>" % token,
    "prose": lambda token: b"your access token: %s, keep it" % token,
}


@pytest.mark.parametrize("write_body", LEAKS.values(), ids=LEAKS)
def test_opaque_tokens(write_body, checked):
    """An opaque token in a reply that cannot be parsed is no less a secret."""
    token = b"Zk3_opaque-Lantern.77-of-this-very-run"

    def answer(connection, asked, right):
        if asked.path == LOGIN:
            body = write_body(token)
            right = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
                len(body),
                body,
            )
        connection.sendall(right)

    (record,), _, _ = checked(["token.reply-fields"], answer, timeout=30)
    text = json.dumps(asdict(record))

    assert token[:20].decode() not in text
    assert "\\u0000Z\\u0000k" not in text


def test_secrets_in_headers(checked):
    """A secret is masked in the name of a header, in a cookie, in an address; what is not legible is made so."""
    seen = []

    def answer(connection, asked, right):
        if asked.path == LOGIN:
            token = json.loads(right.partition(b"\r\n\r\n")[2])["access_token"]
            seen.append(token)
            more = (
                f"X-{token}: 1\r\nSet-Cookie: sid=Cookie-77-of-a-session\r\nX-Note: \x1b[2J\r\n"
                f"Location: /x?access_token=Opaque-88-in-an-address&b=1\r\n"
            )
            head, _, body = right.partition(b"\r\n\r\n")
            right = head + b"\r\n" + more.encode() + b"\r\n" + body
        connection.sendall(right)

    (record,), _, _ = checked(["token.reply-fields"], answer, timeout=30)
    text = json.dumps(asdict(record), ensure_ascii=False)

    assert seen
    for secret in (*seen, "Cookie-77", "Opaque-88", "\x1b", "\\u001b"):
        assert secret not in text
