"""OAuth servers that nobody here wrote: no false alarm, and true deviations by name.

They are held against the standards as they are, and behind a gate for brand keys against a document that has such.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from examination import examine

from watchword.specs.loader import load_dialect

# Behind the gate: the libraries do what the RFCs say. The binding rules that they break are the document's own: its example has all parameters
# of a login in the query, which none of them reads, and it promises 401 when a token has expired.
BEHIND_THE_GATE = {
    "by_authlib": {
        "fail": {"login.all-in-query"},
        "warn": {
            "form.in-query-renewal",
            "grant.empty-code",
            "grant.missing-code",
            "login.password-wrong-code",
            "login.username-unknown-code",
            # The gate is WSGI, to which a name with underscores is the one with hyphens.
            "resource.brand-key-underscores",
        },
    },
    "by_toolkit": {
        # It answers 403 to an expired token, as to every other that opens nothing.
        "fail": {"login.all-in-query", "resource.token-expired"},
        "warn": {
            "client.client-secret-wrong-code",
            "client.contract",
            "form.in-query-client",
            "form.in-query-renewal",
            "grant.empty-code",
            "grant.missing-code",
            "login.contract",
            "renew.client-secret-wrong-code",
            "renew.contract",
            "resource.brand-key-underscores",
            "resource.token-missing-status",
            "resource.token-unknown-status",
            "token.client-secret-wrong-code",
            "token.client-unknown-code",
            "token.scheme-case",
        },
    },
    "by_node_oauth": {
        "fail": {"login.all-in-query"},
        "warn": {
            "form.in-query-client",
            "form.in-query-renewal",
            "resource.brand-key-underscores",
            # It wants the word Bearer in just these letters; RFC 9110 section 11.1 takes schemes in any case.
            "resource.token-scheme-case",
        },
    },
    "by_oidc_provider": {
        # Its clockTolerance, unless set otherwise, serves what it keeps in memory for 15 s after its expiry.
        "fail": {"login.all-in-query", "login.expiry-holds", "renew.expiry-holds", "resource.token-expired"},
        "warn": {
            "form.in-query-client",
            "form.in-query-renewal",
            # RFC 6749 section 5.1 wants the header, which OAuth 2.1 no longer does.
            "login.pragma",
            "resource.brand-key-underscores",
        },
    },
}

# A client may show who it is in one way a request; each of these servers looks at one and passes over the other.
TWICE_AT_TOKENS = dict.fromkeys(
    ("token.credentials-twice", "login.credentials-twice", "renew.credentials-twice"), "RFC 6749, 5.2"
)
TWICE = TWICE_AT_TOKENS | dict.fromkeys(
    ("revoke.credentials-twice", "revoke-access.credentials-twice", "introspect.credentials-twice"), "RFC 6749, 5.2"
)

# Held against the standards: what each does otherwise, with the section that says how it is to be done.
BY_THE_STANDARDS = {
    "by_authlib": {
        "fail": {
            # It says unsupported_grant_type where none is named, and invalid_request where the password is wrong.
            "token.grant-missing": "RFC 6749, 5.2",
            "token.grant-empty": "RFC 6749, 3.2",
            "login.password-wrong-code": "RFC 6749, 5.2",
            "login.username-unknown-code": "RFC 6749, 5.2",
        },
        "warn": {
            **TWICE,
            # Of a parameter that comes twice, the first counts.
            "token.grant-repeated": "RFC 6749, 5.2",
            # It reads a grant from the query, too, and words the refusal of an unknown client in another way.
            "token.body-in-query": "RFC 6749, 4.4.2",
            "token.client-refusals-alike": "RFC 6749, 10.10",
            # It revokes the empty text.
            "revoke.token-empty": "RFC 6749, 3.2",
            "revoke-access.token-missing": "RFC 7009, 2.1",
        },
    },
    "by_toolkit": {
        "fail": {
            # It challenges clients with Bearer, whatever they used.
            "token.client-unknown-code": "RFC 6749, 5.2",
            "token.client-secret-wrong-code": "RFC 6749, 5.2",
            "renew.client-secret-wrong-code": "RFC 6749, 5.2",
            "revoke.client-secret-wrong": "RFC 7009, 2.2.1",
            # Whoever asks with a wrong secret is told 403.
            "introspect.asker-wrong": "RFC 7662, 2.3",
            "token.grant-missing": "RFC 6749, 5.2",
            "token.grant-empty": "RFC 6749, 3.2",
            # A scope without a value is one that does not exist.
            "scope.empty": "RFC 6749, 3.2",
            "login.scope-empty": "RFC 6749, 3.2",
            # Its decorator answers 403 without a challenge to whatever opens nothing.
            "resource.challenge-missing": "RFC 6750, 3",
            "resource.challenge-unknown": "RFC 6750, 3",
            "resource.challenge-expired": "RFC 6750, 3",
        },
        "warn": {
            **TWICE,
            # It looks for parameters that come twice at the authorization endpoint only.
            "token.grant-repeated": "RFC 6749, 5.2",
            # It answers 200 to a client that asks for the end of another's token, and leaves the token alone.
            "revoke.client-foreign": "RFC 7009, 2.1",
            "revoke-access.client-foreign": "RFC 7009, 2.1",
            "token.credentials-scheme-case": "RFC 7617, 2",
            # It reads the question from the query, too.
            "introspect.in-query": "RFC 7662, 2.1",
            "resource.token-missing-status": "RFC 9110, 15.5.2",
            "resource.token-unknown-code": "RFC 6750, 3.1",
            "resource.token-expired-code": "RFC 6750, 3.1",
        },
    },
    "by_node_oauth": {
        "fail": {
            "scope.empty": "RFC 6749, 3.2",
            "login.scope-empty": "RFC 6749, 3.2",
            "renew.scope-empty": "RFC 6749, 3.2",
        },
        # It wants the word Bearer in just these letters.
        "warn": {**TWICE_AT_TOKENS, "resource.scheme-case": "RFC 9110, 11.1"},
    },
    "by_oidc_provider": {
        "fail": {
            # OAuth 2.1 no longer has the header.
            "token.pragma": "RFC 6749, 5.1",
            "login.pragma": "RFC 6749, 5.1",
            "renew.pragma": "RFC 6749, 5.1",
            # It says invalid_request where no client is named.
            "token.client-missing-code": "RFC 6749, 5.2",
            # Its clockTolerance, see above.
            "login.expiry-holds": "RFC 6749, 7",
            "renew.expiry-holds": "RFC 6749, 7",
            "resource.token-expired": "RFC 6749, 7",
        },
        "warn": {**TWICE, "resource.token-expired-code": "RFC 6750, 3.1"},
    },
}
BROKEN = {"rator": BEHIND_THE_GATE, "oauth2": BY_THE_STANDARDS}


NEEDS = {"by_node_oauth": "node-oauth2-server", "by_oidc_provider": "oidc-provider"}
PUBLISHERS = ("by_toolkit", "by_oidc_provider")
"""Servers that publish metadata."""
UNSEEN = {"renew.token-expired"}
"""Rules that no run sees at these servers: a refresh token without claims tells nobody when it ends."""
SERVERS = [
    pytest.param(
        (name, dialect), marks=[pytest.mark.needs(NEEDS[name])] if name in NEEDS else [], id=f"{name}-{dialect}"
    )
    for dialect, servers in BROKEN.items()
    for name in servers
]


@pytest.fixture(scope="module")
def examined(request):
    """What the suites make of each server that is asked about. Their tokens grow old side by side."""
    here = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    asked = {spec.params["verdicts"][0] for spec in here if spec is not None}
    with ProcessPoolExecutor(len(asked), multiprocessing.get_context("spawn")) as pool:
        # Where a server's package is missing, its trouble is of interest to nobody: its tests are skipped.
        yield {name: pool.submit(examine, name) for name in sorted(asked)}


@pytest.fixture(params=SERVERS)
def verdicts(request, examined):
    """What the suites make of a server: its name, the dialect, and the verdict of each clause with what was seen."""
    name, dialect = request.param
    return name, dialect, examined[name].result()[dialect]


def test_deviations(verdicts):
    """Just those rules are broken that the library is known to break."""
    name, dialect, found = verdicts
    broken = {kind: {c for c, (verdict, _) in found.items() if verdict == kind} for kind in ("fail", "warn")}

    assert {kind: set(rows) for kind, rows in BROKEN[dialect][name].items()} == broken


def test_sections():
    """Each deviation from the standards is told with the section that the clause comes from."""
    told = {
        clause: where for rows in BY_THE_STANDARDS.values() for kind in rows.values() for clause, where in kind.items()
    }
    register = load_dialect("oauth2")

    assert {clause: str(register.clause(clause).source) for clause in told} == told


def test_metadata_are_held_against_who_publishes_them(verdicts):
    """Servers that tell of themselves pass what is asked of that, and others are asked for none of it."""
    name, dialect, found = verdicts
    told = {clause: verdict for clause, (verdict, _) in found.items() if clause.startswith("metadata.")}
    # Tokens without claims tell nothing, and what one of them is known by is not the address that it has here.
    silent = {"metadata.issuer-in-token"} | ({"metadata.issuer-asked"} if name == "by_oidc_provider" else set())

    if dialect != "oauth2":
        assert {} == told
    elif name in PUBLISHERS:
        assert silent == {clause for clause, verdict in told.items() if verdict not in ("pass", "observed")}
    else:
        assert {"not_supported"} == set(told.values())


NO_USE = "the token of the second login does not open the protected operation either"


def test_everything_is_decided(verdicts):
    """No check is blocked, ends in an error of our own or is left inconclusive, no must stays open, and most of them hold."""
    _, dialect, found = verdicts
    kinds = [verdict for verdict, _ in found.values()]
    musts = {clause.id for clause in load_dialect(dialect).clauses if clause.level == "must"} - UNSEEN

    open_ones = {c: seen for c, (verdict, seen) in found.items() if verdict in ("blocked", "error", "inconclusive")}
    # Whether sessions are independent cannot be seen where no token of that login opens anything.
    no_use = {c for c, seen in open_ones.items() if seen == NO_USE and c.endswith(".sessions-independent")}
    assert set() == set(open_ones) - no_use, open_ones
    assert {} == {c: seen for c, (verdict, seen) in found.items() if verdict == "not_observable" and c in musts}
    assert kinds.count("pass") > len(kinds) / 2
