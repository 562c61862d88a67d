"""The origins that mocks stand for in this process, and where client libraries are told of them.

Laws:
1. The newest layer that knows an origin decides; layers may go in any order.
2. What no layer knows goes to whoever had taken the place before, a library such as `responses`. Where nobody had, it goes out
   only if the newest layer lets it through.
3. What is asked of a layer's origin by a library that has no such place is refused: it would reach the real server.
4. Of each library one place is taken, while there is a layer, and is given back when there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import requests
import urllib3.connection
from requests.adapters import HTTPAdapter

from watchword.mockserver.ways import by_httpx
from watchword.mockserver.ways.ask import Answering, address
from watchword.mockserver.ways.by_requests import patience, retried

__all__ = ["Layer", "laid"]

_Address = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A mock that stands for an origin, and the origins that its block lets through."""

    where: _Address
    mock: Answering
    passthrough: frozenset[_Address]


_UNSEEN = (
    ("http", http.client.HTTPConnection),
    ("https", http.client.HTTPSConnection),
    ("http", urllib3.connection.HTTPConnection),
    ("https", urllib3.connection.HTTPSConnection),
)
"""Where libraries connect that no mock answers: by themselves, as requests of `requests` to a layer's origin do not get here."""

_turn = threading.Lock()
_layers: list[Layer] = []
_taken: list[Callable[[], None]] = []


@contextlib.contextmanager
def laid(layer: Layer) -> Iterator[None]:
    """Have a layer while the block runs."""
    with _turn:
        _layers.append(layer)
        if len(_layers) == 1:
            _taken.extend(_take())
    try:
        yield
    finally:
        with _turn:
            _layers.remove(layer)
            while not _layers and _taken:
                _taken.pop()()


def _found(where: _Address) -> Answering | None:
    return next((layer.mock for layer in reversed(_layers) if layer.where == where), None)


def _barred(where: _Address, below: Callable[..., Any], owner: str) -> str | None:
    """Give why a request that no layer knows may not go on to what was there before; None when it may."""
    if not _layers or not below.__module__.startswith(owner) or where in _layers[-1].passthrough:
        return None
    return (
        f"no mock stands for {where[0]}://{where[1]}:{where[2]}, and a request of a test is not let out; "
        f"passthrough= lets an origin through"
    )


def _take() -> Iterator[Callable[[], None]]:
    yield _put(HTTPAdapter, "send", _requests_send)
    yield _put(requests.Session, "get_adapter", _requests_adapter)
    for scheme, owner in _UNSEEN:
        yield _put(owner, "connect", _refusing(scheme))
    # They are no requirement of ours; where they are installed a client may use them.
    for name in ("httpx", "httpx2"):
        library = _library(name)
        if library is not None:
            yield _put(library.HTTPTransport, "handle_request", _httpx_send(library))
            yield _put(library.AsyncHTTPTransport, "handle_async_request", _httpx_send_async(library))
    library = _library("aiohttp")
    if library is not None:
        yield _put(library.TCPConnector, "connect", _aiohttp_connect)


def _library(name: str) -> ModuleType | None:
    """Import a library; None where it is not installed, or cannot be used by anybody."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _put(owner: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Callable[[], None]:
    """Take the place of a method; gives what puts it back."""
    before = getattr(owner, name)
    ours = make(before)
    setattr(owner, name, ours)

    def back() -> None:
        # Whoever has taken the place since gives ours back to it later, and without a layer ours only hands on.
        if getattr(owner, name) is ours:
            setattr(owner, name, before)

    return back


# -- what is not seen


def _refusing(scheme: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(below: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: Any, *args: Any, **kwargs: Any) -> Any:
            if _found((scheme, str(self.host).lower(), self.port)) is not None:
                library = type(self).__module__.partition(".")[0]
                raise ConnectionRefusedError(
                    f"a mock stands for {scheme}://{self.host}:{self.port}, and answers clients of requests, httpx and aiohttp; "
                    f"this one uses {library}, and would have reached the real server"
                )
            return below(self, *args, **kwargs)

        return connect

    return make


# -- requests


def _requests_send(below: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        where = address(request.url or "")
        mock = _found(where)
        if mock is not None:
            return _sent(mock, self, request, *args, **kwargs)
        problem = _barred(where, below, "requests.")
        if problem is not None:
            raise requests.ConnectionError(problem, request=request)
        response: requests.Response = below(self, request, *args, **kwargs)
        return response

    send.watchword = True  # type: ignore[attr-defined]
    return send


def _sent(
    mock: Answering,
    adapter: HTTPAdapter,
    request: requests.PreparedRequest,
    stream: bool = False,
    timeout: Any = None,
    *_: Any,
    **__: Any,
) -> requests.Response:
    # Certificates and proxies have no meaning here, and a body that is not streamed the session reads by itself.
    return retried(mock, adapter, request, patience(timeout))


class _Front(requests.adapters.BaseAdapter):
    """Stands before an adapter whose sending somebody else has taken over, and would keep from us."""

    def __init__(self, mock: Answering, adapter: HTTPAdapter) -> None:
        super().__init__()
        self._mock = mock
        self._adapter = adapter

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answer one request."""
        return _sent(self._mock, self._adapter, request, *args, **kwargs)

    def close(self) -> None:
        """Close what it stands before."""
        self._adapter.close()


def _requests_adapter(below: Callable[..., Any]) -> Callable[..., Any]:
    def get_adapter(self: requests.Session, url: str) -> requests.adapters.BaseAdapter:
        found: requests.adapters.BaseAdapter = below(self, url)
        # A library that was told to intercept inside our block has our place, and knows nothing of our origins.
        if not isinstance(found, HTTPAdapter) or hasattr(HTTPAdapter.send, "watchword"):
            return found
        mock = _found(address(url))
        return found if mock is None else _Front(mock, found)

    return get_adapter


# -- httpx, and httpx2


def _httpx_send(library: ModuleType) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(below: Callable[..., Any]) -> Callable[..., Any]:
        def handle_request(self: Any, request: Any) -> Any:
            mock = _httpx_mock(library, request, below)
            return below(self, request) if mock is None else by_httpx.answer(library, mock, request)

        return handle_request

    return make


def _httpx_send_async(library: ModuleType) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(below: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_async_request(self: Any, request: Any) -> Any:
            mock = _httpx_mock(library, request, below)
            if mock is None:
                return await below(self, request)
            return await by_httpx.answer_async(library, mock, request)

        return handle_async_request

    return make


def _httpx_mock(library: ModuleType, request: Any, below: Callable[..., Any]) -> Answering | None:
    where = address(str(request.url))
    mock = _found(where)
    problem = None if mock is not None else _barred(where, below, f"{library.__name__}.")
    if problem is not None:
        raise library.ConnectError(problem, request=request)
    return mock


# -- aiohttp


def _aiohttp_connect(below: Callable[..., Any]) -> Callable[..., Any]:
    import aiohttp

    from watchword.mockserver.ways import by_aiohttp

    async def connect(self: aiohttp.TCPConnector, req: Any, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        where = address(str(req.url))
        mock = _found(where)
        if mock is not None:
            protocol = await by_aiohttp.connected(mock, where[0], req.url.authority)
            return aiohttp.connector.Connection(self, req.connection_key, protocol, asyncio.get_running_loop())
        problem = _barred(where, below, "aiohttp.")
        if problem is not None:
            raise aiohttp.ClientConnectionError(problem)
        connection: aiohttp.connector.Connection = await below(self, req, *args, **kwargs)
        return connection

    return connect
