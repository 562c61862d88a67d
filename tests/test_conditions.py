"""A condition is one row in each of three tables, and its full name finds all three."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.acting.provoke.table import PROVOKERS

ROOT = Path(__file__).resolve().parent.parent
TABLES = {
    "what it is": ROOT / "specs" / "vocabulary",
    "how it is provoked": ROOT / "suites" / "acting" / "provoke",
    "how it is recognised": ROOT / "mockserver" / "rules" / "recognise",
}
REFERRING = {"guarantees.py"}
"""What names conditions that its rows are about, and defines none."""
TEXTS = {
    table: "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")) if path.name not in REFERRING)
    for table, folder in TABLES.items()
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", CONDITIONS)
def test_a_search_finds_the_row(name: str, table: str) -> None:
    """The full name of a condition stands in each table as it is, once; a special case may refer to it as broader."""
    found = re.findall(rf'(?<!broader=)"{re.escape(name)}"', TEXTS[table])

    assert 1 == len(found)


def test_the_three_tables_are_of_one_length() -> None:
    """What has a row in one table has one in the others."""
    assert set(CONDITIONS) == set(PROVOKERS) == set(RECOGNISERS)
