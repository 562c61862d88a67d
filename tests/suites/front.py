"""A slow server before a mock, which minds something: several requests at a time, many of them, wrong logins."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from watchword.mockserver.launch import Running
from watchword.suites.target import Limits, Target, from_description

__all__ = ["Front", "before", "target_of"]


def target_of(running: Running, limits: Limits, front: Front | None = None) -> Target:
    """Describe a running mock, or what is before it, as a live server."""
    port = running.port if front is None else front.server_address[1]
    url, resource_url = (where.replace(f":{running.port}", f":{port}") for where in (running.url, running.resource_url))
    facts = {"name": "slow", "dialect": running.service.dialect.name, "url": url, "resource_url": resource_url}
    return replace(from_description(facts | {"credentials": running.credentials}), limits=limits)


class Front(ThreadingHTTPServer):
    """Hands requests on to a mock, each after `wait` seconds. Refuses what it minds with `status`, and counts it in `refused`.

    `at_once`: it minds more requests than that at a time; None: as many as come. `lock`: from so many wrong passwords in a row on
    it minds an account; 0: never. `sessions`: it minds a token from the login on that comes so many after its own; 0: never.
    `most` is how many requests were there at a time, and `spans` when each came and went.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        mock: Running,
        wait: float,
        status: int = 503,
        at_once: int | None = None,
        lock: int = 0,
        sessions: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mock, self.wait, self.status, self.at_once, self.lock = mock, wait, status, at_once, lock
        self.turn = threading.Lock()
        self.there = self.most = self.refused = 0
        self.failed: Counter[str] = Counter()
        self.sessions, self.issued = sessions, list[str]()
        self.spans: list[tuple[float, float]] = []

    @property
    def rounds(self) -> int:
        """How many requests there were of which each began when the one before it was over, at most: who has waited for whom."""
        count, over = 0, 0.0
        for began, ended in sorted(self.spans, key=lambda span: span[1]):
            if began >= over:
                count, over = count + 1, ended
        return count


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Front

    def setup(self) -> None:
        """Get a way to the mock."""
        super().setup()
        self.behind = HTTPConnection("127.0.0.1", self.server.mock.port)

    def finish(self) -> None:
        """Let go of it."""
        self.behind.close()
        super().finish()

    def _answer(self) -> None:
        front, began = self.server, time.monotonic()
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        user = _user(self.headers.get("authorization") or "")
        with front.turn:
            front.there += 1
            front.most = max(front.most, front.there)
            crowded = front.at_once is not None and front.there > front.at_once
        time.sleep(front.wait)
        minded = crowded or self._is_locked(user) or self._is_over()
        front.refused += minded
        if minded:
            status, headers, content = front.status, [("Retry-After", "0")], b"{}"
        else:
            self.behind.request(self.command, self.path, body, dict(self.headers))
            reply = self.behind.getresponse()
            status, headers, content = reply.status, reply.getheaders(), reply.read()
            self._count(user, status)
            if user and status == 200 and content:
                front.issued.append(json.loads(content).get("access_token", ""))
        with front.turn:
            front.there -= 1
            front.spans.append((began, time.monotonic()))
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _is_locked(self, user: str) -> bool:
        return bool(self.server.lock and user) and self.server.failed[user] >= self.server.lock

    def _is_over(self) -> bool:
        scheme, _, token = (self.headers.get("authorization") or "").partition(" ")
        over = self.server.issued[: -self.server.sessions] if self.server.sessions and scheme == "Bearer" else []
        return any(issued.startswith(token) for issued in over)

    def _count(self, user: str, status: int) -> None:
        if user:
            self.server.failed[user] = self.server.failed[user] + 1 if status == 401 else 0

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = _answer  # noqa: N815 - as called

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def _user(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0] if scheme == "Basic" else ""
    except ValueError:
        return ""


@contextmanager
def before(mock: Running, wait: float, **minds: Any) -> Iterator[Front]:
    """Stand before a mock for a while."""
    front = Front(mock, wait, **minds)
    thread = threading.Thread(target=front.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        front.server_close()
        thread.join()
