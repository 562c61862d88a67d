"""Error codes: how a request that cannot be served is answered."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "error_codes"


def test_error_codes(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
