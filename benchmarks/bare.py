"""The least that could do the same: `python -m benchmarks.bare PORT`, one uvloop protocol that knows one user and nothing else.

It parses Basic, JSON or form credentials, compares the secret, makes the tokens that the mock makes there (two JWTs after Basic,
else a JWT and an opaque one), keeps them, and answers a bearer call with a constant. It refuses nothing but a wrong secret or token, keeps no journal, masks nothing,
forgets nothing and reads no dialect: what a mock takes longer than this is the price of what it does besides.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import parse_qsl

import httptools
import uvloop

USER, SECRET = "bench", "bench-secret"

_KEY = secrets.token_bytes(32)
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
_COMPACT = json.JSONEncoder(separators=(",", ":")).encode
_ACCESS: dict[str, dict[str, Any]] = {}
_REFRESH: dict[str, dict[str, Any]] = {}


def _signed(claims: dict[str, Any]) -> str:
    signed = _HEADER + b"." + base64.urlsafe_b64encode(_COMPACT(claims).encode()).rstrip(b"=")
    signature = base64.urlsafe_b64encode(hmac.digest(_KEY, signed, hashlib.sha256)).rstrip(b"=")
    return (signed + b"." + signature).decode()


def _given(user: str, *, opaque: bool = False) -> tuple[int, bytes]:
    now = int(time.time())
    session = secrets.token_hex(16)
    access = {"sub": user, "iss": "http://bench", "iat": now, "exp": now + 300, "jti": session, "groups": ["all"]}
    refresh = {"sub": user, "iss": "http://bench", "iat": now, "jti": secrets.token_hex(16)}
    first, second = _signed(access), secrets.token_hex(39) if opaque else _signed(refresh)
    _ACCESS[first], _REFRESH[second] = access, refresh
    return 200, json.dumps({"access_token": first, "expires_at": now + 300, "refresh_token": second}).encode()


_REFUSED = (401, b'{"message": "unauthorized"}')
_ANSWER = (200, b'[{"name": "default"}]')


def _same(user: str, secret: str) -> bool:
    return user == USER and hmac.compare_digest(secret.encode(), SECRET.encode())


class Protocol(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url = b""
        self.authorization = ""
        self.body = b""

    def on_url(self, url: bytes) -> None:
        """Take the target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the one header that is asked for."""
        if len(name) == 13 and name.lower() == b"authorization":
            self.authorization = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Take the body, or a part of it."""
        self.body += body

    def on_message_complete(self) -> None:
        """Answer."""
        status, body = self._answer()
        line = b"200 OK" if status == 200 else b"401 Unauthorized"
        self.transport.write(
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (line, len(body), body)
        )

    def _answer(self) -> tuple[int, bytes]:
        url = self.url
        if url == b"/bearer":
            return _ANSWER if self.authorization[7:] in _ACCESS else _REFUSED
        if url == b"/renew":
            known = _REFRESH.get(json.loads(self.body)["refresh_token"])
            return _REFUSED if known is None else _given(known["sub"], opaque=True)
        if url == b"/json":
            sent = json.loads(self.body)
            return _given(sent["username"], opaque=True) if _same(sent["username"], sent["password"]) else _REFUSED
        user, _, secret = base64.b64decode(self.authorization[6:]).decode().partition(":")
        if url == b"/form" and dict(parse_qsl(self.body.decode())).get("grant_type") is None:
            return _REFUSED
        return _given(user, opaque=url == b"/form") if _same(user, secret) else _REFUSED


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
