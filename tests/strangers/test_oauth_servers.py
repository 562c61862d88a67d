"""OAuth servers that nobody here wrote, behind a gate for brand keys: no false alarm, and true deviations by name."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from examination import examine

from watchword.specs.loader import load_dialect

# The libraries do what the RFCs say. The binding rules that they break are the document's own: its example has all parameters
# of a login in the query, which none of them reads, and it promises 401 when a token has expired.
BROKEN = {
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


NEEDS = {"by_node_oauth": "node-oauth2-server", "by_oidc_provider": "oidc-provider"}
SERVERS = [pytest.param(name, marks=[pytest.mark.needs(NEEDS[name])] if name in NEEDS else []) for name in BROKEN]


@pytest.fixture(scope="module")
def examined(request):
    """What the suites make of each server that is asked about. Their tokens grow old side by side."""
    asked = {i.callspec.params["verdicts"] for i in request.session.items if i.path == request.path}
    with ProcessPoolExecutor(len(asked), multiprocessing.get_context("spawn")) as pool:
        # Where a server's package is missing, its trouble is of interest to nobody: its tests are skipped.
        yield {name: pool.submit(examine, name) for name in sorted(asked)}


@pytest.fixture(params=SERVERS)
def verdicts(request, examined):
    """What the suites make of a server: its name, and the verdict of each clause with what was seen."""
    return request.param, examined[request.param].result()


def test_deviations(verdicts):
    """Just those rules are broken that the library is known to break."""
    name, found = verdicts
    broken = {kind: {c for c, (verdict, _) in found.items() if verdict == kind} for kind in ("fail", "warn")}

    assert BROKEN[name] == broken


def test_everything_is_decided(verdicts):
    """No check is blocked, ends in an error of our own or is left inconclusive, no must stays open, and most of them hold."""
    _, found = verdicts
    kinds = [verdict for verdict, _ in found.values()]
    musts = {clause.id for clause in load_dialect("rator").clauses if clause.level == "must"}

    assert {} == {c: seen for c, (verdict, seen) in found.items() if verdict in ("blocked", "error", "inconclusive")}
    assert {} == {c: seen for c, (verdict, seen) in found.items() if verdict == "not_observable" and c in musts}
    assert kinds.count("pass") > len(kinds) / 2
