"""Scenarios of renewal: what a refresh token obtains, and what becomes of the tokens before it."""

from __future__ import annotations

from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for, renewal_for
from watchword.suites.acting.context import (
    NEXT_SECOND,
    Context,
    Steps,
    Tokens,
    granted,
    is_within,
    need_scopes,
    succeeded,
)
from watchword.suites.acting.expiry import not_by_expiry
from watchword.suites.acting.steps import Call, NotApplicable, Scenario

__all__ = ["chain", "old_token_after", "renewal", "renewal_of_login", "renewal_of_user", "widening"]


def _renewed(context: Context) -> Steps:
    operation = context.operation
    yield NEXT_SECOND
    before = yield from context.login(issuer_for(context.api, operation, context.target.credentials))
    yield NEXT_SECOND
    return before, (yield from context.renew(operation, before, step="probe"))


def renewal(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Log in and renew."""
    before, after = yield from _renewed(context)
    return {"before": before, "after": after}


def renewal_of_user(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Ask before and after a renewal whom the token speaks of."""
    resource = context.resource()
    operation = context.operation
    yield NEXT_SECOND
    before = yield from context.login(issuer_for(context.api, operation, context.target.credentials))
    first = yield from _named(context, before)
    yield NEXT_SECOND
    after = yield from context.renew(operation, before, step="probe")
    facts = {"before": before, "after": after, "claims": dict(resource.claims)}
    return facts if first is None else facts | {"named": (first, (yield from _named(context, after)))}


def renewal_of_login(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Renew with what one way of logging in gave, and ask whom the renewed token speaks of."""
    yield NEXT_SECOND
    before = yield from context.login(context.operation)
    if before["refresh_token"] is None:
        raise NotApplicable("the reply carries no refresh token")
    renewal = renewal_for(context.api, context.operation, context.target.credentials)
    first = yield from _named(context, before)
    yield NEXT_SECOND
    held = {role: before[role] for role in TOKEN_ROLES if before[role] is not None}
    sketch = context.write(renewal, context.values() | held)
    exchange = yield Call(sketch, "probe", f"renew by {renewal.name}")
    after = context.tokens(exchange, renewal)
    facts = {"before": before, "after": after, "claims": dict(context.resource().claims)}
    if first is None or not succeeded(exchange.reply, renewal):
        return facts
    return facts | {"named": (first, (yield from _named(context, after)))}


def _named(context: Context, tokens: Tokens) -> Steps:
    """Ask the protected operation whom a token speaks of; None where its reply names nobody."""
    resource = context.resource()
    if "subject" not in resource.gives:
        return None
    need_scopes(context, tokens)
    exchange = yield from context.open(tokens["access_token"], "verify")
    return resource.read_reply(exchange.reply.members if exchange.reply else {}).get("subject")


def chain(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Renew what a renewal gave."""
    _, after = yield from _renewed(context)
    held = {role: after[role] for role in TOKEN_ROLES if after[role] is not None}
    sketch = context.write(context.operation, context.values() | held)
    exchange = yield Call(sketch, "probe", "renew with what the first renewal gave")
    if succeeded(exchange.reply, context.operation):
        last = context.tokens(exchange, context.operation)
        need_scopes(context, last)
        not_by_expiry(context, last, (yield from context.open(last["access_token"])))
    return {}


def old_token_after(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Present the access token from before a renewal."""
    before, after = yield from _renewed(context)
    if before["access_token"] == after["access_token"]:
        raise NotApplicable("a renewal gives the same access token again")
    need_scopes(context, before)
    purpose = "call the protected operation with the token before the renewal"
    not_by_expiry(context, before, (yield from context.open(before["access_token"], purpose=purpose)))
    return {}


def widening(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Log in for one of several scopes, renew, which shows that it can be, and renew once more for another scope besides."""
    operation = context.operation
    issuer = issuer_for(context.api, operation, context.target.credentials)
    if not (operation.bound("scope") and issuer.bound("scope")):
        raise NotApplicable("no scope can be asked for")
    yield NEXT_SECOND
    everything = yield from context.login(issuer, step="control")
    if len(everything.scopes) < 2:
        raise NotApplicable("no login is known to have two scopes, of which it could be asked for one")
    chosen = min(everything.scopes)
    yield NEXT_SECOND
    fewer = yield from context.login(issuer, step="control", scope=chosen)
    had = fewer.scopes or granted(chosen)
    beyond = sorted(s for s in everything.scopes - had if not is_within(s, had))
    if not beyond:
        raise NotApplicable("no login can be had with fewer scopes than another one")
    yield NEXT_SECOND
    after = yield from context.renew(operation, fewer)
    held = {role: after[role] for role in TOKEN_ROLES if after[role] is not None}
    asked = had | {beyond[0]}
    values = context.values() | held | {"scope": " ".join(sorted(asked))}
    yield Call(context.write(operation, values, ("scope",)), "probe", "renew for a scope that the login was not given")
    return {"had": had, "asked": asked}
