"""Short-lived tokens of small real servers: every figure is cut as servers cut it, and nobody sets a clock ahead."""

from __future__ import annotations

import base64
import json
import math
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from watchword.specs.redaction import Masker
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.target import Limits, from_description

LIFE = 4
HOURS = 3 * 3600.0


@dataclass(frozen=True)
class Ways:
    """How a server counts: what its tokens really live beyond what it tells, and what its clock and its `Date` show.

    `lives` is added to the lifetime that is told. `clock` is by how much its clock is ahead, `date` by how much its proxy's
    (None: no `Date`). `issued` says that tokens tell when they were issued. `same` gives a user the token he has, and
    `one` ends it with the next login. `repeats` tells after a renewal the expiry of the token before. `told` is added to
    what the reply tells, and not to what the token says of itself. `life` is the lifetime that is told.
    """

    lives: float = 0.0
    clock: float = 0.0
    date: float | None = 0.0
    issued: bool = True
    same: bool = False
    one: bool = False
    repeats: bool = False
    told: float = 0.0
    life: int = LIFE


class State:
    """The sessions of one server, on its own clock."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.lock = threading.Lock()
        self.ends: dict[str, float] = {}
        self.refresh: dict[str, str] = {}

    def now(self) -> float:
        """The server's time."""
        return time.time() + self.ways.clock

    def opens(self, token: str) -> bool:
        """Whether a token opens the protected operation."""
        return self.ends.get(token, 0.0) > self.now()

    def issue(self, now: float, refresh: str | None, kind: str) -> tuple[str, str]:
        """Give an access token and a refresh token."""
        if refresh is None and self.ways.same:
            living = [(r, t) for r, t in self.refresh.items() if self.opens(t)]
            if living:
                return living[-1][1], living[-1][0]
        if self.ways.one or refresh is not None:
            over = [self.refresh[r] for r in self.refresh if refresh in (None, r)]
            self.ends = {t: end for t, end in self.ends.items() if t not in over}
        if self.ways.one and refresh is None:
            self.refresh.clear()
        token = secrets.token_hex(16)
        if kind == "expires_at":
            claims = {"jti": token, "exp": math.floor(now) + self.ways.life}
            claims |= {"iat": math.floor(now)} if self.ways.issued else {}
            payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
            token = f"e30.{payload}.{token}"
        self.ends[token] = now + self.ways.life + self.ways.lives
        refresh = refresh or secrets.token_hex(16)
        self.refresh[refresh] = token
        return token, refresh


class Handler(BaseHTTPRequestHandler):
    """Tokens and what they open, in the ways of two APIs."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: State

    def do_GET(self) -> None:
        """Log in, or open what is protected."""
        word, _, rest = self.headers.get("Authorization", "").partition(" ")
        with self.state.lock:
            if self.path == "/auth":
                self.tokens(None, "expires_at")
            elif word == "Bearer" and self.state.opens(rest):
                self.reply(200, [] if "namespaces" in self.path else {})
            else:
                self.reply(401, {"error": "invalid_token"})

    def do_POST(self) -> None:
        """Log in or renew."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with self.state.lock:
            if self.path == "/auth/token":
                given, kind = json.loads(body)["refresh_token"], "expires_at"
            else:
                given, kind = dict(parse_qsl(body)).get("refresh_token"), "expires_in"
            if given is not None and given not in self.state.refresh:
                self.reply(400, {"error": "invalid_grant"})
            else:
                self.tokens(given, kind)

    def tokens(self, refresh: str | None, kind: str) -> None:
        """Answer with tokens."""
        state, now = self.state, self.state.now()
        before = state.ends.get(state.refresh.get(refresh or "", ""), now + state.ways.life) - state.ways.lives
        access, refresh = state.issue(now, refresh, kind)
        end = (before if state.ways.repeats else state.ends[access] - state.ways.lives) + state.ways.told
        expiry = math.floor(end) if kind == "expires_at" else math.floor(end - now)
        self.reply(200, {"access_token": access, "refresh_token": refresh, kind: expiry, "token_type": "bearer"})

    def reply(self, status: int, body: Any) -> None:
        """Send a reply."""
        content = json.dumps(body).encode()
        self.send_response_only(status)
        if self.state.ways.date is not None:
            self.send_header("Date", formatdate(self.state.now() + self.state.ways.date, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


CREDENTIALS = {"username": "mira", "password": "Quarry7-Lantern"}
APP = {"client_id": "app-one", "client_secret": "Tundra5-Copper1", "brand_key": "BRAND1"}


def checked(dialect: str, ways: Ways, clauses: tuple[str, ...], max_wait: float) -> dict[str, str]:
    """Check some clauses at such a server; gives the verdicts."""
    state = State(ways)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Handler,), {"state": state}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    held = CREDENTIALS | (APP if dialect == "rator" else {})
    target = from_description({"name": "short", "dialect": dialect, "url": url, "credentials": held})
    session = TargetSession(
        replace(target, limits=Limits(requests_per_second=100, max_wait=max_wait)), Masker(), lazy=True
    )
    try:
        chosen = [target.dialect.clause(clause) for clause in clauses]
        waiting = Waiting((session, clause) for clause in chosen)
        return {clause.id: waiting.check(session, clause)[0].verdict for clause in chosen}
    finally:
        session.close()
        server.shutdown()
        thread.join()
        server.server_close()


HOLDS, EXPIRED = "login.expiry-holds", "resource.token-expired"
RENEWS = ("renew.works-after-expiry", "renew.expiry-holds", "renew.expiry-in-future")
SENSU = ("token.expiry-holds", "resource.access-token-expired")
P, F, W, N = "pass", "fail", "warn", "not_observable"

CASES: dict[str, tuple[str, Ways, dict[str, str]]] = {
    "to the point": ("rator", Ways(), {HOLDS: P, EXPIRED: P}),
    # The lifetime that is told was cut down by almost a second, and a second that has begun is let pass.
    "as long as figures allow": ("rator", Ways(lives=1.9), {HOLDS: P, EXPIRED: P}),
    "as short as figures allow": ("rator", Ways(lives=-1.9), {HOLDS: P, EXPIRED: P}),
    "three seconds longer": ("rator", Ways(lives=3.0), {HOLDS: F, EXPIRED: F}),
    # What is over before a busy machine has tried it once shows nothing.
    "three seconds shorter": ("rator", Ways(lives=-3.2, life=8), {HOLDS: F, EXPIRED: P}),
    "no Date": ("rator", Ways(date=None), {HOLDS: P, EXPIRED: P}),
    "the Date of a proxy that is hours behind": ("rator", Ways(date=-HOURS), {HOLDS: P, EXPIRED: P}),
    "the Date of a proxy that is hours ahead": ("rator", Ways(date=HOURS), {HOLDS: P, EXPIRED: P}),
    "a clock of its own": ("rator", Ways(clock=HOURS), {HOLDS: P, EXPIRED: P}),
    "the token that is there": ("rator", Ways(same=True), {HOLDS: P, EXPIRED: P} | dict.fromkeys(RENEWS, P)),
    "one session a user": ("rator", Ways(one=True), {HOLDS: N, EXPIRED: P, "renew.works-after-expiry": N}),
    "a moment": ("sensu", Ways(), dict.fromkeys(SENSU, P)),
    "a moment, for a second more": ("sensu", Ways(lives=0.9), dict.fromkeys(SENSU, P)),
    "a moment, three seconds off": ("sensu", Ways(lives=3.0), {SENSU[0]: W, SENSU[1]: F}),
    "a moment, and a reply that tells an earlier one": ("sensu", Ways(told=-3.0), {SENSU[0]: W, SENSU[1]: P}),
    "a moment of a clock a second behind": ("sensu", Ways(clock=-1.0), dict.fromkeys(SENSU, P)),
    "a moment of a clock a second ahead": ("sensu", Ways(clock=1.0), dict.fromkeys(SENSU, P)),
    "a moment, and a proxy's Date": ("sensu", Ways(date=HOURS), dict.fromkeys(SENSU, P)),
    "a moment, and no Date": ("sensu", Ways(date=None), dict.fromkeys(SENSU, P)),
    # Nothing says which of two clocks goes wrong: nothing is judged before the later of them has come to the end.
    "a moment, a Date hours behind and nothing else": (
        "sensu",
        Ways(date=-HOURS, issued=False),
        dict.fromkeys(SENSU, N),
    ),
    "a moment, a Date hours ahead and nothing else": ("sensu", Ways(date=HOURS, issued=False), dict.fromkeys(SENSU, P)),
    "a moment and nothing else": ("sensu", Ways(date=None, issued=False), dict.fromkeys(SENSU, N)),
    "the expiry before": ("sensu", Ways(repeats=True), {"renew.expiry-in-future": W, "renew.after-expiry": P}),
    "an expiry of its own": ("sensu", Ways(), {"renew.expiry-in-future": P, "renew.after-expiry": P}),
}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, str]]:
    """The verdicts of all cases; they wait side by side."""
    with ThreadPoolExecutor(len(CASES)) as pool:
        work = {
            name: pool.submit(checked, dialect, ways, tuple(wanted), ways.life + 2.0)
            for name, (dialect, ways, wanted) in CASES.items()
        }
        return {name: one.result() for name, one in work.items()}


@pytest.mark.parametrize("name", CASES)
def test_expiry(name: str, found: Callable[..., Any]) -> None:
    """A token is judged outside of what the figures leave open, and in there it is not; one wait of a lifetime will do."""
    _, _, wanted = CASES[name]

    assert wanted == found[name]
