"""Files that are either the old ones or whole new ones, never half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Claim", "make_writable", "replace"]


def make_writable(folder: Path) -> None:
    """Make a folder with those above it, and see that files can be made in it.

    Raises:
        OSError: they cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def replace(path: Path, text: str | Iterable[str]) -> None:
    """Write a text file, or its pieces one after the other, so that a reader finds the old one or the whole new one.

    Raises:
        OSError: the file cannot be written; an old one is then untouched.
    """
    # Whoever has a report written pays for it, and not each start of pytest.
    from boltons.fileutils import atomic_save

    with atomic_save(path, part_file=f".{path.name}.{os.getpid()}", overwrite_part=True) as file:
        for piece in (text,) if isinstance(text, str) else text:
            file.write(piece.encode())
        # A disk that is full says so here, where what was begun is still taken away.
        file.flush()


class Claim:
    """A folder that one process writes. It leaves no file behind, and ends with the process, however that ends.

    Raises:
        OSError: another process has it.
    """

    def __init__(self, folder: Path) -> None:
        self._held: int | None = None
        try:
            import fcntl
        except ImportError:  # on another system than POSIX, whoever starts two runs has to keep them apart
            return
        self._held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise OSError(
                errno.EAGAIN, "another run is writing there; wait for it, or give this one a --report-dir of its own"
            ) from None
        except OSError:
            # A file system that knows no locks.
            self.release()

    def release(self) -> None:
        """Leave the folder to others."""
        if self._held is not None:
            os.close(self._held)
            self._held = None
