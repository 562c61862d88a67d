"""Scenarios of growing old: when tokens end, and what can be done once they have.

What others do meanwhile is not theirs to mind: while tokens grow old here, other checks are made. Where a refusal could
come of that, it is tried whether it does.
"""

from __future__ import annotations

from watchword.specs.values.api import Operation
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for
from watchword.suites.acting.context import NEXT_SECOND, Context, Steps, need_scopes, number, succeeded
from watchword.suites.acting.expiry import end_of, issue_of, not_by_expiry, stated_end
from watchword.suites.acting.moments import SECOND
from watchword.suites.acting.steps import Blocked, Call, Exchange, NotObservable, Pause, Scenario

__all__ = ["in_future", "obtained_later", "outlived", "renewal_after_expiry"]

_SHORTLY = 1.0
"""Seconds before the earliest end of a token at which it is tried a last time, so that the reply is there before it."""
_LATER = Pause(4.5, "an expiry that a renewal only repeats can be told from one of its own", short=True)


def obtained_later(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Log in, let some seconds pass and renew."""
    return {"tokens": (yield from context.obtain(context.operation, step="probe", wait=_LATER))}


def in_future(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Get tokens; again where the expiry is too near for figures that are cut to seconds, and once more after an expiry."""
    tokens = yield from context.obtain(context.operation, step="probe")
    if number(tokens["expires_in"]) == 0:
        # A token that is given again shows what is left of it: of less than a second, nothing.
        yield NEXT_SECOND
        return {"tokens": (yield from context.obtain(context.operation, step="probe"))}
    facts = {"tokens": tokens}
    if context.operation.purpose != "renew" or number(tokens["expires_at"]) is None:
        return facts
    # A moment that a renewal only repeats lies in the past as soon as the token before has expired.
    try:
        _, before = yield from context.prepare(context.operation)
        # A second later the reply shows it whatever it cuts off.
        yield Pause(0, "the access token has expired", until=end_of(context, before).latest + SECOND)
        return facts | {"later": (yield from context.renew(context.operation, before, step="probe"))}
    except (NotObservable, Blocked):
        return facts


def outlived(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Call the protected operation before the access token ends and after it."""
    tokens = yield from context.obtain(context.operation, wait=_LATER)
    need_scopes(context, tokens)
    end = stated_end(context, tokens)
    control = yield from context.open(tokens["access_token"], "control")
    not_by_expiry(context, tokens, control)
    if not succeeded(control.reply, context.resource()):
        if tokens.operation.optional:
            # Whether such a token opens anything is a clause of its own.
            raise NotObservable("the token does not open the protected operation, so nothing shows when it ends")
        raise Blocked("the token did not open the protected operation before its expiry")
    facts: dict[str, Exchange] = {}
    reason = "the access token reaches the expiry that the reply stated"
    shortly = end.earliest - _SHORTLY
    if shortly > issue_of(tokens).latest:
        yield Pause(0, reason, until=shortly, by=end.earliest, last=end.latest, stated=True)
        purpose = "call the protected operation shortly before the stated expiry"
        before = yield from context.open(tokens["access_token"], purpose=purpose)
        if before.replied <= end.earliest:
            facts["before"] = before
            yield from _logins_apart(context, tokens.operation, before)
    yield Pause(0, reason, until=end.latest, stated=True)
    purpose = "call the protected operation after the stated expiry"
    facts["after"] = yield from context.open(tokens["access_token"], purpose=purpose)
    return facts


def _logins_apart(context: Context, operation: Operation, refused: Exchange) -> Steps:
    """Insist that a token is not refused before its expiry just because somebody has logged in since.

    Raises:
        NotObservable: a later login ends the session before it.
    """
    if succeeded(refused.reply, context.resource()):
        return
    issuer = issuer_for(context.api, operation, context.target.credentials)
    first = yield from context.login(issuer, step="verify")
    yield from context.login(issuer, step="verify")
    if not succeeded((yield from context.open(first["access_token"], "verify")).reply, context.resource()):
        raise NotObservable("a later login ends the token before it, so its expiry cannot be told from other checks")


def renewal_after_expiry(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Renew once the access token has expired."""
    operation = context.operation
    before = yield from context.login(issuer_for(context.api, operation, context.target.credentials))
    control = yield from context.renew(operation, before)
    if not control["access_token"]:
        raise Blocked("a renewal before expiry gave no access token")
    before = yield from context.login(before.operation)
    yield Pause(0, "the access token expires", until=end_of(context, before).latest)
    held = {role: before[role] for role in TOKEN_ROLES if before[role] is not None}
    sketch = context.write(operation, context.values() | held)
    exchange = yield Call(sketch, "probe", "renew after the access token has expired")
    if succeeded(exchange.reply, operation):
        after = context.tokens(exchange, operation)
        need_scopes(context, after)
        not_by_expiry(context, after, (yield from context.open(after["access_token"])))
    else:
        yield from _sessions_apart(context, before.operation)
    return {}


def _sessions_apart(context: Context, issuer: Operation) -> Steps:
    """Insist that a session is not over just because somebody has logged in since.

    Raises:
        NotObservable: a later login ends the session before it.
    """
    first = yield from context.login(issuer, step="verify")
    yield from context.login(issuer, step="verify")
    held = {role: first[role] for role in TOKEN_ROLES if first[role] is not None}
    sketch = context.write(context.operation, context.values() | held)
    exchange = yield Call(sketch, "verify", "renew a session that somebody has logged in after")
    if not succeeded(exchange.reply, context.operation):
        raise NotObservable("a later login ends the session before it, so its end cannot be told from other checks")
