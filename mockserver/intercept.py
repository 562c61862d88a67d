"""The mock in place of an origin: whatever client of this process asks it, the mock answers."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, Unpack

from watchword.mockserver.console.access import Access
from watchword.mockserver.layers import Layer, laid
from watchword.mockserver.mounting import Mounted, origin_for
from watchword.mockserver.near import Options, assemble
from watchword.mockserver.service import Service
from watchword.mockserver.ways.ask import address, checked_origin
from watchword.specs.loader import Dialect

__all__ = ["intercept"]

_Any = TypeVar("_Any", bound=Callable[..., Any])


def intercept(
    dialect: str | Path | Dialect | Service,
    *,
    origin: str | None = None,
    passthrough: str | Iterable[str] = (),
    port: int = 0,
    tls: Any = None,
    **options: Unpack[Options],
) -> Interception:
    """Answer every request to an origin while a block, or the decorated function, runs; a block is given the mock.

    It takes the clients of requests, httpx, httpx2 and aiohttp, where these are installed, in all threads. A request to any other
    origin raises what a connection that fails raises, so that no test talks to the world by mistake; those in `passthrough` are
    let through, and so is what an outer block or a library such as `responses` answers. Blocks can be nested, and the result
    can be used with `with` and `async with` and as a decorator of functions of every kind, and of classes of tests. Each use
    begins with a new mock. Where no origin is given, it is that of the invented host `mock.test`; see `mount`.

    Raises:
        SpecError: there is no such dialect or profile, or its data is wrong; when the block begins.
        ValueError: `origin`, or something in `passthrough`, is not an origin.
    """
    through = (passthrough,) if isinstance(passthrough, str) else tuple(passthrough)
    allowed = frozenset(address(checked_origin(entry)) for entry in through)
    access = Access.of_gateway(options.get("control_token"), options.get("control_cors", ()))

    def begin() -> Mounted:
        return Mounted(assemble(dialect, access, **options), origin_for(origin, port, tls))

    origin_for(origin, port, tls)
    return Interception(begin, allowed)


class Interception:
    """What `intercept` gives: a context manager, synchronous and asynchronous, and a decorator."""

    def __init__(self, begin: Callable[[], Mounted], passthrough: frozenset[tuple[str, str, int | None]]) -> None:
        self._begin = begin
        self._passthrough = passthrough
        self._open: list[contextlib.ExitStack] = []

    def __enter__(self) -> Mounted:
        mock = self._begin()
        stack = contextlib.ExitStack()
        stack.enter_context(laid(Layer(address(mock.origin), mock.router, self._passthrough)))
        self._open.append(stack)
        return mock

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.pop().close()

    async def __aenter__(self) -> Mounted:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, what: _Any) -> _Any:
        """Decorate a function, a coroutine function, a generator function of either kind, or a class of tests.

        Raises:
            TypeError: it is none of these.
        """
        if inspect.isclass(what):
            for name, member in list(vars(what).items()):
                if name.startswith("test") and inspect.isfunction(member):
                    setattr(what, name, self(member))
            return what
        if not callable(what):
            raise TypeError(f"expected a function or a class to decorate, seen {type(what).__name__}")
        wrapped: Any = self._around(what)
        return functools.wraps(what)(wrapped)  # type: ignore[return-value]

    def _again(self) -> Interception:
        # Calls of one function may overlap, so each has a block of its own.
        return Interception(self._begin, self._passthrough)

    def _around(self, what: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(what):

            async def run(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await what(*args, **kwargs)

            return run
        if inspect.isasyncgenfunction(what):

            async def stream(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    async with contextlib.aclosing(what(*args, **kwargs)) as values:
                        async for value in values:
                            yield value

            return stream
        if inspect.isgeneratorfunction(what):

            def give(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return (yield from what(*args, **kwargs))

            return give

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return what(*args, **kwargs)

        return call
