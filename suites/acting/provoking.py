"""Sending one right request as control, and the same with something wrong in it: what every check of a refusal begins with."""

from __future__ import annotations

from dataclasses import replace

from watchword.specs.vocabulary import CONDITIONS, PARTNERS
from watchword.suites.acting.context import NEXT_SECOND, Context, Steps, succeeded
from watchword.suites.acting.expiry import not_by_expiry
from watchword.suites.acting.provoke.table import Work, settle
from watchword.suites.acting.steps import Blocked, Call, Exchange, NotApplicable, NotSupported

__all__ = ["provoked"]


def provoked(context: Context, conditions: tuple[str, ...], method: str | None = None, step: str = "probe") -> Steps:
    """Send the right request as control, then the same request with the conditions provoked; gives the second exchange.

    Of several conditions, those that leave out nothing belong to the control, too: where the credentials are not taken in
    the body at all, their refusal there says nothing about a secret that is wrong besides.
    """
    operation = context.operation
    apart = any(CONDITIONS[name].tells_tokens_apart for name in conditions)
    if apart:
        yield NEXT_SECOND
    beside = {role for name in conditions for role in CONDITIONS[name].beside}
    elsewhere = tuple(name for name in conditions if CONDITIONS[name].whole) if len(conditions) > 1 else ()
    if elsewhere == conditions:
        elsewhere = ()
    values, tokens = yield from context.prepare(operation, beside=beside)
    # What is to be wrong has to be there, and right, in the control, even where a request may do without it.
    subjects = [CONDITIONS[name].subject for name in conditions]
    about = tuple(role for one in subjects for role in (one, PARTNERS.get(one, one)) if role in values)
    right = context.write(operation, values, about)
    if method and "method.wrong" not in conditions:
        right = replace(right, method=method)
    right = yield from settle(right, Work(context, tokens), elsewhere)
    says = "".join(f", and {CONDITIONS[name].says}" for name in elsewhere)
    control = yield Call(right, "control", f"the right request to {operation.name}{says}")
    if tokens is not None and operation.purpose == "resource" and _may_be_of_the_token(control):
        not_by_expiry(context, tokens, control)
    if elsewhere and control.reply is not None and 400 <= control.reply.status < 500:
        raise NotSupported(f"{operation.name} refuses with {control.reply.status} what is right{says}")
    refused = yield from _unless_served(context, control, conditions)
    if operation.purpose in ("renew", "revoke"):
        # The control may have used up what it presented.
        if apart:
            yield NEXT_SECOND
        values, tokens = yield from context.prepare(operation, beside=beside)
        right = replace(context.write(operation, values, about), method=right.method)
        right = yield from settle(right, Work(context, tokens), elsewhere)
    if tokens is None:
        tokens = context.tokens(control, operation)
    broken = yield from settle(
        right, Work(context, tokens), tuple(name for name in conditions if name not in elsewhere)
    )
    if method and "method.wrong" in conditions:
        broken = replace(broken, method=method)
    says = " and ".join(CONDITIONS[name].says for name in conditions)
    exchange = yield Call(broken, step, says, conditions)
    if apart and operation.purpose == "resource":
        not_by_expiry(context, tokens, exchange)
    if refused is not None and not succeeded(exchange.reply, operation):
        raise refused
    return exchange


def _may_be_of_the_token(control: Exchange) -> bool:
    """Tell whether a refusal may be about the token; another method may be refused whatever the token is."""
    draft = control.call.draft
    return draft.method == draft.operation.method or (control.reply is not None and control.reply.status in (401, 403))


def _unless_served(context: Context, control: Exchange, conditions: tuple[str, ...]) -> Steps:
    """Insist that the control was served. Gives the refusal where it may come of the very thing that is looked at."""
    operation, reply = context.operation, control.reply
    method = control.call.draft.method
    if method == operation.method:
        try:
            context.require(control, operation)
        except NotSupported as halt:
            # A brand key that is read from the wrong place makes right requests look as if nobody offered this.
            if not any(name.startswith("brand_key.") for name in conditions):
                raise
            return halt
    elif reply is not None and (400 <= reply.status < 500 or reply.status == 501):
        if reply.status in (401, 403):
            # It may be the credentials that are refused, and not the method: then its own method is refused, too.
            usual = replace(control.call.draft, method=operation.method)
            says = f"the right request to {operation.name} by {operation.method}"
            context.require((yield Call(usual, "verify", says)), operation)
        # A method that is refused whatever it carries tells nothing about what it lacks.
        raise NotApplicable(f"{operation.name} refuses {method} with {reply.status} when everything is right")
    elif reply is not None and not 200 <= reply.status < 300:
        raise Blocked(f"{method} with everything right was answered {reply.status}")
    return None
