"""Scenarios of two clients: what one of them can do to what was issued to the other."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote_plus

from watchword.specs.values.draft import Draft
from watchword.suites.acting.choosing import TOKEN_ROLES, renewal_for
from watchword.suites.acting.context import NEXT_SECOND, Context, Steps, Tokens, need_scopes, succeeded
from watchword.suites.acting.expiry import not_by_expiry
from watchword.suites.acting.steps import Blocked, Call, NotApplicable, Scenario

__all__ = ["encoded_login", "token_after_revocation"]


def encoded_login(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Log in with form-encoded Basic as a client whose identifier or secret that changes, else nothing would be shown."""
    operation = context.operation
    coded = replace(
        operation, bindings=tuple(replace(b, encoded=True) if b.place == "basic" else b for b in operation.bindings)
    )
    given = context.target.credentials
    for who, prefix in (("self", ""), ("other_client", "other_")):
        if {f"{prefix}client_id", f"{prefix}client_secret"} <= given.keys():
            sketch = replace(context.write(operation, context.values(who)), operation=coded)
            if _is_changed(sketch):
                yield Call(sketch, "probe", f"log in by {operation.name} with form-encoded credentials")
                return {}
    lacks = "has an identifier or a secret with other characters than letters, digits and -._~"
    raise NotApplicable(f"no client that the target gives {lacks}, so that encoding them changes nothing")


def _is_changed(sketch: Draft) -> bool:
    values = [str(f.value) for f in sketch.fields if f.place == "basic"]
    return any(quote_plus(value) != value for value in values)


def token_after_revocation(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Have the first client revoke its own token, which shows that it can, then one of the other client, and use that.

    Before, a token of the other client is shown to work: the same one, or another where a use may be the only one.
    """
    operation = context.operation
    if not operation.bound("client_id"):
        raise NotApplicable(f"{operation.name} does not say which client asks")
    role = "refresh_token" if operation.bound("refresh_token") else "access_token"
    values, _ = yield from context.prepare(operation)
    control = yield Call(context.write(operation, values), "control", f"the right request to {operation.name}")
    context.require(control, operation)
    yield NEXT_SECOND
    theirs = yield from _given(context, role)
    before = yield from _used(context, theirs, role, "control")
    if not succeeded(before.reply, before.call.draft.operation):
        raise Blocked(f"the {role} of the other client does not work before it is revoked either")
    if role == "refresh_token":
        yield NEXT_SECOND
        theirs = yield from _given(context, role)
    asked = context.write(operation, context.values() | {role: theirs[role]})
    yield Call(asked, "prepare", f"ask by {operation.name} for the end of the other client's {role}")
    after = yield from _used(context, theirs, role, "probe")
    if role == "access_token":
        not_by_expiry(context, theirs, after)
    return {}


def _given(context: Context, role: str) -> Steps:
    wanting = context.resource() if role == "access_token" else context.operation
    return (yield from context.login_of_other_client(role, wanting))


def _used(context: Context, theirs: Tokens, role: str, step: str) -> Steps:
    """Use a token of the other client: call the protected operation, or renew as that client."""
    if role == "access_token":
        need_scopes(context, theirs)
        purpose = "call the protected operation with the token of the other client"
        return (yield from context.open(theirs["access_token"], step, purpose))
    renewal = renewal_for(context.api, theirs.operation, context.target.credentials)
    held = {name: theirs[name] for name in TOKEN_ROLES if theirs[name] is not None}
    sketch = context.write(renewal, context.values("other_client") | held)
    return (yield Call(sketch, step, f"renew by {renewal.name} as the other client"))
