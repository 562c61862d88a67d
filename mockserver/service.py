"""The mock without I/O: a request value in, a reply value out.

route → read the bindings → decide → apply → render. Everything that makes one API different from another comes from its
dialect and profile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from watchword.mockserver.clock import Clock, Ids, RandomIds
from watchword.mockserver.deeds import Deed
from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.http.delivery import Ending
from watchword.mockserver.judgement import Judge, Judgement
from watchword.mockserver.rules.case import Case, stand_in
from watchword.mockserver.rules.render import render
from watchword.mockserver.state.firewall import Firewall
from watchword.mockserver.state.world import World
from watchword.specs.loader import Dialect
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile, TokenForm, WorldData

__all__ = ["Outcome", "Service"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reply and why it is what it is.

    `operation` is None when no path matched; `condition` is the one for which the request was refused, None when it was
    served; `at` is the mock's time; `then` is what becomes of the connection. `judged` is the judgement behind the reply,
    and `altered` says that a fault made another of it.
    """

    reply: Reply
    operation: str | None
    condition: str | None
    at: float
    then: Ending = "keep"
    judged: Judgement | None = None
    altered: bool = False


class Service:
    """One mocked API: a dialect, a profile, a world. Not safe for threads; callers take turns.

    `access_token_lifetime` and `refresh_token_lifetime`, in seconds, take the place of the profile's.
    """

    def __init__(
        self,
        dialect: Dialect,
        profile: str = "documented",
        world: WorldData | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        fault: Fault | None = None,
        *,
        access_token_lifetime: int | None = None,
        refresh_token_lifetime: int | None = None,
    ) -> None:
        self.dialect = dialect
        self.fault = fault
        self._distortion = Distortion() if fault is None else fault.make()
        self.profile = self._distortion.profile(
            _living(dialect.profile(profile), access_token_lifetime, refresh_token_lifetime)
        )
        self.clock = clock or Clock()
        source = ids or RandomIds()
        self.state = World(world or dialect.world, self.profile, self.clock, source, source.hex(64).encode())
        self._firewall = None if self.profile.ban is None else Firewall(self.profile.ban)
        self._judge = Judge(dialect, self.profile, self.state, self._firewall)

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
        judged = self._judge.judge(self._distortion.request(request), self._distortion, now)
        right = reply = self._enact(judged, origin, now)
        then: Ending = "keep"
        moment = Moment(judged.operation, judged.condition, judged.case)
        if self.fault is not None:
            delivery = self._distortion.deliver(moment, self._distortion.reply(moment, reply))
            reply, then = delivery.reply, delivery.then
        reply = self._dressed(request, reply)
        operation = None if judged.operation is None else judged.operation.name
        altered = then != "keep" or (reply.status, reply.body) != (right.status, right.body)
        return Outcome(reply, operation, judged.condition, now, then, judged, altered)

    def _dressed(self, request: Request, reply: Reply) -> Reply:
        """Give the reply with the headers that all replies of the profile have."""
        own = {name.lower() for name, _ in reply.headers}
        more = [pair for pair in self.profile.headers.items() if pair[0].lower() not in own]
        if self.profile.allow_origin and request.header("origin") is not None:
            more.append(("Access-Control-Allow-Origin", self.profile.allow_origin))
        return Reply(reply.status, (*reply.headers, *more), reply.body) if more else reply

    def banned_for(self) -> int:
        """Give for how many more seconds the client is banned, in whole seconds; 0 when it is not."""
        return 0 if self._firewall is None else math.ceil(self._firewall.left(self.clock.now()))

    def would(self, request: Request) -> Judgement:
        """Say what would become of a request now, and leave everything as it is."""
        # A distortion of its own: one that counts is not to count this.
        distortion = Distortion() if self.fault is None else self.fault.make()
        return self._judge.judge(distortion.request(request), distortion, self.clock.now())

    def _enact(self, judged: Judgement, origin: str, now: float) -> Reply:
        if judged.reply is None and judged.case is not None:
            return self._serve(stand_in(judged.case) if judged.excused else judged.case, origin)
        template = judged.reply or self.profile.unknown_path
        if judged.case is not None and judged.condition is not None:
            self._take_effect(judged.case, judged.then)
            if self._firewall is not None:
                self._firewall.count(judged.condition, template.status, now)
        return render(template, {"$origin": origin, **judged.values})

    def _take_effect(self, case: Case, then: str | None) -> None:
        for token in (case.refresh, case.access):
            if token is None:
                continue
            if then == "end_session":
                token.session.ended = True
            elif then == "end_token":
                self.state.withdraw(token, how="server")
            return

    def _serve(self, case: Case, origin: str) -> Reply:
        template = self.profile.operations[case.operation.name].reply
        deed = Deed(case, self.state, self.profile, origin)
        values = {"$origin": origin, **deed.values()}
        if case.operation.purpose in ("issue", "renew"):
            values = self._distortion.values(case, self.state, values)
        return render(template, values | deed.about(), case.operation)


def _living(profile: Profile, access: int | None, refresh: int | None) -> Profile:
    return replace(
        profile,
        access_token=_lasting(profile.access_token, access),
        refresh_token=_lasting(profile.refresh_token, refresh),
    )


def _lasting(form: TokenForm, lifetime: int | None) -> TokenForm:
    # A server that forgot the token earlier would not give it the lifetime that was asked for.
    return form if lifetime is None else replace(form, lifetime=lifetime, lease=None)
