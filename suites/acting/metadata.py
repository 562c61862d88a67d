"""Scenarios about metadata: fetched first, and then held against what the server does.

Requests with credentials go to the target's own base URLs alone, whatever the metadata name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from watchword.specs.values.api import FORM, Operation
from watchword.specs.vocabulary import CLIENT_WAYS, NAMED_ENDPOINTS
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for
from watchword.suites.acting.context import Context, Steps, declined, succeeded
from watchword.suites.acting.provoke.table import Work, settle
from watchword.suites.acting.steps import Blocked, Call, NotApplicable, Scenario
from watchword.suites.endpoints import below

__all__ = ["client_ways", "endpoint_works", "fetched", "issued_token", "other_issuer", "served_grants"]

_IN_FORM = ("basic.in_body",)
_NOBODY = "/nobody-goes-by-this"


def fetched(context: Context, step: str = "control") -> Steps:
    """Fetch the metadata; gives what they say, by role.

    Raises:
        Blocked: they were not served. NotSupported: the server has none.
    """
    operation = context.operation
    exchange = yield Call(context.write(operation, context.values()), step, "fetch the metadata")
    context.require(exchange, operation)
    return operation.read_reply(exchange.reply.members if exchange.reply else {})


def endpoint_works(context: Context, conditions: tuple[str, ...], role: str) -> Scenario:
    """Send a right request to the endpoint that the metadata name, if it is at the base URL of the target."""
    told = yield from fetched(context)
    named = told.get(role)
    if not named:
        raise NotApplicable(f"the metadata name no {role}")
    operation = _usable(context, role, named)
    base = context.target.base(operation.base)
    path = below(base, named)
    if path is None:
        raise NotApplicable(f"the metadata name a {role} that is not below {base}, and nothing is sent elsewhere")
    values, _ = yield from context.prepare(operation)
    if operation.purpose == "issue":
        control = yield Call(context.write(operation, values), "control", f"the right request to {operation.name}")
        context.require(control, operation)
    right = replace(context.write(operation, values), path=path)
    exchange = yield Call(right, "probe", f"the right request, sent to the {role} that the metadata name")
    reply = exchange.reply
    gone = reply is not None and reply.status in (404, 405, 410, 501)
    if operation.purpose != "issue" and not gone and not succeeded(reply, operation):
        # Whoever may not ask has found somebody who can say so.
        raise NotApplicable(f"the {role} that the metadata name answers {reply.status if reply else 0} to this client")
    return {"role": role, "operation": operation}


def _usable(context: Context, role: str, named: Any) -> Operation:
    """Give the operation that is there, of those that this target can call; else one that takes what the standards have there."""
    held, base = context.target.credentials, context.target.base
    found = [
        operation
        for purpose in NAMED_ENDPOINTS[role]
        for operation in context.api.with_purpose(purpose)
        if all(r in held or r in TOKEN_ROLES for r in operation.required_roles)
    ]
    if not found:
        raise NotApplicable(f"the target has no operation for the {role}, or not the credentials that it wants")
    # Whoever can do with an access token needs no grant that gives the other one.
    return min(
        found,
        key=lambda op: (
            op.path != below(base(op.base), named),
            op.media_type != FORM,
            op.optional,
            "refresh_token" in op.roles,
        ),
    )


def served_grants(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Make a right request by each grant; gives for each the reply, or none where the credentials do not suffice."""
    told = yield from fetched(context)
    replies: dict[str, Any] = {}
    api, held = context.api, context.target.credentials
    for operation in [*api.with_purpose("issue"), *api.with_purpose("renew")]:
        grant = next((b.const for b in operation.bound("grant_type") if b.const), None)
        if grant is None or not all(r in held or r in TOKEN_ROLES for r in operation.required_roles):
            continue
        values: dict[str, Any] = context.values()
        if operation.purpose == "renew":
            try:
                issuer = issuer_for(api, operation, held)
            except NotApplicable:
                continue
            login = yield Call(context.write(issuer, values), "prepare", f"get tokens by {issuer.name}")
            given = context.tokens(login, issuer)
            if not given["refresh_token"]:
                continue
            values |= {role: given[role] for role in TOKEN_ROLES if given[role]}
        exchange = yield Call(context.write(operation, values), "probe", f"a right request to {operation.name}")
        replies[grant] = (operation, exchange.reply)
    if not any(succeeded(reply, operation) for operation, reply in replies.values()):
        raise Blocked("no grant was served, so that it does not show which are")
    return {"told": told, "replies": replies}


def client_ways(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Show who the client is in its usual way, and in the form."""
    told = yield from fetched(context)
    api, held = context.api, context.target.credentials
    shows = [op for op in api.with_purpose("issue") if op.place("client_secret") in CLIENT_WAYS]
    found = [op for op in shows if all(role in held for role in op.required_roles)]
    if not found:
        raise NotApplicable("no operation at hand gives tokens to a client that shows a secret")
    operation = min(found, key=lambda op: op.optional)
    taken = []
    right = context.write(operation, context.values())
    control = yield Call(right, "control", f"the right request to {operation.name}")
    context.require(control, operation)
    taken.append(CLIENT_WAYS[str(operation.place("client_secret"))])
    if operation.place("client_secret") == "basic":
        broken = yield from settle(right, Work(context, context.tokens(control, operation)), _IN_FORM)
        exchange = yield Call(broken, "probe", "the client shows its secret in the form", _IN_FORM)
        if succeeded(exchange.reply, operation):
            taken.append(CLIENT_WAYS["form"])
    return {"told": told, "taken": tuple(taken)}


def other_issuer(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Ask for the metadata of an issuer that there is not."""
    told = yield from fetched(context)
    operation = context.operation
    draft = replace(context.write(operation, context.values()), path=operation.path + _NOBODY)
    exchange = yield Call(draft, "probe", "ask for the metadata of an issuer that nobody is")
    reply = exchange.reply
    other = operation.read_reply(reply.members if reply else {}) if not declined(reply, operation) else {}
    return {"told": told, "other": other}


def issued_token(context: Context, conditions: tuple[str, ...]) -> Scenario:
    """Obtain a token."""
    told = yield from fetched(context)
    held = context.target.credentials
    found = [op for op in context.api.with_purpose("issue") if all(role in held for role in op.required_roles)]
    if not found:
        raise NotApplicable("the target gives no credentials to obtain a token with")
    tokens = yield from context.login(min(found, key=lambda op: op.optional), step="control")
    return {"told": told, "tokens": tokens}
