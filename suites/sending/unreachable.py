"""Why no reply came: data about a failed exchange, in words that repeat nothing of what was sent or received."""

from __future__ import annotations

__all__ = ["Unreachable"]


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
