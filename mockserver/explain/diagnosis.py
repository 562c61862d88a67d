"""A diagnosis: a special case of a condition that only people need to know apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from watchword.mockserver.rules.case import Case

__all__ = ["Diagnosis"]


class Diagnosis(NamedTuple):
    """One special case. The texts are filled in as those of the hints are."""

    name: str
    refines: tuple[str, ...]
    holds: Callable[[Case], bool]
    says: str
    expected: str
    mend: str
