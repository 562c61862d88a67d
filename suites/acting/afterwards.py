"""Scenarios of what goes on being refused: with what a renewal gave, and when the access token has expired.

The same request, unbroken, is served first: what is refused anyway shows nothing.
"""

from __future__ import annotations

from typing import Any

from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for
from watchword.suites.acting.context import NEXT_SECOND, Context, Steps, Tokens, need_scopes, succeeded
from watchword.suites.acting.expiry import end_of, not_by_expiry
from watchword.suites.acting.provoke.table import Work, settle
from watchword.suites.acting.steps import Blocked, Call, Exchange, NotApplicable, NotObservable, Pause, Scenario

__all__ = ["after_expiry", "after_renewal"]


def after_renewal(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Renew, call the protected operation with the renewed token, and then with one thing after the other wrong in it."""
    renewals = context.api.with_purpose("renew")
    if not renewals:
        raise NotApplicable("the dialect describes no renewal")
    yield NEXT_SECOND
    before = yield from _login(context, renewals[0].name)
    yield NEXT_SECOND
    after = yield from context.renew(renewals[0], before, step="prepare")
    need_scopes(context, after)
    control = yield _right(context, after, "with a renewed token")
    not_by_expiry(context, after, control)
    if not succeeded(control.reply, context.operation):
        raise Blocked("a renewed token does not open the protected operation, so a refusal proves nothing")
    renewed: Tokens = after
    held = dict.fromkeys(conditions, renewed)
    return (yield from _each(context, "with a renewed token", held))


def after_expiry(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Log in once for each wrong request and once more, let the access tokens expire, and renew."""
    known = yield from _login(context, context.operation.name)
    held: dict[str, Tokens] = {}
    for name in conditions:
        yield NEXT_SECOND
        held[name] = yield from _login(context, context.operation.name)
    last = max(end_of(context, tokens).latest for tokens in (known, *held.values()))
    yield Pause(0, "the access tokens expire", until=last)
    control = yield _right(context, known, "after the expiry")
    if not succeeded(control.reply, context.operation):
        raise NotObservable(
            "the first of several sessions is not renewed after the expiry, so a refusal proves nothing"
        )
    return (yield from _each(context, "after the expiry", held))


def _login(context: Context, renewal: str) -> Steps:
    return (
        yield from context.login(issuer_for(context.api, context.api.operations[renewal], context.target.credentials))
    )


def _values(context: Context, tokens: Tokens) -> dict[str, Any]:
    return context.values() | {role: tokens[role] for role in TOKEN_ROLES if tokens[role] is not None}


def _right(context: Context, tokens: Tokens, when: str) -> Call:
    sketch = context.write(context.operation, _values(context, tokens))
    return Call(sketch, "control", f"the right request to {context.operation.name} {when}")


def _each(context: Context, when: str, held: dict[str, Tokens]) -> Scenario:
    probes: list[tuple[str, Exchange]] = []
    for name, tokens in held.items():
        right = context.write(context.operation, _values(context, tokens))
        try:
            broken = yield from settle(right, Work(context, tokens), (name,))
        except NotApplicable:
            continue
        probes.append((name, (yield Call(broken, "probe", f"{when}, {CONDITIONS[name].says}", (name,)))))
    if not probes:
        raise NotApplicable("none of these requests can be made at this target")
    return {"probes": tuple(probes)}
