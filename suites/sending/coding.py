"""Content codings: a body as it was before it was compressed, and no more of it than is wanted."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from watchword.suites.sending.unreachable import Unreachable

__all__ = ["decoded"]

_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""zlib's window bits; what is called deflate comes with a header and, against RFC 9110 section 8.4.1.2, without."""
_PLAIN = frozenset({"", "identity"})
_MOST = 4
"""Codings that may lie one over the other."""


def decoded(headers: Iterable[tuple[str, str]], body: bytes, limit: int, *, cut: bool) -> tuple[bytes, bool]:
    """Undo the codings that a reply's head names, although the request asked for none; gives the body, and whether it goes on.

    Raises:
        Unreachable: a coding is unknown, or the body is not in it.
    """
    codings = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    names = [name for part in codings.split(",") if (name := part.strip().lower()) not in _PLAIN]
    if len(names) > _MOST:
        raise Unreachable("protocol", f"the reply is coded more than {_MOST} times")
    for name in reversed(names):
        if name not in _WINDOWS:
            raise Unreachable("protocol", "the reply has a content coding that was not asked for")
        body, cut = _inflated(body, _WINDOWS[name], limit, cut=cut) if body else (body, cut)
    return body, cut


def _inflated(body: bytes, windows: tuple[int, ...], limit: int, *, cut: bool) -> tuple[bytes, bool]:
    for bits in windows:
        machine = zlib.decompressobj(bits)
        try:
            plain = machine.decompress(body, limit)
        except zlib.error:
            continue
        more = bool(machine.unconsumed_tail)
        if not machine.eof and not more and not cut:
            break
        return plain, more or cut
    raise Unreachable("protocol", "the body is not in the content coding that the reply names")
