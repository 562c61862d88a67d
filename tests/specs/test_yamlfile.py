"""How YAML is read: strictly, as YAML 1.2 has it, and with the line of every value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from watchword.specs.errors import SpecError
from watchword.specs.reading.yamlfile import YamlFile, read_yaml


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], YamlFile]:
    """Write a text to a file and read it."""

    def reading(text: str) -> YamlFile:
        file = tmp_path / "data.yaml"
        file.write_text(text, encoding="utf-8")
        return read_yaml(file)

    return reading


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("017", "017"),
        ("1.5", 1.5),
        ("12:30", "12:30"),
        ("12:30:45.5", "12:30:45.5"),
        (".inf", ".inf"),
        ("2024-11-05", "2024-11-05"),
        ("2024-11-05T09:30:00Z", "2024-11-05T09:30:00Z"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars(text: str, value: Any, read: Callable[[str], YamlFile]) -> None:
    """A scalar is text unless YAML 1.2 says otherwise; dates and the truth values of YAML 1.1 are text."""
    found = read(f"key: {text}\n").value["key"]

    assert (type(value), value) == (type(found), found)


@pytest.mark.parametrize("key", ["on", "yes", "true", "2024-11-05", "'200'", '"200"', "4XX", "a b"])
def test_keys_that_are_text(key: str, read: Callable[[str], YamlFile]) -> None:
    """A key that is text stays as it is written."""
    assert {key.strip("'\""): 1} == read(f"{key}: 1\n").value


@pytest.mark.parametrize("key", ["200", "-1", "0x10", "1.5", "~", "null"])
def test_keys_that_are_not_text(key: str, read: Callable[[str], YamlFile]) -> None:
    """A key that YAML takes for a number or for nothing wants quotes, and the hint shows them."""
    with pytest.raises(SpecError) as caught:
        read(f"first: 1\n{key}: 2\n")

    assert (2, f"the key {key!r} is not text") == (caught.value.line, caught.value.problem)
    assert f'write it in quotes: "{key}":' == caught.value.hint


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here twice"),
        ("x: {a: 1, a: 2}\n", 1, "the key 'a' stands here twice"),
        ('a: 1\n"a": 2\n', 2, "the key 'a' stands here twice"),
        ("? [a, b]\n: 1\n", 1, "is not text"),
        ("a: &x\n  b: *x\n", 1, "an alias refers to the value it stands in"),
        ("a: &x [1, *x]\n", 1, "an alias refers to the value it stands in"),
        ("a: 1\nb: !mine 2\n", 2, "the tag !mine is not used here"),
        ("a: 1\nb: !mine {c: 1}\n", 2, "the tag !mine is not used here"),
        ("a: !!set {b, c}\n", 1, "the tag tag:yaml.org,2002:set is not used here"),
        ("a: !!python/object:os.system [ls]\n", 1, "is not used here"),
        ("a: !!binary aGk=\n", 1, "the tag tag:yaml.org,2002:binary is not used here"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "is not YAML"),
        ("a: 1\n\tb: 2\n", 2, "is not YAML"),
        ("a: *nobody\n", 1, "is not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "is not YAML"),
        ("", 1, "is empty"),
        ("# nothing but a comment\n", 1, "is empty"),
    ],
)
def test_errors(text: str, line: int, problem: str, read: Callable[[str], YamlFile]) -> None:
    """What the file does not say unmistakably is an error that names the line."""
    with pytest.raises(SpecError) as caught:
        read(text)

    assert ("data.yaml", line) == (caught.value.file.name, caught.value.line)
    assert problem in caught.value.problem


def test_control_characters(read: Callable[[str], YamlFile]) -> None:
    """A character that YAML forbids is an error, too."""
    with pytest.raises(SpecError, match="is not YAML"):
        read("a: \x07\n")


def test_not_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 cannot be read."""
    file = tmp_path / "data.yaml"
    file.write_bytes(b"a: \xff\n")
    with pytest.raises(SpecError, match="cannot be read"):
        read_yaml(file)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there cannot be read, and the error names it."""
    with pytest.raises(SpecError, match="cannot be read") as caught:
        read_yaml(tmp_path / "nowhere.yaml")

    assert (tmp_path / "nowhere.yaml", None) == (caught.value.file, caught.value.line)


def test_a_folder(tmp_path: Path) -> None:
    """A folder cannot be read as a file."""
    with pytest.raises(SpecError, match="cannot be read"):
        read_yaml(tmp_path)


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 5000 + "]" * 5000,
        "{a: " * 5000 + "}" * 5000,
        "- " * 5000,
        "\n".join(" " * n + "a:" for n in range(3000)),
    ],
    ids=["lists", "maps", "items", "keys"],
)
def test_nested_too_deeply(
    text: str, parser: str, read: Callable[[str], YamlFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is nested beyond reason is one error, whatever the parser makes of it, and no crash."""
    monkeypatch.setattr("watchword.specs.reading.yamlfile._Loader", getattr(yaml, parser))
    with pytest.raises(SpecError, match="nested too deeply") as caught:
        read(text)

    assert "is nested too deeply" == caught.value.problem


def test_a_word_about_depth_is_no_depth(read: Callable[[str], YamlFile]) -> None:
    """A file that only speaks of nesting is told what is really wrong with it."""
    with pytest.raises(SpecError, match="undefined alias"):
        read("a: *nesting-depth\n")


def test_aliases(read: Callable[[str], YamlFile]) -> None:
    """An alias is the value that it refers to."""
    assert {"a": [1, 2], "b": [1, 2]} == read("a: &x [1, 2]\nb: *x\n").value


def test_lines(read: Callable[[str], YamlFile]) -> None:
    """Every value knows its line; what has none is given that of the nearest thing around it."""
    file = read("# note\na:\n  - b: 1\n    c: 2\n  - d\ne: {f: 3}\n")
    places = [(), ("a",), ("a", 0, "b"), ("a", 0, "c"), ("a", 1), ("e", "f"), ("e", "nowhere", 4)]

    assert [2, 2, 3, 4, 5, 6, 6] == [file.line(place) for place in places]
    assert 4 == file.error(("a", 0, "c"), "wrong").line


def test_text_is_kept(read: Callable[[str], YamlFile]) -> None:
    """The text of the file is kept as it is."""
    assert "a: 1  # one\n" == read("a: 1  # one\n").text
