"""The JSON Schemas of the files that this package reads and writes, and their errors in plain words."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from watchword.reports.records import BrokenRecords, Run, read_lines, read_run

__all__ = ["baseline_validator", "explain", "read_checked", "validator"]


def validator() -> Draft202012Validator:
    """Give the validator of one line of `records.jsonl`."""
    return Draft202012Validator(_schema("record"))


def baseline_validator() -> Draft202012Validator:
    """Give the validator of a file of known deviations, whose dates have become ISO 8601 text."""
    return Draft202012Validator(_schema("baseline"), format_checker=FormatChecker(["date"]))


def read_checked(path: Path) -> Run:
    """Read a file of records that somebody else may have written, and hold every line against the schema.

    Raises:
        BrokenRecords: a line is not a record, breaks the schema, or stands in the wrong place.
    """
    run = read_run(path)
    for number, line in read_lines(path):
        if _is_right(line):
            continue
        # The branch of the line's own kind explains itself better than `oneOf` does.
        branch = validator().evolve(schema=_branch(line["record"]))
        wrong = best_match(branch.iter_errors(line))
        if wrong is not None:
            raise BrokenRecords(path, number, explain(wrong))
    return run


def explain(error: ValidationError) -> str:
    """Say in one line which member is wrong and why, without repeating the whole value."""
    at = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    inside = f"{at}." if at else ""
    rule: Any = error.validator_value
    value: Any = error.instance
    if error.validator == "required":
        return f"{inside}{next(name for name in rule if name not in value)}: is missing"
    if error.validator == "additionalProperties" and rule is False:
        schema: Any = error.schema
        odd = next(name for name in value if name not in schema["properties"])
        return f"{inside}{odd}: is not a key here; the keys are {', '.join(schema['properties'])}"
    if error.validator == "enum":
        return f"{at}: {value!r} is not one of {', '.join(map(str, rule))}"
    return f"{at or 'the whole'}: {error.message}"


def _is_right(line: Mapping[str, Any]) -> bool:
    """Tell whether a line is surely right: what is quick to say so does not say well what is wrong."""
    try:
        return _quick(line["record"])(line)
    except ValueError:  # half a surrogate pair, which JSON can carry
        return False


@functools.cache
def _quick(kind: str) -> Callable[[Any], bool]:
    """Give what tells of a line of some kind whether it is right."""
    try:
        import jsonschema_rs
    except ImportError:  # it comes with the extra `suites`, and says the same in a hundredth of the time
        return Draft202012Validator(_branch(kind)).is_valid
    return jsonschema_rs.Draft202012Validator(dict(_branch(kind))).is_valid


def _branch(kind: str) -> Mapping[str, Any]:
    schema = _schema("record")
    return {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"}


@functools.cache
def _schema(name: str) -> Mapping[str, Any]:
    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema
