"""The judgement as a test sees it: a finding that is broken raises, every other passes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from watchword.reports.records import ClauseRecord
from watchword.reports.verdict import Shown
from watchword.suites.running.console import explain

__all__ = ["Finding", "NonConformance", "require"]


class NonConformance(AssertionError):
    """A target broke a rule; the text says which, what was expected and what was seen."""


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """What the check of a clause found, and what its test shows of it."""

    record: ClauseRecord
    shown: Shown


def require(finding: Finding) -> None:
    """Raise when a rule is broken; end as an expected failure when somebody has excused what was found.

    Raises:
        NonConformance: a rule is broken, and nobody has excused it.
    """
    if finding.shown == "failed":
        raise NonConformance(explain(finding.record))
    if finding.shown == "skipped":
        pytest.xfail(finding.record.known)
