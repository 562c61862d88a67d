"""Every other topic: what a dialect has a name of its own for."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "*"


def test_others(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
