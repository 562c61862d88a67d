"""Provoking wrong requests around the credentials: grants, scopes, bodies, methods, paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urlencode

from watchword.specs.values.api import FORM, JSON
from watchword.specs.values.draft import Draft, Field
from watchword.suites.acting.context import NEXT_SECOND, Steps, is_within
from watchword.suites.acting.provoke.work import Rows, Work, body_place, emptied, pure, put
from watchword.suites.acting.steps import NotApplicable

__all__ = ["ROWS"]

_GRANTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "client_credentials": {},
        "password": {"username": "username", "password": "password"},
        "authorization_code": {"code": "watchword-code", "redirect_uri": "http://127.0.0.1/"},
    }
)
"""The grants of RFC 6749 that a token endpoint takes, each with the parameters that make its request a whole one."""


def _named_grant(draft: Draft, work: Work, name: str) -> Draft:
    return draft.setting("grant_type", name)


def _shouted_grant(draft: Draft, work: Work) -> Draft:
    return draft.setting("grant_type", str(draft.value("grant_type")).upper())


def _barred_grant(draft: Draft, work: Work) -> Draft:
    here = [op for op in work.context.api.present if op.path == draft.operation.path]
    offered = {b.const for op in here for b in op.bound("grant_type")}
    grant = next(g for g in _GRANTS if g not in offered)
    held = work.context.target.credentials
    # A request that lacks something would be refused for that.
    whole = [
        Field(body_place(draft), name, held.get(value, value))
        for name, value in _GRANTS[grant].items()
        if not draft.of(name)
    ]
    return draft.setting("grant_type", grant).adding(*whole)


def _known_scopes(work: Work) -> list[str]:
    return sorted({s for op in work.context.api.operations.values() for s in op.scopes} | set(work.context.api.scopes))


def _granted_scopes(work: Work) -> Steps:
    issuer = work.context.operation if work.context.operation.purpose == "issue" else None
    if issuer is None or not issuer.bound("scope"):
        found = [op for op in work.context.api.with_purpose("issue") if op.bound("scope")]
        if not found:
            raise NotApplicable("no operation takes a scope")
        issuer = found[0]
    tokens = yield from work.context.login(issuer)
    if not tokens.scopes:
        raise NotApplicable("the reply does not list the granted scopes")
    return issuer, tokens.scopes


def _partly_unknown(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    return put(draft, "scope", f"{min(scopes)} watchword-no-such-scope")


def _cut_scope(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    known = {*scopes, *_known_scopes(work)}
    cut = sorted(s[:-1] for s in scopes if len(s) > 1 and s[:-1] not in known)
    if not cut:
        raise NotApplicable("each scope that was granted is another one without its last character")
    return put(draft, "scope", cut[0])


def _cased_scope(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    cased = sorted(s.swapcase() for s in scopes if s.swapcase() not in {*scopes, *_known_scopes(work)})
    if not cased:
        raise NotApplicable("each scope that was granted is another one in the other case")
    return put(draft, "scope", cased[0])


def _exceeding(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    beyond = [s for s in _known_scopes(work) if not any(is_within(g, (s,)) for g in scopes)]
    if not beyond:
        raise NotApplicable("the account has every scope that the dialect names")
    return put(draft, "scope", beyond[0])


def _insufficient(draft: Draft, work: Work) -> Steps:
    wanted = work.context.operation.scopes
    if not wanted:
        raise NotApplicable("nothing tells which scopes the operation wants")
    issuer, scopes = yield from _granted_scopes(work)
    rest = sorted(s for s in scopes if not is_within(s, wanted))
    if not rest:
        raise NotApplicable("the account has no scope but those that the operation wants")
    yield NEXT_SECOND
    tokens = yield from work.context.login(issuer, scope=rest[0])
    if tokens["access_token"] == draft.value("access_token"):
        raise NotApplicable("a login for fewer scopes gives the same access token again")
    return draft.setting("access_token", tokens["access_token"])


def _body_of(draft: Draft, media_type: str) -> bytes:
    pairs = {f.name: f.value for f in draft.fields if f.place in ("form", "json")}
    return (
        json.dumps(pairs).encode() if media_type == JSON else urlencode({k: str(v) for k, v in pairs.items()}).encode()
    )


def _with_body(draft: Draft, work: Work, body: bytes) -> Draft:
    return replace(draft, body=body)


def _malformed(draft: Draft, work: Work) -> Draft:
    return replace(draft, body=b"{" if draft.media_type == JSON else b"%%%")


def _in_array(draft: Draft, work: Work) -> Draft:
    return replace(draft, body=b"[" + _body_of(draft, JSON) + b"]")


def _with_comma(draft: Draft, work: Work) -> Draft:
    return replace(draft, body=_body_of(draft, JSON)[:-1] + b",}")


def _other_encoding(draft: Draft, work: Work) -> Draft:
    other = FORM if draft.media_type == JSON else JSON
    return replace(draft, body=_body_of(draft, other), content_type=other)


def _form_in_query(draft: Draft, work: Work) -> Draft:
    moved = tuple(replace(f, place="query") if f.place == "form" else f for f in draft.fields)
    return replace(draft, fields=moved, body=b"", content_type="")


def _other_path(draft: Draft, work: Work) -> Draft:
    return replace(draft, path=draft.operation.alternative_paths[0])


def _wrong_method(draft: Draft, work: Work) -> Draft:
    # GET and POST exchange places, and the body stays at home: a method that is not described gets no credentials in it.
    fields = tuple(f for f in draft.fields if f.place not in ("form", "json"))
    return replace(draft, method="GET" if draft.method == "POST" else "POST", fields=fields, body=b"", content_type="")


ROWS: Rows = {
    "method.wrong": pure(_wrong_method),
    "path.alternative": pure(_other_path),
    "grant_type.missing": pure(lambda draft, work: draft.without("grant_type")),
    "grant_type.empty": pure(emptied, "grant_type"),
    "grant_type.unknown": pure(_named_grant, "watchword_no_such_grant"),
    "grant_type.other_case": pure(_shouted_grant),
    "grant_type.not_allowed": pure(_barred_grant),
    "grant_type.repeated": pure(lambda draft, work: draft.mapping("grant_type", lambda f: (f, f))),
    "scope.empty": pure(emptied, "scope"),
    "scope.unknown": pure(lambda draft, work: put(draft, "scope", "watchword-no-such-scope")),
    "scope.truncated": _cut_scope,
    "scope.other_case": _cased_scope,
    "scope.partly_unknown": _partly_unknown,
    "scope.exceeding": _exceeding,
    "scope.insufficient": _insufficient,
    "body.empty": pure(_with_body, b""),
    "body.malformed": pure(_malformed),
    "body.not_an_object": pure(_in_array),
    "body.null": pure(_with_body, b"null"),
    "body.trailing_comma": pure(_with_comma),
    "body.wrong_content_type": pure(_other_encoding),
    "body.no_content_type": pure(lambda draft, work: replace(draft, content_type="")),
    "body.in_query": pure(_form_in_query),
    "language.unknown": pure(lambda draft, work: put(draft, "language", "!!")),
}
