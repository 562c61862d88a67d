"""What is made of a value once, and is at hand when that very value comes again: compiled checks, replies and claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["Prepared"]

_MANY = 500
"""So many are at hand; then all are let go: whoever changes users or worlds makes new values each time."""

Made = TypeVar("Made")


class Prepared(Generic[Made]):
    """Makes something of one value, or of one that goes with another, and gives it again for the same objects.

    What is made depends on these alone, and is not changed: all mocks of a process share it.
    """

    def __init__(self, make: Callable[..., Made]) -> None:
        self._make = make
        # Each stands beside what it was made of, so that no other value gets the same id meanwhile.
        self._known: dict[tuple[int, int], tuple[Any, Any, Made]] = {}

    def __call__(self, value: Any, beside: Any = None) -> Made:
        """Give what is made of a value."""
        key = (id(value), id(beside))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MANY:
                self._known.clear()
            known = self._known[key] = (value, beside, self._make(value, beside))
        return known[2]
