"""Faults of place: what an operation finds in a right request only where the document does not put it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from watchword.mockserver.faults.fault import Distortion, Fault
from watchword.specs.applies import other_binding
from watchword.specs.codec import Reading
from watchword.specs.loader import Dialect
from watchword.specs.values.api import FORM, Binding, Operation

__all__ = ["place_faults"]


def place_faults(dialect: Dialect) -> Iterator[Fault]:
    """Give the faults about where an operation reads brand keys, fields and the client's credentials."""
    for operation in dialect.api.operations.values():
        elsewhere = other_binding(operation, "brand_key", dialect.api)
        if elsewhere is not None and operation.bound("brand_key"):
            yield _brand_key_elsewhere(operation, elsewhere)
        if operation.purpose == "issue" and not operation.optional:
            # What need not be there may refuse the documented request, too.
            yield from _logins(operation)


def _logins(operation: Operation) -> Iterator[Fault]:
    if operation.media_type is not None:
        yield _other_encoding(operation)
    if operation.media_type == FORM and operation.place("client_id") == operation.place("client_secret") == "basic":
        yield _client_in_body(operation)


def _fault(operation: Operation, name: str, what: str, read: Callable[[Reading], Reading]) -> Fault:
    def here(reading: Reading) -> Reading:
        return read(reading) if reading.operation.name == operation.name else reading

    return Fault(
        f"{name}@{operation.name}",
        "dialect",
        f"{operation.name} {what}.",
        lambda: Distortion(read=here),
        lambda seen: seen.operation == operation.name,
    )


def _brand_key_elsewhere(operation: Operation, elsewhere: Binding) -> Fault:
    own = operation.bound("brand_key")[0]

    def read(reading: Reading) -> Reading:
        found = [str(value) for value in reading.at(elsewhere.place, elsewhere.name)]
        pairs = tuple((own.name, value) for value in found)
        if own.place == "query":
            return replace(reading, query=(*(p for p in reading.query if p[0] != own.name), *pairs))
        if own.place == "form":
            return replace(reading, form=(*(p for p in reading.form if p[0] != own.name), *pairs))
        headers = {name: values for name, values in reading.headers.items() if name != own.name.lower()}
        return replace(reading, headers={**headers, own.name.lower(): found} if found else headers)

    what = "reads the brand key where the other kind of operation carries it, and nowhere else"
    return _fault(operation, "reads-elsewhere:brand_key", what, read)


def _other_encoding(operation: Operation) -> Fault:
    fields = {b.name for b in operation.bindings if b.standing == "main" and b.place in ("form", "json")}
    documented, other = ("a form", "JSON") if operation.media_type == FORM else ("JSON", "a form")

    def read(reading: Reading) -> Reading:
        # A field in the query is none in the other encoding either.
        reading = replace(reading, query=tuple(p for p in reading.query if p[0] not in fields))
        if reading.body_state == "other_encoding":
            return replace(reading, body_state="ok")
        if reading.body_state == "ok":
            return replace(reading, body_state="malformed", form=(), json={})
        return reading

    name = "json-only" if operation.media_type == FORM else "form-only"
    return _fault(operation, name, f"takes its fields only as {other}, where the document has {documented}", read)


def _client_in_body(operation: Operation) -> Fault:
    def read(reading: Reading) -> Reading:
        found = [reading.at("form", role) for role in ("client_id", "client_secret")]
        pair = (str(found[0][0]), str(found[1][0])) if all(found) else None
        return replace(
            reading,
            authorization=None,
            scheme="",
            token="",
            basic=pair,
            basic_state="absent" if pair is None else "ok",
            # What is taken as Basic stands nowhere else, or it would be there twice.
            form=tuple(field for field in reading.form if field[0] not in ("client_id", "client_secret")),
        )

    what = "takes the client's credentials only in the form, where the document has Basic"
    return _fault(operation, "client-in-body-only", what, read)
