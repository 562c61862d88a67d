"""Mistakes in `client.yaml`, each with the line on which it stands and what mends it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from watchword.specs.errors import SpecError
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.vocabulary.manners import MANNERS

WITHOUT_BRANDS = next(
    folder for name, folder in bundled().items() if "brand_key" not in load_dialect(name).api.required_credentials
)


def broken(tmp_path: Path, old: str, new: str) -> str:
    """Change a dialect's file, read it, and give the complaint."""
    folder = tmp_path / "dialect"
    shutil.copytree(WITHOUT_BRANDS, folder)
    text = (folder / "client.yaml").read_text("utf-8")
    assert old in text
    (folder / "client.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(SpecError) as raised:
        _ = load_dialect(folder).manners
    return str(raised.value)


def test_unknown_rule(tmp_path: Path) -> None:
    """A rule that there is not: the nearest one is named."""
    told = broken(tmp_path, "retry.once:", "retry.twice:")

    assert "client.yaml:" in told
    assert "did you mean 'retry.once'" in told


def test_rule_left_out(tmp_path: Path) -> None:
    """A rule that is left out is not taken for one that means nothing."""
    assert "'brand.same' is left out" in broken(tmp_path, "brand.same: {none: This API has no brands.}\n", "")


def test_brands_where_there_are_none(tmp_path: Path) -> None:
    """A rule about brands can bind nobody where there are none."""
    told = broken(tmp_path, "{none: This API has no brands.}", "{level: must, basis: rfc, source: Nowhere.}")

    assert "no operation carries a brand key" in told
    assert "none" in told


def test_unknown_level(tmp_path: Path) -> None:
    """Levels are those of clauses."""
    assert "client.yaml:" in broken(tmp_path, "level: must", "level: always")


@pytest.mark.parametrize("name", bundled())
def test_bundled(name: str) -> None:
    """Each bundled dialect says of each rule how much it binds, and where that is written."""
    manners = load_dialect(name).manners

    assert manners is not None
    assert list(MANNERS) == [manner.name for manner in manners]
    assert all(manner.source or manner.reason for manner in manners)


def test_dialects_without(tmp_path: Path) -> None:
    """A dialect need not speak of clients."""
    folder = tmp_path / "dialect"
    shutil.copytree(WITHOUT_BRANDS, folder)
    (folder / "client.yaml").unlink()

    assert load_dialect(folder).manners is None
