"""What is wrong with a value by its schema is said in one way, whatever file it came from."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from watchword.specs.reading.complaint import complaint

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": "a word"},
        "kind": {"enum": ["tall", "small"]},
        "lamp": {"type": "object", "required": ["oil"], "additionalProperties": False, "properties": {"oil": {}}},
        "wicks": {"type": "array", "items": {"type": "integer", "description": "a whole number"}},
        "either": {"oneOf": [{"required": ["day"]}, {"required": ["night"]}]},
    },
}


@pytest.mark.parametrize(
    ("value", "at", "problem", "hint", "of_key"),
    [
        ({}, (), "the key 'name' is missing here", "a word", True),
        ({"nmae": "x"}, ("nmae",), "there is no key 'nmae' here", "did you mean 'name'?", True),
        ({"name": "x", "lamp": {}}, ("lamp",), "the key 'oil' is missing in lamp", "add oil: …", True),
        (
            {"name": "x", "lamp": {"oil": 1, "oli": 2}},
            ("lamp", "oli"),
            "there is no key 'oli' in lamp",
            "did you mean 'oil'?",
            True,
        ),
        ({"name": "x", "kind": "tal"}, ("kind",), "'tal' is not valid here", "did you mean 'tall'?", False),
        ({"name": 7}, ("name",), "7 is not of type 'string'", "a word", False),
        ({"name": "x", "wicks": [1, "2"]}, ("wicks", 1), "'2' is not of type 'integer'", "a whole number", False),
        (
            {"name": "x", "either": {}},
            ("either",),
            "exactly one of day, night belongs here",
            "write one of them",
            False,
        ),
    ],
)
def test_complaint(value: Any, at: tuple[str | int, ...], problem: str, hint: str, of_key: bool) -> None:
    """A complaint says where, what and how to mend it, and whether it is about a key."""
    found = complaint(Draft202012Validator(SCHEMA), value)

    assert found is not None
    assert (at, problem, hint, of_key) == (found.at, found.problem, found.hint, found.of_key)


def test_nothing_to_complain_about() -> None:
    """A value that fits its schema is left in peace."""
    assert complaint(Draft202012Validator(SCHEMA), {"name": "x"}) is None


@pytest.mark.parametrize("value", [{"name": 700700}, {"name": "x", "kind": "700700"}])
def test_what_is_hidden_is_not_repeated(value: Any) -> None:
    """A value that may be a secret stands in no complaint."""
    found = complaint(Draft202012Validator(SCHEMA), value, hidden=lambda at: True)

    assert found is not None
    assert "the value does not belong here" == found.problem
    assert "700700" not in found.problem + found.hint


def test_first_in_the_file() -> None:
    """Of several things that are wrong, the first in the file is told."""
    lines = {("kind",): 9, ("wicks",): 2}
    value = {"name": "x", "kind": "?", "wicks": "?"}
    found = complaint(Draft202012Validator(SCHEMA), value, lines.get)

    assert found is not None
    assert ("wicks",) == found.at
