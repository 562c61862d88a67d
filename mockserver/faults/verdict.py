"""Faults of the verdict: a condition is taken as fine, always or every third time; or it is answered with another status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.register import NO_SERVER_ERROR, forbidding, left_open, requiring, speaking, twins
from watchword.mockserver.faults.seen import Reach, holding
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.mockserver.rules.routes import route
from watchword.specs.applies import applicable_conditions
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile, TokenForm
from watchword.specs.vocabulary import Condition, broader

__all__ = ["verdict_faults"]

_PERIOD = 3
_ANSWERS = ((500, "a server error"), (200, "200 and the body of the refusal"), (302, "a redirection to another page"))


@dataclass(slots=True)
class _Memory:
    """The request that a distortion has its eye on; None while there is none."""

    case: Case | None = None


def verdict_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults that follow from what the documented profile refuses and the register does not leave open."""
    for operation in dialect.api.operations.values():
        conditions = [c for c in applicable_conditions(operation, dialect.api) if _attributed(dialect, operation, c)]
        possible = [c for c in conditions if _possible(profile, operation, c)]
        yield from _acceptances(dialect, operation, [c for c in possible if _refused(profile, operation, c)])
        yield from _answers(dialect, operation, profile, possible)
        for condition in conditions:
            opaque = condition not in possible and condition.presumes == "jwt"
            if opaque and forbidding(dialect, operation, condition.name):
                yield _accepting_unsigned(operation, condition)


def _acceptances(dialect: Dialect, operation: Operation, refused: list[Condition]) -> Iterator[Fault]:
    forbidden = [c for c in refused if not left_open(dialect, operation, c.name)]
    for condition in forbidden:
        yield _accepting(dialect.api, operation, condition)
    for condition in {c.subject: c for c in reversed(forbidden) if c.name not in _ROUTES}.values():
        yield _now_and_then(operation, condition)


def _answers(dialect: Dialect, operation: Operation, profile: Profile, possible: list[Condition]) -> Iterator[Fault]:
    for condition in possible:
        refused = _refused(profile, operation, condition)
        for status, what in (*_ANSWERS, *_others(operation, profile)) if refused else _ANSWERS[:1]:
            if _spoken_against(dialect, operation, condition.name, status):
                yield _answering(operation, condition, status, what)
        if not refused and requiring(dialect, operation, condition.name):
            yield _answering(operation, condition, 400, "a refusal")


def _spoken_against(dialect: Dialect, operation: Operation, condition: str, status: int) -> bool:
    """Tell whether a clause rules a status out; which refusal is the right one is open otherwise."""
    # What may be answered in one way may be answered in another.
    alone = [c for c in forbidding(dialect, operation, condition) if c.when == (condition,) and c.level != "may"]
    if any(not clause.expect.accepts_status(status) for clause in alone):
        return True
    return status >= 500 and bool(
        speaking(dialect, operation, lambda c: c.guarantee == NO_SERVER_ERROR and condition in c.conditions)
    )


def _others(operation: Operation, profile: Profile) -> list[tuple[int, str]]:
    """Give the first refusal that the operation describes and whose status the profile has no use for there."""
    used = {rule.reply.status for rule in profile.operations[operation.name].rules}
    numbers = sorted(int(s) for s in operation.replies if s.isdigit() and s.startswith("4"))
    free = [n for n in numbers if n not in used] or numbers[-1:]
    return [(n, f"{n}, which is described for other refusals") for n in free[:1]]


def _refused(profile: Profile, operation: Operation, condition: Condition) -> bool:
    if condition.name in _ROUTES:
        return True
    own = profile.operations[operation.name]
    decided = {rule.condition for rule in own.rules}
    known = bool({condition.name, *broader(condition.name)} & decided)
    return condition.name not in own.accepts and known


def _possible(profile: Profile, operation: Operation, condition: Condition) -> bool:
    """Tell whether a request can be in a condition at all at a server of that profile."""
    return condition.presumes is None or _PRESUMED[condition.presumes](profile, operation, condition)


def _form(profile: Profile, condition: Condition) -> TokenForm:
    return profile.refresh_token if condition.role == "refresh_token" else profile.access_token


def _expires(profile: Profile, operation: Operation, condition: Condition) -> bool:
    form = _form(profile, condition)
    return form.lifetime is not None or form.lease is not None


def _ends_sessions(profile: Profile, operation: Operation, condition: Condition) -> bool:
    return any(rule.then in ("end_session", "end_family") for op in profile.operations.values() for rule in op.rules)


def _has_owner(profile: Profile, operation: Operation, condition: Condition) -> bool:
    # A client has no brand of its own.
    whose = {"username", "operator_username", "access_token", "refresh_token"}
    return bool(whose & set(operation.required_roles))


_PRESUMED: Mapping[str, Callable[[Profile, Operation, Condition], bool]] = MappingProxyType(
    {
        "jwt": lambda profile, operation, condition: _form(profile, condition).form == "jwt",
        "expiry": _expires,
        "ended_sessions": _ends_sessions,
        "owner": _has_owner,
    }
)
"""What a condition can presume of a server, and whether a profile has it."""


def _attributed(dialect: Dialect, operation: Operation, condition: Condition) -> bool:
    """Tell whether a request in this condition can still be told to be for this operation, and not for another's path."""
    first = twins(dialect, operation)[0]
    if first is operation:
        return True
    if condition.hides_grant:
        return False
    same_grant = _grant(first) == _grant(operation)
    if condition.concerns == "endpoint":
        # It is a matter of the endpoint, unless a clause makes it one of this grant.
        spoken = forbidding(dialect, operation, condition.name) or requiring(dialect, operation, condition.name)
        return bool(spoken) and not same_grant
    # Of two kinds of credentials for one grant, what names nobody is taken for the first.
    return not same_grant or not condition.names_nobody


def _grant(operation: Operation) -> str | None:
    return next((b.const for b in operation.bound("grant_type")), None)


def _accepting(api: Api, operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]

    def accepts(case: Case) -> bool:
        return case.operation.name == operation.name and holds(case)

    says = f"{operation.name} serves a request as though it were right when {condition.says}."
    distortion = (
        Distortion(request=_ROUTES[condition.name](api, operation))
        if condition.name in _ROUTES
        else Distortion(accepts=accepts)
    )
    return Fault(
        f"accepts:{condition.name}@{operation.name}", "verdict", says, lambda: distortion, _reach(operation, condition)
    )


def _accepting_unsigned(operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]
    claims = {"sub": "$subject", "jti": "$id", "iat": "$issued_at", "exp": "$expires_at"}

    def in_jwts(own: Profile) -> Profile:
        if condition.role == "refresh_token":
            return replace(own, refresh_token=replace(own.refresh_token, form="jwt", claims=claims))
        return replace(own, access_token=replace(own.access_token, form="jwt", claims=claims))

    def accepts(case: Case) -> bool:
        return case.operation.name == operation.name and holds(case)

    # A server may have tokens of another form than the documented profile's.
    says = f"The {condition.role} is a JWT, and {operation.name} takes one as it is when {condition.says}."
    name = f"accepts:{condition.name}@{operation.name}"
    return Fault(name, "verdict", says, lambda: Distortion(profile=in_jwts, accepts=accepts))


def _reach(operation: Operation, condition: Condition) -> Reach:
    if condition.name == "path.alternative":
        return lambda seen: seen.condition == condition.name
    return holding(operation, condition.name)


def _any_method(api: Api, operation: Operation) -> Callable[[Request], Request]:
    there = route(operation, api.bases)
    described = {o.method for o in api.operations.values() if o.path == operation.path}

    def request(sent: Request) -> Request:
        wrong = sent.method not in described and there.read(sent.path) is not None
        return replace(sent, method=operation.method) if wrong else sent

    return request


def _other_path(api: Api, operation: Operation) -> Callable[[Request], Request]:
    base = api.bases[operation.base]
    others = {base + path for path in operation.alternative_paths}
    return lambda sent: replace(sent, path=base + operation.path) if sent.path in others else sent


_ROUTES: dict[str, Callable[[Api, Operation], Callable[[Request], Request]]] = {
    "method.wrong": _any_method,
    "path.alternative": _other_path,
}
"""What the router meets before any operation does: a request that goes astray is sent the right way."""


def _now_and_then(operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]

    def make() -> Distortion:
        turns, due = {"met": 0}, _Memory()

        def meet(case: Case) -> None:
            due.case = None
            if case.operation.name == operation.name and holds(case):
                turns["met"] += 1
                due.case = None if turns["met"] % _PERIOD else case

        return Distortion(meet=meet, accepts=lambda case: due.case is case, memory=turns)

    says = f"Every third time, {operation.name} serves a request as though it were right when {condition.says}."
    name = f"every-third:{condition.name}@{operation.name}"
    return Fault(name, "verdict", says, make, _reach(operation, condition), _PERIOD)


def _answering(operation: Operation, condition: Condition, status: int, what: str) -> Fault:
    holds = RECOGNISERS[condition.name]

    def make() -> Distortion:
        noted = _Memory()

        def meet(case: Case) -> None:
            # Afterwards, a token that is used for the first time looks reused.
            noted.case = case if case.operation.name == operation.name and holds(case) else None

        def here(moment: Moment) -> bool:
            if condition.name in _ROUTES:
                return moment.condition == condition.name and moment.operation in (None, operation)
            return moment.case is not None and moment.case is noted.case

        def reply(moment: Moment, right: Reply) -> Reply:
            if not here(moment):
                return right
            if status // 100 == 3:
                return Reply(status, (("Location", "/login"),))
            return replace(right, status=status)

        return Distortion(meet=meet, reply=reply)

    says = f"{operation.name} answers with {what} when {condition.says}."
    name = f"answers-{status}:{condition.name}@{operation.name}"
    return Fault(name, "verdict", says, make, _reach(operation, condition))
