"""Where generated requests are made and judged: in this process, or in one beside it, while the run does something else.

Loading Schemathesis and letting it generate takes longer than all that is done with it, and a run has other checks to
make until then. What is made and how it is judged is the same in both.

Schemathesis comes with the extra `suites`, so it may be missing: whoever would ask for generated requests asks `shortage` first.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib.util
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import metadata
from typing import Protocol

from watchword.specs.reading.generated import kept_requests
from watchword.specs.values.api import Api
from watchword.specs.values.generated import Generated
from watchword.specs.values.http import Reply

__all__ = [
    "GENERATED",
    "REMEDY",
    "Beside",
    "Here",
    "Keeper",
    "Workshop",
    "caveat",
    "made_by",
    "shortage",
    "workshop_for",
]

GENERATED = "contract.conforms"
"""The guarantee whose check sends generated requests."""
REMEDY = "pip install 'watchword[suites]'"
"""What brings everything that generating takes, in the versions that are vouched for."""
_GENERATOR = "schemathesis"


@functools.cache
def shortage() -> str:
    """Say in one line why no request can be generated here, and what mends it; empty where they can be."""
    # What can be imported counts, whoever has installed it. Nothing is imported to find that out.
    missing = importlib.util.find_spec(_GENERATOR) is None
    return f"Schemathesis is not installed: {REMEDY}" if missing else ""


def caveat(clauses: int) -> str:
    """Say in one line what is to be known of so many clauses whose checks send generated requests; empty where nothing is.

    Either nothing can be generated, or another release judges the replies than the one that is vouched for, whoever has made
    the requests.
    """
    # The process beside the run begins with this module, and has no use for a command line.
    from watchword.specs.cli import count

    if clauses and (lacks := shortage()):
        return f"no requests can be generated for {count(clauses, 'clause')}: {lacks}"
    have, vouched = _releases()
    if not clauses or have == vouched:
        return ""
    made = f"the checks of {count(clauses, 'clause')} that send generated requests are judged by Schemathesis {have}"
    return f"{made}, and only {vouched} is vouched for: {REMEDY}"


def made_by() -> str:
    """Give the name and the release of what generates requests here."""
    return f"Schemathesis {_releases()[0]}"


def _releases() -> tuple[str, str]:
    """Give the release that is installed, and the one that the extra names; twice the same where nothing is known."""
    try:
        have, asked = metadata.version(_GENERATOR), metadata.requires("watchword") or []
    except metadata.PackageNotFoundError:
        return "", ""
    named = (line.partition(";")[0].partition("==") for line in asked)
    return have, next((version.strip() for name, _, version in named if name.strip() == _GENERATOR), have)


class Workshop(Protocol):
    """Makes requests to an operation, by its path and method, and judges replies to them."""

    def cases(self, api: Api, path: str, method: str) -> tuple[Generated, ...]:
        """Give the generated requests of an operation."""
        ...

    def failures(self, api: Api, path: str, method: str, replies: Sequence[Reply]) -> list[tuple[str, ...]]:
        """Give what is wrong with each reply of an operation."""
        ...

    def close(self) -> None:
        """End what was begun for it."""
        ...


def workshop_for(operations: Iterable[tuple[Api, str, str]]) -> Workshop:
    """Give a workshop for a run that will ask for these operations: one beside it, where there is a core for that.

    What their dialects keep is made by nobody, and a process that has loaded Schemathesis has done the longest part.

    Raises:
        SpecError: the requests that a dialect keeps cannot be read.
    """
    made = operations if not shortage() else ()
    wanted = [(api, path, method) for api, path, method in made if (path, method) not in kept_requests(api)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Keeper(Beside(wanted) if wanted and cores > 1 and "schemathesis" not in sys.modules else Here())


class Keeper:
    """A workshop that gives the requests that a dialect keeps, and asks another one for everything else."""

    def __init__(self, other: Workshop) -> None:
        self._other = other

    def cases(self, api: Api, path: str, method: str) -> tuple[Generated, ...]:
        """Give the generated requests of an operation."""
        kept = kept_requests(api).get((path, method))
        return self._other.cases(api, path, method) if kept is None else kept

    def failures(self, api: Api, path: str, method: str, replies: Sequence[Reply]) -> list[tuple[str, ...]]:
        """Give what is wrong with each reply of an operation."""
        return self._other.failures(api, path, method, replies)

    def close(self) -> None:
        """End what was begun for it."""
        self._other.close()


class Here:
    """A workshop in this process."""

    def cases(self, api: Api, path: str, method: str) -> tuple[Generated, ...]:
        """Give the generated requests of an operation."""
        return _cases(_written(api), path, method)

    def failures(self, api: Api, path: str, method: str, replies: Sequence[Reply]) -> list[tuple[str, ...]]:
        """Give what is wrong with each reply of an operation."""
        return _failures(_written(api), path, method, replies)

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


class Beside:
    """A workshop in a process of its own, which begins at once with the operations that will be asked for.

    When that process cannot be started, or is lost, the work is done here.
    """

    def __init__(self, operations: Iterable[tuple[Api, str, str]]) -> None:
        self._here = Here()
        self._pool: ProcessPoolExecutor | None = None
        self._coming: dict[tuple[str, str, str], Future[tuple[Generated, ...]]] = {}
        # Some systems have no processes to give, and some no semaphores to wait for them by.
        with contextlib.suppress(OSError, ImportError, NotImplementedError):
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_begin)
            for api, path, method in operations:
                key = (_written(api), path, method)
                if key not in self._coming:
                    self._coming[key] = self._pool.submit(_cases, *key)

    def cases(self, api: Api, path: str, method: str) -> tuple[Generated, ...]:
        """Give the generated requests of an operation."""
        coming = self._coming.get((_written(api), path, method))
        if coming is not None:
            with contextlib.suppress(BrokenProcessPool):
                return coming.result()
        return self._here.cases(api, path, method)

    def failures(self, api: Api, path: str, method: str, replies: Sequence[Reply]) -> list[tuple[str, ...]]:
        """Give what is wrong with each reply of an operation."""
        if self._pool is not None:
            with contextlib.suppress(BrokenProcessPool):
                return self._pool.submit(_failures, _written(api), path, method, list(replies)).result()
        return self._here.failures(api, path, method, replies)

    def close(self) -> None:
        """End the process; nobody waits for its end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _begin() -> None:
    # It has to do with so many requests and no more, and ends with the run: what it leaves behind need not be looked for.
    gc.disable()
    # An interruption reaches both processes, and only the other one has something to say about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_run, daemon=True).start()


def _leave_with_the_run() -> None:
    # A run that is killed ends nothing itself, and whoever reads its output waits until nobody can write there any more.
    run = multiprocessing.parent_process()
    if run is not None:
        run.join()
        os._exit(1)


@functools.lru_cache(maxsize=64)
def _written(api: Api) -> str:
    return json.dumps(api.description)


@functools.lru_cache(maxsize=64)
def _cases(description: str, path: str, method: str) -> tuple[Generated, ...]:
    from watchword.suites.judging import generating

    found = []
    for case in generating.cases(description, path, method):
        body = dict(case.body) if isinstance(case.body, Mapping) else case.body
        there = isinstance(body, bytes | dict | list | str | int | float | bool | None)
        found.append(
            Generated(
                case.meta is not None and case.meta.generation.mode.is_positive,
                dict(case.path_parameters or {}),
                dict(case.query or {}),
                dict(case.headers or {}),
                body if there else None,
                there,
            )
        )
    return tuple(found)


def _failures(description: str, path: str, method: str, replies: Sequence[Reply]) -> list[tuple[str, ...]]:
    from watchword.suites.judging import generating

    return [generating.failures(description, path, method, reply) for reply in replies]
