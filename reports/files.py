"""Files that are either the old ones or whole new ones, never half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

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
    # Not from `tempfile`: its files are private, and reports are for whoever may read the folder.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
