"""Provoking wrong requests around the credentials: grants, scopes, bodies, methods, paths."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

from watchword.specs.values.api import FORM, JSON
from watchword.specs.values.draft import Draft
from watchword.suites.acting.context import NEXT_SECOND, Steps
from watchword.suites.acting.provoke.work import Rows, Work, put, rows
from watchword.suites.acting.steps import NotApplicable

__all__ = ["ROWS"]

_GRANTS = ("authorization_code", "implicit", "password", "client_credentials")


def _barred_grant(draft: Draft, work: Work) -> Draft:
    here = [op for op in work.context.api.operations.values() if op.path == draft.operation.path]
    offered = {b.const for op in here for b in op.bound("grant_type")}
    return draft.setting("grant_type", next(g for g in _GRANTS if g not in offered))


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


def _exceeding(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    beyond = [s for s in _known_scopes(work) if s not in scopes and not any(g.startswith(f"{s}.") for g in scopes)]
    if not beyond:
        raise NotApplicable("the account has every scope that the dialect names")
    return put(draft, "scope", beyond[0])


def _insufficient(draft: Draft, work: Work) -> Steps:
    wanted = work.context.operation.scopes
    issuer, scopes = yield from _granted_scopes(work)
    rest = sorted(s for s in scopes if s not in wanted and not any(s.startswith(f"{w}.") for w in wanted))
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


def _other_encoding(draft: Draft, work: Work) -> Draft:
    other = FORM if draft.media_type == JSON else JSON
    return replace(draft, body=_body_of(draft, other), content_type=other)


def _form_in_query(draft: Draft, work: Work) -> Draft:
    moved = tuple(replace(f, place="query") if f.place == "form" else f for f in draft.fields)
    return replace(draft, fields=moved, body=b"", content_type="")


def _wrong_method(draft: Draft, work: Work) -> Draft:
    # GET and POST exchange places, and the body stays at home: a method that is not described gets no credentials in it.
    fields = tuple(f for f in draft.fields if f.place not in ("form", "json"))
    return replace(draft, method="GET" if draft.method == "POST" else "POST", fields=fields, body=b"", content_type="")


ROWS: Rows = {
    **rows(
        grant_type__missing=lambda draft, work: draft.without("grant_type"),
        grant_type__unknown=lambda draft, work: draft.setting("grant_type", "watchword_no_such_grant"),
        grant_type__other_case=lambda draft, work: draft.setting("grant_type", str(draft.value("grant_type")).upper()),
        grant_type__not_allowed=_barred_grant,
        scope__unknown=lambda draft, work: put(draft, "scope", "watchword-no-such-scope"),
        body__empty=lambda draft, work: replace(draft, body=b""),
        body__malformed=lambda draft, work: replace(draft, body=b"{" if draft.media_type == JSON else b"%%%"),
        body__not_an_object=lambda draft, work: replace(draft, body=b"[" + _body_of(draft, JSON) + b"]"),
        body__null=lambda draft, work: replace(draft, body=b"null"),
        body__trailing_comma=lambda draft, work: replace(draft, body=_body_of(draft, JSON)[:-1] + b",}"),
        body__wrong_content_type=_other_encoding,
        body__no_content_type=lambda draft, work: replace(draft, content_type=""),
        body__in_query=_form_in_query,
        method__wrong=_wrong_method,
        path__alternative=lambda draft, work: replace(draft, path=draft.operation.alternative_paths[0]),
        language__unknown=lambda draft, work: put(draft, "language", "!!"),
    ),
    "scope.partly_unknown": _partly_unknown,
    "scope.exceeding": _exceeding,
    "scope.insufficient": _insufficient,
}
