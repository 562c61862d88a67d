"""What is to become of a request, before anything has changed: where it leads, which rule it meets, which reply it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus

from watchword.mockserver.faults.fault import Distortion
from watchword.mockserver.prepared import Prepared
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.decide import DEMANDED, Refusal, decide, meets
from watchword.mockserver.rules.routes import elsewhere, leading
from watchword.mockserver.state.firewall import Firewall
from watchword.mockserver.state.world import World
from watchword.specs.codec import Reading, basic_sent, decode
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.http import Request
from watchword.specs.values.profile import Demand, LeftOut, OperationProfile, Profile, ReplyTemplate

__all__ = ["Judge", "Judgement", "left_out"]

_CREDENTIALS = frozenset({"access_token", "basic", "client_id", "client_secret"})
"""The subjects of conditions for which a request is refused by what stands in front of every path."""


def _about_credentials(profile: OperationProfile, _: None) -> OperationProfile:
    rules = tuple(rule for rule in profile.rules if rule.condition.partition(".")[0] in _CREDENTIALS)
    return replace(profile, rules=rules)


_guarding: Prepared[OperationProfile] = Prepared(_about_credentials)
"""Gives what an operation's rules are of what stands in front of every path."""


# Made for each request, and so not frozen: that would take several times as long.
@dataclass(slots=True, repr=False, eq=False)
class Judgement:
    """One request and what comes of it. `reply` is None when it is to be served.

    `operation` is None when no path matched, and `case` when no operation took it. `condition` is what the request is
    refused for, `then` what becomes of the session or token that it presents. `barred` says that its sender is banned,
    `excused` that only a fault has it served, `misread` that it would have been judged otherwise if no fault had changed what
    is read in it, `answered` that it was no operation's business and was answered all the same. `demand` is what a release
    wants besides, and the request does not have.
    """

    operation: Operation | None
    condition: str | None
    case: Case | None
    reply: ReplyTemplate | None
    values: Mapping[str, str] = field(default_factory=dict)
    then: str | None = None
    barred: bool = False
    excused: bool = False
    misread: bool = False
    answered: bool = False
    demand: Demand | None = None


class Judge:
    """The rules of one profile, applied to requests. Judging changes nothing, so it can be asked what it would say."""

    def __init__(self, api: Api, profile: Profile, world: World, firewall: Firewall | None) -> None:
        self._api = api
        self._profile = profile
        self._world = world
        self._firewall = firewall

    def judge(self, request: Request, distortion: Distortion, now: float) -> Judgement:
        """Give what becomes of a request at a time, in seconds since 1970-01-01 UTC."""
        path = request.path
        if self._profile.serves_trailing_slash and len(path) > 1:
            path = path.removesuffix("/")
        here = leading(self._api, path)
        if not here:
            guards = [
                op
                for op in self._guards_of(self._profile.guard_paths)
                if path.startswith(self._api.bases[op.base] + "/")
            ]
            guarded = self._guarded(request, guards)
            if guarded is not None:
                return guarded
            condition = "path.alternative" if request.path in elsewhere(self._api) else None
            return Judgement(None, condition, None, self._profile.unknown_path)
        method = "GET" if request.method == "HEAD" and self._profile.serves_head else request.method
        matching = [(op, carried) for op, carried in here if op.method == method]
        if not matching:
            return self._of_method(request, [op for op, _ in here])
        case = self._case(request, matching)
        sent = case
        reading = distortion.read(case.reading)
        if reading is not case.reading:
            case = Case(case.api, case.operation, reading, case.world)
        operation = case.operation
        barred = None if self._firewall is None else self._firewall.bars(operation.name, now)
        if barred is not None and not self._spared(case):
            return Judgement(operation, None, case, barred, barred=True)
        distortion.meet(case)
        if distortion.accepts(case):
            return Judgement(operation, None, case, None, excused=True)
        profile = self._profile.operations[operation.name]
        refusal = decide(case, profile)
        misread = case is not sent and _condition(decide(sent, profile)) != _condition(refusal)
        for demand in profile.demands:
            if not (demand.last and refusal) and not meets(case, demand):
                return Judgement(operation, DEMANDED, case, demand.reply, demand=demand)
        if refusal is not None:
            reply = refusal.reply
            left = left_out(self._profile, request, refusal.condition, case.value("grant_type"))
            if left is not None and left.reply is not None and (not left.field or case.reading.at("form", left.field)):
                reply = left.reply
            return Judgement(operation, refusal.condition, case, reply, then=refusal.then, misread=misread)
        return Judgement(operation, None, case, None, misread=misread)

    def _spared(self, case: Case) -> bool:
        """Tell whether a request is refused by what comes before the ban."""
        spared = frozenset() if self._profile.ban is None else self._profile.ban.spared
        name = case.operation.name
        return bool(spared) and _condition(decide(case, self._profile.operations[name])) in spared

    def _guards_of(self, names: Sequence[str]) -> list[Operation]:
        return [self._api.operations[name] for name in names]

    def _guarded(self, request: Request, guards: Sequence[Operation]) -> Judgement | None:
        """Refuse a request that leads nowhere for its credentials, if one of these operations would."""
        for operation in guards:
            case = self._read(operation, self._decoded(operation, request, {}))
            profile = self._profile.operations[operation.name]
            refusal = decide(case, _guarding(profile))
            if refusal is not None:
                return Judgement(operation, refusal.condition, case, refusal.reply)
        return None

    def _of_method(self, request: Request, here: list[Operation]) -> Judgement:
        method = request.method
        operation = here[0]
        allow = ", ".join(sorted({op.method for op in here}))
        options = self._profile.options.get(operation.name)
        if method == "OPTIONS" and options is not None:
            return Judgement(None, None, None, options, {"$allow": allow}, answered=True)
        guarded = self._guarded(request, [op for op in self._guards_of(self._profile.guard_methods) if op in here])
        if guarded is not None:
            return guarded
        usual = self._profile.unknown_method_by.get(method, self._profile.unknown_method)
        template = self._profile.unknown_method_at.get(operation.name, usual)
        return Judgement(operation, "method.wrong", None, template, {"$allow": allow})

    def _case(self, request: Request, matching: Sequence[tuple[Operation, Mapping[str, str]]]) -> Case:
        """Choose among the operations that share a path: by grant, then by whose credentials they are."""
        operation, path = matching[0]
        case = self._read(operation, self._decoded(operation, request, path))
        if len(matching) == 1:
            return case
        # Grants of one path share the body's encoding, so what was read for one of them holds for all.
        grant = case.value("grant_type")
        operations = [op for op, _ in matching]
        wanted = [op for op in operations if _grant_of(op) == grant]
        wanted = wanted or [op for op in operations if _grant_of(op) == str(grant).lower()] or operations
        cases = [case if op is operation else self._read(op, case.reading.of(op)) for op in wanted]
        if len(cases) > 1 and not operation.bound("grant_type"):
            # What says of itself which operation it is for is for that; else the token that it presents tells.
            cases = [c for c in cases if _says(c)] or [c for c in cases if c.access or c.refresh] or cases
        return next((c for c in cases if c.client is not None or c.user is not None), cases[0])

    def _decoded(self, operation: Operation, request: Request, path: Mapping[str, str]) -> Reading:
        reading = decode(operation, request, path)
        if self._profile.last_counts:
            reading.form, reading.query = tuple(dict(reading.form).items()), tuple(dict(reading.query).items())
        return reading

    def _read(self, operation: Operation, reading: Reading) -> Case:
        case = Case(self._api, operation, reading, self._world)
        pair, decodes = reading.basic, self._profile.form_encoded_basic
        if pair is None:
            return case
        if any(b.place == "basic" and b.encoded for b in operation.bindings):
            # It was decoded, as the description has it.
            return (
                case
                if decodes
                else Case(self._api, operation, replace(reading, basic=basic_sent(reading)), self._world)
            )
        plain = (unquote_plus(pair[0]), unquote_plus(pair[1]))
        if not decodes or "%" not in "".join(pair) or self._world.opens(*pair):
            return case
        # RFC 6749 section 2.3.1 has clients encode both as in a form; the other way is that of RFC 7617.
        return Case(self._api, operation, replace(reading, basic=plain), self._world)


def left_out(profile: Profile, request: Request, condition: str | None, grant: object) -> LeftOut | None:
    """Give the grant that a request asks for in vain, if it is one that the imitated server has and the mock has not."""
    if condition not in ("grant_type.unknown", "grant_type.not_allowed"):
        return None
    asked = (request.method, request.path, grant)
    return next((one for one in profile.left_out if one.grant and (one.method, one.path, one.grant) == asked), None)


def _condition(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.condition


def _says(case: Case) -> bool:
    """Tell whether a request has every fixed value of an operation."""
    fixed = [b for b in case.operation.bindings if b.const is not None]
    return bool(fixed) and all(b.const in case.reading.values(b.role) for b in fixed)


def _grant_of(operation: Operation) -> str | None:
    return next((b.const for b in operation.bound("grant_type")), None)
