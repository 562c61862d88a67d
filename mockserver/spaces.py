"""The worlds of one mock: the first, and those that clients name by a path prefix or by a header."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from watchword.mockserver.console.asked import BadRequest, read_body
from watchword.mockserver.console.problem import as_json, problem
from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.http.delivery import Answer
from watchword.mockserver.recipe import find_world
from watchword.mockserver.service import Service
from watchword.specs.errors import SpecError
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import WorldData

__all__ = ["HEADER", "MOST", "Opening", "Plan", "Spaces"]

HEADER = "Watchword-Space"
"""The request header that names a space."""
_LOWER = HEADER.lower()
_LENGTH = len(HEADER)

MOST = 1000
"""How many spaces there may be at once. None is forgotten unasked: whoever uses it would not understand what happened."""

_PAGE = f"{ROOT}spaces"
_WELL_KNOWN = "/.well-known/"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,62}[A-Za-z0-9])?")
_EXPECTED = "expected the name of a space: up to 64 letters, digits and any of . _ ~ - in between"
_METHODS = "GET, HEAD, PUT, POST, DELETE"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a space differs in from the mock that it is in."""

    profile: str | None = None
    world: WorldData | None = None


class Opening(Protocol):
    """What gives spaces ports of their own."""

    def open(self, name: str, port: int) -> str:
        """Let a space be reached by a port, 0 for a free one; gives its origin.

        Raises:
            BadRequest: the port cannot be listened on.
        """

    def close(self, name: str) -> None:
        """Let nobody in any more."""


class Spaces:
    """Hands each request to the world that it is meant for; a world that is named for the first time is made.

    Below `/__watchword__/spaces/NAME/` each space is a mock of its own, with a control side. `make` gives the application of a
    space's service. May be called from several threads. `doors` is there where something listens.
    """

    def __init__(self, first: Application, make: Callable[[Service, str], Application]) -> None:
        self.first = first
        self.doors: Opening | None = None
        self._origins: dict[str, str] = {}
        self._make = make
        self._plans: dict[str, Plan] = {}
        self._made: dict[str, Application] = {}
        self._world: WorldData | None = None
        self._turn = threading.Lock()
        self.begun: Callable[[str, Plan | None, Application | None], None] | None = None
        """Hears of each space when it is made, from its plan, and, with neither that nor an application, when it is forgotten."""
        first.desk.spaces = self.listed

    @property
    def service(self) -> Service:
        """The service of the first world."""
        return self.first.service

    def __call__(self, request: Request, origin: str) -> Answer:
        """Answer a request that came over a socket."""
        return self._route(request, origin, inside=False)

    def from_inside(self, request: Request, origin: str) -> Answer:
        """Answer a request of this very process, which may use the control side as it is."""
        return self._route(request, origin, inside=True)

    def through(self, name: str, request: Request, origin: str) -> Answer:
        """Answer a request that came by the port of a space."""
        return self._within(name, request, origin, "", inside=False)

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Note what was refused before anybody could look at it as a request."""
        return self.first.refused(reply, sentence, method, target)

    def settle(self, world: WorldData) -> None:
        """Let others live in the mock from now on, and in the spaces that have no world of their own; sessions stay."""
        with self._turn:
            self._world = world
            for application in [self.first, *(self._made[n] for n, plan in self._plans.items() if plan.world is None)]:
                application.settle(world)

    def kept(self) -> tuple[WorldData | None, dict[str, Plan]]:
        """Give who lives in spaces to come, and from what plan each space is made, for another process to do the same."""
        return self._world, dict(self._plans)

    def keep(self, world: WorldData | None) -> None:
        """Let others live in the spaces to come."""
        self._world = world

    def begin(self, name: str, plan: Plan) -> None:
        """Make a space, anew if it is there, as another process has made it."""
        with self._turn:
            self._begin(name, plan)

    def names(self) -> list[str]:
        """Give the names of the spaces that there are."""
        return list(self._made)

    def listed(self, at: str) -> list[dict[str, Any]]:
        """Say of each space what it is and where, for whoever believes the mock to be at an origin."""
        return [self._facts(at, name, made) for name, made in list(self._made.items())]

    def application(self, name: str) -> Application:
        """Give the world of a name, made now if there is none.

        Raises:
            BadRequest: the name is none, or there are too many spaces.
        """
        found = self._made.get(name)
        if found is not None:
            return found
        with self._turn:
            return self._made.get(name) or self._begin(name, self._plans.get(name, Plan()))

    def make(self, name: str | None, asked: Mapping[str, Any]) -> str:
        """Make a space, anew if it is there, from what a request asks for; give its name.

        Raises:
            BadRequest: the name, the profile or the world is none, there are too many spaces, or it has another port already.
        """
        service = self.service
        try:
            world = find_world(service.dialect, asked["world"]) if "world" in asked else None
            profile = asked.get("profile")
            service.dialect.profile(profile or service.profile.name)
        except SpecError as error:
            raise BadRequest(str(error)) from None
        with self._turn:
            name = name or next(n for n in iter(lambda: secrets.token_hex(6), "") if n not in self._made)
            there = self._origins.get(name, "")
            if there and asked.get("port") and not there.endswith(f":{asked['port']}"):
                raise BadRequest(f"the space is at {there} already; DELETE it before it is to have another port", 409)
            self._begin(name, Plan(profile, world))
            if "port" in asked:
                self._open(name, asked["port"])
        return name

    def origin(self, name: str) -> str | None:
        """Give the origin that is a space's own; None where it has no port."""
        return self._origins.get(name)

    def _open(self, name: str, port: int) -> None:
        if self.doors is None:
            raise BadRequest("expected no port: this mock listens nowhere, so that a space of it cannot, either", 409)
        if name not in self._origins:
            self._origins[name] = self.doors.open(name, port)

    def forget(self, name: str) -> None:
        """Forget a space.

        Raises:
            BadRequest: there is none of that name.
        """
        with self._turn:
            self._plans.pop(name, None)
            gone = self._made.pop(name, None)
            if gone is None:
                raise BadRequest(f"there is no space of that name; {_PAGE} lists them", 404)
            if self._origins.pop(name, None) is not None and self.doors is not None:
                self.doors.close(name)
            if self.begun is not None:
                self.begun(name, None, None)
        gone.desk.race.go()

    def release(self) -> None:
        """Let go whoever is held for a race, in whatever space: the mock is about to end."""
        for application in (self.first, *list(self._made.values())):
            application.desk.race.go()

    def _begin(self, name: str, plan: Plan) -> Application:
        if not _NAME.fullmatch(name):
            raise BadRequest(_EXPECTED)
        if name not in self._made and len(self._made) >= MOST:
            raise BadRequest(f"there are {MOST} spaces already; delete some", 503)
        made = self._make(self.service.anew(plan.profile, plan.world or self._world), name)
        self._plans[name], self._made[name] = plan, made
        if self.begun is not None:
            self.begun(name, plan, made)
        return made

    def _route(self, request: Request, origin: str, *, inside: bool) -> Answer:
        path = request.path
        if path.startswith(_PAGE):
            rest = path[len(_PAGE) :]
            if not rest or rest == "/":
                return self._managed(request, origin, inside, lambda at: self._overview(request, at))
            if rest[0] == "/":
                name, slash, below = rest[1:].partition("/")
                if not slash:
                    return self._managed(request, origin, inside, lambda at: self._one(request, at, name))
                return self._within(name, replace(request, path=f"/{below}"), origin, f"{_PAGE}/{name}", inside)
        if path.startswith(_WELL_KNOWN) and f"{_PAGE}/" in path:
            # What is known of an issuer with a path is asked for with that path behind it (RFC 8615, RFC 8414 section 3.1).
            known, _, rest = path.partition(f"{_PAGE}/")
            name, slash, below = rest.partition("/")
            return self._within(name, replace(request, path=known + slash + below), origin, f"{_PAGE}/{name}", inside)
        named = _space_named(request)
        if named is not None:
            return self._within(named.strip(), request, origin, "", inside)
        return self.first.from_inside(request, origin) if inside else self.first(request, origin)

    def _within(self, name: str, request: Request, origin: str, below: str, inside: bool) -> Answer:
        try:
            found = self.application(name)
        except BadRequest as bad:
            return problem(bad.status, bad.detail)
        return found.from_inside(request, origin, below) if inside else found(request, origin, below)

    # -- the pages about the spaces

    def _managed(self, request: Request, origin: str, inside: bool, page: Callable[[str], Reply]) -> Reply:
        def answer(at: str) -> Reply:
            try:
                return page(at)
            except BadRequest as bad:
                return problem(bad.status, bad.detail)

        return answer(self.first.seen_at(origin)) if inside else self.first.guarded(request, origin, answer)

    def _overview(self, request: Request, at: str) -> Reply:
        if request.method in ("GET", "HEAD"):
            return as_json({"spaces": self.listed(at)})
        if request.method == "POST":
            name = self.make(None, self._asked(request))
            return as_json(self._facts(at, name, self._made[name]), 201)
        return problem(405, "expected GET, HEAD, POST here", ("Allow", "GET, HEAD, POST"))

    def _one(self, request: Request, at: str, name: str) -> Reply:
        if request.method == "PUT":
            there = name in self._made
            self.make(name, self._asked(request))
            return as_json(self._facts(at, name, self._made[name]), 200 if there else 201)
        if request.method not in ("GET", "HEAD", "POST", "DELETE"):
            return problem(405, f"expected {_METHODS} here", ("Allow", _METHODS))
        if name not in self._made:
            raise BadRequest(f"there is no space of that name; {_PAGE} lists them", 404)
        if request.method == "DELETE":
            self.forget(name)
            return Reply(204)
        if request.method == "POST":
            with self._turn:
                self._begin(name, self._plans[name])
        return as_json(self._facts(at, name, self._made[name]))

    def _asked(self, request: Request) -> dict[str, Any]:
        return read_body(request, "Space", self.first.desk.masker.mask)

    def _facts(self, at: str, name: str, made: Application) -> dict[str, Any]:
        told = made.desk.facts(self._origins.get(name) or f"{at}{_PAGE}/{name}")
        wanted = ("profile", "url", "resource_url", "control_url")
        return {"name": name, "header": f"{HEADER}: {name}"} | {key: told[key] for key in wanted}


def _space_named(request: Request) -> str | None:
    # Every request comes by here, and hardly any names a space.
    for name, value in request.headers:
        if len(name) == _LENGTH and name.lower() == _LOWER:
            return value
    return None
