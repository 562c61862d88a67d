"""The mock's own side, below `/__watchword__/`: its clock, its journal, its description, a page for people."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from watchword.mockserver.console.access import Access
from watchword.mockserver.console.curl import login_line
from watchword.mockserver.console.journal import Journal
from watchword.mockserver.console.problem import as_json, problem
from watchword.mockserver.http.delivery import Answer, Delivery
from watchword.mockserver.service import Service
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Pairs, Reply, Request

__all__ = ["ROOT", "Application"]

ROOT = "/__watchword__/"
_ANNOUNCEMENT = (("Watchword-Control", ROOT),)
"""The header by which clients that can use a clock learn that there is one."""

_END_OF_TIME = 253402300799
"""The last second of the year 9999, beyond which dates cannot be written."""

_SHOWN = 50
"""How many of the journal's entries the page shows."""

_Page = Callable[[Request, str], Reply]


def _is_control(path: str) -> bool:
    return path.startswith(ROOT) or path == ROOT[:-1]


class Application:
    """A mocked API together with its control side; what the HTTP server and the in-process ways in hand requests to.

    May be called from several threads; requests take turns.
    """

    def __init__(self, service: Service, access: Access | None = None, journal_size: int = 1000) -> None:
        self.service = service
        self.access = access or Access()
        self.masker = Masker()
        self.masker.configure(service.credentials)
        self.journal = Journal(service.dialect.api, self.masker, journal_size)
        self._turn = threading.RLock()
        self._announcement = _ANNOUNCEMENT if self.access.token is None else ()
        self._pages: Mapping[str, Mapping[str, _Page]] = {
            "": {"GET": self._index},
            "openapi.yaml": {"GET": self._description},
            "clock": {"GET": self._clock, "POST": self._advance},
            "journal": {"GET": self._read_journal, "DELETE": self._clear_journal},
            "why": {"GET": self._why},
            "reset": {"POST": self._reset},
            "health": {"GET": self._health},
        }

    def __call__(self, request: Request, origin: str) -> Answer:
        """Answer a request that came over a socket, to the mocked API or to the control side."""
        if _is_control(request.path):
            return self.access.refuse(request, origin) or self._control(request, origin)
        return self._serve(request, origin, self._announcement)

    def from_inside(self, request: Request, origin: str) -> Answer:
        """Answer a request of this very process, which may use the control side as it is."""
        if _is_control(request.path):
            return self._control(request, origin)
        return self._serve(request, origin, _ANNOUNCEMENT)

    def reset(self) -> None:
        """Forget every session and token of the service."""
        with self._turn:
            # The journal still speaks of the tokens that are about to be forgotten.
            self.journal.learn(self.service.state.secrets())
            self.service.reset()

    def entries(self, last: int | None = None) -> list[dict[str, Any]]:
        """Give the journal's entries, masked, the oldest first."""
        with self._turn:
            self.journal.learn(self.service.state.secrets())
            return self.journal.entries(last)

    def _serve(self, request: Request, origin: str, announcement: Pairs) -> Answer:
        with self._turn:
            outcome = self.service.handle(request, origin)
            self.journal.record(request, outcome)
        reply = Reply(outcome.reply.status, outcome.reply.headers + announcement, outcome.reply.body)
        return reply if outcome.then == "keep" else Delivery(reply, outcome.then)

    def _control(self, request: Request, origin: str) -> Reply:
        name = request.path[len(ROOT) :]
        pages = self._pages.get(name)
        if pages is None:
            paths = [ROOT + page for page in self._pages]
            return problem(404, f"expected one of the paths below {ROOT}", paths=paths)
        page = pages.get("GET" if request.method == "HEAD" else request.method)
        if page is None:
            allowed = ", ".join([*pages, "HEAD"] if "GET" in pages else pages)
            return problem(405, f"expected {allowed} here", ("Allow", allowed))
        with self._turn:
            return page(request, origin)

    # -- the pages

    def _index(self, request: Request, origin: str) -> Reply:
        if "text/html" in (request.header("accept") or ""):
            from watchword.mockserver.console.page import render_page

            service = self.service
            # The credentials, throw-away ones, are shown only where nobody but this machine can ask for them.
            private = self.access.token is None
            return render_page(
                self.facts(origin),
                {role: value if private else "" for role, value in service.credentials.items()},
                login_line(service.dialect.api, service.credentials, origin) if private else None,
                service.clock.now(),
                self.entries(_SHOWN),
                self.journal.dropped,
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
            "credentials": list(service.credentials),
            "control": [origin + ROOT + page for page in self._pages],
        }

    def _description(self, request: Request, origin: str) -> Reply:
        return Reply(
            200, (("Content-Type", "application/yaml"),), (self.service.dialect.folder / "openapi.yaml").read_bytes()
        )

    def _clock(self, request: Request, origin: str) -> Reply:
        return as_json({"now": self.service.clock.now()})

    def _advance(self, request: Request, origin: str) -> Reply:
        try:
            value = json.loads(request.body)
        except (ValueError, RecursionError):
            return self._bad_clock("a body that is not JSON")
        if not isinstance(value, dict) or set(value) != {"advance"}:
            names = ", ".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
            return self._bad_clock(f"a JSON value with other contents: {self.masker.mask(names)[:80] or 'nothing'}")
        seconds = value["advance"]
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return self._bad_clock(f"an advance that is no number: {self.masker.mask(json.dumps(seconds))[:80]}")
        clock = self.service.clock
        if not 0 <= seconds <= _END_OF_TIME - clock.now():
            return self._bad_clock("a time outside the clock's range: it goes forward only, up to the year 9999")
        return as_json({"now": clock.advance(seconds)})

    def _bad_clock(self, seen: str) -> Reply:
        return problem(400, f'expected a JSON body {{"advance": seconds}}, seen {seen}')

    def _read_journal(self, request: Request, origin: str) -> Reply:
        return as_json({"dropped": self.journal.dropped, "entries": self.entries()})

    def _clear_journal(self, request: Request, origin: str) -> Reply:
        self.journal.clear()
        return Reply(204)

    def _why(self, request: Request, origin: str) -> Reply:
        entries = self.entries(1)
        return as_json(entries[0] if entries else None)

    def _reset(self, request: Request, origin: str) -> Reply:
        self.reset()
        return Reply(204)

    def _health(self, request: Request, origin: str) -> Reply:
        return as_json({"status": "ok"})
