"""How a client reaches a control side: a question about one of its pages, and the JSON that comes back."""

from __future__ import annotations

import json
from typing import Any, Protocol

__all__ = ["Below", "Channel", "ControlProblem", "read"]


class ControlProblem(ValueError):
    """The control side refused: the status, and what was expected and seen."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{detail} (status {status})")
        self.status = status
        self.detail = detail


class Channel(Protocol):
    """A way to a control side."""

    def ask(self, method: str, page: str, body: Any = None) -> Any:
        """Ask a page, named from the control side's root on, with a JSON body if there is one; give its JSON.

        Raises:
            ControlProblem: the control side refused.
            OSError: nobody answers there.
        """


def read(status: int, body: bytes) -> Any:
    """Read what a page answered: its JSON, None when it is empty, text when it is neither.

    Raises:
        ControlProblem: the status is that of a refusal.
    """
    try:
        value = json.loads(body) if body else None
    except ValueError:
        value = body.decode(errors="replace")
    if status >= 400:
        detail = value.get("detail") if isinstance(value, dict) else None
        raise ControlProblem(status, str(detail or f"expected a page of a mock's control side, seen status {status}"))
    return value


class Below:
    """The control side of a space: the pages below another one's."""

    def __init__(self, above: Channel, prefix: str) -> None:
        self._above = above
        self._prefix = prefix

    def ask(self, method: str, page: str, body: Any = None) -> Any:
        """Ask a page of the space."""
        return self._above.ask(method, self._prefix + page, body)
