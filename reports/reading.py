"""The records that a command is given: files or the directories that hold them, read whole and held against their schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from watchword.reports.exits import Exit
from watchword.reports.files import replace
from watchword.reports.records import RECORDS_FILE, BrokenRecords, Run
from watchword.reports.schema import read_checked

__all__ = ["FILE", "RECORDS", "Refused", "read", "write"]

FILE = click.Path(dir_okay=False, path_type=Path)
"""The type of an option that names a file to write."""
RECORDS = click.Path(path_type=Path)
"""The type of an argument that names records."""


class Refused(click.ClickException):
    """A file that was named is no good; the text says which, and what is wrong with it."""

    exit_code = Exit.USAGE


def read(path: Path) -> Run:
    """Read the records at a path, a `records.jsonl` or the directory that holds one.

    Raises:
        Refused: they cannot be read, or break their schema.
    """
    try:
        return read_checked(path / RECORDS_FILE if path.is_dir() else path)
    except BrokenRecords as trouble:
        raise Refused(str(trouble)) from trouble


def write(path: Path, text: str | Iterable[str]) -> None:
    """Write a file, or its pieces one after the other, that is the old one or the whole new one.

    Raises:
        Refused: it cannot be written.
    """
    try:
        replace(path, text)
    except OSError as trouble:
        raise Refused(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble
