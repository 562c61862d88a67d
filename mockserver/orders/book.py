"""The book of orders of one mock: taking them, striking calls with them, telling of them."""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from watchword.mockserver.judgement import Judgement
from watchword.mockserver.orders.carrying import carry_out, grant, seen_of
from watchword.mockserver.orders.forced import Wish, wish_of
from watchword.mockserver.orders.kinds import DEFAULTS, KINDS
from watchword.mockserver.orders.order import Order
from watchword.mockserver.service import ActiveFault, Outcome, Service
from watchword.specs.errors import nearest
from watchword.specs.values.http import Request

__all__ = ["PURPOSES", "Asked", "BadOrder", "Book", "WishAsked"]

PURPOSES: Mapping[str, str] = {
    "login": "issue",
    "check": "verify",
    "renewal": "renew",
    "resource": "resource",
    "revocation": "revoke",
}
"""What operations are for, in a client's words, and in those of descriptions."""

_REMEMBERED = 100
_OWN_HEADERS = ("connection", "content-length", "date", "transfer-encoding")


class BadOrder(ValueError):
    """An order cannot be taken; the text says what was expected, what was seen, and what mends it."""


class Asked(TypedDict, total=False):
    """How an order is limited, and what it is told about the reply. Times are in seconds.

    `operation` and `purpose` say which calls are meant: all without either. `count` is how often it strikes, `"all"` for
    every time; without it, that is once, or every time where a `probability` or a `ttl` limits it. `skip` calls pass
    first. The same `seed` gives the same sequence. After `ttl`, by the mock's clock, it is over. `acts` says that the
    server does what it is asked all the same. `wait`, `retry_after`, `as_date`, `to` and `status` are for single kinds.
    """

    operation: str
    purpose: str
    count: int | Literal["all"]
    skip: int
    probability: float
    seed: int
    ttl: float
    acts: bool
    wait: float
    retry_after: int
    as_date: bool
    to: str
    status: int


class WishAsked(TypedDict):
    """A reply that is to be forced: `status` or the `condition` it is the refusal of, and perhaps body and headers."""

    status: NotRequired[int]
    condition: NotRequired[str]
    json: NotRequired[Any]
    text: NotRequired[str]
    headers: NotRequired[Mapping[str, str]]


class Book:
    """What is asked of one service for replies to come. Of several orders that fit a call, the oldest has it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._orders: list[Order] = []
        self._over: deque[Order] = deque(maxlen=_REMEMBERED)
        self._taken = 0
        # Orders come from other threads than requests.
        self._turn = threading.RLock()

    # -- taking orders

    def add(self, fault: str, **asked: Unpack[Asked]) -> Order:
        """Take an order for a fault: one of `KINDS`, or one of the catalogue with or without its `@operation`.

        Raises:
            BadOrder: there is no such fault or operation, or the fault has no such setting.
        """
        where = self.operations(asked.get("operation"), asked.get("purpose"))
        kind = KINDS.get(fault)
        if kind is None:
            if fault.partition("@")[0] in KINDS:
                name, _, operation = fault.partition("@")
                asked["operation"] = operation
                return self.add(name, **asked)
            actives = self._actives(fault, where)
            self._check(fault, asked, ())
            said = {active.fault.says for active in actives.values()}
            says = said.pop() if len(said) == 1 else f"{fault}, at {len(actives)} operations"
            return self._enter(fault, says, frozenset(), asked, actives=actives)
        acting = () if kind.acts is not None else ("acts",)
        self._check(fault, asked, (*kind.takes, *acting))
        who = " or ".join(sorted(where)) or "the server"
        acts = asked.get("acts", False) if kind.acts is None else kind.acts
        return self._enter(fault, f"{who} {kind.says}.", where, asked, kind=kind, acts=acts)

    def force(self, wish: WishAsked, **asked: Unpack[Asked]) -> Order:
        """Queue a reply for the next call that fits.

        Raises:
            BadOrder: there is no such operation, or nothing is refused there for that condition.
        """
        where = self.operations(asked.get("operation"), asked.get("purpose"))
        self._check("reply", asked, ())
        own = next((name for name in wish.get("headers", {}) if name.lower() in _OWN_HEADERS), None)
        if own is not None:
            raise BadOrder(f"the mock writes {own} itself; leave it out of headers")
        try:
            body = json.dumps(wish["json"]).encode() if "json" in wish else None
        except RecursionError:
            raise BadOrder("the JSON is nested too deep to be written down") from None
        wanted = Wish(wish.get("status"), wish.get("condition"), body, wish.get("text"), wish.get("headers", {}))
        if wanted.condition is not None:
            known = {
                rule.condition
                for name, operation in self.service.profile.operations.items()
                if not where or name in where
                for rule in operation.rules
            }
            if wanted.condition not in known:
                raise BadOrder(f"nothing is refused there for {wanted.condition!r}; {nearest(wanted.condition, known)}")
        what = wanted.spoken or "the reply that was given"
        return self._enter("reply", f"somebody asked for this reply: {what}", where, asked, wish=wanted)

    def remove(self, number: int) -> bool:
        """Take an order away; tells whether there was one of that id."""
        with self._turn:
            found = [order for order in self._orders if order.id == number]
            self._orders = [order for order in self._orders if order.id != number]
            self._over.extend(found)
        return bool(found)

    def ids(self) -> tuple[int, ...]:
        """Give the ids of the orders that there are."""
        return tuple(order.id for order in self._orders)

    def clear(self) -> None:
        """Take every order away."""
        with self._turn:
            self._orders = []
            self._over.clear()

    def reset(self) -> None:
        """Take every order away but those of the start."""
        with self._turn:
            self._orders = [order for order in self._orders if order.lasting]
            self._over.clear()

    def last(self, fault: str) -> Order:
        """Take an order that is to last until it is taken away.

        Raises:
            BadOrder: there is no such fault.
        """
        order = self.add(fault, count="all")
        order.lasting = True
        return order

    def shown(self) -> dict[str, Any]:
        """List the orders that still can strike, and those that are over."""
        now = self.service.clock.now()
        with self._turn:
            self._tidy(now)
            return {
                "faults": [order.shown(now) for order in self._orders],
                "over": [{**order.shown(now), "over": True} for order in self._over],
            }

    def operations(self, operation: str | None = None, purpose: str | None = None) -> frozenset[str]:
        """Give the names of the operations that are meant: one, or all for a purpose; none without either, for all.

        Raises:
            BadOrder: there is no such operation, or none that is for that.
        """
        known = self.service.api.operations
        if operation is not None:
            if operation not in known:
                raise BadOrder(f"there is no operation {operation!r}; {nearest(operation, known)}")
            return frozenset({operation})
        if purpose is None:
            return frozenset()
        if purpose not in PURPOSES:
            raise BadOrder(f"there is no purpose {purpose!r}; {nearest(purpose, PURPOSES)}")
        found = frozenset(op.name for op in known.values() if op.purpose == PURPOSES[purpose])
        if not found:
            raise BadOrder(f"no operation of this API is for {purpose}")
        return found

    def _actives(self, name: str, where: frozenset[str]) -> dict[str | None, ActiveFault]:
        # The catalogue wants the register, which a mock that tells the truth does without.
        from watchword.mockserver.faults.catalogue import catalogue

        faults = catalogue(self.service.dialect)
        found: dict[str | None, ActiveFault] = {}
        for full, fault in faults.items():
            own, _, operation = full.partition("@")
            if name in (full, own) and (not where or not operation or operation in where):
                found[operation or None] = ActiveFault(fault, fault.make())
        if not found:
            known = {*KINDS, *faults, *(full.partition("@")[0] for full in faults)}
            near = nearest(name, known)
            hint = near if near.startswith("did") else "`watchword mock DIALECT --fault list` prints them"
            there = f" at {' or '.join(sorted(where))}" if where and name in known else ""
            raise BadOrder(f"there is no fault {name!r}{there}; {hint}")
        return found

    def _check(self, name: str, asked: Asked, takes: tuple[str, ...]) -> None:
        for setting in (*DEFAULTS, "acts"):
            if setting in asked and setting not in takes:
                raise BadOrder(f"{name} has no setting {setting!r}; it has {', '.join(takes) or 'none'}")

    def _enter(
        self, name: str, says: str, where: frozenset[str], asked: Asked, *, acts: bool = False, **what: Any
    ) -> Order:
        limited = "probability" in asked or "ttl" in asked
        count = asked.get("count", "all" if limited else 1)
        with self._turn:
            self._taken += 1
            order = Order(
                self._taken,
                name,
                says,
                where,
                None if count == "all" else count,
                asked.get("skip", 0),
                asked.get("probability", 1.0),
                asked.get("seed", secrets.randbelow(2**31)),
                self.service.clock.now() + asked["ttl"] if "ttl" in asked else None,
                {**DEFAULTS, **{key: value for key, value in asked.items() if key in DEFAULTS}},
                acts,
                **what,
            )
            self._orders.append(order)
        return order

    def kept(self) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
        """Give the orders in plain values, for another process to go on with: how many were taken, those there are, those over."""
        with self._turn:
            return self._taken, [order.kept() for order in self._orders], [order.kept() for order in self._over]

    def keep(self, kept: tuple[int, list[dict[str, Any]], list[dict[str, Any]]]) -> None:
        """Go on with the orders of another process."""
        with self._turn:
            known = {order.id: order for order in (*self._orders, *self._over)}
            self._taken, orders, over = kept
            self._orders = [self._of(one, known) for one in orders]
            self._over = deque((self._of(one, known) for one in over), maxlen=_REMEMBERED)

    def _of(self, kept: Mapping[str, Any], known: Mapping[int, Order]) -> Order:
        order = known.get(kept["id"])
        if order is None:
            actives = {where: self._active(name) for where, name in kept["faults"].items()}
            kind = None if kept["kind"] is None else KINDS[kept["kind"]]
            plain = {name: value for name, value in kept.items() if name not in ("kind", "faults", "memories", "dice")}
            order = Order(**plain, kind=kind, actives=actives)
        order.keep(kept)
        return order

    def _active(self, name: str) -> ActiveFault:
        from watchword.mockserver.faults.catalogue import find_fault

        fault = find_fault(self.service.dialect, name)
        return ActiveFault(fault, fault.make())

    # -- striking

    @property
    def living(self) -> bool:
        """Whether there are orders that may still strike."""
        return bool(self._orders)

    def handle(self, request: Request, origin: str) -> Outcome:
        """Answer a request as the service would, unless it is struck by an order or wishes a reply for itself."""
        wished = wish_of(request)
        if wished is not None:
            return grant(self.service, *wished, origin)
        judged = self.service.would(request)
        order = self._struck(judged)
        return (
            self.service.handle(request, origin)
            if order is None
            else carry_out(self.service, order, judged, request, origin)
        )

    def _struck(self, judged: Judgement) -> Order | None:
        seen = seen_of(self.service, judged)
        with self._turn:
            self._tidy(self.service.clock.now())
            struck = next((order for order in self._orders if order.strikes(seen)), None)
            others = [active for order in self._orders if order is not struck for active in order.actives.values()]
        if judged.case is not None:
            for active in others:
                # What a fault has to remember it hears of, striking or not.
                active.distortion.meet(judged.case)
        return struck

    def _tidy(self, now: float) -> None:
        over = [order for order in self._orders if order.over(now)]
        if over:
            self._over.extend(over)
            self._orders = [order for order in self._orders if order not in over]
