"""The judgement as a test sees it: a finding that is broken raises, every other passes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from watchword.reports.records import ClauseRecord
from watchword.suites.running.console import explain

__all__ = ["Finding", "NonConformance", "require"]


class NonConformance(AssertionError):
    """A target broke a rule; the text says which, what was expected and what was seen."""


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """What the check of a clause found. `broken` tells whether the run's strictness makes its verdict a failure."""

    record: ClauseRecord
    broken: bool


def require(finding: Finding) -> None:
    """Raise when a rule is broken.

    Raises:
        NonConformance: it is, and nobody has excused it.
    """
    if finding.broken:
        raise NonConformance(explain(finding.record))
    if finding.record.known and finding.record.verdict == "fail":
        pytest.xfail(finding.record.known)
