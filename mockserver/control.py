"""A mocked API together with its control side below `/__watchword__/`: what ways into a mock hand their requests to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from watchword.mockserver.console.access import Access
from watchword.mockserver.console.desk import ROOT, Desk
from watchword.mockserver.console.journal import Entry
from watchword.mockserver.explain.explain import explain
from watchword.mockserver.explain.layers import of_http
from watchword.mockserver.http.cors import is_preflight, preflight, shared
from watchword.mockserver.http.delivery import Answer, Delivery
from watchword.mockserver.http.message import date
from watchword.mockserver.orders.forced import wishes
from watchword.mockserver.orders.race import Runner
from watchword.mockserver.service import Outcome, Service
from watchword.specs.values.http import Pairs, Reply, Request
from watchword.specs.values.profile import WorldData

__all__ = ["ROOT", "Application"]

_CONTROL = "Watchword-Control"
"""The header by which clients that can use a clock learn that there is one."""

_ID = "Watchword-Request"
"""The header that says under which id a request stands in the journal."""


def _is_control(path: str) -> bool:
    return path.startswith(ROOT) or path == ROOT[:-1]


class Application:
    """A mocked API together with its control side; what the HTTP server and the in-process ways in hand requests to.

    Pages of the origins in `cors` may read the API's replies; `*` stands for all. `reload` gives the world to go back to.
    `tell` hears of every entry of the journal. `public_url` is where clients believe the mock to be, behind a proxy, say. May
    be called from several threads; requests take turns.

    With `dated`, replies have a Date of their own, as the clock of the server is another one's.

    A request comes with the origin that it was sent to, and with the path below which this mock is there.
    """

    def __init__(
        self,
        service: Service,
        access: Access | None = None,
        journal_size: int = 1000,
        *,
        cors: tuple[str, ...] = (),
        reload: Callable[[], WorldData] | None = None,
        tell: Callable[[Mapping[str, Any]], None] | None = None,
        public_url: str | None = None,
        dated: bool = False,
    ) -> None:
        self.service = service
        self.access = access or Access()
        self._turn = threading.RLock()
        self.desk = Desk(service, journal_size, self._turn, private=self.access.token is None, reload=reload)
        self._book, self._race = self.desk.book, self.desk.race
        self._cors = cors
        self._tell = tell
        self._public = public_url
        self._dated = dated

    def __call__(self, request: Request, origin: str, below: str = "") -> Answer:
        """Answer a request that came over a socket, to the mocked API or to the control side."""
        if _is_control(request.path):
            return self.guarded(request, origin, lambda at: self._asked(request, at + below))
        return self._serve(request, origin, below, announced=self.access.token is None)

    def from_inside(self, request: Request, origin: str, below: str = "") -> Answer:
        """Answer a request of this very process, which may use the control side as it is."""
        if _is_control(request.path):
            return self._asked(request, self.seen_at(origin) + below)
        return self._serve(request, origin, below, announced=True)

    def seen_at(self, origin: str) -> str:
        """Give where clients that ask at an origin believe the mock to be."""
        return self._public or origin

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Note what was refused before anybody could look at it as a request; gives the reply with the entry's id."""
        path, _, query = target.partition("?")
        with self._turn:
            outcome = Outcome(reply, None, None, self.service.clock.now())
            entry = self.desk.journal.record(Request(method, path, query), outcome, of_http(reply.status, sentence))
            self.desk.live.tell(entry)
            self._told(entry)
        return Reply(reply.status, (*reply.headers, (_ID, str(entry.id))), reply.body)

    def reset(self) -> None:
        """Forget every session and token of the service."""
        with self._turn:
            self.desk.reset()

    def settle(self, world: WorldData) -> None:
        """Let others live in the mock from now on; sessions stay."""
        with self._turn:
            self.desk.settle(world)

    def entries(self, last: int | None = None, only: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Give the journal's entries, masked, the oldest first; see `Journal.entries`."""
        with self._turn:
            return self.desk.entries(last, only)

    def _serve(self, request: Request, origin: str, below: str, *, announced: bool) -> Answer:
        if self._cors and is_preflight(request):
            return preflight(request, self._cors)
        began = time.monotonic()
        if self._race.armed:
            return self._raced(request, origin, below, announced, began)
        return self._answered(request, origin, below, announced, began)

    def _raced(self, request: Request, origin: str, below: str, announced: bool, began: float) -> Answer:
        with self._turn:
            wanted = self._race.wants(request)
        if not wanted:
            return self._answered(request, origin, below, announced, began)
        return self._race.hold(lambda runner: self._answered(request, origin, below, announced, began, runner))

    def _answered(
        self, request: Request, origin: str, below: str, announced: bool, began: float, runner: Runner | None = None
    ) -> Reply | Delivery:
        with self._turn:
            book = self._book
            seen_at = self.seen_at(origin) + below
            # Every request comes by here.
            special = wishes(request) or book.living
            outcome = book.handle(request, seen_at) if special else self.service.handle(request, seen_at)
            race = None if runner is None else runner.finish(outcome)
            why = explain(self.service, request, outcome)
            entry = self.desk.noted(request, outcome, why, race, origin, began)
            if runner is not None:
                runner.request = entry.id
            self._told(entry)
        announcement: Pairs = ((_CONTROL, below + ROOT),) if announced else ()
        dated: Pairs = (("Date", date(outcome.at)),) if self._dated else ()
        headers = (*dated, *outcome.reply.headers, *announcement, (_ID, str(entry.id)))
        reply = Reply(outcome.reply.status, headers, outcome.reply.body)
        if self._cors:
            reply = shared(request, reply, self._cors)
        if outcome.then == "keep" and not outcome.after and not outcome.over:
            return reply
        return Delivery(reply, outcome.then, outcome.after, outcome.over)

    def _told(self, entry: Entry) -> None:
        if self._tell is not None:
            self.desk.learn()
            self._tell(self.desk.journal.shown(entry))

    def guarded(self, request: Request, origin: str, answer: Callable[[str], Reply]) -> Reply:
        """Answer a request to a control page as `answer` does, given where the mock is; if the sender may use the page."""
        friend = self.access.allows(request)
        if friend is not None and is_preflight(request):
            return preflight(request, (friend,))
        # Whoever asks whether the mock is up learns nothing else by it.
        health = request.path == f"{ROOT}health" and request.method in ("GET", "HEAD")
        refusal = None if health else self.access.refuse(request, origin)
        reply = refusal or answer(self.seen_at(origin))
        return reply if friend is None else shared(request, reply, (friend,))

    def _asked(self, request: Request, origin: str) -> Reply:
        with self._turn:
            return self.desk.answer(request, origin)
