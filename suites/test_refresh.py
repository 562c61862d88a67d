"""Refresh: what a refresh token obtains, when, and what becomes of the tokens before it."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "refresh"


def test_refresh(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
