"""Why no reply came: data about a failed exchange, in words that repeat nothing of what was sent or received."""

from __future__ import annotations

__all__ = ["FORBIDDING", "Unreachable", "forbidden"]

FORBIDDING = (RuntimeError, Warning)
"""What is raised by a guard of sockets, such as a plugin of pytest: what no socket raises, so that nobody takes it for trouble of the network."""


class Unreachable(Exception):
    """No whole reply came.

    `kind` is `address`, `proxy`, `tls`, `connection`, `timeout`, `protocol` or `away`, `detail` says it in words. `partial`
    tells that something of a reply came, `stale` that a connection which had served before was closed before anything did.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.partial = False
        self.stale = False


def forbidden(kind: str, trouble: Exception) -> Unreachable:
    """Say that something in this process lets no connection be made; `trouble` is one of `FORBIDDING`."""
    return Unreachable(kind, f"something in this process forbids it ({type(trouble).__name__})")
