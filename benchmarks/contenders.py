"""The servers that the mock is measured beside: how each is started on one core, and how each operation is asked for."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from urllib.request import Request as Sent
from urllib.request import urlopen

from benchmarks.bare import SECRET, USER
from benchmarks.load import Call
from watchword.specs.codec import draft, encode
from watchword.specs.loader import load_dialect
from watchword.specs.values.api import FORM, JSON, Operation

__all__ = [
    "NODE",
    "OPERATIONS",
    "Server",
    "free_port",
    "missing",
    "mock_of",
    "of_dialect",
    "prism_of",
    "servers",
    "started",
]

NODE = Path(__file__).parents[1] / ".venv-bench" / "node_modules"
OPERATIONS = ("basic", "json", "form", "renew", "bearer")
_FIRST = ("basic", "bearer")
_HERE = Path(__file__).parent
_CORE = 0

_PACKAGES = {
    "prism": "@stoplight/prism-cli",
    "mockoon": "@mockoon/cli",
    "oauth2-mock-server": "oauth2-mock-server",
    "oidc-provider": "oidc-provider",
}

_NGINX = """worker_processes 1; daemon off; error_log /dev/null crit; pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 100000000;
server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ default_type application/json; return 200 '{body}'; }} }} }}
"""


class Server:
    """A server that runs, and the calls by operation that it serves."""

    def __init__(
        self, name: str, calls: Callable[[int], Mapping[str, Call]], line: Callable[[int], Sequence[str]]
    ) -> None:
        self.name = name
        self._calls, self._line = calls, line
        self._port = 0
        self.calls: Mapping[str, Call] = {}

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run it until the block ends; `calls` are there when it answers."""
        port = free_port()
        with started([*self._line(port)], port) as process:
            self._port = port
            self.refresh()
            yield process

    def refresh(self) -> None:
        """Make the calls anew: a token of long ago may be over, or forgotten."""
        self.calls = self._calls(self._port)


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def started(line: Sequence[str], port: int, limit: float = 60) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server on its core, and wait until its port is open.

    Raises:
        RuntimeError: it has ended, or the port has not been opened within `limit` seconds.
    """
    process = subprocess.Popen(
        ["taskset", "-c", str(_CORE), *line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        end = time.monotonic() + limit
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{line[0]} does not listen (exit code {process.poll()})")
            time.sleep(0.001)
        yield process
    finally:
        process.terminate()
        process.wait()


def missing() -> dict[str, str]:
    """Say of each server that is left out why it is."""
    gone = {}
    if shutil.which("nginx") is None:
        gone["nginx"] = "nginx is not installed (Debian: nginx-light)"
    if shutil.which("node") is None:
        gone |= dict.fromkeys(("node:http", *_PACKAGES), "there is no Node.js")
    for name, package in _PACKAGES.items():
        if name not in gone and not (NODE / package).exists():
            gone[name] = f"{package} is not in {NODE.parent.name}"
    return gone


def servers(first: str, second: str) -> list[Server]:
    """Give the servers that can be started here, ours first. Of the second dialect is taken what the first does not cover."""
    folder = Path(mkdtemp(prefix="watchword-bench-"))
    gone = missing()
    every = [
        Server("mock", of_dialect(first), mock_of(first)),
        Server("mock", of_dialect(second, _FIRST), mock_of(second)),
        Server("bare", _of_bare, lambda port: (sys.executable, "-m", "benchmarks.bare", str(port))),
        Server("nginx", _of_bare, lambda port: ("nginx", "-c", _nginx(folder, port))),
        Server("node:http", _of_bare, lambda port: ("node", str(_HERE / "node" / "bare.mjs"), str(port))),
        Server("prism", of_dialect(first, token="t.t.t"), prism_of(first)),
        Server("prism", of_dialect(second, _FIRST, "t.t.t"), prism_of(second)),
        Server(
            "oauth2-mock-server",
            lambda port: {
                "form": Call(port, "POST", "/token", {"Content-Type": FORM}, "grant_type=client_credentials")
            },
            lambda port: ("node", str(_bin("oauth2-mock-server")), "-a", "127.0.0.1", "-p", str(port)),
        ),
        Server(
            "oidc-provider",
            lambda port: {"form": replace(_of_form(port), path="/token")},
            lambda port: ("node", str(_HERE / "node" / "oidc.mjs"), str(port), str(NODE.parent)),
        ),
        Server("mockoon", of_dialect(first, token="t.t.t"), _mockoon(first)),
    ]
    return [server for server in every if server.name not in gone]


def _bin(name: str) -> Path:
    return (NODE / ".bin" / name).resolve()


def _nginx(folder: Path, port: int) -> str:
    file = folder / "nginx.conf"
    body = json.dumps({"access_token": "t" * 400, "expires_at": 1, "refresh_token": "t" * 250})
    file.write_text(_NGINX.format(folder=folder, port=port, body=body))
    return str(file)


def mock_of(dialect: str) -> Callable[[int], Sequence[str]]:
    """Give the command line of the mock of a dialect, by port."""
    return lambda port: (sys.executable, "-m", "watchword.mockserver", dialect, "--port", str(port), "--quiet")


def prism_of(dialect: str) -> Callable[[int], Sequence[str]]:
    """Give the command line of Prism with a dialect's description, by port."""
    file = load_dialect(dialect).api.folder / "openapi.yaml"
    return lambda port: ("node", str(_bin("prism")), "mock", str(file), "--port", str(port), "--host", "127.0.0.1")


def _mockoon(dialect: str) -> Callable[[int], Sequence[str]]:
    file = load_dialect(dialect).api.folder / "openapi.yaml"
    words = ("start", "--data", str(file), "--disable-log-to-file", "--disable-admin-api", "--hostname", "127.0.0.1")
    return lambda port: ("node", str(_bin("mockoon-cli")), *words, "--port", str(port))


def _basic(user: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def _asked(call: Call) -> dict[str, str]:
    """Send one call, and give the members of its reply."""
    sent = Sent(f"http://127.0.0.1:{call.port}{call.path}", call.body.encode() or None, dict(call.headers))
    sent.method = call.method
    with urlopen(sent, timeout=30) as reply:
        given: dict[str, str] = json.loads(reply.read())
        return given


def of_dialect(name: str, covered: Collection[str] = (), token: str = "") -> Callable[[int], dict[str, Call]]:
    """Make the calls to a server of a dialect, by what is measured, without those that are covered already.

    With a `token` that one is presented, to a server that issues none worth the name.
    """
    api, known = load_dialect(name).api, load_dialect(name).world.credentials

    def call(port: int, operation: Operation, **tokens: str) -> Call:
        sent = encode(draft(operation, {**known, **tokens}))
        path = api.bases[operation.base] + sent.path + (f"?{sent.query}" if sent.query else "")
        return Call(port, sent.method, path, dict(sent.headers), sent.body.decode())

    def calls(port: int) -> dict[str, Call]:
        found: dict[str, Call] = {}
        for operation in api.with_purpose("issue"):
            what = {None: "basic", JSON: "json", FORM: "form"}[operation.media_type]
            if what not in covered:
                found.setdefault(what, call(port, operation))
        login = next(iter(found.values()))
        giving = found.get("form", login)
        for operation in (*api.with_purpose("renew"), *api.with_purpose("resource")):
            what = {"renew": "renew", "resource": "bearer"}[operation.purpose]
            if what == "renew" and "access_token" not in operation.required_roles:
                found.setdefault(what, replace(call(port, operation, refresh_token="TOKEN"), pool=_pool(giving, token)))
            elif what == "bearer" and what not in covered:
                access = token or _asked(login)["access_token"]
                found.setdefault(what, call(port, operation, access_token=access))
        return {what: one for what, one in found.items() if what not in covered}

    return calls


def _pool(login: Call, token: str = "") -> Callable[[int], list[str]]:
    return lambda count: [token or _asked(login)["refresh_token"] for _ in range(count)]


def _of_form(port: int) -> Call:
    head = {**_basic(USER, SECRET), "Content-Type": FORM}
    return Call(port, "POST", "/form", head, "grant_type=client_credentials")


def _of_bare(port: int) -> Mapping[str, Call]:
    found = {
        "basic": Call(port, "GET", "/basic", _basic(USER, SECRET)),
        "json": Call(port, "POST", "/json", {"Content-Type": JSON}, json.dumps({"username": USER, "password": SECRET})),
        "form": _of_form(port),
    }
    given = _asked(found["basic"])
    sent = json.dumps({"refresh_token": "TOKEN"})
    found["renew"] = Call(port, "POST", "/renew", {"Content-Type": JSON}, sent, _pool(found["form"]))
    found["bearer"] = Call(port, "GET", "/bearer", {"Authorization": f"Bearer {given['access_token']}"})
    return found
