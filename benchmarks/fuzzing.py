"""Requests that nobody means well with: bytes that are no HTTP, right requests with something wrong, generated ones.

They are made from a dialect's own description and a seed, and sent to a mock in a process of its own, over real sockets.
"""

from __future__ import annotations

import base64
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request as ControlRequest
from urllib.request import urlopen

from watchword.specs.codec import draft, encode
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.draft import MissingRole
from watchword.specs.values.http import Request

__all__ = ["Findings", "Mock", "Right", "fuzz", "mangled", "running", "spoiled"]

_PATIENCE = 5.0
"""Seconds after which a connection that neither answers nor ends counts as one that hangs."""

_OF_HTTP = frozenset({501, 505})
"""What HTTP itself answers with a status of 500 and above: a method or a coding that nobody knows, another version."""

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_TEXTS = (
    "",
    " ",
    "\0",
    "null",
    "true",
    "-1",
    "1e999",
    "NaN",
    "a" * 5000,
    "\u202e\u2066",
    "\ud83d\ude00",
    "ÄÖÜ",
    "%",
    "%00",
    "%zz",
    "%ff",
    "..",
    "../" * 20,
    "'\"<script>",
    "a:b:c",
    "==",
    "[]",
    "{}",
    "$origin",
    "${jndi}",
    "\t",
    ",",
    ";",
    "&",
    "=",
    "a b",
    "Bearer",
    "basic",
)
_METHODS = (
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "get",
    "FOO",
    "PROPFIND",
    "G\0T",
    "PRI",
)
_VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 2**70, 1e308, "", "a", [], {}, [[]], {"a": {"b": None}}, "\ud800")
_PIECES = (
    b"\0",
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b":",
    b"\xff",
    b"\xc3\x28",
    b"\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: a\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    b"Upgrade: h2c\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"HTTP/9.9",
    b"GET / HTTP/1.1\r\n",
    b"Prefer: code=401\r\n",
    b"Prefer: condition=\r\n",
)


@dataclass
class Findings:
    """What came of some requests: how many, which statuses, and everything that must not happen."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    undeclared: list[str] = field(default_factory=list)
    hanging: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def take(self, data: bytes, got: bytes, declared: frozenset[int]) -> None:
        """Look at what came back."""
        self.requests += 1
        for found in _STATUS.findall(got):
            status = int(found)
            self.statuses[status] += 1
            if status >= 500 and status not in declared:
                self.undeclared.append(f"{status} to {data[:200]!r}")
        if b"The mock itself failed" in got:
            self.failed.append(repr(data[:200]))


@dataclass
class Mock:
    """A mock in a process of its own."""

    process: subprocess.Popen[str]
    facts: Mapping[str, Any]
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.facts["url"])
        return str(parts.hostname), int(parts.port or 80)

    def resident(self) -> int:
        """Give its resident memory, in KiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", text)[0])

    def descriptors(self) -> int:
        """Give how many descriptors it has open, once the connections that ended are closed."""
        last, now = -1, self._descriptors()
        while now != last:
            time.sleep(0.1)
            last, now = now, self._descriptors()
        return now

    def _descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def forget(self) -> None:
        """Have it forget sessions and journal."""
        for method, page in (("POST", "reset"), ("DELETE", "journal")):
            with urlopen(ControlRequest(self.facts["control_url"] + page, method=method), timeout=30):
                pass

    def tracebacks(self) -> list[str]:
        """Give what it printed about failures of its own."""
        text = self.log.read_text("utf-8", errors="replace")
        return [line for line in text.splitlines() if "Traceback" in line or "failed on a request" in line]


@contextmanager
def running(dialect: str, *options: str) -> Iterator[Mock]:
    """Start a mock, and stop it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        ready, log = Path(folder) / "ready.json", Path(folder) / "log"
        command = [
            sys.executable,
            "-m",
            "watchword.mockserver",
            dialect,
            "--port",
            "0",
            "--ready-file",
            str(ready),
            *options,
        ]
        with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out, text=True) as process:
            try:
                while not ready.exists():
                    if process.poll() is not None:
                        raise RuntimeError(log.read_text())
                    time.sleep(0.02)
                yield Mock(process, json.loads(ready.read_text("utf-8")), log)
            finally:
                process.terminate()


class Right:
    """Right requests to a mock, by operation, with live tokens."""

    def __init__(self, dialect: Dialect, mock: Mock) -> None:
        self._api = dialect.api
        self._mock = mock
        self._tokens: dict[str, str] = {}

    def request(self, operation: Operation) -> Request:
        """Give a right request of an operation; one without tokens as long as there are none."""
        values = {**self._mock.facts["credentials"], **self._tokens}
        try:
            request = encode(draft(operation, values))
        except MissingRole as missing:
            request = encode(draft(operation, {**values, **dict.fromkeys(operation.roles, "x"), str(missing): "x"}))
        host = urlsplit(self._mock.facts["url"]).netloc
        path = self._api.bases[operation.base] + request.path
        return Request(request.method, path, request.query, (("Host", host), *request.headers), request.body)

    def learn(self) -> None:
        """Log in, so that the next requests have tokens that live."""
        for operation in self._api.with_purpose("issue"):
            got = exchange(self._mock.address, written(self.request(operation)))
            try:
                members = json.loads(got.partition(b"\r\n\r\n")[2])
            except ValueError:
                continue
            if isinstance(members, dict):
                read = operation.read_reply(members)
                self._tokens |= {role: read[role] for role in ("access_token", "refresh_token") if read.get(role)}


def written(request: Request) -> bytes:
    """Write a request down as it travels."""
    target = request.path + (f"?{request.query}" if request.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(request.body)}")
    head = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    return head + b"\r\n\r\n" + request.body


def exchange(address: tuple[str, int], data: bytes) -> bytes:
    """Send bytes on a connection of their own, end the sending side, and give everything that comes back.

    Raises:
        TimeoutError: the other side neither answers nor ends the connection.
    """
    with socket.create_connection(address, _PATIENCE) as client:
        got = b""
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while part := client.recv(65536):
                got += part
        except TimeoutError:
            raise
        except OSError:
            # The other side has ended the connection, in whatever way.
            pass
        return got


def mangled(right: bytes, dice: random.Random) -> bytes:
    """Give the bytes of a request with something done to them that HTTP need not bear, or bytes that are none."""
    if dice.random() < 0.05:
        return dice.randbytes(dice.randrange(1, 400))
    data = bytearray(right)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(data) + 1)
        what = dice.randrange(6)
        if what == 0:
            del data[at:]
        elif what == 1:
            data[at:at] = dice.choice(_PIECES)
        elif what == 2:
            data[at : at + dice.randrange(1, 20)] = b""
        elif what == 3 and data:
            data[min(at, len(data) - 1)] = dice.randrange(256)
        elif what == 4:
            data[at:at] = dice.randbytes(dice.randrange(1, 30))
        else:
            data += data[: dice.randrange(len(data) + 1)]
    return bytes(data)


def spoiled(request: Request, dice: random.Random) -> Request:
    """Give a right request with one to three parts that are not right any more."""
    parts = {"method": request.method, "path": request.path, "query": request.query}
    headers, body = list(request.headers), request.body
    for _ in range(dice.randrange(1, 4)):
        what = dice.randrange(9)
        text = dice.choice(_TEXTS)
        safe = text.replace("\0", "%00")
        if what == 0:
            parts["method"] = dice.choice(_METHODS)
        elif what == 1:
            parts["path"] += dice.choice(
                ("/", "//", "/x", quote(text, errors="surrogatepass"), ";x", safe.replace(" ", "+").replace("\t", ""))
            )
        elif what == 2:
            parts["query"] += "&" + dice.choice(
                (
                    urlencode({"x": safe.encode("utf-8", "replace")}),
                    quote(safe.encode("utf-8", "replace")),
                    "__code=401",
                    "__condition=x",
                )
            )
        elif what == 3 and headers:
            at = dice.randrange(len(headers))
            headers[at] = (headers[at][0], safe.replace("\r", "").replace("\n", ""))
        elif what == 4:
            headers.append(
                (dice.choice(("Authorization", "Content-Type", "Prefer", "X-Any", "Origin", "Expect")), safe)
            )
        elif what == 5 and len(headers) > 1:
            del headers[dice.randrange(1, len(headers))]
        elif what == 6:
            pair = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
            headers = [(n, v) for n, v in headers if n.lower() != "authorization"]
            headers.append(("Authorization", f"{dice.choice(('Basic', 'basic', 'Bearer', 'Key'))} {pair}"))
        elif what == 7:
            body = _other_body(body, text, dice)
        else:
            body = body[: dice.randrange(len(body) + 1)] + dice.randbytes(dice.randrange(0, 20))
    return Request(parts["method"], parts["path"], parts["query"], tuple(headers), body)


def _other_body(body: bytes, text: str, dice: random.Random) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        pairs = body.split(b"&")
        pairs[dice.randrange(len(pairs))] = dice.choice((raw, b"=" + raw, b"grant_type=" + raw, raw + b"=x"))
        return b"&".join(pairs)
    if isinstance(value, dict) and value and dice.random() < 0.7:
        value[dice.choice([*value, text])] = dice.choice(_VALUES)
        return json.dumps(value).encode()
    return dice.choice(
        (
            raw,
            b"[" * 5000,
            b'{"a":' * 3000,
            b"\xef\xbb\xbf" + body,
            body + b"x",
            json.dumps(dice.choice(_VALUES)).encode(),
        )
    )


def fuzz(
    dialect: Dialect,
    mock: Mock,
    number: int,
    seed: int,
    tell: Callable[[int], None] = lambda done: None,
    declared: frozenset[int] = frozenset(),
) -> Findings:
    """Send so many requests, half of them bytes that HTTP need not bear, half of them spoiled; gives what came of them.

    `declared` are the statuses from 500 on that the profile has of its own. `tell` hears how many were sent.
    """
    dice = random.Random(seed)
    right, found = Right(dialect, mock), Findings()
    operations = list(dialect.api.operations.values())
    allowed = declared | _OF_HTTP
    for done in range(number):
        if done % 500 == 0:
            right.learn()
            tell(done)
        request = right.request(dice.choice(operations))
        data = mangled(written(request), dice) if done % 2 else written(spoiled(request, dice))
        try:
            got = exchange(mock.address, data)
        except TimeoutError:
            found.hanging.append(repr(data[:200]))
        else:
            found.take(data, got, allowed)
    tell(number)
    return found
