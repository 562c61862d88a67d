"""A plugin of pytest that says in which parts a run spends its time: `-p benchmarks.sampled`, written to the file SAMPLED.

A thread looks at the main thread now and then, and at its CPU clock. What the clock went on belongs to the innermost frame that is a
library's or ours, and Python's own library counts for who called it. While the clock stood, the run waited: for a reply, or for
the threads of the mocks in the same process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

_OFTEN = 0.002
"""Seconds between two looks."""
_ROOT = Path(__file__).resolve().parent.parent
_FEW = 0.005
"""A smaller part than this is told with the others."""


class _Sampler(threading.Thread):
    """Looks until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = defaultdict(float)
        self.done = threading.Event()

    def run(self) -> None:
        main = threading.main_thread().ident or 0
        clock = time.pthread_getcpuclockid(main)
        wall, cpu = time.perf_counter(), time.clock_gettime(clock)
        while not self.done.wait(_OFTEN):
            now, spent = time.perf_counter(), time.clock_gettime(clock)
            self.seen[_part(sys._current_frames().get(main))] += spent - cpu
            self.seen["waiting"] += max(0.0, now - wall - (spent - cpu))
            wall, cpu = now, spent


def _part(frame: FrameType | None) -> str:
    """Name the part that a frame belongs to: a folder of ours with its room, a library, imports, or the rest."""
    while frame is not None:
        name = frame.f_code.co_filename
        path = Path(name)
        if "site-packages" in path.parts:
            return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
        if path.is_relative_to(_ROOT):
            return ".".join(path.relative_to(_ROOT).with_suffix("").parts[:2])
        if "importlib" in name:
            return "imports"
        frame = frame.f_back
    return "everything else"


_sampler = _Sampler()
_sampler.start()


def pytest_unconfigure() -> None:
    """Write the parts, the largest first."""
    _sampler.done.set()
    _sampler.join()
    total = sum(_sampler.seen.values()) or 1
    largest = sorted(_sampler.seen.items(), key=lambda row: -row[1])
    parts = {name: round(spent / total, 3) for name, spent in largest if spent / total >= _FEW}
    parts["everything else"] = round(parts.get("everything else", 0) + 1 - sum(parts.values()), 3)
    Path(os.environ["SAMPLED"]).write_text(json.dumps(parts), "utf-8")
