"""The file by which a mock tells other programs that it listens, and where."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boltons.fileutils import atomic_save

from watchword.mockserver.launch import Running

__all__ = ["announced"]


@contextlib.contextmanager
def announced(running: Running, path: Path) -> Iterator[None]:
    """Have the file while the block runs: whole from the first moment, and for its owner's eyes only.

    Raises:
        OSError: the file cannot be written.
    """
    _write(path, json.dumps(_facts(running), indent=2) + "\n")
    try:
        yield
    finally:
        # Another mock may have been started with the same file since.
        with contextlib.suppress(OSError, ValueError, KeyError):
            if json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
                path.unlink()


def _facts(running: Running) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "dialect": running.service.dialect.name,
        "profile": running.service.profile.name,
        "url": running.url,
        "resource_url": running.resource_url,
        "control_url": running.control_url,
        "credentials": running.credentials,
        "pid": os.getpid(),
    }
    if running.control_token is not None:
        facts["control_token"] = running.control_token
    return facts


def _write(path: Path, text: str) -> None:
    beside = f".{path.name}.{secrets.token_hex(4)}"
    with atomic_save(path, part_file=beside, file_perms=0o600) as file:
        file.write(text.encode())
        file.flush()
