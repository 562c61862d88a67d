"""What the lock files promise: every package by its hashes, within the ranges of pyproject.toml, from wherever."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("product", "dev", "sdk", "uv")
ENTRY = re.compile(r"^(\S+)==(\S+)(?: ; .*?)? \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REMEDY = "pyproject.toml and the lock files disagree: run `make lock`"


def locked(name: str) -> dict[str, str]:
    """Give the version of each package in a lock file."""
    return {
        package: version for package, version, _ in ENTRY.findall((ROOT / "locks" / f"{name}.txt").read_text("utf-8"))
    }


def group(name: str) -> list[Requirement]:
    """Give what a group of pyproject.toml asks for, with the groups that it includes."""
    asked: list[Requirement] = []
    for line in PROJECT["dependency-groups"][name]:
        asked += group(line["include-group"]) if isinstance(line, dict) else [Requirement(line)]
    return asked


def product() -> list[Requirement]:
    """Give what the installed product asks for, with what the suites take."""
    project = PROJECT["project"]
    return [Requirement(line) for line in project["dependencies"] + project["optional-dependencies"]["suites"]]


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_is_locked(name: str) -> None:
    """A lock file holds versions with hashes and remarks on them; it names no place to fetch them from."""
    left = ENTRY.sub("", (ROOT / "locks" / f"{name}.txt").read_text("utf-8"))

    assert [] == [line for line in left.splitlines() if not line.lstrip().startswith("#")]
    assert "://" not in left


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("product", product() + group("build")),
        ("dev", product() + group("dev")),
        ("sdk", group("sdk")),
        ("uv", group("lock")),
    ],
    ids=LOCKS,
)
def test_the_ranges_hold(name: str, asked: list[Requirement]) -> None:
    """Every package that pyproject.toml asks for is locked, at a version within its range."""
    versions = locked(name)
    found = {r: versions.get(canonicalize_name(r.name)) for r in asked}
    outside = [str(r) for r, version in found.items() if version is None or version not in r.specifier]

    assert [] == outside, REMEDY


def test_what_npm_installs_is_locked() -> None:
    """Every package that comes from npm is locked by its hash, at the version asked for, from wherever."""
    folder = ROOT / "locks" / "node"
    asked = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    packages = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]
    own = packages.pop("")

    assert asked == own["dependencies"], REMEDY
    assert asked == {name: packages[f"node_modules/{name}"]["version"] for name in asked}, REMEDY
    assert {True} == {"integrity" in entry and "resolved" not in entry for entry in packages.values()}


def test_the_tools_change_no_version() -> None:
    """The product is tested with the versions that it is installed with."""
    assert locked("product").items() <= locked("dev").items(), REMEDY


def test_the_build_is_locked() -> None:
    """What builds the package is what the lock files name, so that building fetches nothing."""
    assert PROJECT["build-system"]["requires"] == [str(r) for r in group("build")]
