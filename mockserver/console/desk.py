"""The pages below `/__watchword__/`: what each answers, and what it does to the mock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from watchword.mockserver.console import steering
from watchword.mockserver.console.asked import DESCRIPTION, BadRequest, read_body, read_query, see_names
from watchword.mockserver.console.curl import lines
from watchword.mockserver.console.dryrun import answered, request_of
from watchword.mockserver.console.journal import Entry, Journal
from watchword.mockserver.console.live import Live
from watchword.mockserver.console.noted import Noted
from watchword.mockserver.console.ordering import Ordering
from watchword.mockserver.console.people import People
from watchword.mockserver.console.problem import as_json, problem
from watchword.mockserver.console.reasons import Reasons
from watchword.mockserver.explain.explanation import Explanation
from watchword.mockserver.orders.book import Book
from watchword.mockserver.orders.race import Race
from watchword.mockserver.service import Outcome, Service
from watchword.mockserver.verdicts.observing import Observer
from watchword.specs.errors import SpecError
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import WorldData

__all__ = ["ROOT", "Desk"]

ROOT = "/__watchword__/"

_REMEMBERED = 1000
"""How many tokens have a pseudonym by which they can be told. Those that stand in the journal get one when it is read."""

_SHOWN = 50
"""How many of the journal's entries the page shows."""

_SESSIONS = 20
"""How many sessions the page shows."""

_Page = Callable[[Request, str], Reply]


class Desk:
    """Whoever may use the control side asks here. `private` says that only this machine can; callers take turns.

    `reload` gives the world to go back to, and `turn` is what callers hold.
    """

    def __init__(
        self,
        service: Service,
        size: int,
        turn: threading.RLock,
        *,
        private: bool,
        reload: Callable[[], WorldData] | None,
    ) -> None:
        self.service = service
        self.book = Book(service)
        self.race = Race(service)
        self.masker = Masker(_REMEMBERED)
        self.masker.configure(service.credentials)
        self.journal = Journal(service.dialect.api, self.masker, size, service.state.issued)
        self.live = Live(self.journal, turn, self.learn)
        first = service.state.data
        self.observer = Observer(service)
        self._private = private
        self._reload = reload or (lambda: first)
        self._reasons = Reasons(service)
        self.spaces: Callable[[str], list[dict[str, Any]]] | None = None
        """Says at an origin what spaces there are; None where there can be none."""
        self._noted = Noted(
            service.dialect, self.journal, self.live, self.masker, self.learn, lambda: service.api.operations
        )
        self._pages: Mapping[str, Mapping[str, _Page]] = {
            "": {"GET": self._index},
            "description": {"GET": self._viewer},
            "openapi.yaml": {"GET": self._description},
            "control.yaml": {"GET": lambda request, origin: _yaml(DESCRIPTION.read_bytes())},
            "clock": {"GET": self._read_clock, "POST": self._set_clock},
            "why": {"GET": self._why},
            "explain": {"POST": self._explain},
            "credentials": {"GET": lambda request, origin: as_json(service.credentials)},
            "keys": {"GET": self._read_keys, "PUT": self._set_keys},
            "sessions": {"GET": lambda request, origin: as_json(steering.sessions(service, self.masker.learn))},
            "sessions/expire": {"POST": self._expire},
            "sessions/revoke": {"POST": self._revoke},
            "users": {
                "GET": lambda request, origin: as_json(steering.users(service.state.data.accounts)),
                "POST": lambda request, origin: as_json(
                    steering.add_user(service, self._body(request, "NewUser")), 201
                ),
                "PATCH": lambda request, origin: as_json(
                    steering.change_user(service, self._body(request, "UserChange"))
                ),
            },
            "world/reload": {"POST": self._reload_world},
            **self._noted.pages(),
            **People(service, self._body, self.masker.learn).pages(),
            **Ordering(self.book, self.race, self._body).pages(),
            "reset": {"POST": self._reset},
            "health": {"GET": lambda request, origin: as_json({"status": "ok"})},
        }

    def answer(self, request: Request, origin: str) -> Reply:
        """Answer a request to a path below the root."""
        name = request.path[len(ROOT) :]
        pages = self._pages.get(name)
        if pages is None:
            paths = [ROOT + page for page in self._names()]
            return problem(404, f"expected one of the paths below {ROOT}", paths=paths)
        page = pages.get("GET" if request.method == "HEAD" else request.method)
        if page is None:
            allowed = ", ".join([*pages, "HEAD"] if "GET" in pages else pages)
            return problem(405, f"expected {allowed} here", ("Allow", allowed))
        try:
            # Whoever asks whether the mock is up, or opens its page, may have something there to get past a cache.
            if request.query and name not in ("", "health"):
                see_names(request, f"/{name}")
            return page(request, origin)
        except BadRequest as bad:
            return problem(bad.status, bad.detail)

    def learn(self) -> None:
        """Take note of the secrets that there are now, so that nothing shows them."""
        world = self.service.state
        for value, role in world.configured():
            self.masker.learn(role, value, lasting=True)
        while world.fresh:
            value, role = world.fresh.popleft()
            self.masker.learn(role, value)

    def reset(self) -> None:
        """Forget every session and token of the service, and every order."""
        # The journal still speaks of the tokens that are about to be forgotten.
        self.learn()
        self.service.reset()
        self.book.reset()
        self.race.clear()

    def settle(self, world: WorldData) -> None:
        """Let others live in the mock from now on; sessions stay."""
        self.learn()
        self.service.settle(world)
        self.masker.configure(world.credentials)

    def entries(self, last: int | None = None, only: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Give the journal's entries, masked, the oldest first; see `Journal.entries`."""
        self.learn()
        return self.journal.entries(last, only)

    def noted(
        self,
        request: Request,
        outcome: Outcome,
        why: Explanation | None,
        race: Mapping[str, Any] | None,
        origin: str,
        began: float,
    ) -> Entry:
        """Write a request down that came at `origin` when a clock that nobody moves said `began`; gives its entry."""
        ended = time.monotonic() + outcome.after + outcome.over
        sight = self.observer.see(self.journal.upcoming, request, outcome, origin, began, ended)
        entry = self.journal.record(request, outcome, why, race, sight)
        self.live.tell(entry)
        return entry

    def _body(self, request: Request, schema: str) -> dict[str, Any]:
        self.learn()
        return read_body(request, schema, self.masker.mask)

    # -- the pages

    def _index(self, request: Request, origin: str) -> Reply:
        if "text/html" in (request.header("accept") or ""):
            from watchword.mockserver.console.drawing import sequences
            from watchword.mockserver.console.page import render_page

            service = self.service
            # The credentials, throw-away ones, are shown only where nobody but this machine can ask for them.
            private = self._private
            judged: Mapping[str, Any] | str
            try:
                judged = self._noted.judged()
            except BadRequest as bad:
                judged = bad.detail
            entries = self.entries(_SHOWN)
            return render_page(
                self.facts(origin),
                {role: value if private else "" for role, value in service.credentials.items()},
                lines(service.dialect.api, service.credentials, origin) if private else (),
                service.clock.now(),
                entries,
                self.journal.dropped,
                self.book.shown(),
                judged,
                None if self.spaces is None else self.spaces(origin),
                sequences(entries, self.journal.exchanges, self.masker.known),
                steering.newest_sessions(service, self.masker.learn, _SESSIONS),
            )
        return as_json(self.facts(origin))

    def facts(self, origin: str) -> dict[str, Any]:
        """Say what runs here: dialect, profile, fault, URLs, the roles that there are credentials for."""
        service = self.service
        bases = service.dialect.api.bases
        return {
            "dialect": service.dialect.name,
            "title": service.dialect.api.title,
            "profile": service.profile.name,
            "fault": None if service.fault is None else {"name": service.fault.name, "says": service.fault.says},
            "url": origin + bases["url"],
            "resource_url": origin + bases.get("resource_url", bases["url"]),
            "control_url": origin + ROOT,
            "credentials": list(service.credentials),
            "control": [origin + ROOT + page for page in self._names()],
        }

    def _names(self) -> list[str]:
        return [*self._pages, *(() if self.spaces is None else ("spaces",))]

    def _viewer(self, request: Request, origin: str) -> Reply:
        from watchword.mockserver.console.viewer import render_description

        dialect = self.service.dialect
        text = (dialect.folder / "openapi.yaml").read_text(encoding="utf-8")
        return render_description(dialect, self.facts(origin), text)

    def _description(self, request: Request, origin: str) -> Reply:
        return _yaml((self.service.dialect.folder / "openapi.yaml").read_bytes())

    def _read_clock(self, request: Request, origin: str) -> Reply:
        return as_json(steering.tell_time(self.service.clock))

    def _set_clock(self, request: Request, origin: str) -> Reply:
        return as_json(steering.set_clock(self.service, self._body(request, "Clock")))

    def _why(self, request: Request, origin: str) -> Reply:
        self.learn()
        number = read_query(request, "/why").get("id")
        entry = self.journal.newest if number is None else self.journal.find(int(number))
        if entry is None and number is not None:
            raise BadRequest(f"the journal has no entry {number}: it is forgotten, or has not come yet", 404)
        return as_json(self._reasons.of(self.journal, entry))

    def _explain(self, request: Request, origin: str) -> Reply:
        asked = request_of(self._body(request, "Request"))
        answer = answered(self.service, asked, origin, self.masker)
        if self.book.ids():
            answer["fault"] = "Faults or replies were asked for; what they would make of this one is not told here."
        why = answer["why"] or {}
        return as_json(answer | self._reasons.around(answer["operation"], why.get("broader") or why.get("condition")))

    def _expire(self, request: Request, origin: str) -> Reply:
        return as_json(steering.expire(self.service, self._body(request, "Sessions"), self.masker.learn))

    def _revoke(self, request: Request, origin: str) -> Reply:
        return as_json(steering.revoke(self.service, self._body(request, "Sessions"), self.masker.learn))

    def _read_keys(self, request: Request, origin: str) -> Reply:
        return as_json(steering.keys(self.service.state))

    def _set_keys(self, request: Request, origin: str) -> Reply:
        return as_json(steering.set_key(self.service.state, self._body(request, "Keys")))

    def _reload_world(self, request: Request, origin: str) -> Reply:
        try:
            self.settle(self._reload())
        except SpecError as error:
            raise BadRequest(self.masker.mask(str(error)), 409) from None
        return as_json(steering.users(self.service.state.data.accounts))

    def _reset(self, request: Request, origin: str) -> Reply:
        self.reset()
        return Reply(204)


def _yaml(text: bytes) -> Reply:
    return Reply(200, (("Content-Type", "application/yaml"), ("Cache-Control", "no-store")), text)
