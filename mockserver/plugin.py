"""The mock in pytest: what the suites run against when no target is named, and a fixture for tests of clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

# pytest loads this module in every project where Watchword is installed: what is heavy is imported when it is needed.
if TYPE_CHECKING:
    from pathlib import Path

    from watchword.mockserver.launch import Running

__all__ = ["pytest_watchword_default_targets", "watchword_mock"]


@pytest.hookimpl(optionalhook=True)
def pytest_watchword_default_targets(config: pytest.Config) -> list[dict[str, object]]:
    """Start a mock of each bundled dialect; whoever asked for the targets closes them."""
    from watchword.mockserver.launch import start
    from watchword.mockserver.service import Service
    from watchword.specs.loader import bundled, load_dialect

    started: dict[str, Running] = {}
    try:
        for name in bundled():
            started[name] = start(Service(load_dialect(name)))
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
        "credentials": running.credentials,
        "control": running.service.clock,
        "close": running.stop,
    }


@pytest.fixture
def watchword_mock() -> Iterator[Callable[..., Running]]:
    """Start mocks on free ports of 127.0.0.1, stopped when the test ends: `watchword_mock("dialect", profile="…")`."""
    from watchword.mockserver.launch import start
    from watchword.mockserver.service import Service
    from watchword.specs.loader import load_dialect

    started: list[Running] = []

    def begin(dialect: str | Path, **options: Any) -> Running:
        running = start(Service(load_dialect(dialect), **options))
        started.append(running)
        return running

    yield begin
    for running in started:
        running.stop()
