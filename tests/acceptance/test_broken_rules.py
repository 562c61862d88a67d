"""A mock that takes a login only in another place than the documented one: the run names the rule that it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

FICTIONAL = str(Path(__file__).parent.parent / "dialects" / "lanternhouse")
ENCODING = "JSON where a form belongs"
BODY = "the credentials travel as members of the body"


@pytest.mark.parametrize(
    ("dialect", "fault", "says", "rule"),
    [
        ("rator", "json-only@issueByPassword", ENCODING, "rator:login.accepted"),
        ("rator", "client-in-body-only@issueByPassword", BODY, "rator:login.accepted"),
        ("fusio", "form-only@login", ENCODING, "fusio:login.accepted"),
        ("fusio", "json-only@issueByClientCredentials", ENCODING, "fusio:token.accepted"),
        ("fusio", "client-in-body-only@issueByClientCredentials", BODY, "fusio:token.accepted"),
        (FICTIONAL, "form-only@logIn", ENCODING, "lanternhouse:login.served"),
        (FICTIONAL, "json-only@issueByPassword", ENCODING, "lanternhouse:password-grant.served"),
        (FICTIONAL, "client-in-body-only@issueByPassword", BODY, "lanternhouse:password-grant.served"),
    ],
)
def test_the_rule_that_a_fault_breaks(dialect, fault, says, rule, announce, write_target, by_command):
    """The documented login is refused and the other one is served: exit 1, the rule by its name, and the two exchanges."""
    mock = announce(dialect, "--fault", fault)
    done = by_command(write_target(mock.facts | {"dialect": dialect}))

    assert 1 == done.code, done.text
    assert [(rule, "fail")] == [(record.clause, record.verdict) for record in done.run.clauses]
    assert f"this is the broken rule, {rule}" in done.text
    assert says in done.text
    assert "credentials are refused" not in done.text
    refused, served = (exchange.reply["status"] for exchange in done.run.clauses[0].exchanges)
    assert 400 <= refused < 500
    assert 200 <= served < 300
