"""Provoking conditions: for each row of the vocabulary, the one way to make a right request wrong in just that way.

Laws:
1. A provocation changes nothing but what its condition names.
2. It takes a draft and gives a draft; what it has to do at the target before (wait, renew, revoke) it yields as calls.
3. It never sees what the clause expects.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from watchword.specs.applies import other_binding
from watchword.specs.model import FORM, JSON, Binding
from watchword.specs.wire import Draft, Field
from watchword.suites.context import Context, Steps, Tokens, claims_of, issuer_for
from watchword.suites.steps import Blocked, Call, NotApplicable, NotObservable, Pause

__all__ = ["PROVOKERS", "Work", "settle"]

_YEAR = 366 * 86400
_GRANTS = ("authorization_code", "implicit", "password", "client_credentials")


@dataclass(frozen=True, slots=True, repr=False)
class Work:
    """What a provocation works with: the check's context, and the tokens that stand in the draft (if any)."""

    context: Context
    tokens: Tokens | None

    def held(self) -> Tokens:
        """Give the tokens of the draft.

        Raises:
            NotApplicable: the operation wants none.
        """
        if self.tokens is None:
            raise NotApplicable("the operation carries no token")
        return self.tokens


Provoker = Callable[[Draft, Work], Steps]
_TABLE: dict[str, Provoker] = {}


def _add(name: str, provoker: Provoker) -> None:
    if name in _TABLE:
        raise ValueError(f"two ways to provoke {name}")
    _TABLE[name] = provoker


def _pure(change: Callable[[Draft, Work], Draft]) -> Provoker:
    def provoker(draft: Draft, work: Work) -> Steps:
        yield from ()
        return change(draft, work)

    return provoker


def _rows(**rows: Callable[[Draft, Work], Draft]) -> None:
    for name, change in rows.items():
        _add(name.replace("__", "."), _pure(change))


def _steps(name: str) -> Callable[[Provoker], Provoker]:
    def add(provoker: Provoker) -> Provoker:
        _add(name, provoker)
        return provoker

    return add


def _main(draft: Draft, role: str) -> Binding:
    return draft.operation.bound(role)[0]


def _put(draft: Draft, role: str, value: Any) -> Draft:
    """Give a role another value, or a first one where the right request does without it."""
    if draft.of(role):
        return draft.setting(role, value)
    binding = _main(draft, role)
    return draft.adding(Field(binding.place, binding.name, value, role))


def _left_out(draft: Draft, role: str) -> Draft:
    if not draft.of(role):
        raise NotApplicable(f"a right request does without the {role}")
    return draft.without(role)


def _changed(value: str, other: str, what: str) -> str:
    if value == other:
        raise NotApplicable(f"the {what} has no letters")
    return other


# -- names and secrets

for _role in ("username", "operator_username", "password", "operator_password", "refresh_token"):
    _add(f"{_role}.missing", _pure(lambda draft, work, role=_role: _left_out(draft, role)))  # type: ignore[misc]
    _add(f"{_role}.wrong_type", _pure(lambda draft, work, role=_role: draft.setting(role, 12345)))  # type: ignore[misc]
for _role in ("username", "operator_username", "client_id", "password", "operator_password", "client_secret", "refresh_token", "brand_key", "grant_type", "scope"):
    _add(f"{_role}.empty", _pure(lambda draft, work, role=_role: _put(draft, role, "")))  # type: ignore[misc]
for _role in ("username", "operator_username", "client_id"):
    _add(f"{_role}.unknown", _pure(lambda draft, work, role=_role: _put(draft, role, f"watchword-nobody-{work.context.tag}")))  # type: ignore[misc]


def _truncated(draft: Draft, role: str) -> Draft:
    value = str(draft.value(role))
    if len(value) < 2:
        raise NotApplicable(f"the {role} is too short to be cut short")
    return draft.setting(role, value[:-1])


def _other_case(draft: Draft, role: str) -> Draft:
    value = str(draft.value(role))
    return draft.setting(role, _changed(value, value.swapcase(), role))


for _role in ("password", "operator_password", "client_secret"):
    _add(f"{_role}.wrong", _pure(lambda draft, work, role=_role: draft.setting(role, f"watchword-wrong-{work.context.tag}")))  # type: ignore[misc]
    _add(f"{_role}.truncated", _pure(lambda draft, work, role=_role: _truncated(draft, role)))  # type: ignore[misc]
    _add(f"{_role}.extended", _pure(lambda draft, work, role=_role: draft.setting(role, f"{draft.value(role)}x")))  # type: ignore[misc]
    _add(f"{_role}.other_case", _pure(lambda draft, work, role=_role: _other_case(draft, role)))  # type: ignore[misc]


def _foreign_password(draft: Draft, work: Work) -> Draft:
    other = work.context.credential("other_password")
    if other == draft.value("password"):
        raise NotApplicable("both users have the same password")
    return draft.setting("password", other)


_rows(
    username__other_case=lambda draft, work: _other_case(draft, "username"),
    password__foreign=_foreign_password,
)

# -- the Authorization header


def _basic_pair(draft: Draft) -> str:
    parts = {f.name: str(f.value) for f in draft.fields if f.place == "basic"}
    return f"{parts.get('user', '')}:{parts.get('password', '')}"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _without_basic(draft: Draft, authorization: str) -> Draft:
    return replace(draft, fields=tuple(f for f in draft.fields if f.place != "basic"), authorization=authorization)


def _basic_in_body(draft: Draft, work: Work) -> Draft:
    place = "json" if draft.media_type == JSON else "form"
    moved = tuple(replace(f, place=place, name=f.role or f.name) if f.place == "basic" else f for f in draft.fields)
    return replace(draft, fields=moved)


def _valid_basic(draft: Draft, work: Work) -> Draft:
    held = work.context.target.credentials
    names = ("client_id", "client_secret") if "client_id" in held else ("username", "password")
    return replace(draft.without("access_token"), authorization=f"Basic {_b64(':'.join(held.get(n, '') for n in names))}")


_rows(
    basic__missing=lambda draft, work: _without_basic(draft, ""),
    basic__empty=lambda draft, work: _without_basic(draft, "Basic"),
    basic__not_base64=lambda draft, work: _without_basic(draft, "Basic !!!"),
    basic__no_colon=lambda draft, work: _without_basic(draft, f"Basic {_b64('watchword')}"),
    basic__wrong_scheme=lambda draft, work: _without_basic(draft, f"Bearer {_b64(_basic_pair(draft))}"),
    basic__scheme_case=lambda draft, work: _without_basic(draft, f"basic {_b64(_basic_pair(draft))}"),
    basic__in_body=_basic_in_body,
    access_token__missing=lambda draft, work: replace(draft.without("access_token"), authorization=""),
    access_token__empty=lambda draft, work: replace(draft.without("access_token"), authorization="Bearer "),
    access_token__wrong_scheme=_valid_basic,
    access_token__bare=lambda draft, work: replace(draft, authorization=str(draft.value("access_token"))),
    access_token__scheme_case=lambda draft, work: replace(draft, authorization=f"bearer {draft.value('access_token')}"),
    access_token__in_query=lambda draft, work: replace(
        draft.mapping("access_token", lambda f: (Field("query", "access_token", f.value, f.role),)), authorization=""
    ),
)

# -- tokens


def _other_character(character: str, pool: str) -> str:
    return pool[(pool.index(character) + len(pool) // 2) % len(pool)] if character in pool else pool[0]


def _altered(value: str) -> str:
    """Change one character in the middle: of the signature, if there is one, and never one that only pads."""
    start = value.rindex(".") + 1 if claims_of(value) else 0
    at = start + (len(value) - start) // 2
    while at < len(value) - 1 and not value[at].isalnum():
        at += 1
    pool = string.hexdigits[:16] if value[at] in string.hexdigits[:16] else string.ascii_letters + string.digits
    return value[:at] + _other_character(value[at], pool) + value[at + 1 :]


def _unsigned(value: str) -> str:
    if not claims_of(value):
        raise NotApplicable("the token is not a JWT")
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{header}.{value.split('.')[1]}."


def _never_issued(value: str, tag: str) -> str:
    """Make a token of the same look: the same shape with other characters, for a JWT other claims and a made-up signature."""
    chance = random.Random(tag)  # noqa: S311 - a wrong token wants no entropy, a report wants the same one twice
    claims = claims_of(value)
    if not claims:
        pools = (string.hexdigits[:16], string.ascii_lowercase, string.ascii_uppercase, string.digits)
        hexadecimal = all(c in string.hexdigits[:16] or not c.isalnum() for c in value)
        chosen = pools[:1] if hexadecimal else pools[1:]
        return "".join(next((chance.choice(p) for p in chosen if c in p), c) for c in value)
    claims = claims | {"jti": f"{chance.getrandbits(128):032x}"}
    payload = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=").decode()
    signature = base64.urlsafe_b64encode(chance.randbytes(32)).rstrip(b"=").decode()
    return f"{value.split('.')[0]}.{payload}.{signature}"


for _role in ("access_token", "refresh_token"):
    _add(f"{_role}.garbage", _pure(lambda draft, work, role=_role: draft.setting(role, "not-a-token")))  # type: ignore[misc]
    _add(f"{_role}.tampered", _pure(lambda draft, work, role=_role: draft.setting(role, _altered(str(draft.value(role))))))  # type: ignore[misc]
    _add(f"{_role}.unsigned", _pure(lambda draft, work, role=_role: draft.setting(role, _unsigned(str(draft.value(role))))))  # type: ignore[misc]
    _add(f"{_role}.unknown", _pure(lambda draft, work, role=_role: draft.setting(role, _never_issued(str(draft.value(role)), work.context.tag))))  # type: ignore[misc]


def _instead(draft: Draft, work: Work, role: str, other: str) -> Draft:
    value = work.held()[other]
    if value is None:
        raise NotApplicable(f"{work.held().operation.name} gave no {other}")
    return draft.setting(role, value)


_rows(
    refresh_token__null=lambda draft, work: draft.setting("refresh_token", None),
    access_token__is_refresh_token=lambda draft, work: _instead(draft, work, "access_token", "refresh_token"),
    refresh_token__is_access_token=lambda draft, work: _instead(draft, work, "refresh_token", "access_token"),
)


@_steps("access_token.expired")
def _expired_access(draft: Draft, work: Work) -> Steps:
    expiry = work.held().expiry()
    if expiry is None:
        raise NotObservable("nothing tells when the access token expires")
    yield Pause(0, "the access token expires", until=expiry + 1.5)
    return draft


@_steps("refresh_token.expired")
def _expired_refresh(draft: Draft, work: Work) -> Steps:
    token = work.held()["refresh_token"]
    expiry = work.held().expiry("refresh_token")
    if expiry is None and claims_of(token):
        raise NotApplicable("the refresh token has no expiry")
    yield Pause(_YEAR, "the refresh token has expired by then if it ever does", until=None if expiry is None else expiry + 1.5)
    return draft


def _renewal(work: Work) -> Steps:
    renewals = work.context.api.with_purpose("renew")
    if not renewals:
        raise NotApplicable("the dialect describes no renewal")
    # Tokens of one second may be the same text; the pause makes sure that the renewed one is another.
    yield Pause(1.1, "tokens issued in one second may be equal", short=True)
    return (yield from work.context.renew(renewals[0], work.held(), step="prepare"))


@_steps("access_token.superseded")
def _superseded(draft: Draft, work: Work) -> Steps:
    after = yield from _renewal(work)
    if after["access_token"] == draft.value("access_token"):
        raise NotApplicable("a renewal gives the same access token again")
    return draft


@_steps("access_token.revoked")
def _revoked(draft: Draft, work: Work) -> Steps:
    context = work.context
    operation = context.api.with_purpose("revoke")[0]
    held = {role: work.held()[role] for role in ("access_token", "refresh_token") if work.held()[role] is not None}
    exchange = yield Call(context.write(operation, context.values() | held), "prepare", f"revoke by {operation.name}")
    context.require(exchange, operation)
    return draft


@_steps("refresh_token.reused")
def _reused(draft: Draft, work: Work) -> Steps:
    yield from work.context.renew(work.context.operation, work.held(), step="prepare")
    return draft


@_steps("refresh_token.retired")
def _retired(draft: Draft, work: Work) -> Steps:
    after = yield from work.context.renew(work.context.operation, work.held(), step="prepare")
    if after["refresh_token"] == work.held()["refresh_token"]:
        raise NotApplicable("a renewal gives the same refresh token again")
    yield Call(draft, "prepare", "use the older refresh token again")
    held = {role: after[role] for role in ("access_token", "refresh_token")}
    return work.context.write(draft.operation, work.context.values() | held)


@_steps("refresh_token.foreign")
def _foreign_refresh(draft: Draft, work: Work) -> Steps:
    context = work.context
    issuer = issuer_for(context.api, context.operation, context.target.credentials)
    theirs = yield from context.login(issuer, "other")
    if theirs["refresh_token"] is None:
        raise Blocked(f"{issuer.name} gave no refresh token")
    return draft.setting("refresh_token", theirs["refresh_token"])


# -- grants and scopes


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


@_steps("scope.partly_unknown")
def _partly_unknown(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    return _put(draft, "scope", f"{sorted(scopes)[0]} watchword-no-such-scope")


@_steps("scope.exceeding")
def _exceeding(draft: Draft, work: Work) -> Steps:
    _, scopes = yield from _granted_scopes(work)
    beyond = [s for s in _known_scopes(work) if s not in scopes and not any(g.startswith(f"{s}.") for g in scopes)]
    if not beyond:
        raise NotApplicable("the account has every scope that the dialect names")
    return _put(draft, "scope", beyond[0])


@_steps("scope.insufficient")
def _insufficient(draft: Draft, work: Work) -> Steps:
    wanted = work.context.operation.scopes
    issuer, scopes = yield from _granted_scopes(work)
    rest = sorted(s for s in scopes if s not in wanted and not any(s.startswith(f"{w}.") for w in wanted))
    if not rest:
        raise NotApplicable("the account has no scope but those that the operation wants")
    tokens = yield from work.context.login(issuer, scope=rest[0])
    return draft.setting("access_token", tokens["access_token"])


_rows(
    grant_type__missing=lambda draft, work: draft.without("grant_type"),
    grant_type__unknown=lambda draft, work: draft.setting("grant_type", "watchword_no_such_grant"),
    grant_type__other_case=lambda draft, work: draft.setting("grant_type", str(draft.value("grant_type")).upper()),
    grant_type__not_allowed=_barred_grant,
    scope__unknown=lambda draft, work: _put(draft, "scope", "watchword-no-such-scope"),
)

# -- the body, the method, the path


def _body_of(draft: Draft, media_type: str) -> bytes:
    pairs = {f.name: f.value for f in draft.fields if f.place in ("form", "json")}
    return json.dumps(pairs).encode() if media_type == JSON else urlencode({k: str(v) for k, v in pairs.items()}).encode()


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


_rows(
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
)

# -- brand keys


def _renamed(draft: Draft, name: str) -> Draft:
    return draft.mapping("brand_key", lambda f: (replace(f, name=name),))


def _body_place(draft: Draft) -> str:
    return "json" if draft.media_type == JSON else "form"


def _other_separators(name: str) -> str:
    return name.replace("-", "_") if "-" in name else name.replace("_", "-") if "_" in name else f"{name[:1]}-{name[1:]}"


def _misplaced(draft: Draft, work: Work) -> Draft:
    other = other_binding(draft.operation, "brand_key", work.context.api)
    if other is None:
        raise NotApplicable("every operation carries the brand key in the same way")
    return draft.mapping("brand_key", lambda f: (replace(f, place=other.place, name=other.name),))


def _superseded_binding(draft: Draft) -> Binding:
    place = _main(draft, "brand_key").place
    found = [b for b in draft.operation.bound("brand_key") if b.standing == "superseded"]
    return sorted(found, key=lambda b: b.place != place)[0]


def _other_brand(work: Work) -> str:
    return work.context.credential("other_brand_key")


def _with_old_name(draft: Draft, work: Work) -> Draft:
    old = _superseded_binding(draft)
    return draft.adding(Field(old.place, old.name, _other_brand(work), "brand_key"))


def _cased(draft: Draft, work: Work) -> Draft:
    main = _main(draft, "brand_key")
    return _renamed(draft, main.name.lower() if main.place == "header" else main.name.upper())


def _value_cased(draft: Draft, work: Work) -> Draft:
    value = str(draft.value("brand_key"))
    return draft.setting("brand_key", _changed(value, value.swapcase(), "brand key"))


_rows(
    brand_key__missing=lambda draft, work: draft.without("brand_key"),
    brand_key__blank=lambda draft, work: draft.setting("brand_key", "  "),
    brand_key__unknown=lambda draft, work: draft.setting("brand_key", "WATCHWORD-NO-SUCH-BRAND"),
    brand_key__misplaced=_misplaced,
    brand_key__in_body=lambda draft, work: draft.mapping("brand_key", lambda f: (replace(f, place=_body_place(draft)),)),
    brand_key__misnamed=lambda draft, work: _renamed(draft, _other_separators(_main(draft, "brand_key").name)),
    brand_key__superseded_name=lambda draft, work: draft.mapping(
        "brand_key", lambda f: (replace(f, place=_superseded_binding(draft).place, name=_superseded_binding(draft).name),)
    ),
    brand_key__superseded_conflict=_with_old_name,
    brand_key__name_case=_cased,
    brand_key__value_case=_value_cased,
    # White space before a value is taken off by every client; behind it, it reaches the server.
    brand_key__padded=lambda draft, work: draft.mapping("brand_key", lambda f: (replace(f, value=f"{f.value}  "),)),
    brand_key__repeated=lambda draft, work: draft.mapping("brand_key", lambda f: (f, f)),
    brand_key__conflicting=lambda draft, work: draft.mapping("brand_key", lambda f: (f, replace(f, value=_other_brand(work)))),
    brand_key__conflicting_places=lambda draft, work: draft.adding(
        Field(_body_place(draft), _main(draft, "brand_key").name, _other_brand(work), "brand_key")
    ),
    brand_key__foreign=lambda draft, work: draft.setting("brand_key", _other_brand(work)),
    language__unknown=lambda draft, work: _put(draft, "language", "!!"),
)

PROVOKERS: Mapping[str, Provoker] = MappingProxyType(_TABLE)


def settle(draft: Draft, work: Work, conditions: tuple[str, ...]) -> Steps:
    """Provoke several conditions on one draft, in the order given."""
    for name in conditions:
        draft = yield from PROVOKERS[name](draft, work)
    return draft
