"""Scenarios of revocation: what else ends with a token, whatever it is said to be."""

from __future__ import annotations

from watchword.specs.values.api import Operation
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for
from watchword.suites.acting.context import NEXT_SECOND, Context, Steps, Tokens, need_scopes, succeeded
from watchword.suites.acting.expiry import not_by_expiry
from watchword.suites.acting.steps import Blocked, Call, NotApplicable, Scenario

__all__ = ["access_after_refresh", "access_as_refresh"]


def access_after_refresh(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Revoke the refresh token of a login, and call the protected operation with its access token."""
    yield from _access_can_be_revoked(context)
    tokens = yield from _working(context)
    if tokens["refresh_token"] is None:
        raise NotApplicable(f"{tokens.operation.name} gave no refresh token")
    ended = yield _revoking(context, context.operation, tokens)
    context.require(ended, context.operation)
    not_by_expiry(context, tokens, (yield from context.open(tokens["access_token"])))
    return {}


def access_as_refresh(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Revoke an access token as though it were a refresh token, and call the protected operation with it."""
    yield from _access_can_be_revoked(context)
    tokens = yield from _working(context)
    values = context.values() | {"refresh_token": tokens["access_token"]}
    ended = yield Call(context.write(context.operation, values), "prepare", "revoke an access token as a refresh token")
    if not succeeded(ended.reply, context.operation):
        # How that has to be answered is a clause of its own.
        raise NotApplicable("an access token that is called a refresh token is not revoked, and that is said")
    not_by_expiry(context, tokens, (yield from context.open(tokens["access_token"])))
    return {}


def _revoking(context: Context, operation: Operation, tokens: Tokens) -> Call:
    held = {role: tokens[role] for role in TOKEN_ROLES if tokens[role] is not None}
    return Call(context.write(operation, context.values() | held), "prepare", f"revoke by {operation.name}")


def _working(context: Context) -> Steps:
    """Get tokens of which the access token opens the protected operation."""
    yield NEXT_SECOND
    tokens = yield from context.login(issuer_for(context.api, context.operation, context.target.credentials))
    need_scopes(context, tokens)
    control = yield from context.open(tokens["access_token"], "control")
    not_by_expiry(context, tokens, control)
    if not succeeded(control.reply, context.resource()):
        raise Blocked("the access token does not open the protected operation, so a refusal proves nothing")
    return tokens


def _access_can_be_revoked(context: Context) -> Steps:
    """Insist that access tokens end at all when they are revoked by the right request; tokens that speak for themselves may not."""
    revocation = next((op for op in context.api.with_purpose("revoke") if op.bound("access_token")), None)
    if not context.operation.bound("refresh_token") or revocation is None:
        raise NotApplicable("there are no two operations that revoke access tokens and refresh tokens")
    tokens = yield from _working(context)
    exchange = yield _revoking(context, revocation, tokens)
    after = yield from context.open(tokens["access_token"], "control", "call it with an access token that was revoked")
    if not succeeded(exchange.reply, revocation) or succeeded(after.reply, context.resource()):
        raise NotApplicable("the server does not revoke access tokens")
