"""Tokens of one second: where they may be the same text, those that are told apart have seconds of their own."""

from __future__ import annotations

import base64
import json

import pytest

from watchword.specs.codec import draft
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call, Exchange
from watchword.suites.running.check import check
from watchword.suites.sending.seconds import Seconds

OPERATION = load_dialect("sensu").api.operations["createToken"]


def jwt(**claims):
    """A JWT that nobody signed."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.x"


def given(*tokens):
    """What is known after a target has given these tokens, as (second, text)."""
    seconds = Seconds()
    call = Call(draft(OPERATION, {"username": "u", "password": "p"}), "prepare", "log in")
    for at, text in tokens:
        reply = Reply(200, (("Content-Type", "application/json"),), json.dumps({"access_token": text}).encode())
        seconds.note(Exchange(call, None, reply, "", at, 0.1))
    return seconds


@pytest.mark.parametrize(
    ("tokens", "unique"),
    [
        ([], False),
        ([(0, "a")], False),
        ([(0, "a"), (0.2, "b")], True),
        ([(0, "a"), (0.2, "a"), (0.4, "b")], False),
        # one that is given again seconds later is given again on purpose
        ([(0, "a"), (0.2, "a"), (3, "a"), (3.2, "b")], True),
        ([(0, jwt(sub=1)), (2, jwt(sub=2))], False),
        ([(0, jwt(jti=1)), (0.2, jwt(jti=2))], True),
        ([(0, jwt(jti=1)), (0.2, jwt(jti=1)), (2, jwt(jti=2))], False),
    ],
)
def test_unique(tokens, unique):
    """Random tokens and those with an id differ whenever they are issued; nothing is known of a single one."""
    assert unique is given(*tokens).unique


def test_over():
    """A second is over a whole second after the reply that gave a token in it."""
    assert 6.1 < given((5, "a")).over < 6.2


@pytest.mark.parametrize(("profile", "status"), [("fusio-5.0", 500), ("fusio-6.1", 401)])
def test_scope(profile, status, in_process):
    """A token for fewer scopes is issued in a second of its own, and the record says so; what is judged is its refusal."""
    mock = in_process("fusio", profile, still=True)
    judged = check(mock.session, mock.service.dialect.clause("scope.insufficient"))
    exchanges = judged.attempt.transcript.exchanges

    assert status == exchanges[-1].reply.status
    assert "in a new second" in exchanges[0].call.purpose
    assert "in a new second" in exchanges[-2].call.purpose


@pytest.mark.parametrize("profile", ["fusio-5.0", "fusio-6.1"])
def test_standing_clock(profile, in_process, trouble):
    """Where time stands still between requests, tokens that are one text raise no alarm, whatever came before."""
    mock = in_process("fusio", profile, still=True)
    superseded = mock.service.dialect.clause("resource.token-superseded")
    first = check(mock.session, superseded).seen

    assert {} == trouble(mock.check_all())
    assert first == check(mock.session, superseded).seen
