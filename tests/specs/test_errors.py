"""Errors in data as values, and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchword.specs.errors import SpecError, UnknownDialect, nearest
from watchword.specs.loader import bundled, load_dialect


@pytest.mark.parametrize(
    ("word", "valid", "says"),
    [
        ("pasword", ["username", "password"], "did you mean 'password'?"),
        ("password.wrnog", ["password.wrong", "password.empty"], "did you mean 'password.wrong'?"),
        ("zzz", ["b", "a"], "valid names: a, b"),
        ("zzz", [], "there are no valid names here"),
    ],
)
def test_nearest(word: str, valid: list[str], says: str) -> None:
    """One near name is asked for; with none near, all are listed in order."""
    assert says == nearest(word, valid)


def test_nearest_takes_any_iterable() -> None:
    """Names may come from a generator."""
    assert "did you mean 'sensu'?" == nearest("sens", (name for name in ("sensu", "fusio")))


@pytest.mark.parametrize(
    ("line", "hint", "text"),
    [
        (None, "", "a/b.yaml: wrong"),
        (7, "", "a/b.yaml:7: wrong"),
        (7, "mend it", "a/b.yaml:7: wrong\n\nhint: mend it"),
    ],
)
def test_text(line: int | None, hint: str, text: str) -> None:
    """The text is the place, the problem, and the hint after an empty line."""
    assert text == str(SpecError("a/b.yaml", line, "wrong", hint))


def test_unknown_dialect() -> None:
    """A dialect that does not exist is an error with the nearest name, or with all of them."""
    with pytest.raises(UnknownDialect) as near:
        load_dialect("sensuu")
    with pytest.raises(UnknownDialect) as far:
        load_dialect("zzz")

    assert "did you mean 'sensu'? The folder of a dialect of your own will do, too." == near.value.hint
    assert "valid names: " + ", ".join(sorted(bundled())) in far.value.hint
    assert isinstance(near.value, SpecError)


def test_folder_without_a_description(tmp_path: Path) -> None:
    """A folder that holds no openapi.yaml is no dialect."""
    with pytest.raises(UnknownDialect, match="there is no dialect"):
        load_dialect(tmp_path)


def test_files_are_missing(tmp_path: Path) -> None:
    """A dialect whose register is missing has a description all the same; the register's absence shows when it is read."""
    text = (bundled()["sensu"] / "openapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "openapi.yaml").write_text(text, encoding="utf-8")
    dialect = load_dialect(tmp_path)

    assert "createToken" in dialect.api.operations
    with pytest.raises(SpecError, match="cannot be read") as clauses:
        dialect.clauses  # noqa: B018 - reading is what is tested
    with pytest.raises(SpecError, match="cannot be read") as profiles:
        dialect.profiles  # noqa: B018
    assert ["clauses.yaml", "profiles.yaml"] == [e.value.file.name for e in (clauses, profiles)]


def test_unknown_profile_and_clause() -> None:
    """A profile or clause that does not exist is an error with the nearest name."""
    dialect = load_dialect("sensu")
    with pytest.raises(SpecError, match="no profile 'documentd'") as profile:
        dialect.profile("documentd")
    with pytest.raises(SpecError, match=r"no clause 'token\.wroks'") as clause:
        dialect.clause("token.wroks")

    assert "did you mean 'documented'?" == profile.value.hint
    assert "did you mean 'token.works'?" == clause.value.hint
