"""What is wrong in a `faults.yaml` is said with file, line and a remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from watchword.specs.errors import SpecError
from watchword.specs.loader import load_dialect

SMALLEST = Path(__file__).parent.parent / "dialects" / "smallest"
RIGHT = "# Told by hand.\ndrop@logIn: []\naccepts:password.wrong@logIn: [login.password-wrong]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the smallest dialect, which declares nothing."""
    return Path(shutil.copytree(SMALLEST, tmp_path / "smallest"))


def test_nothing_is_declared(folder: Path) -> None:
    """A dialect need not declare what its faults break."""
    assert load_dialect(folder).declared is None


def test_what_is_declared(folder: Path) -> None:
    """A file that is there is read: fault, and the clauses that it breaks."""
    (folder / "faults.yaml").write_text(RIGHT, "utf-8")

    expected = {"drop@logIn": frozenset(), "accepts:password.wrong@logIn": frozenset({"login.password-wrong"})}
    assert expected == load_dialect(folder).declared


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        (
            RIGHT.replace("password-wrong]", "pasword-wrong]"),
            3,
            "no clause 'login.pasword-wrong'",
            "'login.password-wrong'",
        ),
        (RIGHT.replace("[login.password-wrong]", "[me.kind]"), 3, "nothing can break 'me.kind'", "leave it out"),
        (RIGHT.replace("[login.password-wrong]", "login.password-wrong"), 3, "is not of type 'array'", "the ids"),
        (RIGHT + "drop@logIn: []\n", 4, "'drop@logIn' stands here twice", "keep one"),
        ("- drop@logIn\n", 1, "is not of type 'object'", ""),
    ],
    ids=["unknown clause", "not breakable", "no list", "twice", "no mapping"],
)
def test_error(folder: Path, text: str, line: int, problem: str, hint: str) -> None:
    """The error names the file and the line, says what is wrong, and how it is mended."""
    (folder / "faults.yaml").write_text(text, "utf-8")

    with pytest.raises(SpecError) as caught:
        _ = load_dialect(folder).declared

    assert (folder / "faults.yaml", line) == (caught.value.file, caught.value.line)
    assert problem in caught.value.problem
    assert hint in caught.value.hint
