"""Authentication: who gets in with which credentials, and what the tokens they get are good for."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "auth"


def test_auth(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
