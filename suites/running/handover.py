"""Handing over what a run leaves: to whoever makes reports, by the hooks that exist where somebody does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from watchword.reports.records import ClauseRecord, EndRecord, RunRecord

__all__ = ["Handover"]


class Handover:
    """The hooks of whoever makes reports, each of which may have nobody behind it."""

    def __init__(self, config: pytest.Config) -> None:
        self._hook = config.hook

    def begin(self, record: RunRecord) -> None:
        """Hand over the record that a run begins with."""
        if hasattr(self._hook, "pytest_watchword_run"):
            self._hook.pytest_watchword_run(record=record)

    def add(self, record: ClauseRecord, item: pytest.Item | None) -> None:
        """Hand over what one clause's check left behind, with the test item that checked it, if there is one."""
        if hasattr(self._hook, "pytest_watchword_clause"):
            self._hook.pytest_watchword_clause(record=record, item=item)

    def end(self, record: EndRecord) -> None:
        """Hand over the record that a run ends with."""
        if hasattr(self._hook, "pytest_watchword_end"):
            self._hook.pytest_watchword_end(record=record)

    def excuse(self, record: ClauseRecord) -> str:
        """Give the reason for which a deviation is excused; empty when it is not."""
        if not hasattr(self._hook, "pytest_watchword_known"):
            return ""
        reason: str | None = self._hook.pytest_watchword_known(record=record)
        return reason or ""

    def stale(self, records: Sequence[ClauseRecord]) -> list[str]:
        """Give a sentence for each known deviation that excuses nothing any more."""
        if not hasattr(self._hook, "pytest_watchword_stale"):
            return []
        sentences: list[str] | None = self._hook.pytest_watchword_stale(records=records)
        return sentences or []
