"""Scopes: what a token is granted, and what it does not open."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "scopes"


def test_scopes(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
