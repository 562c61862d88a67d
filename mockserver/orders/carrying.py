"""Carrying orders out: what a call that is struck gets, and who is to blame for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from watchword.mockserver.faults.fault import Distortion, Fault
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.judgement import Judgement
from watchword.mockserver.orders.forced import CANNOT, Wish, reply_to
from watchword.mockserver.orders.kinds import Call
from watchword.mockserver.orders.order import Order
from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.mockserver.service import ActiveFault, Blame, Outcome, Service
from watchword.specs.applies import applicable_conditions
from watchword.specs.values.http import Pairs, Reply, Request

__all__ = ["carry_out", "grant", "seen_of"]

_SERVED = ActiveFault(
    Fault("forced", "verdict", "The request is served whatever is wrong with it.", Distortion),
    Distortion(accepts=lambda case: True),
)


def seen_of(service: Service, judged: Judgement) -> Seen:
    """Give an exchange as faults look at it: where it went, and every condition that it is in."""
    operation, case = judged.operation, judged.case
    if operation is None or case is None:
        name = None if operation is None else operation.name
        return Seen(name, judged.condition, frozenset({judged.condition} if judged.condition else ()))
    possible = (condition.name for condition in applicable_conditions(operation, service.api))
    return Seen(operation.name, judged.condition, frozenset(name for name in possible if RECOGNISERS[name](case)))


def carry_out(service: Service, order: Order, judged: Judgement, request: Request, origin: str) -> Outcome:
    """Answer a request that an order strikes. `judged` is what would have become of it."""
    blame = _blame(order)
    if order.wish is not None:
        return _forced(service, request, origin, order.wish, judged, blame)
    if order.kind is None:
        active = order.active(seen_of(service, judged))
        assert active is not None  # noqa: S101 - an order without one does not strike
        outcome = service.handle(request, origin, active)
        fault = active.fault
        return replace(outcome, blame=Blame("fault", fault.name, fault.stage, fault.says, blame.mend))
    right = service.handle(request, origin) if order.acts else None
    reply = None if right is None else right.reply
    delivery = order.kind.deliver(Call(request, origin, judged.operation, service, reply, order.settings))
    given = delivery.reply if delivery.reply is reply else service.dressed(request, delivery.reply)
    return replace(
        right or _untouched(service, judged, given),
        reply=given,
        then=delivery.then,
        after=delivery.after,
        over=delivery.over,
        altered=True,
        blame=blame,
    )


def grant(service: Service, wish: Wish, request: Request, origin: str) -> Outcome:
    """Answer a request that itself wishes something for its reply. `request` is without the wish."""
    says = f"the request itself asked for this reply: {wish.spoken}" if wish.amiss is None else wish.amiss
    applied = (("Preference-Applied", wish.spoken),) if wish.amiss is None else ()
    blame = Blame("forced", "prefer", "reply", says, "Leave out the header Prefer, or its twin in the query.")
    return _forced(service, request, origin, wish, service.would(request), blame, applied)


def _blame(order: Order) -> Blame:
    ends = order.count is not None and order.struck >= order.count
    mend = "It is over with this call." if ends else f"DELETE /__watchword__/faults?id={order.id} takes it away."
    cause: Literal["fault", "forced"] = "fault" if order.wish is None else "forced"
    return Blame(cause, order.name, "reply", order.says, mend)


def _untouched(service: Service, judged: Judgement, reply: Reply) -> Outcome:
    """Give the outcome of a request upon which nobody has acted."""
    operation = None if judged.operation is None else judged.operation.name
    return Outcome(reply, operation, judged.condition, service.clock.now(), judged=judged)


def _forced(
    service: Service,
    request: Request,
    origin: str,
    wish: Wish,
    judged: Judgement,
    blame: Blame,
    headers: Pairs = (),
) -> Outcome:
    reply = reply_to(service, judged.operation, origin, wish)
    if reply is None:
        outcome = service.handle(request, origin, _SERVED)
        served = replace(outcome.reply, headers=(*outcome.reply.headers, *headers))
        # A right request that gets the right reply blames nobody.
        return replace(outcome, reply=served, blame=None if judged.condition is None else blame)
    if not (reply.status == CANNOT and reply.media_type == "application/problem+json"):
        reply = replace(reply, headers=(*reply.headers, *headers))
    reply = service.dressed(request, reply)
    return replace(_untouched(service, judged, reply), altered=True, blame=blame)
