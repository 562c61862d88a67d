"""Servers to be measured by: mocks in this process, each the description of a target."""

from __future__ import annotations

from typing import Any

from watchword.detection.carrier import ORIGIN, MockWire
from watchword.mockserver.clock import StillClock
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.service import Service
from watchword.specs.loader import Dialect

__all__ = ["describe"]


def describe(dialect: Dialect, profile: str = "documented", fault: Fault | None = None) -> dict[str, Any]:
    """Describe a new mock as a plugin describes a server that it has started. Its clock stands until it is set ahead."""
    service = Service(dialect, profile, clock=StillClock(), fault=fault)
    bases = dialect.api.bases
    return {
        "name": profile,
        "dialect": dialect.folder,
        "url": ORIGIN + bases["url"],
        "resource_url": ORIGIN + bases.get("resource_url", bases["url"]),
        "credentials": service.credentials,
        "control": service.clock,
        "wire": MockWire(service),
    }
