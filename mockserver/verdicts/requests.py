"""Judges of single requests, and of what a session keeps to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge, each
from watchword.mockserver.verdicts.lineage import begun_by, parents

__all__ = ["JUDGES"]


def _same_brand(exchanges: Sequence[Exchange]) -> Finding:
    parent = parents(exchanges)
    known = {exchange.id: exchange for exchange in exchanges}
    tried, breaches = [], []
    for exchange in exchanges:
        if exchange.id not in parent or not exchange.brand or exchange.brand_slip:
            continue
        first = known[begun_by(exchange.id, parent)]
        if not first.brand:
            continue
        tried.append(exchange.id)
        # How it is written is another rule's.
        if exchange.brand.strip().casefold() != first.brand.strip().casefold():
            breaches.append(Breach("the session began with another brand", (first.id, exchange.id)))
    return Finding(tuple(tried), tuple(breaches))


def _secrets_stay(exchanges: Sequence[Exchange]) -> Finding:
    tried, breaches = [], []
    for at, exchange in enumerate(exchanges):
        if exchange.leads_to is None or exchange.bare:
            continue
        there = [e for e in exchanges[at + 1 :] if e.origin.lower() == exchange.leads_to and e.path == exchange.path]
        if not there:
            continue
        tried.append(exchange.id)
        if not there[0].bare:
            says = "what followed the redirection to another origin still carries credentials or a token"
            breaches.append(Breach(says, (exchange.id, there[0].id)))
    return Finding(tuple(tried), tuple(breaches))


_BASIC = {
    "body": "credentials travel in the body, and not in the Authorization header",
    "twice": "credentials travel in the body, and in the Authorization header as well",
    "scheme": "the Authorization header has another scheme than Basic, none, or no space behind it",
    "encoding": "what follows Basic is not the base64 of a name, a colon and a secret, in UTF-8",
}


def _in_place(exchanges: Sequence[Exchange]) -> Finding:
    access = {e.new_access for e in exchanges if e.new_access}
    refresh = {e.new_refresh for e in exchanges if e.new_refresh}
    tried, breaches = [], []
    for exchange in exchanges:
        if exchange.purpose in ("introspect", "revoke"):
            # What is asked about, or revoked, may be a token of either kind (RFC 7662 section 2.1, RFC 7009 section 2.1).
            continue
        if exchange.access in access | refresh or exchange.refresh in access | refresh:
            tried.append(exchange.id)
        if exchange.access in refresh - access:
            breaches.append(Breach("a refresh token was presented as an access token", (exchange.id,)))
        if exchange.refresh in access - refresh:
            breaches.append(Breach("an access token was presented as a refresh token", (exchange.id,)))
    return Finding(tuple(tried), tuple(breaches))


_SLIPS = {
    "malformed": "not what the operation reads, or cannot be parsed as what its Content-Type says",
    "null": "the JSON null",
    "not_an_object": "JSON, and no object",
    "untyped": "a form that no Content-Type names as one",
    "other_encoding": "in the other encoding: a form where JSON belongs, or JSON where a form belongs",
}

JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "brand.in-place": each(
            lambda e: e.branded, lambda e: None if e.brand_slip is None else f"the brand key: {e.brand_slip}"
        ),
        "brand.same": _same_brand,
        "token.in-place": _in_place,
        "token.not-in-url": each(
            lambda e: e.url_token or e.access is not None or e.refresh is not None,
            lambda e: "a token travels in the URL" if e.url_token else None,
        ),
        "credentials.not-in-url": each(
            lambda e: e.url_secret or e.in_basic is not None or e.purpose in ("issue", "verify"),
            lambda e: "a password or a client secret travels in the URL" if e.url_secret else None,
        ),
        "credentials.in-basic": each(
            # What travels in the URL is another rule's.
            lambda e: e.in_basic is not None and not e.url_secret,
            lambda e: _BASIC.get(str(e.in_basic)),
        ),
        "body.encoding": each(
            lambda e: e.has_body, lambda e: None if e.body_slip is None else f"the body is {_SLIPS[e.body_slip]}"
        ),
        "redirect.keeps-secrets": _secrets_stay,
    }
)
"""Judges by rule."""
