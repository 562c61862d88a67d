"""The evidence of the matrix: there for what is broken, and without secrets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest

from watchword.detection.run import run
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.service import Service
from watchword.reports.detection.matrix import BROKEN, Cell, Sheet
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import is_secret

DIALECT = "sensu"
FAULTS = (
    "accepts:password.wrong@createToken",
    "echoes-secrets@createToken",
    "every-third:access_token.missing@listNamespaces",
    "half-body@renewToken",
)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    """Give the matrix of a few faults, with evidence."""
    dialect = load_dialect(DIALECT)
    wanted = MappingProxyType({name: catalogue(dialect)[name] for name in FAULTS})
    return run([dialect], evidence=True, faults={DIALECT: wanted}).sheets[0]


def cells(sheet: Sheet) -> Iterator[Cell]:
    """Give the cells of the faults and of the right servers."""
    for line in (*sheet.rows, *sheet.profiles):
        yield from line.cells


def test_what_is_broken_has_its_record(sheet: Sheet) -> None:
    """A cell of a fault says what was seen, and a broken one has the exchanges behind it."""
    for row in sheet.rows:
        assert row.cells
        for cell in row.cells:
            assert cell.observed, (row.fault, cell.clause)
            assert (cell.verdict in BROKEN) == (cell.record is not None)
            assert cell.record is None or cell.record.exchanges


def test_an_intermittent_lie_says_how_often(sheet: Sheet) -> None:
    """The record of a fault that strikes every third time says in how many attempts it showed."""
    row = next(row for row in sheet.rows if row.fault.startswith("every-third:"))
    records = [cell.record for cell in row.cells if cell.record is not None]

    assert any("broken in 1 of 3 attempts" in record.reason for record in records)


def test_no_secret_is_kept(sheet: Sheet) -> None:
    """No cell shows a password, not even where the server tells it; tokens have given way to pseudonyms."""
    credentials: dict[str, Any] = Service(load_dialect(DIALECT)).credentials
    secrets = [value for role, value in credentials.items() if is_secret(role)]
    text = json.dumps([dataclasses.asdict(cell) for cell in cells(sheet)], default=dict)

    assert secrets
    assert "access_token#" in text
    assert [] == [secret for secret in secrets if secret in text]
    assert "eyJ" not in text


def test_without_evidence_cells_say_only_verdicts() -> None:
    """Evidence costs time, and who does not ask for it pays nothing."""
    dialect = load_dialect(DIALECT)
    wanted = MappingProxyType({FAULTS[0]: catalogue(dialect)[FAULTS[0]]})
    (row,) = run([dialect], faults={DIALECT: wanted}).sheets[0].rows

    assert row.broken
    assert {("", None)} == {(cell.observed, cell.record) for cell in row.cells}
