"""Faults that show over several requests: what becomes of sessions with the next login or renewal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from watchword.mockserver.faults.fault import Values
from watchword.mockserver.faults.template import Change, FaultTemplate, Making, always
from watchword.mockserver.rules.case import Case
from watchword.mockserver.state.world import World
from watchword.specs.values.api import Operation

__all__ = ["login_faults", "renewal_faults"]


def login_faults(operation: Operation) -> Iterator[FaultTemplate]:
    """Give the faults about what several logins have to do with each other."""
    what = "gives a user the tokens of his first login again"
    yield FaultTemplate(
        "constant-for-user",
        what,
        ("tokens.distinct_logins",),
        _constant(lambda subject: subject),
        shows=("with the next",),
    )
    if "username" in operation.roles:
        what = "gives everybody the tokens of the first login"
        yield FaultTemplate(
            "constant",
            what,
            ("tokens.distinct_users",),
            _constant(lambda subject: "everybody"),
            shows=("with the next",),
        )
    what = "gives working tokens to the first login only"
    yield FaultTemplate(
        "first-session-only",
        what,
        ("access_token.works", "sessions.each_works"),
        _first_only,
        shows=("with the next", "with its token"),
    )
    what = "ends a user's earlier sessions with every login"
    yield FaultTemplate(
        "ends-other-sessions", what, ("sessions.independent",), _alone, shows=("with the next", "with its token")
    )


def _constant(owner: Callable[[str], str]) -> Making:
    def make(first: dict[str, Any]) -> Change:
        return lambda case, world, values: first.setdefault(owner(str(values.get("subject"))), values)

    return make


def _first_only(memory: dict[str, Any]) -> Change:
    def change(case: Case, world: World, values: Values) -> Values:
        if memory:
            world.access.pop(values["access_token"], None)
        memory["seen"] = True
        return values

    return change


def _alone(before: dict[str, Any]) -> Change:
    def change(case: Case, world: World, values: Values) -> Values:
        token = world.access[values["access_token"]]
        world.access.pop(before.get(token.session.subject, ""), None)
        before[token.session.subject] = token.value
        return values

    return change


def renewal_faults(gives: Collection[str]) -> Iterator[FaultTemplate]:
    """Give the faults about what a renewal changes and what it leaves."""
    what = "gives the access token from before the renewal"
    yield FaultTemplate("old-access-token", what, ("renew.new_access_token",), always(_old))
    if "scope" in gives:
        yield FaultTemplate(
            "fewer-scopes",
            "lists fewer scopes than before",
            ("renew.keeps_scope",),
            always(_fewer_scopes),
            alters=("scope",),
        )
    if {"expires_at", "expires_in"} & set(gives):
        told = ("expires_at", "expires_in")
        yield FaultTemplate(
            "shorter", "states an expiry a second away", ("renew.extends",), always(_shorter), alters=told
        )
        what = "states the expiry of the access token from before the renewal"
        yield FaultTemplate("stale", what, ("renew.extends",), always(_stale), alters=told)
    what = "refuses the second renewal of a session"
    yield FaultTemplate(
        "only-once", what, ("renew.chains",), refuses=lambda case: _renewals(case) > 1, shows=("with the next renewal",)
    )
    what = "refuses a renewal once the access token has expired"
    yield FaultTemplate(
        "only-before-expiry", what, ("renew.works_after_expiry",), refuses=_after_expiry, shows=("with time",)
    )


def _old(case: Case, world: World, values: Values) -> Values:
    session = world.access[values["access_token"]].session
    before = session.before or session.newest
    token = world.access.get(before or "")
    if token is not None:
        token.revive()
    return {**values, "access_token": before}


def _fewer_scopes(case: Case, world: World, values: Values) -> Values:
    return {**values, "scope": str(values["scope"]).replace(",", " ").split()[0]} if values.get("scope") else values


def _shorter(case: Case, world: World, values: Values) -> Values:
    return {**values, "expires_at": int(world.clock.now()) + 1, "expires_in": 1}


def _stale(case: Case, world: World, values: Values) -> Values:
    before = world.expiry(world.access[values["access_token"]].session.before)
    if before is None:
        return values
    return {**values, "expires_at": before, "expires_in": before - int(world.clock.now())}


def _renewals(case: Case) -> int:
    return case.refresh.session.issued - 1 if case.refresh is not None else 0


def _after_expiry(case: Case) -> bool:
    before = None if case.refresh is None else case.world.expiry(case.refresh.session.before)
    return before is not None and case.world.clock.now() >= before
