"""The hooks by which other plugins take part in a run of the suites."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["pytest_watchword_default_targets"]


@pytest.hookspec
def pytest_watchword_default_targets(config: pytest.Config) -> list[dict[str, Any]]:  # type: ignore[empty-body]
    """No target was given: who can start one?

    Each dict describes a running target: `name`, `dialect` (name or folder), `url`, `resource_url`, `credentials` by role,
    `control` (an object with `now()` and `advance(seconds)`, or None) and `close` (called when the run is over).
    """
