"""A stranger's server behind the gate, and the suites before it; in a process of its own, for which Django has one setup."""

from __future__ import annotations

import importlib
import logging
import os
import threading
from dataclasses import replace
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from brand_gate import BrandGate

from watchword.specs.redaction import Masker
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
    "brand_key": "BRAND1",
    "other_brand_key": "BRAND2",
}
LIFETIME = 8
"""Seconds that an access token lives: each of these servers counts and cuts them in its own way."""
UNLIMITED = Limits(requests_per_second=10000, bad_logins=10000, max_wait=LIFETIME + 2)


class Threads(ThreadingMixIn, WSGIServer):
    """A server that answers connections side by side."""

    daemon_threads = True
    block_on_close = False


class Silent(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


def examine(name: str) -> dict[str, tuple[str, str]]:
    """Put a server before the suites, in a process that does nothing else; gives the verdict of each clause with what was seen."""
    logging.disable(logging.WARNING)
    # Some releases of Authlib refuse to serve without TLS even on this machine.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    library = importlib.import_module(name)
    owners = dict.fromkeys((CREDENTIALS["username"], CREDENTIALS["other_username"]), CREDENTIALS["brand_key"])
    app = library.make(CREDENTIALS, LIFETIME)
    gate = BrandGate(app, owners, library.WRONG)
    server = make_server("127.0.0.1", 0, gate, Threads, Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    facts = {"name": name, "dialect": "rator", "url": url, "credentials": CREDENTIALS}
    session = TargetSession(replace(from_description(facts), limits=UNLIMITED), Masker())
    found: dict[str, tuple[str, str]] = {}
    try:
        chosen = [clause for clause in session.target.dialect.clauses if not clause.untested]
        waiting = Waiting((session, clause) for clause in chosen)
        for clause in chosen:
            judged, _ = waiting.check(session, clause)
            found[clause.id] = (judged.verdict, judged.seen)
    finally:
        session.close()
        server.shutdown()
        server.server_close()
        thread.join()
        getattr(app, "close", bool)()
    return found
