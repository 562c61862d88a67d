"""An explanation as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from watchword.specs.redaction import Masker, is_secret

__all__ = ["Cause", "Explanation", "Found"]

Cause = Literal["rule", "route", "ban", "fault", "forced", "http", "mock"]
"""What refused a request: a rule of the profile, the router, a ban, a fault, a reply that was asked for, the HTTP layer, or a
mistake in the mock itself."""

_LONGEST = 80
_KEPT = 4096
"""Longer values are not kept: a journal of them would be a heap of bodies, and half a secret could not be recognised."""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """What stood where something else was expected. `role` says what the value means; `note` is added to it."""

    value: Any = None
    role: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.value, str) and len(self.value) > _KEPT:
            object.__setattr__(self, "note", f"a text of length {len(self.value)}")
            object.__setattr__(self, "value", None)

    def shown(self, masker: Masker) -> str:
        """Write it down without giving a secret away."""
        return "; ".join(part for part in (self._value(masker), masker.mask(self.note)) if part) or "nothing"

    def _value(self, masker: Masker) -> str:
        value = self.value
        if value is None:
            return ""
        if not isinstance(value, str):
            return f"a JSON value of the type {type(value).__name__}"
        if value == "":
            return "the empty string"
        if is_secret(self.role):
            return masker.known(value) or f"a text of length {len(value)} that is no {self.role} here"
        text = masker.mask(value)
        return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Why a request was not served.

    `condition` names what was wrong with it, and `broader` the condition of the vocabulary of which that is a special
    case, where it is not one itself. `where` is the part of the request that is meant.
    """

    cause: Cause
    condition: str
    says: str
    where: str
    expected: str
    found: Found
    hint: str
    broader: str | None = None
    fault: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may quote a request."""
        value = self.found.value
        quoted = (value,) if isinstance(value, str) else ()
        return (self.says, self.expected, self.hint, self.found.note, *quoted)

    def shown(self, masker: Masker) -> dict[str, Any]:
        """Give what people and programs are told, without any secret."""
        return {
            "cause": self.cause,
            "condition": self.condition,
            "broader": self.broader,
            "says": masker.mask(self.says),
            "where": self.where,
            "expected": masker.mask(self.expected),
            "found": self.found.shown(masker),
            "hint": masker.mask(self.hint),
            "fault": self.fault,
        }
