"""The hooks through which a suite hands over its records, and asks about known deviations.

A suite calls them on `config.hook`. They exist wherever `watchword.reports.plugin` is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from watchword.reports.records import ClauseRecord, EndRecord, RunRecord

__all__ = [
    "pytest_watchword_clause",
    "pytest_watchword_end",
    "pytest_watchword_expected",
    "pytest_watchword_known",
    "pytest_watchword_run",
    "pytest_watchword_stale",
]


@pytest.hookspec
def pytest_watchword_run(record: RunRecord) -> None:
    """Called once, when the run begins: after the selection is known and before the first clause is checked.

    Raises:
        pytest.UsageError: the report directory cannot be written.
    """


@pytest.hookspec
def pytest_watchword_clause(record: ClauseRecord, item: pytest.Item | None) -> None:
    """Called once a clause, as soon as its verdict stands, with the test item that checked it, if there is one."""


@pytest.hookspec
def pytest_watchword_end(record: EndRecord) -> None:
    """Called once, when the run ends of its own accord. A run without this call is reported as cut short."""


@pytest.hookspec(firstresult=True)
def pytest_watchword_expected(config: pytest.Config) -> bool | None:
    """Called before the collection: may the tests that the command line names hand over records?"""


@pytest.hookspec(firstresult=True)
def pytest_watchword_known(record: ClauseRecord) -> str | None:
    """Called before a record with a deviation is handed over: gives the reason for which it is excused, if it is."""


@pytest.hookspec(firstresult=True)
def pytest_watchword_stale(records: Sequence[ClauseRecord]) -> list[str] | None:
    """Called at the end of a whole run: gives a sentence for each known deviation that excuses nothing any more.

    Not to be called after a run of selected clauses: what was left out would count as gone.
    """
