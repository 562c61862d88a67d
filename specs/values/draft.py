"""Requests before they become bytes: the shape that conditions are provoked on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from watchword.specs.values.api import Operation
from watchword.specs.values.fleeting import fleeting

__all__ = ["Draft", "Field", "MissingRole"]


@fleeting(frozen=True, slots=True, repr=False)
class Field:
    """One value on its way: where it travels, under which name, and which role it has (if any)."""

    place: str
    name: str
    value: Any
    role: str | None = None

    def __repr__(self) -> str:
        return f"<Field {self.place} {self.name} role={self.role}>"


class MissingRole(LookupError):
    """An operation wants a role for which no value is at hand."""

    def __init__(self, operation: Operation, role: str) -> None:
        super().__init__(f"{operation.name} wants a {role}")
        self.operation = operation
        self.role = role


@fleeting(frozen=True, slots=True, repr=False)
class Draft:
    """A request before it becomes bytes: the shape that conditions are provoked on.

    `content_type` is the header (None: the one of the operation's media type; empty: no header). `body` and
    `authorization` replace what the fields would make when they are not None; an empty `authorization` leaves the header
    out.
    """

    operation: Operation
    method: str
    path: str
    fields: tuple[Field, ...]
    media_type: str | None
    content_type: str | None = None
    body: bytes | None = None
    authorization: str | None = None

    def of(self, role: str) -> list[Field]:
        """Give the fields that carry a role."""
        return [f for f in self.fields if f.role == role]

    def value(self, role: str) -> Any:
        """Give the first value that a role has here.

        Raises:
            MissingRole: the role does not travel in this draft.
        """
        for entry in self.fields:
            if entry.role == role:
                return entry.value
        raise MissingRole(self.operation, role)

    def setting(self, role: str, value: Any) -> Draft:
        """Give the draft in which the role has another value."""
        return self.mapping(role, lambda f: (replace(f, value=value),))

    def without(self, role: str) -> Draft:
        """Give the draft in which the role does not travel."""
        return self.mapping(role, lambda f: ())

    def mapping(self, role: str, change: Callable[[Field], Iterable[Field]]) -> Draft:
        """Give the draft in which each field of the role is replaced by the fields that `change(field)` gives."""
        fields: list[Field] = []
        for entry in self.fields:
            fields.extend(change(entry) if entry.role == role else (entry,))
        return replace(self, fields=tuple(fields))

    def adding(self, *fields: Field) -> Draft:
        """Give the draft with more fields."""
        return replace(self, fields=(*self.fields, *fields))

    def __repr__(self) -> str:
        return f"<Draft {self.operation.name} {self.method} {self.path}>"
