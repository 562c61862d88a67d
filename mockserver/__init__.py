"""A mock of any dialect: real tokens, real state, a clock, and a reply to every way in which a request can be wrong.

`start` serves one on a socket, `intercept` puts one in the place of an origin, `mount` gives one as an application, and
`connect` reaches one in another process. All four give the same: `url`, `credentials`, `clock`, `sessions`, `users`,
`clients`, `journal`, `faults`, `race`, `spaces`, `why()`, `verdict()`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watchword.mockserver.intercept import intercept
    from watchword.mockserver.launch import start
    from watchword.mockserver.mounting import mount
    from watchword.mockserver.steer.connect import connect

__all__ = ["connect", "intercept", "mount", "start"]

# pytest imports this package in every project where Watchword is installed: what is heavy is imported when it is needed.
_HOMES = {"connect": "steer.connect", "intercept": "intercept", "mount": "mounting", "start": "launch"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


class _Package(ModuleType):
    """The function `intercept` stands here, and not the module of that name, which is there for those who import from it."""

    def __setattr__(self, name: str, value: object) -> None:
        # The import system puts every module into its package.
        if name != "intercept" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
