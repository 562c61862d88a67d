"""The file by which a mock tells other programs that it listens, and where.

A mock holds a lock on its file as long as it lives, which the system takes away however it ends. So a file that somebody has
left behind is known for what it is, whoever has its process id by now.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # `watchword stop` reads such a file and needs no mock for that.
    from watchword.mockserver.launch import Running

try:
    import fcntl
except ImportError:  # pragma: no cover - not on POSIX
    fcntl = None  # type: ignore[assignment]

__all__ = ["announced", "clear_stale", "is_living", "read_facts"]


@contextlib.contextmanager
def announced(running: Running, path: Path) -> Iterator[None]:
    """Have the file while the block runs: whole from the first moment, and for its owner's eyes only.

    Raises:
        OSError: the file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    held = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.write(held, (json.dumps(_facts(running), indent=2) + "\n").encode())
            if fcntl is not None:
                # Where files cannot be locked, the process id has to do.
                with contextlib.suppress(OSError):
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        try:
            yield
        finally:
            # Another mock may have been started with the same file since.
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(held), path.stat()):
                    path.unlink()
    finally:
        os.close(held)


def clear_stale(path: Path) -> bool:
    """Remove a file whose mock is gone; tells whether there was one."""
    with contextlib.suppress(OSError, ValueError):
        if not is_living(path):
            path.unlink()
            return True
    return False


def read_facts(path: Path) -> dict[str, Any]:
    """Read what a file says.

    Raises:
        OSError: there is no such file.
        ValueError: it is no ready file.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or not isinstance(facts.get("pid"), int):
        raise ValueError(f"expected the ready file of a mock, seen {path}")
    return facts


def is_living(path: Path) -> bool:
    """Tell whether the mock of a file runs.

    Raises:
        OSError: there is no such file.
        ValueError: it is no ready file.
    """
    facts = read_facts(path)
    if fcntl is not None:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                pass
            else:
                return False
    return _runs(facts["pid"])


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _facts(running: Running) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "dialect": running.service.dialect.name,
        "profile": running.service.profile.name,
        "url": running.url,
        "resource_url": running.resource_url,
        "control_url": running.control_url,
        "credentials": running.credentials,
        "pid": os.getpid(),
        "host": socket.gethostname(),
    }
    if running.certificates is not None:
        facts |= running.certificates.files
    if running.control_token is not None:
        facts["control_token"] = running.control_token
    return facts
