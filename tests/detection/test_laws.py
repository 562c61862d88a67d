"""The laws of detection, over every dialect: what is right raises no alarm, and every fault is found where it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from watchword.detection.laws import breaches
from watchword.detection.measure import faulty
from watchword.detection.run import run
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.faults.fault import STAGES
from watchword.reports.detection.matrix import BROKEN, UNVERIFIED, Matrix, Sheet
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS, broader

FICTIONAL = Path(__file__).parent.parent / "dialects" / "lanternhouse"
# The longest first: a process each takes them up in this order (`Spread` in tests/conftest.py).
DIALECTS = (
    str(FICTIONAL),
    *sorted(bundled(), key=lambda name: -len(bundled()[name].joinpath("clauses.yaml").read_bytes())),
)


@pytest.fixture(scope="module", params=DIALECTS, ids=lambda name: Path(name).name)
def measured(request: pytest.FixtureRequest) -> tuple[Dialect, Matrix]:
    """Give a dialect with its matrix, measured in this process."""
    dialect = load_dialect(request.param)
    return dialect, run([dialect])


@pytest.fixture(scope="module")
def sheet(measured: tuple[Dialect, Matrix]) -> Sheet:
    """Give the matrix of one dialect."""
    return measured[1].sheets[0]


def test_every_law_holds(sheet: Sheet) -> None:
    """Nothing survives, nothing alarms, nothing is unguarded, and each fault breaks what it declares."""
    assert [] == [str(breach) for breach in breaches(sheet)]


def test_nothing_is_left_out(measured: tuple[Dialect, Matrix]) -> None:
    """Every fault and every profile is measured, every clause that can be tested has a column, every fault declares."""
    dialect, matrix = measured
    (sheet,) = matrix.sheets

    assert not matrix.partial
    assert list(catalogue(dialect)) == [row.fault for row in sheet.rows]
    assert list(dialect.profiles) == [profile.name for profile in sheet.profiles]
    assert [c.id for c in dialect.clauses if not c.untested] == [column.clause for column in sheet.columns]
    assert set(catalogue(dialect)) == set(dialect.declared or ())


def test_every_stage_has_its_faults(sheet: Sheet) -> None:
    """There are faults of the dialect, of the verdict, of the reply and of the transport."""
    assert set(STAGES) == {row.stage for row in sheet.rows}


def test_a_profile_is_measured_by_all_clauses(measured: tuple[Dialect, Matrix]) -> None:
    """Each right server is asked about every clause, and most of those about what it has are really verified."""
    dialect, matrix = measured
    (sheet,) = matrix.sheets
    for profile in sheet.profiles:
        lacks = dialect.profile(profile.name).lacks
        had = [cell for cell in profile.cells if dialect.clause(cell.clause).operation not in lacks]
        verified = [cell for cell in had if cell.verdict in ("pass", "warn", "observed")]

        assert [column.clause for column in sheet.columns] == [cell.clause for cell in profile.cells]
        assert len(verified) > 0.9 * len(had)
        assert {"not_supported"} >= {cell.verdict for cell in profile.cells if cell not in had}


def subjects(clause: Clause) -> Iterator[str]:
    """Give the conditions that a clause is about, the broader ones among them."""
    routed = ["method.wrong"] if clause.guarantee == "method.allow_header" else []
    for name in (*clause.when, *clause.conditions, *routed):
        yield name
        yield from broader(name)


def test_a_lie_about_a_condition_is_found_by_who_speaks_of_it(measured: tuple[Dialect, Matrix]) -> None:
    """Where a wrong request is served or wrongly answered, a clause about that condition there is among the broken."""
    dialect, matrix = measured
    elsewhere = []
    for row in matrix.sheets[0].rows:
        head, _, operation = row.fault.partition("@")
        condition = head.partition(":")[2]
        if row.stage != "verdict" or condition not in CONDITIONS:
            continue
        there = [dialect.clause(name) for name in row.broken]
        if not any(c.operation == operation and condition in subjects(c) for c in there):
            elsewhere.append((row.fault, sorted(row.broken)))

    assert [] == elsewhere


def test_a_failing_connection_is_told_as_one(sheet: Sheet) -> None:
    """A fault of the transport ends clauses as inconclusive or blocked; it breaks none."""
    for row in (row for row in sheet.rows if row.stage == "transport"):
        verdicts = {cell.verdict for cell in row.cells}

        assert verdicts & UNVERIFIED, row.fault
        assert verdicts.isdisjoint(BROKEN), row.fault


def test_a_lie_told_now_and_then_is_counted(sheet: Sheet) -> None:
    """A fault of every third time is found by looking three times, and not every look finds it."""
    rows = [row for row in sheet.rows if row.fault.startswith("every-third:")]

    assert rows
    for row in rows:
        broken = [cell for cell in row.cells if cell.verdict in BROKEN]

        assert {3} == {cell.attempts for cell in broken}, row.fault
        assert any(0 < cell.broken < cell.attempts for cell in broken), row.fault


def test_what_a_fault_cannot_reach_is_left_alone(measured: tuple[Dialect, Matrix]) -> None:
    """Measured with every clause, each at a server of its own, a fault breaks just what it breaks in the matrix."""
    dialect, matrix = measured
    (sheet,) = matrix.sheets
    everything = [column.clause for column in sheet.columns]
    # The matrix leaves out what a fault cannot reach or cannot show at, and judges what sends the same together.
    faults = catalogue(dialect)
    choosy = [row for row in sheet.rows if faults[row.fault].shows]
    others = [row for row in sheet.rows if not faults[row.fault].shows]
    for row in (*choosy[:: max(1, len(choosy) // 5)], *others[:: max(1, len(others) // 3)]):
        cells = faulty(dialect.folder, row.fault, everything, evidence=False, together=False)

        assert row.broken == {cell.clause for cell in cells if cell.verdict in BROKEN}, row.fault
