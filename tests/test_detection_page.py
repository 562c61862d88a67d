"""The page about detection speaks of the catalogue that there is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from watchword.mockserver.faults.catalogue import catalogue
from watchword.specs.loader import bundled, load_dialect

PAGE = (Path(__file__).parent.parent / "docs" / "detection.md").read_text("utf-8")
FIRST = PAGE.partition("## The suites by themselves")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", bundled())
def test_the_figures_are_of_this_catalogue(name: str) -> None:
    """As many faults of each stage as the page speaks of are in the catalogue, and the page says that all are noticed."""
    rows = re.findall(rf"^\| {name} \| (\w+) \| (\d+) \| (\d+) \|$", FIRST, re.MULTILINE)
    stages = Counter(fault.stage for fault in catalogue(load_dialect(name)).values())

    assert {stage: (number, number) for stage, number in stages.items()} == {
        stage: (int(faults), int(noticed)) for stage, faults, noticed in rows
    }


def test_the_sum_is_right() -> None:
    """The sentence above the table names the sum of its rows."""
    total = sum(len(catalogue(load_dialect(name))) for name in bundled())

    assert f"{total} of {total} faults are noticed" in FIRST


def test_the_result_is_whole() -> None:
    """What the page shows was neither cut short nor did a part of it crash."""
    assert "partial result" not in PAGE
    assert "crashed" not in PAGE
