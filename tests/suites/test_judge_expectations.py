"""What a clause expects of a reply: each part, met and not met; and what is made of what was found."""

from __future__ import annotations

import json

import pytest

from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.clause import Clause, Expectation, Source
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call, Exchange, Transcript
from watchword.suites.judging.expect import Difference, expected, expects
from watchword.suites.running.check import verdict_of

API = load_dialect("fusio").api
TOKEN = API.operations["issueByClientCredentials"]
MEMBERS = {"access_token": "abc", "token_type": "Bearer", "expires_in": 60, "refresh_token": "", "scope": None}


def reply(status=200, members=MEMBERS, kind="application/json; charset=utf-8", body=None, **headers):
    """A reply of the token endpoint."""
    content = json.dumps(members).encode() if body is None else body
    pairs = (("Content-Type", kind), *((k.replace("_", "-"), v) for k, v in headers.items()))
    return Reply(status, pairs if kind else pairs[1:], content)


@pytest.mark.parametrize(
    ("expectation", "met", "broken", "says"),
    [
        ({"status": (200,)}, reply(), reply(201), "expected status 200, saw 201"),
        ({"status": (400, 401)}, reply(401), reply(403), "expected status 400 or 401, saw 403"),
        ({"status": ("4xx",)}, reply(499), reply(500), "expected status 4xx, saw 500"),
        (
            {"content_type": ("application/json",)},
            reply(kind="Application/JSON"),
            reply(kind="text/html"),
            "saw text/html",
        ),
        ({"content_type": ("application/json",)}, reply(), reply(kind=""), "saw none"),
        (
            {"headers": {"Cache-Control": "no-store"}},
            reply(cache_control="private, No-Store"),
            reply(cache_control="private"),
            "'private'",
        ),
        ({"headers": {"Allow": ""}}, reply(allow=""), reply(), "no such header"),
        ({"present": ("access_token",)}, reply(), reply(members={}), "no such member"),
        ({"present": ("refresh_token",)}, reply(members={"refresh_token": "x"}), reply(), "the empty string"),
        ({"present": ("scope",)}, reply(members={"scope": "a"}), reply(), "null"),
        ({"absent": ("access_token",)}, reply(members={"access_token": ""}), reply(), "expected no access_token"),
        ({"absent": ("access_token",)}, reply(body=b"not JSON"), reply(400), "expected no access_token"),
        ({"types": {"expires_in": "integer"}}, reply(), reply(members={"expires_in": "60"}), "saw string"),
        ({"types": {"expires_in": "integer"}}, reply(members={}), reply(members={"expires_in": True}), "saw boolean"),
        ({"types": {"expires_in": "integer"}}, reply(), reply(members={"expires_in": 60.5}), "saw number"),
        ({"types": {"access_token": "string"}}, reply(), reply(members={"access_token": None}), "saw null"),
        ({"equals": {"token_type": "Bearer"}}, reply(), reply(members={"token_type": "bearer"}), "'bearer'"),
        (
            {"equals": {"token_type": "bearer"}, "ignore_case": True},
            reply(),
            reply(members={"token_type": "mac"}),
            "'mac'",
        ),
        ({"equals": {"expires_in": 1}}, reply(members={"expires_in": 1}), reply(members={"expires_in": True}), "True"),
        (
            {"error": ("invalid_grant",)},
            reply(400, {"error": "invalid_grant"}),
            reply(400, {"error": "other"}),
            "'other'",
        ),
        ({"error": ("a", "b")}, reply(400, {"error": "b"}), reply(400, {}), "expected error code a or b, saw none"),
        ({"body": "json"}, reply(body=b"[]"), reply(body=b"<html>"), "6 bytes that are not JSON"),
        ({"body": "json"}, reply(), reply(body=b""), "expected a JSON body, saw none"),
        ({"body": "empty"}, reply(body=b""), reply(body=b"x"), "1 bytes"),
    ],
)
def test_part(expectation, met, broken, says):
    """A part of an expectation is met by the one reply and broken by the other, which is said in one difference."""
    wanted = Expectation(**expectation)

    assert [] == expects(wanted, met, TOKEN)
    found = expects(wanted, broken, TOKEN)
    assert 1 == len(found)
    assert says in str(found[0])


def test_every_part_counts():
    """Parts are compared one by one, and each that is broken is told."""
    wanted = Expectation(
        status=(400,), content_type=("application/json",), present=("error",), absent=("access_token",)
    )

    assert 4 == len(expects(wanted, reply(kind="text/plain"), TOKEN))


def test_tokens_are_not_shown():
    """A difference about a token does not hold it."""
    wanted = Expectation(absent=("access_token",), types={"access_token": "integer"})

    assert "abc" not in "".join(map(str, expects(wanted, reply(), TOKEN)))


def clause(level="must", basis="documented", **more):
    """A clause about the token endpoint."""
    return Clause("x", "fusio", "auth", "It holds.", level, basis, Source("d", "s"), "issueByClientCredentials", **more)


def transcript(status):
    """One request with its reply, as a check leaves it behind."""
    sketch = draft(TOKEN, {"client_id": "a", "client_secret": "b"})
    return Transcript((Exchange(Call(sketch, "probe", "ask"), encode(sketch), Reply(status), "", 0.0, 0.0),))


VERDICTS = {
    ("must", "documented"): "fail",
    ("must", "inferred"): "fail",
    ("must", "rfc"): "warn",
    ("must", "silent"): "observed",
    ("should", "documented"): "warn",
    ("should", "inferred"): "warn",
    ("should", "rfc"): "warn",
    ("should", "silent"): "observed",
    ("may", "documented"): "not_supported",
    ("may", "inferred"): "not_supported",
    ("may", "rfc"): "not_supported",
    ("may", "silent"): "observed",
}


@pytest.mark.parametrize(("level", "basis"), VERDICTS)
def test_verdict(level, basis):
    """A broken clause earns a verdict by its level and basis; one that holds passes, or is observed where nothing is said."""
    broken = [Difference("this", "that")]
    held = "observed" if basis == "silent" else "pass"

    assert VERDICTS[level, basis] == verdict_of(clause(level, basis), broken, transcript(404))
    assert held == verdict_of(clause(level, basis), [], transcript(404))


@pytest.mark.parametrize("basis", ["documented", "inferred", "rfc"])
@pytest.mark.parametrize("status", [200, 302, 500])
def test_optional_features(basis, status):
    """What may be offered is not supported only where it is properly refused; anything else is a warning."""
    assert "warn" == verdict_of(clause("may", basis), [Difference("this", "that")], transcript(status))


def test_observed():
    """A clause that only observes never breaks."""
    observing = clause("must", "documented", observe="refresh.rotates")

    assert "observed" == verdict_of(observing, [Difference("this", "that")], transcript(200))


def test_expected():
    """What a clause expects is said in one line; where nothing is expected of a reply, in the clause's own words."""
    wanted = Expectation(status=(400, 401), absent=("access_token",), error=("invalid_grant",), body="json")

    assert "status 400 or 401, no access_token, error code invalid_grant, a JSON body" == expected(
        clause(expect=wanted)
    )
    assert "It holds" == expected(clause(guarantee="tokens.differ"))
    assert "observed" in expected(clause(observe="refresh.rotates"))
