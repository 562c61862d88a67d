"""What a control request asks for: its body and query, held against the control side's own description."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import yaml

from watchword.specs.errors import nearest
from watchword.specs.values.http import Request

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["DESCRIPTION", "BadRequest", "read_body", "read_query", "see_names"]

_LONGEST = 160

DESCRIPTION = Path(__file__).with_name("openapi.yaml")


class BadRequest(Exception):
    """A control request cannot be done: the status to answer with, and what was expected and seen."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status


@functools.cache
def _described() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_described()["components"]["schemas"][name])


def read_body(request: Request, name: str, mask: Callable[[str], str]) -> dict[str, Any]:
    """Read the JSON body of a request by the schema of that name; no body is an empty object.

    Raises:
        BadRequest: it is no JSON, or not what the schema wants. The text holds no secret that `mask` knows.
    """
    from jsonschema.exceptions import best_match

    schema = _validator(name)
    expected = f"expected a JSON body, {_described()['components']['schemas'][name]['description']}"
    try:
        value = json.loads(request.body or b"{}", parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadRequest(f"{expected}; seen a body that is not JSON") from None
    error = best_match(schema.iter_errors(value))
    if error is not None:
        place = ".".join(map(str, error.absolute_path))
        seen = mask(f"{place}: {error.message}" if place else error.message)
        # The value comes first and what is wrong with it last.
        raise BadRequest(f"{expected}; seen: {seen if len(seen) <= _LONGEST else f'{seen[:60]}…{seen[-80:]}'}")
    return dict(value)


def _no_number(text: str) -> Any:
    raise ValueError(text)


_SHOWN = 40


def _described_at(path: str, method: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _described()["paths"][path][method]
    return found


def see_names(request: Request, path: str) -> None:
    """See that a request has no parameter in its query that its page does not know, which would be passed over unheard.

    Raises:
        BadRequest: it has one.
    """
    method = "get" if request.method == "HEAD" else request.method.lower()
    known = {row["name"] for row in _described_at(path, method).get("parameters", ()) if row["in"] == "query"}
    for name, _ in parse_qsl(request.query, keep_blank_values=True):
        if name not in known:
            raise BadRequest(_no_parameter(path, name, known))


def _no_parameter(path: str, name: str, known: Collection[str]) -> str:
    if known:
        return f"there is no parameter of that name here; {nearest(name, known)}"
    steers = "requestBody" in _described()["paths"][path].get("post", {})
    return "there are no parameters here" + ("; POST takes what is asked for as a JSON body" if steers else "")


def read_query(request: Request, path: str, method: str = "get") -> dict[str, str]:
    """Read the query of a request by the parameters that the description gives its path and method.

    Raises:
        BadRequest: a parameter is unknown, or its value is not what the description wants.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    rows = {row["name"]: row for row in _described_at(path, method).get("parameters", ()) if row["in"] == "query"}
    found: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        if name not in rows:
            raise BadRequest(_no_parameter(path, name, rows))
        schema = rows[name]["schema"]
        number = schema.get("type") == "integer"
        given: Any = int(value) if number and value.isascii() and value.isdigit() and len(value) < 19 else value
        if best_match(Draft202012Validator(schema).iter_errors(given)) is not None:
            raise BadRequest(f"{name}: {rows[name]['description']} Seen: {value[:_SHOWN]!r}.")
        found[name] = value
    return found
