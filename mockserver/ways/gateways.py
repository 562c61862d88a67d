"""A mock as the callable that ASGI and WSGI servers and test clients want."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from watchword.mockserver.http.message import reason
from watchword.mockserver.ways.ask import Answering, ask, begin, delay, end, pairs, whole
from watchword.specs.values.http import Request

__all__ = ["Asgi", "Wsgi"]

_SAFE = "/:@!$&'()*+,;=~-._"
_Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asgi:
    """An ASGI 3 application. A connection that the mock breaks is an exception: ASGI has no other word for it."""

    mock: Answering

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Answer one request, or the questions about the start and the end of the application.

        Raises:
            TimeoutError: the mock sends no reply.
            ConnectionError: the mock breaks the connection.
            ValueError: it is asked for something else than HTTP.
        """
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] != "http":
            raise ValueError(f"expected HTTP, seen {scope['type']}")
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = pairs(scope["headers"])
        server = scope.get("server") or ("mock.test", None)
        named = server[0] if server[1] is None else f"{server[0]}:{server[1]}"
        host = next((value for name, value in headers if name.lower() == "host"), named)
        raw = scope.get("raw_path")
        path = raw.decode("latin-1").partition("?")[0] if raw else quote(scope["path"], safe=_SAFE)
        below = quote(scope.get("root_path", ""), safe=_SAFE)
        request = Request(
            scope["method"], _within(path, below), scope.get("query_string", b"").decode("latin-1"), headers, body
        )
        given = begin(self.mock, request, f"{scope.get('scheme', 'http')}://{host}{below}")
        delivery = end(self.mock, request, await asyncio.wrap_future(given) if isinstance(given, Future) else given)
        await asyncio.sleep(delay(delivery))
        reply = whole(delivery).reply
        sent = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": sent})
        await send({"type": "http.response.body", "body": reply.body})


def _within(path: str, below: str) -> str:
    # Servers differ in whether the path has what the application is mounted below.
    within = path[len(below) :] if below and unquote(path).startswith(unquote(below)) else path
    return within or "/"


@dataclass(frozen=True, slots=True)
class Wsgi:
    """A WSGI application (PEP 3333). A connection that the mock breaks is an exception: WSGI has no other word for it."""

    mock: Answering

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request.

        Raises:
            TimeoutError: the mock sends no reply.
            ConnectionError: the mock breaks the connection.
        """
        headers = [(_name(key[5:]), value) for key, value in environ.items() if key.startswith("HTTP_")]
        headers += [(_name(key), environ[key]) for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(key)]
        below = environ.get("SCRIPT_NAME", "")
        named = f"{environ.get('SERVER_NAME', 'mock.test')}:{environ.get('SERVER_PORT', '80')}"
        host = environ.get("HTTP_HOST") or named
        path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=_SAFE) or "/"
        length = environ.get("CONTENT_LENGTH") or ""
        body = environ["wsgi.input"].read(int(length)) if length.isdigit() else b""
        request = Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), tuple(headers), body)
        reply = ask(self.mock, request, f"{environ.get('wsgi.url_scheme', 'http')}://{host}{below}").reply
        start_response(f"{reply.status} {reason(reply.status)}", list(reply.headers))
        return [reply.body]


def _name(key: str) -> str:
    return key.replace("_", "-").title()
