"""The mock in pytest: what the suites run against when no target is named, and fixtures for tests of clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest

# pytest loads this module in every project where Watchword is installed: what is heavy is imported when it is needed.
if TYPE_CHECKING:
    from pathlib import Path

    from watchword.mockserver.launch import Running

__all__ = [
    "class_watchword_mock",
    "module_watchword_mock",
    "package_watchword_mock",
    "pytest_runtest_call",
    "pytest_watchword_default_targets",
    "session_watchword_mock",
    "watchword_mock",
]


@pytest.hookimpl(optionalhook=True)
def pytest_watchword_default_targets(config: pytest.Config) -> list[dict[str, object]]:
    """Start a mock of each bundled dialect; whoever asked for the targets closes them."""
    from watchword.mockserver.launch import start
    from watchword.specs.loader import bundled

    started: dict[str, Running] = {}
    try:
        for name in bundled():
            started[name] = start(name)
    except BaseException:
        for running in started.values():
            running.stop()
        raise
    return [_described(name, running) for name, running in started.items()]


def _described(name: str, running: Running) -> dict[str, object]:
    return {
        "name": name,
        "dialect": name,
        "url": running.url,
        "resource_url": running.resource_url,
        "issuer": running.url,
        "credentials": running.credentials,
        "control": running.service.clock,
        "close": running.stop,
    }


def _mocks(judged: list[tuple[Running, bool]] | None = None) -> Iterator[Callable[..., Running]]:
    from watchword.mockserver.launch import start

    started: list[Running] = []
    own: list[tuple[Running, bool]] = [] if judged is None else judged

    def begin(
        dialect: str | Path,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        verdict: bool | Literal["strict"] = False,
        **options: Any,
    ) -> Running:
        running = start(dialect, host, port, **options)
        started.append(running)
        if verdict:
            own.append((running, verdict == "strict"))
        return running

    yield begin
    try:
        if judged is None:
            _judge(own)
    finally:
        for running in started:
            running.stop()


def _judge(mocks: list[tuple[Running, bool]]) -> None:
    """Fail when a client has broken a rule at one of these mocks."""
    for running, strict in mocks:
        worlds = [running, *(running.space(name) for name in running.spaces.list())]
        broken = [row for world in worlds for row in world.verdict().broken(strict=strict)]
        if broken:
            pytest.fail("\n".join(["the client breaks rules of this API:", *map(str, broken)]), pytrace=False)


_JUDGED: pytest.StashKey[list[tuple[Running, bool]]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that went well, and in which the client broke a rule."""
    yield
    if _JUDGED in item.stash:
        _judge(item.stash[_JUDGED])


@pytest.fixture
def watchword_mock(request: pytest.FixtureRequest) -> Iterator[Callable[..., Running]]:
    """Start mocks on free ports of 127.0.0.1, stopped when the test ends: `watchword_mock("dialect", profile="…")`.

    It takes what `watchword.mockserver.start` takes, and gives the same. With `verdict=True` the test fails when the client
    breaks a rule of the API, with `verdict="strict"` when it does not heed a recommendation, either. Mocks of wider scopes
    say so at their end, as an error.
    """
    yield from _mocks(request.node.stash.setdefault(_JUDGED, []))


@pytest.fixture(scope="class")
def class_watchword_mock() -> Iterator[Callable[..., Running]]:
    """Start mocks that are stopped after the last test of the class; see `watchword_mock`."""
    yield from _mocks()


@pytest.fixture(scope="module")
def module_watchword_mock() -> Iterator[Callable[..., Running]]:
    """Start mocks that are stopped after the last test of the module; see `watchword_mock`."""
    yield from _mocks()


@pytest.fixture(scope="package")
def package_watchword_mock() -> Iterator[Callable[..., Running]]:
    """Start mocks that are stopped after the last test of the package; see `watchword_mock`."""
    yield from _mocks()


@pytest.fixture(scope="session")
def session_watchword_mock() -> Iterator[Callable[..., Running]]:
    """Start mocks that are stopped at the end of the run; see `watchword_mock`.

    Tests that share one do not see each other when each has a space of it: `with mock.space() as mine`.
    """
    yield from _mocks()
