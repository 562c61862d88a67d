"""Servers to be measured by: mocks in this process, described as a plugin describes those that it has started."""

from __future__ import annotations

from watchword.detection.wire import ORIGIN, MockWire
from watchword.mockserver.clock import SeededIds, StillClock
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.service import Service
from watchword.specs.loader import Dialect
from watchword.suites.running.survey import Server
from watchword.suites.started import StartedServer

__all__ = ["begin", "describe"]


def describe(dialect: Dialect, profile: str) -> StartedServer:
    """Say what all mocks of a profile have in common."""
    bases = dialect.api.bases
    return {
        "name": profile,
        "dialect": dialect.folder,
        "url": ORIGIN + bases["url"],
        "issuer": ORIGIN + bases["url"],
        "resource_url": ORIGIN + bases.get("resource_url", bases["url"]),
        "credentials": dialect.world.credentials,
    }


def begin(dialect: Dialect, profile: str, fault: Fault | None = None) -> Server:
    """Begin a new mock, with a distortion of its own. Of all that begin, time and chance are the same."""
    service = Service(dialect, profile, clock=StillClock(), ids=SeededIds(), fault=fault)
    return Server(MockWire(service), service.clock)
