"""Faults of the dialect: tokens, expiries and sessions that are not what the reply says they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from watchword.mockserver.case import Case
from watchword.mockserver.fault import Distortion, Fault, Moment, Values, serving
from watchword.mockserver.world import AccessToken, World
from watchword.specs.applies import other_binding
from watchword.specs.loader import Dialect
from watchword.specs.model import Binding, Operation
from watchword.specs.profile import Profile
from watchword.specs.wire import Reading, Reply

__all__ = ["dialect_faults"]

_Change = Callable[[Case, World, Values], Values]
_MINUTE = 60
_YEAR = 366 * 86400


def dialect_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults that lie about tokens and time."""
    yield from _lifetimes(profile)
    for operation in dialect.api.operations.values():
        if operation.purpose in ("issue", "renew"):
            yield from _token_faults(operation)
            yield from _expiry_faults(operation)
        if operation.purpose == "issue":
            yield from _login_faults(operation)
        if operation.purpose == "renew":
            yield from _renewal_faults(operation)
        if operation.purpose == "resource":
            yield _one_use(operation)
        elsewhere = other_binding(operation, "brand_key", dialect.api)
        if elsewhere is not None:
            yield _reading_elsewhere(operation, elsewhere)


def _told(operation: Operation, name: str, what: str, make: Callable[[], _Change]) -> Fault:
    def distortion() -> Distortion:
        change = make()

        def values(case: Case, world: World, right: Values) -> Values:
            return change(case, world, right) if case.operation.name == operation.name else right

        return Distortion(values=values)

    return Fault(f"{name}@{operation.name}", "dialect", f"{operation.name} {what}.", distortion, serving(operation))


def _always(change: _Change) -> Callable[[], _Change]:
    return lambda: change


def _lifetimes(profile: Profile) -> Iterator[Fault]:
    def at_once(own: Profile) -> Profile:
        return replace(own, access_token=replace(own.access_token, lease=1))

    def never(own: Profile) -> Profile:
        operations = {
            name: replace(op, rules=tuple(r for r in op.rules if r.condition != "access_token.expired"))
            for name, op in own.operations.items()
        }
        return replace(own, operations=operations)

    if profile.access_token.lifetime is not None:
        says = "The server forgets access tokens a second after it has issued them."
        yield Fault("expires-at-once", "dialect", says, lambda: Distortion(profile=at_once))
        yield Fault("never-expires", "dialect", "Access tokens work for ever.", lambda: Distortion(profile=never))


def _token_faults(operation: Operation) -> Iterator[Fault]:
    def dead(case: Case, world: World, values: Values) -> Values:
        world.access.pop(values["access_token"], None)
        return values

    def of_another(case: Case, world: World, values: Values) -> Values:
        token = world.access[values["access_token"]]
        others = [a for a in world.data.accounts if a.username != token.session.subject]
        token.session.account = others[0] if others else None
        again = world.mint_access(token.session, values.get("$origin", ""))
        return {**values, "access_token": again.value}

    def renewing_another(case: Case, world: World, values: Values) -> Values:
        known = world.refresh.get(values.get("refresh_token") or "")
        others = [a for a in world.data.accounts if known and a.username != known.session.subject]
        if known is None or not others:
            return values
        session = world.begin(others[0], known.session.client, known.session.brand, known.session.scopes)
        world.mint_access(session, values.get("$origin", ""))
        return {**values, "refresh_token": world.mint_refresh(session, values.get("$origin", "")).value}

    def one_for_both(case: Case, world: World, values: Values) -> Values:
        if values.get("refresh_token"):
            world.refresh[values["access_token"]] = world.refresh[values["refresh_token"]]
        return {**values, "refresh_token": values["access_token"]}

    yield _told(operation, "dead-token", "gives access tokens that open nothing", _always(dead))
    yield _told(operation, "another-user", "gives access tokens that speak of another user", _always(of_another))
    if "refresh_token" in operation.gives:
        yield _told(operation, "one-for-both", "gives the access token as refresh token, too", _always(one_for_both))
        what = "gives refresh tokens that renew another user's session"
        yield _told(operation, "another-users-refresh-token", what, _always(renewing_another))


def _expiry_faults(operation: Operation) -> Iterator[Fault]:
    role = next((r for r in ("expires_at", "expires_in") if r in operation.gives), None)
    if role is None:
        return

    def stating(change: Callable[[Any, World], Any]) -> Callable[[], _Change]:
        return _always(lambda case, world, values: {**values, role: change(values[role], world)})

    def swapped(value: Any, world: World) -> Any:
        now = int(world.clock.now())
        return value - now if role == "expires_at" else value + now

    past = stating(lambda value, world: int(world.clock.now()) - _MINUTE if role == "expires_at" else -_MINUTE)
    yield _told(operation, f"past:{role}", f"states an {role} in the past", past)
    milliseconds = stating(lambda value, world: value * 1000)
    yield _told(operation, f"milliseconds:{role}", f"counts {role} in milliseconds", milliseconds)
    yield _told(operation, f"swapped:{role}", f"gives the other kind of expiry as {role}", stating(swapped))
    off = stating(lambda value, world: value + _MINUTE)
    yield _told(operation, f"late:{role}", f"states an {role} a minute after the token's own", off)
    if role == "expires_at":
        what = "states with every token the expires_at of the first"
        yield _told(operation, "constant:expires_at", what, _constant_expiry)


def _constant_expiry() -> _Change:
    first: dict[str, Any] = {}
    return lambda case, world, values: {**values, "expires_at": first.setdefault("expires_at", values["expires_at"])}


def _login_faults(operation: Operation) -> Iterator[Fault]:
    def constant(shared: bool) -> Callable[[], _Change]:
        def make() -> _Change:
            first: dict[str, Values] = {}

            def change(case: Case, world: World, values: Values) -> Values:
                name = "" if shared else str(values.get("subject"))
                return first.setdefault(name, values)

            return change

        return make

    def first_only() -> _Change:
        seen: list[Values] = []

        def change(case: Case, world: World, values: Values) -> Values:
            if seen:
                world.access.pop(values["access_token"], None)
            seen.append(values)
            return values

        return change

    def alone() -> _Change:
        before: dict[str, AccessToken] = {}

        def change(case: Case, world: World, values: Values) -> Values:
            token = world.access[values["access_token"]]
            earlier = before.get(token.session.subject)
            if earlier is not None:
                world.access.pop(earlier.value, None)
            before[token.session.subject] = token
            return values

        return change

    yield _told(
        operation, "constant-for-user", "gives a user the tokens of his first login again", constant(shared=False)
    )
    yield _told(operation, "constant", "gives everybody the tokens of the first login", constant(shared=True))
    yield _told(operation, "first-session-only", "gives working tokens to the first login only", first_only)
    yield _told(operation, "ends-other-sessions", "ends a user's earlier sessions with every login", alone)


def _renewal_faults(operation: Operation) -> Iterator[Fault]:
    def old(case: Case, world: World, values: Values) -> Values:
        session = world.access[values["access_token"]].session
        before = session.tokens[-2] if len(session.tokens) > 1 else session.tokens[-1]
        before.superseded = False
        return {**values, "access_token": before.value}

    def fewer_scopes(case: Case, world: World, values: Values) -> Values:
        return {**values, "scope": str(values["scope"]).replace(",", " ").split()[0]} if values.get("scope") else values

    def shorter(case: Case, world: World, values: Values) -> Values:
        now = int(world.clock.now())
        return {**values, "expires_at": now + 1, "expires_in": 1}

    def stale(case: Case, world: World, values: Values) -> Values:
        tokens = world.access[values["access_token"]].session.tokens
        before = tokens[-2].expires_at if len(tokens) > 1 else None
        if before is None:
            return values
        return {**values, "expires_at": before, "expires_in": before - int(world.clock.now())}

    yield _told(operation, "old-access-token", "gives the access token from before the renewal", _always(old))
    if "scope" in operation.gives:
        yield _told(operation, "fewer-scopes", "lists fewer scopes than before", _always(fewer_scopes))
    if {"expires_at", "expires_in"} & set(operation.gives):
        yield _told(operation, "shorter", "states an expiry a second away", _always(shorter))
        yield _told(operation, "stale", "states the expiry of the access token from before the renewal", _always(stale))
    yield _refusing(operation, "only-once", "refuses the second renewal of a session", lambda case: _renewals(case) > 1)
    yield _refusing(
        operation, "only-before-expiry", "refuses a renewal once the access token has expired", _after_expiry
    )


def _renewals(case: Case) -> int:
    return len(case.refresh.session.tokens) - 1 if case.refresh is not None else 0


def _after_expiry(case: Case) -> bool:
    if case.refresh is None or len(case.refresh.session.tokens) < 2:
        return False
    before = case.refresh.session.tokens[-2]
    return before.expires_at is not None and case.world.clock.now() >= before.expires_at


def _refusing(operation: Operation, name: str, what: str, when: Callable[[Case], bool]) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        here = moment.operation is not None and moment.operation.name == operation.name and moment.condition is None
        if not here or moment.case is None or not when(moment.case):
            return right
        return Reply(400, (("Content-Type", "application/json"),), b'{"error": "invalid_grant"}')

    says = f"{operation.name} {what}."
    return Fault(f"{name}@{operation.name}", "dialect", says, lambda: Distortion(reply=reply), serving(operation))


def _reading_elsewhere(operation: Operation, elsewhere: Binding) -> Fault:
    own = operation.bound("brand_key")[0]

    def read(reading: Reading) -> Reading:
        if reading.operation.name != operation.name:
            return reading
        found = [str(value) for value in reading.at(elsewhere.place, elsewhere.name)]
        # Query, form and headers are what brand keys travel in.
        query = tuple(pair for pair in reading.query if own.place != "query" or pair[0] != own.name)
        form = tuple(pair for pair in reading.form if own.place != "form" or pair[0] != own.name)
        headers = {k: v for k, v in reading.headers.items() if own.place != "header" or k != own.name.lower()}
        if own.place == "header" and found:
            headers = {**headers, own.name.lower(): found}
        pairs = tuple((own.name, value) for value in found)
        return replace(
            reading,
            query=(*query, *pairs) if own.place == "query" else query,
            form=(*form, *pairs) if own.place == "form" else form,
            headers=headers,
        )

    says = f"{operation.name} reads the brand key where the other kind of operation carries it, and nowhere else."
    return Fault(
        f"reads-elsewhere:brand_key@{operation.name}",
        "dialect",
        says,
        lambda: Distortion(read=read),
        lambda seen: seen.operation == operation.name,
    )


def _one_use(operation: Operation) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        case = moment.case
        if moment.condition is None and case is not None and case.operation.name == operation.name and case.access:
            case.world.access.pop(case.access.value, None)
        return right

    says = f"An access token opens {operation.name} once and never again."
    return Fault(f"one-use@{operation.name}", "dialect", says, lambda: Distortion(reply=reply), serving(operation))
