"""Routes: which operations a path belongs to, and what the path itself carries."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from watchword.specs.values.api import Api, Operation

__all__ = ["Route", "elsewhere", "leading", "route"]


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one operation."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    operation: Operation

    def read(self, path: str) -> dict[str, str] | None:
        """Give the values that a path carries by their names; None when it leads elsewhere."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return {name: unquote(value) for name, value in zip(self.names, found.groups(), strict=True)}


def route(operation: Operation, bases: Mapping[str, str]) -> Route:
    """Give the way to an operation; `bases` are the paths at which its base URLs begin."""
    parts = re.split(r"\{([^{}]+)\}", operation.path)
    text = "".join("([^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return Route(re.compile(re.escape(bases[operation.base]) + text), tuple(parts[1::2]), operation)


@functools.lru_cache(maxsize=32)
def _routes(api: Api) -> tuple[Route, ...]:
    return tuple(route(operation, api.bases) for operation in api.present)


@functools.lru_cache(maxsize=256)
def leading(api: Api, path: str) -> tuple[tuple[Operation, Mapping[str, str]], ...]:
    """Give the operations that a path leads to, in the order of the description, and what it carries for each."""
    return tuple((r.operation, found) for r in _routes(api) if (found := r.read(path)) is not None)


@functools.lru_cache(maxsize=32)
def elsewhere(api: Api) -> frozenset[str]:
    """Give the paths at which clients look for an operation in vain."""
    return frozenset(api.bases[op.base] + path for op in api.present for path in op.alternative_paths)
