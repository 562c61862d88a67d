"""A dialect that groups its clauses under topics of its own: each of them is examined, and none twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT
from watchword.specs.loader import load_dialect

OWN = "kindness"


@pytest.fixture
def dialect(tmp_path: Path) -> Path:
    """Give a dialect half of whose clauses have a topic that no suite is named after."""
    folder = Path(shutil.copytree(ROOT / "tests" / "dialects" / "smallest", tmp_path / "own"))
    register = folder / "clauses.yaml"
    register.write_text(register.read_text("utf-8").replace("topic: auth", f"topic: {OWN}", 2), "utf-8")
    return folder


def test_no_clause_is_lost(dialect, announce, write_target, by_command):
    """The suites pick up every clause, whatever its topic is called, and `--topic` chooses the own one."""
    path = write_target({**announce(str(dialect)).facts, "dialect": str(dialect)})
    testable = {clause.full_id: clause.topic for clause in load_dialect(dialect).clauses if not clause.untested}

    def found(*words: str) -> list[tuple[str, str]]:
        """Run the suites, and give the clauses of the records with their topics."""
        return sorted((record.clause, record.topic) for record in by_command(path, *words).run.clauses)

    assert 2 == list(testable.values()).count(OWN)
    assert sorted(testable.items()) == found()
    assert [pair for pair in sorted(testable.items()) if pair[1] == OWN] == found("--topic", OWN)
    assert {OWN, "error_codes"} == {topic for _, topic in found("--topic", OWN, "--topic", "error_codes")}
