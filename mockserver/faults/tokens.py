"""Faults of a single token reply: tokens that open nothing or somebody else's door, expiries that are not theirs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from watchword.mockserver.faults.fault import Values
from watchword.mockserver.faults.template import Change, FaultTemplate, Making, always
from watchword.mockserver.rules.case import Case
from watchword.mockserver.state.world import World
from watchword.specs.values.api import Operation

__all__ = ["expiry_faults", "token_faults"]

_MINUTE = 60
_FAR = 2**31 - 1


def token_faults(operation: Operation, gives: Collection[str], told: bool) -> Iterator[FaultTemplate]:
    """Give the faults about the tokens themselves. `told` says that something tells whom an access token speaks of."""
    yield FaultTemplate(
        "dead-token",
        "gives access tokens that open nothing",
        ("access_token.works", "access_token.works_again", "renew.works"),
        always(_dead),
        shows=("with its token",),
    )
    personal = operation.purpose == "renew" or bool({"username", "operator_username"} & set(operation.roles))
    if told and personal:
        whose = ("access_token.names_user", "renew.keeps_user")
        yield FaultTemplate(
            "another-user", "gives access tokens that speak of another user", whose, always(_of_another)
        )
    if "refresh_token" in gives:
        what = "gives refresh tokens that renew nothing"
        works = ("refresh_token.works", "renew.works", "renew.chains")
        yield FaultTemplate(
            "dead-refresh-token",
            what,
            works,
            always(_dead_refresh),
            shows=("with its refresh token",),
            alters=("refresh_token",),
        )
        what = "gives the access token as refresh token, too"
        yield FaultTemplate("one-for-both", what, ("tokens.differ",), always(_one_for_both))
        if told and personal and operation.purpose == "issue":
            what = "gives refresh tokens that renew another user's session"
            yield FaultTemplate(
                "another-users-refresh-token",
                what,
                ("refresh_token.works", "renew.keeps_user"),
                always(_renewing_another),
                alters=("refresh_token",),
            )


def _dead(case: Case, world: World, values: Values) -> Values:
    world.access.pop(values["access_token"], None)
    return values


def _dead_refresh(case: Case, world: World, values: Values) -> Values:
    world.refresh.pop(values["refresh_token"], None)
    return values


def _of_another(case: Case, world: World, values: Values) -> Values:
    token = world.access[values["access_token"]]
    others = [a for a in world.data.accounts if a.username != token.session.subject]
    token.session.account = others[0] if others else None
    again = world.mint_access(token.session, values.get("$origin", ""))
    return {**values, "access_token": again.value}


def _renewing_another(case: Case, world: World, values: Values) -> Values:
    known = world.refresh.get(values.get("refresh_token") or "")
    others = [a for a in world.data.accounts if known and a.username != known.session.subject]
    if known is None or not others:
        return values
    session = world.begin(others[0], known.session.client, known.session.brand, known.session.scopes)
    world.mint_access(session, values.get("$origin", ""))
    return {**values, "refresh_token": world.mint_refresh(session, values.get("$origin", "")).value}


def _one_for_both(case: Case, world: World, values: Values) -> Values:
    if values.get("refresh_token"):
        world.refresh[values["access_token"]] = world.refresh[values["refresh_token"]]
    return {**values, "refresh_token": values["access_token"]}


def _living(more: int) -> Change:
    def change(case: Case, world: World, values: Values) -> Values:
        token = world.access[values["access_token"]]
        token.expires_at = None if token.expires_at is None else token.expires_at + more
        return values

    return change


def expiry_faults(gives: Collection[str], readable: bool) -> Iterator[FaultTemplate]:
    """Give the faults about when the access token expires. `readable` says that the token itself tells it, too."""
    role = next((r for r in ("expires_at", "expires_in") if r in gives), None)
    if role is None:
        return

    def stating(change: Callable[[Any, int], Any]) -> Making:
        return always(lambda case, world, values: {**values, role: change(values[role], int(world.clock.now()))})

    yield FaultTemplate(
        f"past:{role}",
        f"states an {role} in the past",
        ("expiry.in_future",),
        stating(lambda value, now: now - _MINUTE if role == "expires_at" else -_MINUTE),
        alters=(role,),
    )
    off = ("expiry.holds", "expiry.matches_token")
    yield FaultTemplate(
        f"milliseconds:{role}",
        f"counts {role} in milliseconds",
        off,
        stating(lambda value, now: value * 1000),
        alters=(role,),
    )
    yield FaultTemplate(
        f"swapped:{role}",
        f"gives the other kind of expiry as {role}",
        ("expiry.in_future", "expiry.in_seconds"),
        stating(lambda value, now: value - now if role == "expires_at" else value + now),
        alters=(role,),
    )
    what = f"states an {role} a minute after the token's own"
    yield FaultTemplate(f"late:{role}", what, off, stating(lambda value, now: value + _MINUTE), alters=(role,))
    what = "gives access tokens that live three seconds longer than it says"
    yield FaultTemplate("lives-longer", what, ("expiry.holds",), always(_living(3)), shows=("after its expiry",))
    what = "gives access tokens that end three seconds before it says"
    yield FaultTemplate("ends-early", what, ("expiry.holds",), always(_living(-3)), shows=("with time",))
    if role == "expires_in":
        what = "states an expires_in of 0"
        yield FaultTemplate(
            "zero:expires_in", what, ("expiry.in_future",), stating(lambda value, now: 0), alters=(role,)
        )
    if role == "expires_at" and readable:
        yield FaultTemplate(
            "constant:expires_at",
            "states the same expires_at with every token",
            ("expiry.matches_token",),
            stating(lambda value, now: _FAR),
            alters=(role,),
        )
