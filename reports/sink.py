"""Where the records of a run go: a line each as they come, and the reports made of them at the end."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchword.reports.files import Claim, make_writable, replace

# pytest makes a sink in every project where Watchword is installed: what only a run of ours needs is imported by it.
if TYPE_CHECKING:
    from watchword.reports.history import Point
    from watchword.reports.records import ClauseRecord, EndRecord, Run, RunRecord

__all__ = ["Sink"]


class Sink:
    """The report directory of one run.

    The first trouble with the disk ends the writing and is kept in `trouble`, one line for a person: the checks of a
    long run are worth more than an abort in their middle.
    """

    def __init__(self, folder: Path, history: Path | None = None) -> None:
        self.folder = folder
        self.history = history
        self.trouble = ""
        self.run: Run | None = None
        self._lines: io.FileIO | None = None
        self._claim: Claim | None = None
        self._published = False

    @property
    def page(self) -> Path:
        """Where the page for people is."""
        return self.folder / "report.html"

    def claim(self) -> None:
        """Take the folder for this run, until `close`.

        Raises:
            OSError: it cannot be written, or another run has it.
        """
        if self._claim is None:
            make_writable(self.folder)
            self._claim = Claim(self.folder)

    def begin(self, record: RunRecord) -> None:
        """Begin the records of a run, and put the page of an unfinished run in place of an older run's.

        Raises:
            OSError: the folder cannot be written, or another run has it.
        """
        from watchword.reports.records import RECORDS_FILE, Run

        self.claim()
        # A killed run must not leave its records beside the reports of the run before.
        (self.folder / "junit.xml").unlink(missing_ok=True)
        # Nothing is kept back, so that a disk that is full says so with the line that it has no room for.
        self._lines = (self.folder / RECORDS_FILE).open("wb", buffering=0)
        self.run = Run(record, (), None)
        self._write(record)
        replace(self.page, _render(self.run))

    def add(self, record: ClauseRecord) -> None:
        """Write down one clause."""
        if self.run is not None:
            self.run = dataclasses.replace(self.run, clauses=(*self.run.clauses, record))
            self._published = False
            self._write(record)

    def end(self, record: EndRecord) -> None:
        """Write down the end of the run and make the reports."""
        if self.run is not None:
            self.run = dataclasses.replace(self.run, end=record)
            self._published = False
            self._write(record)
            self.publish()

    def publish(self) -> None:
        """Make the reports of what there is, unless they are made already."""
        if self.run is None or self._published:
            return
        self._published = True
        try:
            from watchword.reports.junit import junit

            replace(self.page, _render(self.run, self._remembered()))
            replace(self.folder / "junit.xml", junit(self.run))
        except OSError as trouble:
            self._fail(trouble)

    def _remembered(self) -> Sequence[Point]:
        if self.history is None or self.run is None or self.run.end is None:
            return ()
        from watchword.reports.history import BrokenHistory, read_history, remember

        try:
            remember(self.history, self.run)
            return read_history(self.history)
        except (OSError, BrokenHistory) as trouble:
            self.trouble = self.trouble or f"the history {self.history} did not get this run: {trouble}"
            return ()

    def close(self) -> None:
        """Make the reports if they are not made yet, and let go of the records."""
        self.publish()
        if self._lines is not None:
            self._lines.close()
            self._lines = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def _write(self, record: RunRecord | ClauseRecord | EndRecord) -> None:
        from watchword.reports.records import write_line

        if self._lines is None or self.trouble:
            return
        # What JSON can say and UTF-8 cannot, half a surrogate pair, becomes the JSON escape of it.
        rest = memoryview((write_line(record) + "\n").encode(errors="backslashreplace"))
        whole = self._lines.tell()
        try:
            while rest:
                rest = rest[self._lines.write(rest) :]
        except OSError as trouble:
            # Half a line is no record.
            with contextlib.suppress(OSError):
                self._lines.truncate(whole)
            self._fail(trouble)

    def _fail(self, trouble: OSError) -> None:
        self.trouble = self.trouble or f"the reports in {self.folder} are not whole: {trouble.strerror or trouble}"


def _render(run: Run, history: Sequence[Point] = ()) -> Iterator[str]:
    from watchword.reports.page.document import pieces

    return pieces(run, history)
