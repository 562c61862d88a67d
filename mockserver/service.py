"""The mock without I/O: a request value in, a reply value out.

route → read the bindings → decide → apply → render. Everything that makes one API different from another comes from its
dialect and profile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from watchword.mockserver.clock import Clock, Ids, RandomIds
from watchword.mockserver.deeds import Deed
from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.furnish import furnished
from watchword.mockserver.http.delivery import Ending
from watchword.mockserver.judgement import Judge, Judgement
from watchword.mockserver.rules.case import Case, stand_in
from watchword.mockserver.rules.render import prepared
from watchword.mockserver.state.firewall import Firewall
from watchword.mockserver.state.world import REMEMBERED, World
from watchword.specs.loader import Dialect
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile, TokenForm, WorldData

__all__ = ["ActiveFault", "Blame", "Outcome", "Service"]


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault, and the distortion by which it is told: one that remembers the requests so far."""

    fault: Fault
    distortion: Distortion

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Remember what the same fault remembers in another process, and nothing else."""
        self.distortion.memory.clear()
        self.distortion.memory.update(memory)


@dataclass(frozen=True, slots=True)
class Blame:
    """What may have made another reply of the right one.

    `fault` is a fault of the catalogue, `forced` a reply that somebody asked for; `says` tells it in a sentence, and `mend` what
    there is to do for who wants the right reply.
    """

    cause: Literal["fault", "forced"]
    name: str
    stage: str
    says: str
    mend: str


@dataclass(frozen=True, slots=True)
class _Stance:
    """How requests are met: by the profile as it is, or as an active fault has it."""

    distortion: Distortion
    profile: Profile
    judge: Judge
    blame: Blame | None


# Made for each request, and so not frozen: that would take several times as long.
@dataclass(slots=True, eq=False)
class Outcome:
    """A reply and why it is what it is.

    `operation` is None when no path matched; `condition` is the one for which the request was refused, None when it was
    served; `at` is the mock's time; `then` is what becomes of the connection, `after` and `over` how many seconds the reply
    and its body take. `judged` is the judgement behind the reply, `blame` what could make another of it, and `altered` says
    that it did.
    """

    reply: Reply
    operation: str | None
    condition: str | None
    at: float
    then: Ending = "keep"
    judged: Judgement | None = None
    altered: bool = False
    after: float = 0.0
    over: float = 0.0
    blame: Blame | None = None


class Service:
    """One mocked API: a dialect, a profile, a world. Not safe for threads; callers take turns.

    `api` is the dialect's description together with the resources of the world.
    `access_token_lifetime` and `refresh_token_lifetime`, in seconds, take the place of the profile's.
    `remember` tokens of each kind are kept, see `World`.
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
        remember: int = REMEMBERED,
    ) -> None:
        if remember < 1:
            raise ValueError(f"a mock remembers at least 1 token of each kind; {remember} was asked for")
        for lifetime in (access_token_lifetime, refresh_token_lifetime):
            if lifetime is not None and lifetime < 1:
                raise ValueError(f"a token lives for at least 1 second; {lifetime} was asked for")
        self.dialect = dialect
        self.fault = fault
        self._begun = (profile, world, access_token_lifetime, refresh_token_lifetime)
        active = None if fault is None else ActiveFault(fault, fault.make())
        distortion = Distortion() if active is None else active.distortion
        self._active = active
        self._bare = distortion.profile(
            _living(dialect.profile(profile), access_token_lifetime, refresh_token_lifetime)
        )
        self.clock = clock or Clock()
        source = ids or RandomIds()
        data = world or dialect.world
        self.api, self.profile = furnished(dialect.api, self._bare, data)
        self.state = World(
            data,
            self.profile,
            self.clock,
            source,
            source.hex(64).encode(),
            remember=remember,
            below=self.api.bases["url"],
        )
        self._firewall = None if self.profile.ban is None else Firewall(self.profile.ban)
        self._stance = self._standing(active, self.profile)

    def _standing(self, active: ActiveFault | None, profile: Profile) -> _Stance:
        judge = Judge(self.api, profile, self.state, self._firewall)
        if active is None:
            return _Stance(Distortion(), profile, judge, None)
        name = active.fault.name
        mend = f"Start the mock without --fault {name} to see the right reply."
        blame = Blame("fault", name, active.fault.stage, active.fault.says, mend)
        return _Stance(active.distortion, profile, judge, blame)

    def anew(self, profile: str | None = None, world: WorldData | None = None) -> Service:
        """Make another service like this one was at its start, with a clock, users and tokens of its own."""
        own_profile, own_world, access, refresh = self._begun
        return Service(
            self.dialect,
            profile or own_profile,
            world or own_world,
            fault=self.fault,
            access_token_lifetime=access,
            refresh_token_lifetime=refresh,
            remember=self.state.remember,
        )

    @property
    def credentials(self) -> dict[str, str]:
        """The credentials that the mock announces, by the names that a target file uses."""
        return self.state.data.credentials

    def settle(self, world: WorldData) -> None:
        """Let others live here from now on, and have their resources; sessions and tokens stay."""
        self.api, self.profile = furnished(self.dialect.api, self._bare, world)
        self.state.settle(world)
        self.state.profile = self.profile
        self._stance = self._standing(self._active, self.profile)

    def kept(self) -> tuple[Any, ...]:
        """Give what it goes by besides its sessions and tokens, for another process to go by the same."""
        return (
            self.state.data,
            self.state.key,
            self.clock.kept(),
            None if self._firewall is None else self._firewall.kept(),
            {} if self._active is None else dict(self._active.distortion.memory),
        )

    def keep(self, kept: tuple[Any, ...]) -> None:
        """Go by what another one goes by; both were made alike."""
        data, self.state.key, clock, counted, memory = kept
        if data != self.state.data:
            self.settle(data)
        self.clock.keep(clock)
        if self._firewall is not None:
            self._firewall.keep(counted)
        if self._active is not None:
            self._active.remember(memory)

    def reset(self) -> None:
        """Forget every session, token and ban."""
        self.state.reset()
        if self._firewall is not None:
            self._firewall.reset()

    def handle(self, request: Request, origin: str, active: ActiveFault | None = None) -> Outcome:
        """Answer a request. `origin` is scheme, host and port as the client wrote them; JWTs may name it as issuer.

        With an active fault, this one request is met as that has it.
        """
        if active is None:
            return self._met(self._stance, request, origin)
        # What a login is given follows from the world's profile, too.
        own = self.state.profile
        self.state.profile = active.distortion.profile(self.profile)
        try:
            return self._met(self._standing(active, self.state.profile), request, origin)
        finally:
            self.state.profile = own

    def _met(self, stance: _Stance, request: Request, origin: str) -> Outcome:
        now = self.clock.now()
        distortion = stance.distortion
        judged = stance.judge.judge(distortion.request(request), distortion, now)
        right = reply = self._enact(stance, judged, origin, now)
        operation = None if judged.operation is None else judged.operation.name
        if stance.blame is None:
            return Outcome(self.dressed(request, reply), operation, judged.condition, now, self._ending(reply), judged)
        moment = Moment(judged.operation, judged.condition, judged.case)
        delivery = distortion.deliver(moment, distortion.reply(moment, reply))
        reply, then = self.dressed(request, delivery.reply), delivery.then
        altered = not delivery.plain or (reply.status, reply.body) != (right.status, right.body)
        then = self._ending(reply) if then == "keep" else then
        return Outcome(reply, operation, judged.condition, now, then, judged, altered, blame=stance.blame)

    def _ending(self, reply: Reply) -> Ending:
        return "close" if reply.status in self.profile.closes_after else "keep"

    def dressed(self, request: Request, reply: Reply) -> Reply:
        """Give the reply with the headers that all replies of the profile have."""
        if not self.profile.headers and not self.profile.allow_origin:
            return reply
        own = {name.lower() for name, _ in reply.headers}
        more = [pair for pair in self.profile.headers.items() if pair[0].lower() not in own]
        if self.profile.allow_origin and request.header("origin") is not None:
            more.append(("Access-Control-Allow-Origin", self.profile.allow_origin))
        return reply.with_headers((*reply.headers, *more)) if more else reply

    def banned_for(self) -> int:
        """Give for how many more seconds the client is banned, in whole seconds; 0 when it is not."""
        return 0 if self._firewall is None else math.ceil(self._firewall.left(self.clock.now()))

    def would(self, request: Request) -> Judgement:
        """Say what would become of a request now, and leave everything as it is."""
        # A distortion of its own: one that counts is not to count this.
        distortion = Distortion() if self.fault is None else self.fault.make()
        return self._stance.judge.judge(distortion.request(request), distortion, self.clock.now())

    def _enact(self, stance: _Stance, judged: Judgement, origin: str, now: float) -> Reply:
        if judged.reply is None and judged.case is not None:
            return self._serve(stance, stand_in(judged.case) if judged.excused else judged.case, origin)
        template = judged.reply or stance.profile.unknown_path
        if judged.case is not None and judged.condition is not None:
            self._take_effect(judged.case, judged.then)
            if self._firewall is not None:
                self._firewall.count(judged.condition, template.status, now)
        return prepared(template)({"$origin": origin, **judged.values})

    def _take_effect(self, case: Case, then: str | None) -> None:
        for token in (case.refresh, case.access):
            if token is None:
                continue
            if then == "end_session":
                self.state.end(token.session)
            elif then == "end_family":
                self.state.end_family(token.session)
            elif then == "end_token":
                self.state.withdraw(token, how="server")
            return

    def _serve(self, stance: _Stance, case: Case, origin: str) -> Reply:
        template = stance.profile.operations[case.operation.name].reply
        deed = Deed(case, self.state, stance.profile, origin)
        values = {"$origin": origin, **deed.values()}
        if case.reading.path:
            values |= {f"${name}": value for name, value in case.reading.path.items()}
        if case.operation.purpose in ("issue", "renew"):
            values = stance.distortion.values(case, self.state, values)
        if template.json is not None:
            # What stands in the path under such a name goes before.
            values = deed.person() | values
        return prepared(template, case.operation)(values | deed.about())


def _living(profile: Profile, access: int | None, refresh: int | None) -> Profile:
    if access is None and refresh is None:
        return profile
    return replace(
        profile,
        access_token=_lasting(profile.access_token, access),
        refresh_token=_lasting(profile.refresh_token, refresh),
    )


def _lasting(form: TokenForm, lifetime: int | None) -> TokenForm:
    # A server that forgot the token earlier would not give it the lifetime that was asked for.
    return form if lifetime is None else replace(form, lifetime=lifetime, lease=None)
