"""Verdicts at a small OAuth server of nobody's making but the tests': a right one passes, and a wrong habit is noticed."""

from __future__ import annotations

import pytest

from tests.acceptance.counter import CREDENTIALS, PATHS, Counter

HABITS = {
    "takes parameters twice": "token.grant-repeated",
    "takes any scheme": "resource.token-other-scheme",
    "widens scopes": "renew.widens-nothing",
    "counts in milliseconds": "introspect.agrees",
    "ends one token only": "revoke.ends-access",
    "believes hints": "revoke.hint-no-matter",
    "tells of the dead": "introspect.inactive-tells-nothing",
    "names another client": "introspect.agrees",
    "tells other scopes": "introspect.agrees",
    "tells milliseconds": "introspect.agrees",
    "tells a span": "introspect.agrees",
    "tells a word": "introspect.matches-schema",
}
"""What a server does as it must not, and the clause that notices."""
LOOKED_AT = sorted(set(HABITS.values()))


@pytest.fixture
def verdicts(serve, write_target, judged):
    """Check clauses at a server: `verdicts(server, "clause", …)` gives the verdict of each."""

    def run(server, *names):
        front = serve(server.answer)
        facts = {"dialect": "oauth2", "url": front.url, "credentials": CREDENTIALS}
        limits = {"requests_per_second": 900, "bad_logins": 100}
        found = judged(write_target(facts, endpoints=PATHS, limits=limits), *names)
        return {name: str(one.verdict) for name, one in found.items()}

    return run


def test_a_right_server(verdicts):
    """A server that does nothing wrong passes each of them, and none is left out."""
    assert dict.fromkeys(LOOKED_AT, "pass") == verdicts(Counter(), *LOOKED_AT)


def test_some_of_the_scopes(verdicts):
    """Introspection may tell only those scopes that concern whoever asks (RFC 7662 section 2.2)."""
    assert {"introspect.agrees": "pass"} == verdicts(Counter("tells fewer scopes"), "introspect.agrees")


@pytest.mark.parametrize(("habit", "clause"), HABITS.items())
def test_one_wrong_habit(habit, clause, verdicts):
    """What a server does wrong breaks the rule that speaks of it."""
    assert verdicts(Counter(habit), clause)[clause] in ("fail", "warn")
