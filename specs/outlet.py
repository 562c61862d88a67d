"""What a command prints, when nobody can read it any more: a closed pipe, a disk that is full."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["Outlet", "outlet"]


class Outlet:
    """A text stream that falls silent at its first trouble, which is kept in `lost` as one line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or drop what nobody can read."""
        if not self.lost:
            try:
                return self._stream.write(text)
            except OSError as trouble:
                self._lose(trouble)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand over what was written."""
        if not self.lost:
            try:
                self._stream.flush()
            except OSError as trouble:
                self._lose(trouble)

    def _lose(self, trouble: OSError) -> None:
        self.lost = trouble.strerror or str(trouble)
        self.silence()

    def silence(self) -> None:
        """Lead to nowhere what is still held back.

        Else the interpreter tries again at its end, complains by itself and changes the exit code.
        """
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def outlet() -> Iterator[Outlet]:
    """Put an outlet in the place of standard output; what the encoding there cannot say is printed as an escape."""
    before = sys.stdout
    reconfigure = getattr(before, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    found = Outlet(before)
    sys.stdout = found
    try:
        yield found
    finally:
        found.flush()
        if found.lost:
            # Whoever captured the output in between may have given the stream its old place back.
            found.silence()
        sys.stdout = before
