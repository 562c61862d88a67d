"""What is wrong with a value by its JSON Schema, in plain words: the one explainer of the files that people write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from watchword.specs.errors import nearest
from watchword.specs.reading.yamlfile import At

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

__all__ = ["Complaint", "complaint", "complaints"]

_LONGEST = 300
"""Characters of what a schema's validator says that are repeated."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong: where in the value, what it is, and how to mend it.

    `of_key` tells that the key at `at` is unknown or that one is missing there; else it is the value that is wrong.
    """

    at: At
    problem: str
    hint: str
    of_key: bool = False


def _nowhere(at: At) -> int | None:
    return None


def _open(at: At) -> bool:
    return False


def complaint(
    validator: Draft202012Validator,
    value: Any,
    line: Callable[[At], int | None] = _nowhere,
    hidden: Callable[[At], bool] = _open,
) -> Complaint | None:
    """Say what is wrong with a value, and of several things the first; None when it fits its schema.

    `line` gives the line on which a part of the value stands, and `hidden` tells of parts that are not to be repeated.
    """
    return next(iter(complaints(validator, value, line, hidden)), None)


def complaints(
    validator: Draft202012Validator,
    value: Any,
    line: Callable[[At], int | None] = _nowhere,
    hidden: Callable[[At], bool] = _open,
) -> list[Complaint]:
    """Say everything that is wrong with a value, one thing a place, in the order of the lines."""

    def order(error: ValidationError) -> tuple[int, bool, list[str]]:
        # A key that is misspelt is missing, too; what is said is how to spell it.
        at = tuple(error.absolute_path)
        return line(at) or 0, error.validator != "additionalProperties", [str(step) for step in at]

    found: dict[At, Complaint] = {}
    for error in sorted(validator.iter_errors(value), key=order):
        at = tuple(error.absolute_path)
        if at not in found:
            found[at] = _of(_meant(error), hidden)
    return list(found.values())


def _meant(error: ValidationError) -> ValidationError:
    from jsonschema.exceptions import relevance

    while error.context and not _is_choice(error):
        # Of several alternatives, the one that came furthest is the one that was meant.
        error = max(error.context, key=relevance)
    return error


def _is_choice(error: ValidationError) -> bool:
    alternatives: Any = error.validator_value
    return error.validator == "oneOf" and all(set(alternative) == {"required"} for alternative in alternatives)


def _of(error: ValidationError, hidden: Callable[[At], bool]) -> Complaint:
    at: At = tuple(error.absolute_path)
    rule: Any = error.schema
    wanted: Any = error.validator_value
    where = f"in {at[-1]}" if at and isinstance(at[-1], str) else "here"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        valid = list(rule.get("properties", {}))
        for key in error.instance:
            if key not in valid:
                return Complaint((*at, key), f"there is no key {key!r} {where}", nearest(key, valid), of_key=True)
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = next(key for key in wanted if key not in error.instance)
        hint = rule.get("properties", {}).get(missing, {}).get("description", f"add {missing}: …")
        return Complaint(at, f"the key {missing!r} is missing {where}", hint, of_key=True)
    if _is_choice(error):
        keys = [alternative["required"][0] for alternative in wanted]
        return Complaint(at, f"exactly one of {', '.join(keys)} belongs here", "write one of them")
    around: Any = error.parent.schema if error.parent is not None else {}
    hint = str(rule.get("description", around.get("description", "")))
    if hidden(at):
        return Complaint(at, "the value does not belong here", hint)
    if error.validator == "enum":
        return Complaint(at, f"{error.instance!r} is not valid here", nearest(str(error.instance), map(str, wanted)))
    return Complaint(at, error.message[:_LONGEST], hint)
