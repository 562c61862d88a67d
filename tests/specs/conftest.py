"""Dialects that are wrong in one place, and the error that says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from watchword.specs.errors import SpecError
from watchword.specs.loader import load_dialect

DIALECTS = Path(__file__).parent.parent / "dialects"
MARK = "§"
"""Stands in the new text on the line that the error is to name, and is taken out before the file is written."""


@dataclass(frozen=True)
class Broken:
    """A copy of a dialect with one change, the file that was changed, and the line that is wrong now."""

    folder: Path
    file: Path
    line: int | None

    def load(self) -> SpecError:
        """Load everything that the dialect has and give the error that this ends in."""
        with pytest.raises(SpecError) as caught:
            load_all(self.folder)
        return caught.value


def load_all(folder: Path) -> None:
    """Read all files of a dialect."""
    dialect = load_dialect(folder)
    assert dialect.clauses
    assert dialect.profiles
    assert dialect.declared is None or dialect.declared


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., Broken]:
    """Copy a dialect and change one of its files: `broken(file, old, new, base)`."""

    def make(name: str, old: str, new: str, base: str = "smallest") -> Broken:
        folder = tmp_path / base
        shutil.copytree(DIALECTS / base, folder)
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} does not stand in {file}"
        changed = text.replace(old, new, 1)
        line = next((n for n, part in enumerate(changed.split("\n"), start=1) if MARK in part), None)
        file.write_text(changed.replace(MARK, ""), encoding="utf-8")
        return Broken(folder, file, line)

    return make
