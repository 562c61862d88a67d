"""Files that are either the old ones or whole new ones, never half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from boltons.fileutils import atomic_save

__all__ = ["make_writable", "replace"]


def make_writable(folder: Path) -> None:
    """Make a folder with those above it, and see that files can be made in it.

    Raises:
        OSError: they cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def replace(path: Path, text: str) -> None:
    """Write a text file so that a reader finds the old one or the whole new one.

    Raises:
        OSError: the file cannot be written; an old one is then untouched.
    """
    with atomic_save(path, part_file=f".{path.name}.{os.getpid()}", overwrite_part=True) as file:
        file.write(text.encode())
        # A disk that is full says so here, where what was begun is still taken away.
        file.flush()
