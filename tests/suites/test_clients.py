"""A second client, and client credentials in the body: what a run says where it has none, a wrong one, or nobody takes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from watchword.suites.running.check import check

INVENTED = str(Path(__file__).resolve().parents[1] / "dialects" / "lanternhouse")
OF_TWO = ("renew.client-foreign", "revoke.client-foreign", "revoke.spares-others", "introspect.token-foreign")
IN_FORM = ("token.form-refused", "token.form-secret-wrong", "renew.form-refused", "revoke.form-refused")


@pytest.fixture
def checked(in_process):
    """Check a clause at a mock, with other credentials than it announces where some are given; None leaves one out."""

    def run(clause, dialect="oauth2", **credentials):
        session = in_process(dialect).session
        given = {**session.target.credentials, **credentials}
        held = {role: value for role, value in given.items() if value is not None}
        session.target = replace(session.target, credentials=held)
        return check(session, session.target.dialect.clause(clause))

    return run


@pytest.mark.parametrize("clause", OF_TWO)
def test_without_a_second_client(clause, checked):
    """What wants a second client is not applicable without one, and the credential that would decide it is named."""
    judged = checked(clause, other_client_id=None, other_client_secret=None)

    assert "not_applicable" == judged.verdict
    assert {"credentials.other_client_id": None, "credentials.other_client_secret": None} == dict(judged.remedy)


@pytest.mark.parametrize("clause", OF_TWO)
def test_a_second_client_that_is_refused(clause, checked):
    """A second client that is refused itself shows nothing about tokens, and both its credentials are named."""
    judged = checked(clause, other_client_secret="Not-The-Canary77")

    assert "blocked" == judged.verdict
    assert "other_client_id" in judged.reason
    assert "other_client_secret" in judged.reason
    assert "Canary77" not in judged.reason


@pytest.mark.parametrize("clause", [*OF_TWO[:3], *IN_FORM])
def test_at_a_right_server(clause, checked):
    """With everything at hand, the rules are decided."""
    assert "pass" == checked(clause).verdict


def test_where_the_body_is_not_looked_at(checked):
    """Where the body may not carry the credentials, what is wrong in it is refused in any case, and nothing is said of it."""
    judged = checked("told.client-in-form", INVENTED)

    assert "not_supported" == judged.verdict
    assert "travel as members of the body" in judged.reason


def test_what_the_control_carries(checked):
    """The control has the right credentials in the body, the probe one of them wrong in the same place."""
    exchanges = checked("token.form-secret-wrong").attempt.transcript.exchanges
    bodies = [exchange.request.body for exchange in exchanges]

    assert [True, True] == [b"client_secret=" in body for body in bodies]
    assert [200, 401] == [exchange.reply.status for exchange in exchanges]
    assert all(exchange.request.header("authorization") is None for exchange in exchanges)
