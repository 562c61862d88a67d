"""Scenarios: what is done at a target to find out about one clause. Generators without a socket, a clock or pytest.

Laws:
1. A scenario yields calls and pauses and returns facts; it judges nothing and does not see what the clause expects.
2. Before the request that is judged comes its positive control: the same request, unbroken, which has to succeed.
3. Each scenario starts from fresh logins; on real servers one probe can end the session that it used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from watchword.specs.values.api import Operation
from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.acting import afterwards, clients, lifetimes, metadata, renewals, revocations
from watchword.suites.acting.alone import ALONE, is_alone
from watchword.suites.acting.choosing import issuer_for
from watchword.suites.acting.context import (
    NEXT_SECOND,
    Context,
    Steps,
    Tokens,
    declined,
    granted,
    need_scopes,
    succeeded,
)
from watchword.suites.acting.expiry import not_by_expiry
from watchword.suites.acting.provoking import provoked
from watchword.suites.acting.steps import (
    Blocked,
    Call,
    NotApplicable,
    NotSupported,
    Scenario,
)

__all__ = ["SCENARIOS"]


def _ready(context: Context, step: str = "probe") -> Steps:
    operation = context.operation
    values, _ = yield from context.prepare(operation)
    exchange = yield Call(context.write(operation, values), step, f"a right request to {operation.name}")
    reply = exchange.reply
    if operation.optional and reply is not None and declined(reply, operation):
        raise NotSupported(f"{operation.name} is refused with {reply.status}")
    return exchange


def _right_request(context: Context, conditions: tuple[str, ...]) -> Scenario:
    yield from _ready(context)
    return {}


def _asked_about(context: Context, conditions: tuple[str, ...]) -> Scenario:
    values, tokens = yield from context.prepare(context.operation)
    exchange = yield Call(
        context.write(context.operation, values), "probe", "ask about a token that was issued just now"
    )
    context.require(exchange, context.operation)
    return {"tokens": tokens}


def _several_refusals(context: Context, conditions: tuple[str, ...], *elsewhere: str) -> Scenario:
    probes = []
    accompanied = True
    # What wants to be alone comes last, so that all the rest may be done beside others.
    for name in sorted(conditions, key=is_alone):
        if accompanied and is_alone(name):
            accompanied = False
            yield ALONE
        try:
            probes.append((name, (yield from provoked(context, (*elsewhere, name)))))
        except NotApplicable:
            continue
    if not probes:
        raise NotApplicable("none of these requests can be made at this target")
    return {"probes": tuple(probes)}


def _refusals_within(guarantee: str) -> Callable[[Context, tuple[str, ...]], Scenario]:
    within = GUARANTEES[guarantee].within or ""
    return lambda context, conditions: _several_refusals(context, conditions, within)


def _refusals_alike(context: Context, conditions: tuple[str, ...]) -> Scenario:
    name = "username" if context.operation.bound("username") else "client_id"
    secret = "password" if name == "username" else "client_secret"
    known = yield from provoked(context, (f"{secret}.wrong",))
    unknown = yield from provoked(context, (f"{name}.unknown",))
    facts = {"known": known, "unknown": unknown}
    said = [(e.reply.status, e.reply.body) for e in (known, unknown) if e.reply is not None]
    if len(said) > 1 and said[0][0] == said[1][0] and said[0][1] != said[1][1]:
        # What changes by itself, such as the time of day, has changed once more when the second is over.
        yield NEXT_SECOND
        facts["again"] = yield from provoked(context, (f"{name}.unknown",))
    return facts


# -- what tokens are good for


def _subject_of(context: Context, tokens: Tokens) -> str:
    """Whom the tokens speak of: the user who logged in, else the operator."""
    issuer = tokens.operation
    if issuer.purpose == "renew":
        issuer = issuer_for(context.api, issuer, context.target.credentials)
    role = next((r for r in ("username", "operator_username") if r in issuer.required_roles), None)
    if role is None:
        raise NotApplicable("the token is a client's own, and whom it speaks of is not said")
    return str(context.target.credentials.get(role, ""))


def _opens(context: Context, conditions: tuple[str, ...]) -> Scenario:
    tokens = yield from context.obtain(context.operation)
    need_scopes(context, tokens)
    not_by_expiry(context, tokens, (yield from context.open(tokens["access_token"])))
    return {}


def _opens_again(context: Context, conditions: tuple[str, ...]) -> Scenario:
    tokens = yield from context.obtain(context.operation)
    need_scopes(context, tokens)
    first = yield from context.open(tokens["access_token"], "control")
    not_by_expiry(context, tokens, first)
    if not succeeded(first.reply, context.resource()):
        raise Blocked("the token did not open the protected operation the first time")
    purpose = "call the protected operation with the same token again"
    not_by_expiry(context, tokens, (yield from context.open(tokens["access_token"], purpose=purpose)))
    return {}


def _names_user(context: Context, conditions: tuple[str, ...]) -> Scenario:
    tokens = yield from context.obtain(context.operation)
    resource = context.resource()
    facts = {"tokens": tokens, "subject": _subject_of(context, tokens), "claims": dict(resource.claims)}
    if "subject" in resource.gives:
        need_scopes(context, tokens)
        exchange = yield from context.open(tokens["access_token"])
        facts["named"] = resource.read_reply(exchange.reply.members if exchange.reply else {}).get("subject")
        facts["members"] = exchange.reply.members if exchange.reply else {}
    return facts


def _obtained(context: Context, conditions: tuple[str, ...]) -> Scenario:
    return {"tokens": (yield from context.obtain(context.operation, step="probe"))}


def _two_logins(context: Context, conditions: tuple[str, ...]) -> Scenario:
    yield NEXT_SECOND
    first = yield from context.login(context.operation, step="control")
    yield NEXT_SECOND
    return {"first": first, "second": (yield from context.login(context.operation, step="probe"))}


def _two_users(context: Context, conditions: tuple[str, ...]) -> Scenario:
    if not context.operation.bound("username"):
        raise NotApplicable(f"{context.operation.name} is for no user")
    yield NEXT_SECOND
    first = yield from context.login(context.operation, step="control")
    yield NEXT_SECOND
    return {"first": first, "second": (yield from context.login(context.operation, "other", step="probe"))}


def _two_brands(context: Context, conditions: tuple[str, ...]) -> Scenario:
    other = context.credential("other_brand_key")
    yield NEXT_SECOND
    first = yield from context.login(context.operation, step="control")
    yield NEXT_SECOND
    sketch = context.write(context.operation, context.values() | {"brand_key": other})
    exchange = yield Call(sketch, "probe", "log in for the other brand")
    if not succeeded(exchange.reply, context.operation):
        raise NotApplicable("the user has no access to the other brand")
    return {"first": first, "second": context.tokens(exchange, context.operation)}


def _second_opens(context: Context, conditions: tuple[str, ...]) -> Scenario:
    yield NEXT_SECOND
    yield from context.login(context.operation, step="control")
    yield NEXT_SECOND
    second = yield from context.login(context.operation, step="control")
    need_scopes(context, second)
    purpose = "call the protected operation with the second login's token"
    not_by_expiry(context, second, (yield from context.open(second["access_token"], purpose=purpose)))
    return {}


def _first_still_opens(context: Context, conditions: tuple[str, ...]) -> Scenario:
    yield NEXT_SECOND
    first = yield from context.login(context.operation)
    need_scopes(context, first)
    yield NEXT_SECOND
    second = yield from context.login(context.operation, step="control")
    purpose = "call the protected operation with the first login's token"
    exchange = yield from context.open(first["access_token"], purpose=purpose)
    not_by_expiry(context, first, exchange)
    if not succeeded(exchange.reply, context.resource()):
        # The second login has ended the first one's token only where its own works.
        own = yield from context.open(second["access_token"], "control", "call it with the second login's own token")
        not_by_expiry(context, second, own)
        if not succeeded(own.reply, context.resource()):
            raise Blocked("the token of the second login does not open the protected operation either")
    return {}


# -- scopes, methods


def _fewer_scopes(context: Context, conditions: tuple[str, ...]) -> Scenario:
    operation: Operation = context.operation
    if not operation.bound("scope"):
        raise NotApplicable(f"{operation.name} takes no scope")
    yield NEXT_SECOND
    everything = yield from context.login(operation, step="control")
    tops = sorted(s for s in everything.scopes if "." not in s) or sorted(everything.scopes)
    if len(tops) < 2:
        raise NotApplicable("the account has no two scopes to choose from")
    yield NEXT_SECOND
    fewer = yield from context.login(operation, step="probe", scope=tops[0])
    return {"asked": granted(tops[0]), "granted": fewer.scopes}


def _wrong_method(context: Context, conditions: tuple[str, ...]) -> Scenario:
    yield from provoked(context, ("method.wrong",))
    return {}


SCENARIOS: Mapping[str, Callable[[Context, tuple[str, ...]], Scenario]] = MappingProxyType(
    {
        "request.accepted": _right_request,
        "reply.matches_schema": _right_request,
        "reply.no_credentials": _right_request,
        "refusals.no_server_error": _several_refusals,
        "refusals.refused": _several_refusals,
        "refusals.no_tokens": _several_refusals,
        "refusals.in_body": _refusals_within("refusals.in_body"),
        "refusals.after_renewal": afterwards.after_renewal,
        "refusals.after_expiry": afterwards.after_expiry,
        "refusals.alike": _refusals_alike,
        "basic.form_encoded": clients.encoded_login,
        "access_token.works": _opens,
        "access_token.works_again": _opens_again,
        "access_token.names_user": _names_user,
        "access_token.form": _obtained,
        "access_token.lifetime": _obtained,
        "refresh_token.form": _obtained,
        "expiry.in_future": lifetimes.in_future,
        "expiry.in_seconds": _obtained,
        "expiry.matches_token": lifetimes.obtained_later,
        "expiry.holds": lifetimes.outlived,
        "tokens.differ": _obtained,
        "tokens.distinct_logins": _two_logins,
        "tokens.distinct_users": _two_users,
        "tokens.distinct_brands": _two_brands,
        "refresh_token.works": renewals.renewal_of_login,
        "sessions.each_works": _second_opens,
        "sessions.independent": _first_still_opens,
        "renew.works": _opens,
        "renew.works_after_expiry": lifetimes.renewal_after_expiry,
        "renew.chains": renewals.chain,
        "renew.new_access_token": renewals.renewal,
        "renew.keeps_user": renewals.renewal_of_user,
        "renew.keeps_scope": renewals.renewal,
        "renew.extends": renewals.renewal,
        "renew.widens_nothing": renewals.widening,
        "revoke.spares_others": clients.token_after_revocation,
        "revoke.ends_access": revocations.access_after_refresh,
        "revoke.minds_no_hint": revocations.access_as_refresh,
        "refresh.rotates": renewals.renewal,
        "refresh.ends_access": renewals.old_token_after,
        "introspection.agrees": _asked_about,
        "scope.subset": _fewer_scopes,
        "scope.listed": _obtained,
        "method.allow_header": _wrong_method,
        "metadata.names_issuer": _right_request,
        "metadata.issuer_is_url": _right_request,
        "metadata.endpoints_are_urls": _right_request,
        "metadata.token_endpoint_works": partial(metadata.endpoint_works, role="token_endpoint"),
        "metadata.revocation_endpoint_works": partial(metadata.endpoint_works, role="revocation_endpoint"),
        "metadata.introspection_endpoint_works": partial(metadata.endpoint_works, role="introspection_endpoint"),
        "metadata.names_response_types": _right_request,
        "metadata.leaves_out_empty": _right_request,
        "metadata.names_grants": metadata.served_grants,
        "metadata.names_client_ways": metadata.client_ways,
        "metadata.knows_issuers": metadata.other_issuer,
        "metadata.issuer_in_token": metadata.issued_token,
        "metadata.members": _right_request,
    }
)
"""Guarantee → its scenario. `contract.conforms` is the one that another tool carries out."""
