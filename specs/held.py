"""Which texts have been held against a schema and were found right: remembered by digest, so that it is done once.

Of a text nothing is kept but its digest, as the name of an empty file in the user's cache (`XDG_CACHE_HOME`, else `~/.cache`;
on Windows `LOCALAPPDATA`). Where there is no such folder, or it cannot be written to, everything is held each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

__all__ = ["digest", "is_held", "note"]

_MANY = 1000
"""So many are remembered; then all are forgotten."""


def digest(*texts: str) -> str:
    """Give the digest of a text together with what it is held against."""
    found = hashlib.sha256()
    for text in texts:
        data = text.encode(errors="surrogatepass")
        found.update(b"%d:" % len(data) + data)
    return found.hexdigest()


def is_held(name: str) -> bool:
    """Tell whether what has this digest was found right before."""
    folder = _folder()
    return folder is not None and (folder / name).exists()


def note(name: str) -> None:
    """Remember that what has this digest is right, where that can be remembered."""
    folder = _folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        known = list(folder.iterdir())
        for file in known if len(known) >= _MANY else ():
            file.unlink(missing_ok=True)
        (folder / name).touch()


def _folder() -> Path | None:
    named = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):
        return (Path(named) if named else Path.home() / ".cache") / "watchword" / "held"
    return None
