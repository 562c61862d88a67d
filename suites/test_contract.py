"""Contract: every reply, to right and to generated requests, is one that the description knows."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "contract"


def test_contract(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
