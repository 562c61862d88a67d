"""The servers that a command line names: target files, or a URL with the credentials in the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click

from watchword.specs.cli import ConfigurationError
from watchword.specs.loader import bundled
from watchword.suites.target import Target, TargetError, from_environment, read_target

__all__ = ["targets_of"]


def targets_of(files: Iterable[str], url: str | None, dialect: str | None) -> list[Target]:
    """Read the targets that the words of a command name.

    Raises:
        click.UsageError: the words do not go together.
        ConfigurationError: a target is described wrongly.
    """
    files = tuple(files)
    if url and not dialect:
        raise click.UsageError(f"--url wants --dialect NAME beside it: one of {', '.join(bundled())}, or a folder")
    if dialect and files and not url:
        raise click.UsageError("--dialect goes with --url: a target file names its own")
    try:
        for name in files:
            if name in bundled() and not Path(name).exists():
                raise ConfigurationError(
                    f"{name} is a dialect, and a target file is wanted; --dialect {name} tests its mock"
                )
        targets = [read_target(Path(name)) for name in files]
        if url and dialect:
            targets.append(from_environment(url, dialect, os.environ, option="--url"))
    except TargetError as trouble:
        raise ConfigurationError(str(trouble)) from trouble
    return targets
