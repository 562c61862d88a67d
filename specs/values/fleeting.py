"""Values that are made anew for each request: frozen for whoever reads or checks the code, and as quick to make as any other.

A frozen dataclass takes four times as long to make as one that is not, and a request is some twenty of them. Type checkers
hold every use of these to be frozen; a dialect, which others use as well, is frozen in earnest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["fleeting"]

if TYPE_CHECKING:
    from dataclasses import dataclass as fleeting
else:
    from dataclasses import dataclass

    def fleeting(*, frozen: bool, **options: Any) -> Callable[[type], type]:
        """Make a dataclass that is equal and hashed by its fields, as a frozen one is."""
        return dataclass(unsafe_hash=frozen and options.get("eq", True), **options)
