"""Provoking wrong tokens: missing, altered, outlived, used up, somebody else's."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import replace

from watchword.reports.derivations import DERIVATIONS
from watchword.specs.values.draft import Draft, Field
from watchword.suites.acting.choosing import issuer_for
from watchword.suites.acting.context import NEXT_SECOND, Steps, claims_of, no_refresh_token, number
from watchword.suites.acting.expiry import end_of
from watchword.suites.acting.provoke.credentials import basic_of
from watchword.suites.acting.provoke.work import Rows, Work, emptied, in_query, left_out, mistyped, pure, truncated
from watchword.suites.acting.steps import Call, NotApplicable, Pause

__all__ = ["ROWS"]


_YEAR = 366 * 86400


def _other_scheme(draft: Draft, work: Work) -> Draft:
    if draft.operation.purpose == "resource":
        # A protected operation has no business with a secret: it may stand on another host.
        nobody = basic_of(f"watchword-nobody-{work.context.tag}", work.context.tag)
        return replace(draft.without("access_token"), authorization=f"Basic {nobody}")
    held = work.context.target.credentials
    user, secret = ("client_id", "client_secret") if "client_id" in held else ("username", "password")
    return replace(
        draft.without("access_token"), authorization=f"Basic {basic_of(held.get(user, ''), held.get(secret, ''))}"
    )


def _in_query(draft: Draft, work: Work) -> Draft:
    moved = draft.mapping("access_token", lambda f: (Field("query", "access_token", f.value, f.role),))
    return replace(moved, authorization="")


def _in_cookie(draft: Draft, work: Work) -> Draft:
    cookie = Field("header", "Cookie", f"access_token={draft.value('access_token')}")
    return replace(draft.without("access_token"), authorization="").adding(cookie)


def _headed(draft: Draft, work: Work, authorization: str) -> Draft:
    return replace(draft.without("access_token"), authorization=authorization)


def _empty_access(draft: Draft, work: Work) -> Draft:
    if draft.operation.place("access_token") == "bearer":
        return _headed(draft, work, "Bearer ")
    return emptied(draft, work, "access_token")


def _bare(draft: Draft, work: Work) -> Draft:
    return replace(draft, authorization=str(draft.value("access_token")))


def _under_other_scheme(draft: Draft, work: Work) -> Draft:
    # Some servers take tokens under a scheme of their own, such as Token; this one is nobody's.
    return replace(draft, authorization=f"Watchword {draft.value('access_token')}")


def _lower_case(draft: Draft, work: Work) -> Draft:
    return replace(draft, authorization=f"bearer {draft.value('access_token')}")


def _tampered(draft: Draft, work: Work, role: str) -> Draft:
    return draft.setting(role, DERIVATIONS["altered"](str(draft.value(role))))


def _unsigned(draft: Draft, work: Work, role: str) -> Draft:
    value = str(draft.value(role))
    if not claims_of(value):
        raise NotApplicable("the token is not a JWT")
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return draft.setting(role, f"{header}.{value.split('.')[1]}.")


def _garbage(draft: Draft, work: Work, role: str) -> Draft:
    return draft.setting(role, "not-a-token")


def _null(draft: Draft, work: Work) -> Draft:
    return draft.setting("refresh_token", None)


def _unknown(draft: Draft, work: Work, role: str) -> Draft:
    return draft.setting(role, _never_issued(str(draft.value(role)), work.context.tag))


def _never_issued(value: str, tag: str) -> str:
    """Make a token of the same look: the same shape with other characters, for a JWT other claims and a made-up signature."""
    chance = random.Random(tag)
    claims = claims_of(value)
    if not claims:
        pools = (string.hexdigits[:16], string.ascii_lowercase, string.ascii_uppercase, string.digits)
        hexadecimal = all(c in string.hexdigits[:16] or not c.isalnum() for c in value)
        chosen = pools[:1] if hexadecimal else pools[1:]
        return "".join(next((chance.choice(p) for p in chosen if c in p), c) for c in value)
    claims = claims | {"jti": f"{chance.getrandbits(128):032x}"}
    payload = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=").decode()
    signature = base64.urlsafe_b64encode(chance.randbytes(32)).rstrip(b"=").decode()
    return f"{value.split('.', maxsplit=1)[0]}.{payload}.{signature}"


def _instead(draft: Draft, work: Work, role: str, other: str) -> Draft:
    value = work.held()[other]
    if value is None:
        raise NotApplicable(f"{work.held().operation.name} gave no {other}")
    return draft.setting(role, value)


def _expired_access(draft: Draft, work: Work) -> Steps:
    yield Pause(0, "the access token expires", until=end_of(work.context, work.held()).latest)
    return draft


def _expired_refresh(draft: Draft, work: Work) -> Steps:
    claims = claims_of(work.held()["refresh_token"])
    if claims and number(claims.get("exp")) is None:
        raise NotApplicable("the refresh token has no expiry")
    until = end_of(work.context, work.held(), "refresh_token").latest if claims else None
    yield Pause(_YEAR, "the refresh token expires", until=until)
    return draft


def _renewal(work: Work) -> Steps:
    renewals = work.context.api.with_purpose("renew")
    if not renewals:
        raise NotApplicable("the dialect describes no renewal")
    yield NEXT_SECOND
    return (yield from work.context.renew(renewals[0], work.held(), step="prepare"))


def _superseded(draft: Draft, work: Work) -> Steps:
    after = yield from _renewal(work)
    if after["access_token"] == draft.value("access_token"):
        raise NotApplicable("a renewal gives the same access token again")
    # The refresh token beside it has been used; where renewals replace it, the new one is the right one.
    return draft.setting("refresh_token", after["refresh_token"])


def _revoked(draft: Draft, work: Work, role: str) -> Steps:
    context = work.context
    revocations = context.api.with_purpose("revoke")
    if not revocations:
        raise NotApplicable("nothing revokes here")
    operation = next((op for op in revocations if op.bound(role)), revocations[0])
    held = {role: work.held()[role] for role in ("access_token", "refresh_token") if work.held()[role] is not None}
    exchange = yield Call(context.write(operation, context.values() | held), "prepare", f"revoke by {operation.name}")
    context.require(exchange, operation)
    return draft


def _reused(draft: Draft, work: Work) -> Steps:
    yield from work.context.renew(work.context.operation, work.held(), step="prepare")
    return draft


def _retired(draft: Draft, work: Work) -> Steps:
    after = yield from work.context.renew(work.context.operation, work.held(), step="prepare")
    if after["refresh_token"] == work.held()["refresh_token"]:
        raise NotApplicable("a renewal gives the same refresh token again")
    yield Call(draft, "prepare", "use the older refresh token again")
    held = {role: after[role] for role in ("access_token", "refresh_token")}
    return work.context.write(draft.operation, work.context.values() | held)


def _foreign_refresh(draft: Draft, work: Work) -> Steps:
    context = work.context
    issuer = issuer_for(context.api, context.operation, context.target.credentials)
    theirs = yield from context.login(issuer, "other")
    if theirs["refresh_token"] is None:
        raise no_refresh_token(theirs)
    return draft.setting("refresh_token", theirs["refresh_token"])


def _of_other_client(draft: Draft, work: Work, role: str) -> Steps:
    context = work.context
    theirs = yield from context.login_of_other_client(role)
    if theirs[role] == draft.value(role):
        raise NotApplicable(f"both clients are given the same {role}")
    return draft.setting(role, theirs[role])


ROWS: Rows = {
    "access_token.missing": pure(_headed, ""),
    "access_token.wrong_scheme": pure(_other_scheme),
    "access_token.other_scheme": pure(_under_other_scheme),
    "access_token.bare": pure(_bare),
    "access_token.scheme_case": pure(_lower_case),
    "access_token.in_query": pure(_in_query),
    "access_token.in_cookie": pure(_in_cookie),
    "access_token.left_out": pure(left_out, "access_token"),
    "access_token.empty": pure(_empty_access),
    "access_token.unknown": pure(_unknown, "access_token"),
    "access_token.garbage": pure(_garbage, "access_token"),
    "access_token.truncated": pure(truncated, "access_token"),
    "access_token.tampered": pure(_tampered, "access_token"),
    "access_token.unsigned": pure(_unsigned, "access_token"),
    "access_token.expired": _expired_access,
    "access_token.superseded": _superseded,
    "access_token.revoked": lambda draft, work: _revoked(draft, work, "access_token"),
    "access_token.other_client": lambda draft, work: _of_other_client(draft, work, "access_token"),
    "access_token.is_refresh_token": pure(_instead, "access_token", "refresh_token"),
    "refresh_token.missing": pure(left_out, "refresh_token"),
    "refresh_token.in_query": pure(in_query, "refresh_token"),
    "refresh_token.null": pure(_null),
    "refresh_token.wrong_type": pure(mistyped, "refresh_token"),
    "refresh_token.empty": pure(emptied, "refresh_token"),
    "refresh_token.unknown": pure(_unknown, "refresh_token"),
    "refresh_token.garbage": pure(_garbage, "refresh_token"),
    "refresh_token.truncated": pure(truncated, "refresh_token"),
    "refresh_token.tampered": pure(_tampered, "refresh_token"),
    "refresh_token.unsigned": pure(_unsigned, "refresh_token"),
    "refresh_token.expired": _expired_refresh,
    "refresh_token.reused": _reused,
    "refresh_token.retired": _retired,
    "refresh_token.revoked": lambda draft, work: _revoked(draft, work, "refresh_token"),
    "refresh_token.foreign": _foreign_refresh,
    "refresh_token.other_client": lambda draft, work: _of_other_client(draft, work, "refresh_token"),
    "refresh_token.is_access_token": pure(_instead, "refresh_token", "access_token"),
}
