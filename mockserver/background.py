"""A mock that goes on when its command has ended, and the command that ends it: `watchword stop`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path

import click

from watchword.mockserver.readyfile import clear_stale, is_living, read_facts
from watchword.specs.cli import Command, ConfigurationError

__all__ = ["READY_FILE", "Detached", "detach", "stop"]

READY_FILE = Path("watchword-mock.json")
"""Where a mock in the background is told of, unless another file is named."""

_PATIENCE = 10.0
"""Seconds that a mock has to end."""


class Detached:
    """A process that has left its terminal. What it prints once it is ready goes to a file, which is not left behind empty."""

    def __init__(self, tell: int, log: Path) -> None:
        self._tell = tell
        self._log = log

    def ready(self) -> None:
        """Say that the mock listens, and print to the file from now on."""
        sys.stdout.flush()
        sys.stderr.flush()
        nothing = os.open(os.devnull, os.O_RDONLY)
        out = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number, end in ((0, nothing), (1, out), (2, out)):
            os.dup2(end, number)
        os.write(self._tell, b"1")
        os.close(self._tell)

    def end(self) -> None:
        """Remove the file if nothing was printed."""
        sys.stdout.flush()
        with contextlib.suppress(OSError):
            if not self._log.stat().st_size:
                self._log.unlink()


def detach(ready_file: Path) -> Detached:
    """Go on in another process; this one ends when that is ready, or with its code.

    What the mock prints after that goes to a file beside its ready file, with `.log` for a suffix.

    Raises:
        ConfigurationError: a mock of that file runs already, or there are no such processes here.
    """
    if not hasattr(os, "fork"):
        raise ConfigurationError("--wait is for POSIX systems; start the command in the background of the shell here")
    if ready_file.exists() and not clear_stale(ready_file):
        hint = f"`watchword stop {ready_file}` ends it" if ready_file != READY_FILE else "`watchword stop` ends it"
        raise ConfigurationError(f"a mock of {ready_file} runs already, or it is another file; {hint}")
    sys.stdout.flush()
    sys.stderr.flush()
    told, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        with os.fdopen(told, "rb") as pipe:
            listens = pipe.read(1)
        # Not 0, which would say that there is a mock.
        os._exit(0 if listens else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or 1)
    os.close(told)
    os.setsid()
    return Detached(tell, ready_file.with_suffix(".log").absolute())


@click.command(cls=Command)
@click.argument("file", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
def stop(file: tuple[Path, ...]) -> None:
    """End the mocks that ready FILEs speak of; without one, that of watchword-mock.json.

    A file whose mock is gone already is removed.
    """
    for path in file or (READY_FILE,):
        try:
            living, facts = is_living(path), read_facts(path)
        except OSError as error:
            raise ConfigurationError(f"no mock is told of in {path}: {error.strerror}") from error
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        pid, host = facts["pid"], facts.get("host")
        if not living:
            clear_stale(path)
            click.echo(f"The mock of {path} was gone already.")
            continue
        if host != socket.gethostname():
            raise ConfigurationError(f"the mock of {path} runs on {host}; stop it there")
        _end(path, pid)
        click.echo(f"Stopped the mock of {path}.")


def _end(path: Path, pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError as error:
        raise ConfigurationError(f"the process {pid} of {path} cannot be told to end: {error.strerror}") from error
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if not is_living(path) or read_facts(path)["pid"] != pid:
                return
        except (OSError, ValueError):
            # It has taken its file with it.
            return
        time.sleep(0.01)
    raise ConfigurationError(f"the process {pid} of {path} has not ended in {_PATIENCE:.0f} s")
