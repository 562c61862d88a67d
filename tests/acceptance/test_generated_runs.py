"""Whole runs under generated settings: no internal error, no secret left, no request to anybody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import ROOT
from tests.forked import environment


@pytest.mark.parametrize("dialect", ["rator", "sensu"])
def test_whole_runs_of_any_settings(dialect: str, announce: Any, tmp_path: Path) -> None:
    """Thirty target files and command lines each: some end well, some are refused, some meet nobody, none breaks the contract."""
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps(announce(dialect).facts), encoding="utf-8")
    (tmp_path / "runs").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.runs_of_any_settings", str(ready), str(tmp_path / "runs")],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    ends = json.loads(done.stdout)
    assert {"0", "4", "6"} <= set(ends), ends
