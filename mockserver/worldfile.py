"""The file that says who lives in a mock, read again when it changes or when SIGHUP asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from watchword.mockserver.sharing.store import StoreError
from watchword.mockserver.signals import Signals
from watchword.specs.errors import SpecError
from watchword.specs.loader import load_world
from watchword.specs.values.api import Api
from watchword.specs.values.profile import WorldData

__all__ = ["WorldFile"]

_PAUSE = 0.25
"""Seconds between two looks at the file."""


class WorldFile:
    """One world file of one API."""

    def __init__(self, path: Path, api: Api) -> None:
        self._path = path
        self._api = api
        self._state = self._look()

    def read(self) -> WorldData:
        """Read the file.

        Raises:
            SpecError: the file is wrong.
        """
        return load_world(self._path, self._api)

    def follow(self, settle: Callable[[WorldData], None], signals: Signals) -> None:
        """Hand over the world whenever the file has changed, until the end; what is wrong with it is told and left out."""
        while not signals.wait(_PAUSE):
            state = self._look()
            if not signals.asked() and state == self._state:
                continue
            self._state = state
            try:
                settle(self.read())
            except (SpecError, StoreError) as error:
                click.echo(f"The world stays as it was: {error}", err=True)
            else:
                click.echo(f"The world was read again from {self._path}", err=True)

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
