"""Brand keys: where a brand is to be named, and what happens when it is not."""

from __future__ import annotations

from watchword.suites.running.verdicts import Finding, require

TOPIC = "brand_keys"


def test_brand_keys(conformance: Finding) -> None:
    """The target keeps the clause."""
    require(conformance)
