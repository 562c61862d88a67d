"""What one process tells another, as bytes. Reading them makes values of known classes, and calls nothing else."""

from __future__ import annotations

import importlib
import io
import pickle
from types import MappingProxyType
from typing import Any

__all__ = ["pack", "unpack"]

_OWN = (
    "watchword.mockserver.console.journal",
    "watchword.mockserver.explain.explanation",
    "watchword.mockserver.orders.forced",
    "watchword.mockserver.sharing.replica",
    "watchword.mockserver.sharing.tables",
    "watchword.mockserver.spaces",
    "watchword.mockserver.verdicts.exchange",
    "watchword.mockserver.verdicts.sight",
    "watchword.specs.values.http",
    "watchword.specs.values.profile",
)
"""Modules whose classes may be made, of those that they define."""

_OTHERS = frozenset({("builtins", "frozenset"), ("builtins", "set"), ("types", "MappingProxyType")})


class _Packer(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Write a mapping that nobody may change, which pickle itself does not know."""
        return (MappingProxyType, (dict(value),)) if type(value) is MappingProxyType else NotImplemented


class _Unpacker(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Find a class that may be made.

        Raises:
            pickle.UnpicklingError: it is another one.
        """
        # MappingProxyType calls itself a builtin.
        if (module, name) == ("builtins", "mappingproxy"):
            return MappingProxyType
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        if module in _OWN:
            found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that mocks tell each other")


def pack(value: Any) -> bytes:
    """Write a value down."""
    file = io.BytesIO()
    _Packer(file, protocol=5).dump(value)
    return file.getvalue()


def unpack(text: bytes) -> Any:
    """Read a value.

    Raises:
        pickle.UnpicklingError: it is none that `pack` writes.
    """
    return _Unpacker(io.BytesIO(text)).load()
