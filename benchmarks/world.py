"""The mocks that both sides are measured against: on a real socket, in a world that is the same in every run."""

from __future__ import annotations

from watchword.mockserver.clock import SeededIds, StillClock
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.loader import Dialect

__all__ = ["requests_to", "standing"]


def standing(dialect: Dialect, profile: str = "documented", fault: Fault | None = None) -> Running:
    """Start a mock on a free port; leaving its `with` block stops it.

    Its clock stands until it is set ahead and its ids are the same each time, so that how fast a run is, and what chance
    would have made of a token, decide nothing about what the run sees.
    """
    return start(Service(dialect, profile, clock=StillClock(), ids=SeededIds(0), fault=fault))


def requests_to(running: Running) -> int:
    """Count the requests that a mock has answered, those to its own side apart."""
    return running.journal.dropped + len(running.journal.entries())
