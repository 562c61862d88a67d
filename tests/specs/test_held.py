"""A dialect's files are held against their schemas once, and again as soon as a byte of them is another one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from watchword.specs.errors import SpecError
from watchword.specs.held import digest, is_held, note
from watchword.specs.loader import bundled, load_dialect

_LOAD = """
import sys
from watchword.specs.loader import load_dialect
dialect = load_dialect(sys.argv[1])
dialect.profiles, dialect.clauses
print("jsonschema" in sys.modules)
"""


def looked(folder: Path, cache: Path) -> str:
    """Load a dialect in a process of its own; gives whether its files were held against the schemas."""
    line = [sys.executable, "-c", _LOAD, str(folder)]
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}
    return subprocess.run(line, env=env, capture_output=True, text=True, check=True).stdout.strip()


def test_a_file_is_held_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    """What is kept of it is a digest, and nothing of its text."""
    folder = tmp_path / "sensu"
    shutil.copytree(bundled()["sensu"], folder)
    cache = tmp_path / "cache"
    assert ["True", "False"] == [looked(folder, cache) for _ in range(2)]
    kept = [file for file in cache.rglob("*") if file.is_file()]
    # The register counts twice: as it is written, and with each of its groups written out.
    assert len(kept) == 4
    assert not any(file.read_bytes() for file in kept)
    profiles = folder / "profiles.yaml"
    profiles.write_text(profiles.read_text() + "# another byte\n")
    assert looked(folder, cache) == "True"


def test_what_is_wrong_stays_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that broke its schema is not remembered as one that did not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    folder = tmp_path / "sensu"
    shutil.copytree(bundled()["sensu"], folder)
    profiles = folder / "profiles.yaml"
    profiles.write_text(profiles.read_text() + "nonsense: 1\n")
    for _ in range(2):
        with pytest.raises(SpecError, match="nonsense"):
            assert load_dialect(folder).profiles


def test_a_cache_that_cannot_be_written_to_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    name = digest("a", "b")
    note(name)
    assert not is_held(name)
    assert digest("ab", "") != name != digest("", "ab")
