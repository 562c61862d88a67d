"""What is done alone: nothing else may be on its way to the target, since it could end what others hold there.

A server that sees a refresh token a second time takes back what was granted with it (RFC 9700 section 4.14.2), on some servers
all sessions of the user; and whoever waits for an expiry holds everybody up.
"""

from __future__ import annotations

from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.acting.steps import Pause

__all__ = ["ALONE", "is_alone"]

ALONE = Pause(0.0, "nothing else is on its way", alone=True)
"""Yielded where nothing that came before is needed any more: from here on, nobody else may send anything."""

_STOLEN = ("reused", "retired")
"""What a server may take for the work of a thief."""


def is_alone(condition: str) -> bool:
    """Tell whether a condition is provoked alone."""
    row = CONDITIONS[condition]
    return row.defect in _STOLEN or row.presumes in ("expiry", "ended_sessions")
