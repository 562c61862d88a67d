"""What was found in a document, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["GRANTS", "REVIEW", "Ask", "Found"]

REVIEW = "x-review"
"""The word that marks what was guessed, and says what was."""

Ask = Callable[[str, str, str | None], str | None]
"""Asked where a role is a guess: the place in words, the side of the request, the guess. Gives the role, or None."""

GRANTS = {"password": "issue", "client_credentials": "issue", "refresh_token": "renew"}
"""The grants of RFC 6749 that open no browser, and what they are for."""


@dataclass
class Found:
    """One operation of the document, and what was made of it.

    `sent` and `given` are roles → names of members, `secure` how it is protected: `basic`, `bearer`, `header` or nothing.
    `grants` are those that one endpoint serves; `op` the operation itself, in which roles are written down.
    """

    path: str
    method: str
    op: dict[str, Any]
    purpose: str = ""
    media_type: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    security: list[Mapping[str, Any]] = field(default_factory=list)
    grants: tuple[str, ...] = ()
    server: str = ""
    invokes_rfc: bool = False

    @property
    def called(self) -> str:
        """Method and path, as people write them."""
        return f"{self.method.upper()} {self.path}"
