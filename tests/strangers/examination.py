"""A stranger's server behind the gate, and the suites before it; in a process of its own, for which Django has one setup."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from brand_gate import BrandGate
from node_program import Program

from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause
from watchword.suites.running.preflight import preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.running.waiting import Waiting
from watchword.suites.target import Limits, from_description

CREDENTIALS = {
    "client_id": "selfcare",
    "client_secret": "Copper4Tundra",
    "username": "ines",
    "password": "Harbour7Quartz",
    "other_username": "tomas",
    "other_password": "Meadow2Fjord",
    "other_client_id": "kiosk",
    "other_client_secret": "Walnut9Ferry",
    "brand_key": "BRAND1",
    "other_brand_key": "BRAND2",
}
LIFETIME = 8
"""Seconds that an access token lives: each of these servers counts and cuts them in its own way."""
ENDPOINTS = {
    "token": "/oauth/token",
    "revocation": "/oauth/revoke",
    "introspection": "/oauth/introspect",
    "resource": "/api/billing-groups/1/balance",
}
"""Where each of these servers has what the standards name no path for."""
UNLIMITED = Limits(requests_per_second=10000, bad_logins=10000, max_wait=LIFETIME + 2)


class Silent(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


def examine(name: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Put a server before the suites, in a process that does nothing else.

    Gives the verdict of each clause with what was seen, by dialect: behind the gate for one, and as it is for the standards.
    """
    logging.disable(logging.WARNING)
    # Some releases of Authlib refuse to serve without TLS even on this machine.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    library = importlib.import_module(name)
    owners = dict.fromkeys((CREDENTIALS["username"], CREDENTIALS["other_username"]), CREDENTIALS["brand_key"])
    app = library.make(CREDENTIALS, LIFETIME)
    gate = BrandGate(app, owners, library.WRONG)
    there = {"endpoints": ENDPOINTS, "opened_by": getattr(library, "OPENED_BY", ())}
    found: dict[str, dict[str, tuple[str, str]]] = {}
    with contextlib.ExitStack() as stack:
        stack.callback(getattr(app, "close", bool))
        chosen: list[tuple[TargetSession, Clause]] = []
        for dialect, front, more in (("rator", gate, {}), ("oauth2", app, there)):
            url = stack.enter_context(serving(front))
            held = load_dialect(dialect).api
            named = {*held.required_credentials, *held.optional_credentials}
            credentials = {role: value for role, value in CREDENTIALS.items() if role in named}
            facts: Any = {
                "name": f"{name}-{dialect}",
                "dialect": dialect,
                "url": url,
                "credentials": credentials,
                **more,
            }
            target = replace(from_description(facts), limits=UNLIMITED)
            if dialect == "oauth2" and getattr(library, "DISCOVERED", False):
                told = {"resource": ENDPOINTS["resource"]}
                own = load_dialect(dialect).placed(told)
                target = replace(target, dialect=own, issuer=url, discovers=True, endpoints=told)
            session = TargetSession(target, Masker())
            stack.enter_context(contextlib.closing(session))
            if target.discovers:
                preflight(session)
            chosen += [(session, clause) for clause in session.target.dialect.clauses if not clause.untested]
        waiting = Waiting(chosen)
        for session, clause in chosen:
            judged, _ = waiting.check(session, clause)
            found.setdefault(session.target.dialect.name, {})[clause.id] = (judged.verdict, judged.seen)
    return found


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application on a free port, and give its URL; what has a port of its own is asked there."""
    if isinstance(app, Program):
        yield f"http://127.0.0.1:{app.port}"
        return
    server = make_server("127.0.0.1", 0, app, WSGIServer, Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
