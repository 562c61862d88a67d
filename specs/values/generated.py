"""One generated request of a contract check, as far as it does not depend on who sends it, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Generated"]


@dataclass(frozen=True, slots=True)
class Generated:
    """One generated request: whether it keeps to the description, and what it holds.

    A body is bytes, or a value to be written in the media type of its operation.
    """

    valid: bool
    path_parameters: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any
    has_body: bool
