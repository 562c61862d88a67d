"""`watchword mock --wait`, `watchword stop` and the ready file: what other programs can rely on, in real processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from watchword.mockserver import connect
from watchword.mockserver.readyfile import clear_stale, is_living, read_facts

SCRIPT = str(Path(sys.executable).with_name("watchword"))
FILE = "watchword-mock.json"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run([SCRIPT, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose mocks are killed at the end, if a test has left any."""
    yield tmp_path
    for file in tmp_path.glob("*.json"):
        # One that is no ready file is nobody's.
        with contextlib.suppress(ValueError):
            if is_living(file):
                os.kill(read_facts(file)["pid"], signal.SIGKILL)


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Whoever runs the tests with `nohup` has SIGHUP ignored, and what they start would inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def begin(folder: Path, *words: str) -> int:
    """Start a mock in the background; gives its process id."""
    done = run("mock", "sensu", "--port", "0", "--wait", *words, cwd=folder)
    assert (0, "") == (done.returncode, done.stderr)
    assert "Log in:" in done.stdout
    return int(read_facts(folder / FILE)["pid"])


def gone(pid: int) -> bool:
    """Wait until a process is gone; it is nobody's child here, so its end is asked for."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_wait_and_stop(folder: Path) -> None:
    """The command ends when the mock listens; another command ends the mock, and nothing is left."""
    pid = begin(folder)
    mock = connect(folder / FILE)

    assert is_living(folder / FILE)
    assert mock.clock.now() > 0
    second = run("mock", "sensu", "--port", "0", "--wait", cwd=folder)
    assert (4, True) == (second.returncode, "`watchword stop` ends it" in second.stderr)
    stopped = run("stop", cwd=folder)
    assert (0, "Stopped the mock of watchword-mock.json.\n") == (stopped.returncode, stopped.stdout)
    assert gone(pid)
    assert [] == list(folder.iterdir())
    again = run("stop", cwd=folder)
    assert (4, True) == (again.returncode, "no mock is told of" in again.stderr)


def test_what_is_printed_later(folder: Path) -> None:
    """What the mock prints when its command has ended stands in a file beside."""
    begin(folder, "--log")
    requests.get(read_facts(folder / FILE)["url"] + "/auth", timeout=5)
    run("stop", cwd=folder)

    assert "401 GET /auth" in (folder / "watchword-mock.log").read_text("utf-8")


@pytest.mark.parametrize("words", [("sensuu",), ("sensu", "--port", "PORT"), ("sensu", "--fault", "unavailabel")])
def test_wait_for_what_cannot_start(folder: Path, words: tuple[str, ...]) -> None:
    """A mock that cannot start is told by the command, with its code, and leaves nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = tuple(str(taken.getsockname()[1]) if word == "PORT" else word for word in words)
        done = run("mock", *words, "--wait", cwd=folder)

    assert 4 == done.returncode
    assert done.stderr.startswith("Error: ")
    assert [] == list(folder.iterdir())


ENDS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGXCPU"]


@pytest.mark.parametrize("name", ENDS)
def test_every_end_that_can_be_caught(folder: Path, name: str) -> None:
    """However the mock is told to end, it takes its file along."""
    pid = begin(folder)
    os.kill(pid, getattr(signal, name))

    assert gone(pid)
    assert [] == list(folder.iterdir())


def test_an_end_that_cannot_be_caught(folder: Path) -> None:
    """A file whose mock was killed is not trusted, whoever has its process id now; it is removed, and the next one starts."""
    pid = begin(folder)
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    file = folder / FILE
    facts = read_facts(file)
    file.write_text(json.dumps(facts | {"pid": os.getpid()}), "utf-8")

    assert not is_living(file)
    stopped = run("stop", cwd=folder)
    assert (0, True) == (stopped.returncode, "was gone already" in stopped.stdout)
    assert not file.exists()
    file.write_text(json.dumps(facts), "utf-8")
    assert begin(folder) != pid
    assert is_living(file)
    assert not clear_stale(file)


def test_stop_several(folder: Path) -> None:
    """Several mocks are ended by the names of their files."""
    pids = []
    for name in ("a.json", "b.json"):
        done = run("mock", "sensu", "--port", "0", "--wait", "--quiet", "--ready-file", name, cwd=folder)
        assert (0, "") == (done.returncode, done.stdout)
        pids.append(read_facts(folder / name)["pid"])

    assert 0 == run("stop", "a.json", "b.json", cwd=folder).returncode
    assert all(gone(pid) for pid in pids)


def test_stop_elsewhere(folder: Path) -> None:
    """A mock of another machine, a container say, is not stopped by a process id that means somebody else here."""
    pid = begin(folder)
    facts = read_facts(folder / FILE)
    # Written into the very file that the mock holds.
    (folder / FILE).write_text(json.dumps(facts | {"host": "elsewhere"}), "utf-8")
    done = run("stop", cwd=folder)

    assert (4, True) == (done.returncode, "runs on elsewhere" in done.stderr)
    os.kill(pid, signal.SIGTERM)
    assert gone(pid)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "1"}', "\udcff"])
def test_another_file(folder: Path, text: str) -> None:
    """A file that is none of ours is left alone, by either command."""
    file = folder / FILE
    file.write_bytes(text.encode(errors="surrogateescape"))

    for words in (("stop",), ("mock", "sensu", "--port", "0", "--wait")):
        done = run(*words, cwd=folder)
        assert 4 == done.returncode
        assert "Traceback" not in done.stderr
    assert file.exists()


def test_over_tls(folder: Path) -> None:
    """The ready file leads a client through mutual TLS and past the token, and the printed curl line works."""
    done = run(
        *("mock", "sensu", "--port", "0", "--wait", "--mutual-tls", "--control-token", "harbour-lantern-7"), cwd=folder
    )
    mock = connect(folder / FILE)

    assert mock.clock.now() > 0
    assert "export NODE_EXTRA_CA_CERTS=" in done.stdout
    line = done.stdout.strip().splitlines()[-1]
    shell = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert "access_token" in shell.stdout
    run("stop", cwd=folder)
    assert not Path(mock.ca_file or "").exists()
