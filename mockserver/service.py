"""The mock without I/O: a request value in, a reply value out.

route → read the bindings → decide → apply → render. Everything that makes one API different from another comes from its
dialect and profile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from watchword.mockserver.clock import Clock, Ids, RandomIds
from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.http.delivery import Ending
from watchword.mockserver.rules.case import Case, stand_in
from watchword.mockserver.rules.decide import Refusal, decide
from watchword.mockserver.rules.render import render
from watchword.mockserver.rules.routes import elsewhere, leading
from watchword.mockserver.state.firewall import Firewall
from watchword.mockserver.state.world import AccessToken, RefreshToken, Session, World
from watchword.specs.codec import decode
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import WorldData

__all__ = ["Outcome", "Service"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reply and why it is what it is.

    `operation` is None when no path matched; `condition` is the one for which the request was refused, None when it was
    served; `at` is the mock's time; `then` is what becomes of the connection.
    """

    reply: Reply
    operation: str | None
    condition: str | None
    at: float
    then: Ending = "keep"


class Service:
    """One mocked API: a dialect, a profile, a world. Not safe for threads; callers take turns."""

    def __init__(
        self,
        dialect: Dialect,
        profile: str = "documented",
        world: WorldData | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        fault: Fault | None = None,
    ) -> None:
        self.dialect = dialect
        self.fault = fault
        self._distortion = Distortion() if fault is None else fault.make()
        self.profile = self._distortion.profile(dialect.profile(profile))
        self.clock = clock or Clock()
        source = ids or RandomIds()
        self.state = World(world or dialect.world, self.profile, self.clock, source, source.hex(64).encode())
        self._firewall = None if self.profile.ban is None else Firewall(self.profile.ban)

    @property
    def credentials(self) -> dict[str, str]:
        """The credentials that the mock announces, by the names that a target file uses."""
        return self.state.data.credentials

    def reset(self) -> None:
        """Forget every session, token and ban."""
        self.state.reset()
        if self._firewall is not None:
            self._firewall.reset()

    def handle(self, request: Request, origin: str) -> Outcome:
        """Answer a request. `origin` is scheme, host and port as the client wrote them; JWTs may name it as issuer."""
        now = self.clock.now()
        reply, moment = self._answer(self._distortion.request(request), origin, now)
        if self.fault is not None:
            delivery = self._distortion.deliver(moment, self._distortion.reply(moment, reply))
            reply, then = delivery.reply, delivery.then
        else:
            then = "keep"
        operation = None if moment.operation is None else moment.operation.name
        return Outcome(reply, operation, moment.condition, now, then)

    def _answer(self, request: Request, origin: str, now: float) -> tuple[Reply, Moment]:
        here = leading(self.dialect.api, request.path)
        if not here:
            condition = "path.alternative" if request.path in elsewhere(self.dialect.api) else None
            return render(self.profile.unknown_path, {}), Moment(None, condition, None)
        method = "GET" if request.method == "HEAD" and self.profile.serves_head else request.method
        matching = [(op, path) for op, path in here if op.method == method]
        if not matching:
            operation = here[0][0]
            allow = ", ".join(sorted({op.method for op, _ in here}))
            template = self.profile.unknown_method_at.get(operation.name, self.profile.unknown_method)
            return render(template, {"$allow": allow}), Moment(operation, "method.wrong", None)
        case = self._case(request, matching)
        reading = self._distortion.read(case.reading)
        if reading is not case.reading:
            case = Case(case.api, case.operation, reading, case.world)
        name = case.operation.name
        barred = None if self._firewall is None else self._firewall.bars(name, now)
        if barred is not None:
            return render(barred, {"$origin": origin}), Moment(case.operation, None, case)
        self._distortion.meet(case)
        if self._distortion.accepts(case):
            return self._serve(stand_in(case), origin), Moment(case.operation, None, case)
        refusal = decide(case, self.profile.operations[name])
        if refusal is not None:
            self._take_effect(case, refusal)
            if self._firewall is not None:
                self._firewall.count(refusal.condition, refusal.reply.status, now)
            return render(refusal.reply, {"$origin": origin}), Moment(case.operation, refusal.condition, case)
        return self._serve(case, origin), Moment(case.operation, None, case)

    def _case(self, request: Request, matching: Sequence[tuple[Operation, Mapping[str, str]]]) -> Case:
        """Choose among the operations that share a path: by grant, then by whose credentials they are."""
        operation, path = matching[0]
        case = Case(self.dialect.api, operation, decode(operation, request, path), self.state)
        if len(matching) == 1:
            return case
        # Grants of one path share the body's encoding, so what was read for one of them holds for all.
        grant = case.value("grant_type")
        operations = [op for op, _ in matching]
        wanted = [op for op in operations if _grant_of(op) == grant]
        wanted = wanted or [op for op in operations if _grant_of(op) == str(grant).lower()] or operations
        cases = [
            case if op is operation else Case(case.api, op, replace(case.reading, operation=op), self.state)
            for op in wanted
        ]
        return next((c for c in cases if c.client is not None or c.user is not None), cases[0])

    def _take_effect(self, case: Case, refusal: Refusal) -> None:
        for token in (case.refresh, case.access):
            if token is None:
                continue
            if refusal.then == "end_session":
                token.session.ended = True
            elif refusal.then == "end_token":
                self.state.refresh.pop(token.value, None)
                self.state.access.pop(token.value, None)
            return

    # -- what a right request does

    def _serve(self, case: Case, origin: str) -> Reply:
        purpose = case.operation.purpose
        template = self.profile.operations[case.operation.name].reply
        values: dict[str, Any] = {"$origin": origin}
        if purpose == "issue":
            values |= self._issue(case, origin, self._gives_refresh_token(case.operation, template.members))
        elif purpose == "renew":
            values |= self._renew(case, origin)
        elif purpose == "revoke":
            self._revoke(case)
        if purpose in ("issue", "renew"):
            values = self._distortion.values(case, self.state, values)
        session = case.access.session if case.access is not None else None
        if session is not None:
            values |= _of_session(session)
        elif purpose == "resource":
            values |= _of_session(self._session(case))
        return render(template, values, case.operation)

    def _gives_refresh_token(self, operation: Operation, members: tuple[str, ...]) -> bool:
        shape = operation.success
        return shape is not None and any(m.role == "refresh_token" and m.name in members for m in shape.members)

    def _issue(self, case: Case, origin: str, with_refresh: bool) -> dict[str, Any]:
        asked = case.asked_scopes
        scopes = tuple(s for s in case.allowed_scopes if not asked or s in asked)
        key = (case.user, case.client, scopes)
        if self.profile.relogin == "same_tokens" and key in self.state.current:
            access = self.state.access.get(self.state.current[key][0])
            refresh = self.state.refresh.get(self.state.current[key][1] or "")
            if access is not None and not access.superseded and not _is_over(access, self.clock.now()):
                return self._given(access, refresh)
        session = self.state.begin(
            case.user, case.client, case.brand if case.operation.bound("brand_key") else None, scopes
        )
        access = self.state.mint_access(session, origin)
        refresh = self.state.mint_refresh(session, origin) if with_refresh else None
        self.state.current[key] = (access.value, refresh.value if refresh else None)
        return self._given(access, refresh)

    def _session(self, case: Case) -> Session:
        """Begin the session that a served request asks for."""
        scopes = case.allowed_scopes
        brand = case.brand if case.operation.bound("brand_key") else None
        return self.state.begin(case.user, case.client, brand, scopes)

    def _presented(self, case: Case, origin: str) -> RefreshToken | AccessToken:
        """Give what a renewal is made with: some servers take an access token for a refresh token.

        A request without either gets this far only where a fault lets it; its session begins here.
        """
        value = case.value("refresh_token")
        known = case.refresh or (self.state.access.get(value) if isinstance(value, str) else None)
        if known is not None:
            return known
        session = case.access.session if case.access is not None else self._session(case)
        if not session.tokens:
            self.state.mint_access(session, origin)
        return self.state.mint_refresh(session, origin)

    def _renew(self, case: Case, origin: str) -> dict[str, Any]:
        refresh = self._presented(case, origin)
        session = refresh.session
        if isinstance(refresh, RefreshToken):
            refresh.used += 1
        before = session.tokens[-1].expires_at
        for token in session.tokens:
            token.superseded = True
        access = self.state.mint_access(session, origin)
        given = self.state.mint_refresh(session, origin) if self.profile.renewal.rotates else refresh
        values = self._given(access, given)
        if self.profile.renewal.stale_expiry:
            values["expires_at"] = before
        return values

    def _given(self, access: AccessToken, refresh: RefreshToken | AccessToken | None) -> dict[str, Any]:
        values = {
            "access_token": access.value,
            "refresh_token": refresh.value if refresh is not None else None,
            "expires_at": access.expires_at,
            "expires_in": None
            if access.expires_at is None
            else max(0, access.expires_at - math.floor(self.clock.now())),
            "scope": self.profile.scope_separator.join(access.session.scopes) or None,
        }
        return values | _of_session(access.session)

    def _revoke(self, case: Case) -> None:
        if case.access is not None:
            case.access.revoked = True
        if case.refresh is not None:
            case.refresh.session.ended = True


def _of_session(session: Session) -> dict[str, Any]:
    return {
        "subject": session.subject,
        "$subject": session.subject,
        "$scope": " ".join(session.scopes),
        "$brand_key": session.brand,
    }


def _is_over(token: AccessToken, now: float) -> bool:
    return token.revoked or token.session.ended or (token.expires_at is not None and now >= token.expires_at)


def _grant_of(operation: Operation) -> str | None:
    return next((b.const for b in operation.bound("grant_type")), None)
