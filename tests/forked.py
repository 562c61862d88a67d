"""Processes that begin with everything imported: most of what a short run of the suites costs is its imports.

One process imports what a run and a mock need, and does nothing else. For each program that is asked of it, it forks: the
child has arguments, an environment, a folder and streams of its own, and ends as any process does. What Python takes from its
command line and environment as it starts (`-O`, `PYTHONUTF8`, a locale) is settled by then, and what is imported at all is not
to be seen: tests of these start Python anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import runpy
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
_LENGTH = struct.Struct("!I")
# pytest rewrites the modules of plugins as they are imported, so none of ours may be here before it.
_NEEDED = (
    "hypothesis",
    "pytest",
    "requests",
    "schemathesis",
    "watchword.mockserver.command",
    "watchword.mockserver.launch",
    "watchword.reports.baseline",
    "watchword.reports.command",
    "watchword.reports.junit",
    "watchword.reports.page.document",
    "watchword.reports.sink",
    "watchword.suites.command",
    "watchword.suites.doctor",
    "watchword.suites.judging.generating",
    "watchword.suites.running.plan",
    "watchword.suites.running.preflight",
    "watchword.suites.running.recording",
    "watchword.suites.running.roster",
    "watchword.suites.running.runner",
    "watchword.suites.running.tally",
    "watchword.suites.running.waiting",
)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would steer the one that is started."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WATCHWORD_", "PYTEST", "COV_"))}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200"} | dict(more or {})


@dataclass(frozen=True)
class Child:
    """A process that was forked; its number, and who forked it."""

    pid: int
    parent: Forks

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end and give its exit code; that of a signal is negative."""
        return self.parent.ask({"wait": self.pid})


class Forks:
    """The process that forks, seen from a test."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._ours, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                cwd=ROOT,
                env=dict(env),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def start(
        self,
        words: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str],
        out: IO[Any] | int,
        err: IO[Any] | int | None = None,
    ) -> Child:
        """Start what `python` would with these words, the first of them `-m` or `-c`; without `err`, errors go where the rest goes.

        With `-c`, the folder is no place where modules are looked for, as for an installed command.
        """
        streams = [one if isinstance(one, int) else one.fileno() for one in (out, out if err is None else err)]
        task = {"words": [str(word) for word in words], "cwd": str(cwd), "env": dict(env)}
        return Child(self.ask(task, streams), self)

    def run(self, words: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
        """Start it, wait for its end, and give its exit code and what it printed."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = self.start(words, cwd=cwd, env=env, out=out, err=err).wait()
            told = []
            for stream in (out, err):
                stream.seek(0)
                told.append(stream.read().decode().replace("\r\n", "\n"))
        return code, told[0], told[1]

    def ask(self, task: Mapping[str, Any], streams: Sequence[int] = ()) -> int:
        """Send a task and give the number that is answered."""
        body = json.dumps(task).encode()
        with self._lock:
            socket.send_fds(self._ours, [_LENGTH.pack(len(body))], list(streams))
            self._ours.sendall(body)
            return int(json.loads(_exactly(self._ours, _LENGTH.unpack(_exactly(self._ours, _LENGTH.size))[0])))

    def close(self) -> None:
        """Let it go."""
        self._ours.close()
        self._process.wait()


def forking(pytester: pytest.Pytester, forks: Forks, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Have `runpytest_subprocess` of a pytester fork, rather than start Python anew."""

    def run(*words: str) -> pytest.RunResult:
        # As pytester has it, the folder is among those where modules are looked for.
        path = os.pathsep.join(filter(None, [str(pytester.path), os.environ.get("PYTHONPATH", "")]))
        begun = time.monotonic()
        code, out, err = forks.run(["-m", "pytest", *words], cwd=pytester.path, env={**os.environ, "PYTHONPATH": path})
        return pytest.RunResult(code, out.splitlines(), err.splitlines(), time.monotonic() - begun)

    monkeypatch.setattr(pytester, "runpytest_subprocess", run)
    return pytester


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _serve(connection: socket.socket) -> dict[str, Any] | None:
    """Fork for each task; gives the task in the child, and None in the parent when nobody wants anything any more."""
    while True:
        head, streams, _, _ = socket.recv_fds(connection, _LENGTH.size, 2)
        if not head:
            return None
        head += _exactly(connection, _LENGTH.size - len(head)) if len(head) < _LENGTH.size else b""
        task: dict[str, Any] = json.loads(_exactly(connection, _LENGTH.unpack(head)[0]))
        if "wait" in task:
            answer = os.waitstatus_to_exitcode(os.waitpid(task["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                connection.close()
                for number, stream in enumerate(streams, start=1):
                    os.dup2(stream, number)
                    os.close(stream)
                return task
            for stream in streams:
                os.close(stream)
        body = json.dumps(answer).encode()
        connection.sendall(_LENGTH.pack(len(body)) + body)


def _become(task: dict[str, Any]) -> None:
    """Be the process that was asked for."""
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["env"])
    random.seed()
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    # A stream that was made for a file believes to this day that it can be wound back.
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    kind, what, *words = task["words"]
    if kind == "-c":
        sys.argv = [kind, *words]
        exec(what, sys.modules["__main__"].__dict__)
    else:
        sys.path.insert(0, task["cwd"])
        sys.argv = [what, *words]
        runpy.run_module(what, run_name="__main__", alter_sys=True)


def _prepare() -> None:
    """Import what is needed, read the dialects, and compile the templates of the report's page."""
    for name in _NEEDED:
        importlib.import_module(name)
    for name in {"hypothesis", "_hypothesis_globals", "schemathesis"} & set(sys.modules):
        # They have plugins, too: without this word pytest would complain that it can rewrite them no more.
        sys.modules[name].__doc__ = f"{sys.modules[name].__doc__} PYTEST_DONT_REWRITE"
    from watchword.specs.loader import bundled, load_dialect

    for dialect in map(load_dialect, bundled()):
        assert dialect.clauses
        assert dialect.profiles
    from watchword.reports.page.document import _environment

    for name in ("report.html.j2", "clause.html.j2", "beside.html.j2", "trend.html.j2"):
        _environment().get_template(name)


if __name__ == "__main__":
    _prepare()
    # What is there now stays, and is not looked through again by each child.
    gc.collect()
    gc.freeze()
    if (asked := _serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        _become(asked)
