"""How the options of a run are written, and where their short names are understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchword.suites.options import is_run_of_suites, names_suites, spelled_out, strays

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["--target", "a.toml", "--target=b.toml"], ["--watchword-target=a.toml", "--watchword-target=b.toml"]),
        (["--watchword-target", "a.toml"], ["--watchword-target=a.toml"]),
        (["--target-url", "http://x", "--dialect", "y"], ["--watchword-target-url=http://x", "--watchword-dialect=y"]),
        (["--plan", "suites"], ["--watchword-plan", "suites"]),
        (["--topic", "kindness"], ["--watchword-topic=kindness"]),
        (["--repeat", "3", "-k", "a b"], ["--watchword-repeat=3", "-k", "a b"]),
        (["--report-dir", "d", "--baseline=f"], ["--watchword-report-dir=d", "--watchword-baseline=f"]),
        (["--history", "h"], ["--watchword-history=h"]),
        (["--target"], ["--watchword-target"]),
        (["-x", "--", "--target", "a"], ["-x", "--", "--target", "a"]),
        (["--targets", "a", "--strict"], ["--targets", "a", "--strict"]),
    ],
)
def test_spelled_out(written: list[str], read: list[str]) -> None:
    """A short name becomes the long one, in one word with its value; every other word stays as it is."""
    assert read == spelled_out(written)


@pytest.mark.parametrize(
    ("words", "astray"),
    [
        (["--target", "there/a.toml"], True),
        (["--watchword-report-dir", "there"], True),
        (["--target=there/a.toml"], False),
        (["--target", "here.toml"], False),
        (["--target", "nowhere/a.toml"], False),
        (["--html", "there/a.toml"], False),
        (["--dialect", "there"], False),
    ],
)
def test_strays(words: list[str], astray: bool, tmp_path: Path) -> None:
    """A path leads astray when it is there, elsewhere, and in a word of its own behind an option that takes one."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.toml").touch()
    (tmp_path / "here.toml").touch()

    assert astray == strays(words, tmp_path)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--pyargs", "watchword.suites"], True),
        (["watchword.suites.test_auth::test_auth"], True),
        (["-p", "watchword.suites.plugin"], True),
        (["-pwatchword.suites.plugin"], True),
        ([f"{CHECKOUT}/suites/test_auth.py::test_auth[a::b]"], True),
        (["watchword.suitesque", "suites", "tests/suites", "-k", "suites"], False),
        ([str(CHECKOUT / "tests" / "suites")], False),
        ([], False),
    ],
)
def test_names_suites(words: list[str], named: bool, tmp_path: Path) -> None:
    """The suites are named by their package or by a path into it, and by nothing that only sounds like it."""
    (tmp_path / "suites").mkdir()

    assert named == names_suites(words, tmp_path)


def test_a_run_in_the_checkout(tmp_path: Path) -> None:
    """In the checkout, or with its root for pytest's, a command line leads to the suites without naming them."""
    assert is_run_of_suites([], CHECKOUT, tmp_path)
    assert is_run_of_suites([], CHECKOUT / "tests", tmp_path)
    assert is_run_of_suites([], tmp_path, CHECKOUT)
    assert not is_run_of_suites([], tmp_path, CHECKOUT.parent)
