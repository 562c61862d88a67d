"""The hooks by which other plugins take part in a run of the suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from watchword.suites.started import StartedServer

__all__ = ["pytest_watchword_default_targets"]


@pytest.hookspec
def pytest_watchword_default_targets(config: pytest.Config) -> list[StartedServer]:  # type: ignore[empty-body]
    """No target was given: who can start one?

    Each dict describes a running server; `watchword.suites.started.StartedServer` says what may stand in it.
    """
