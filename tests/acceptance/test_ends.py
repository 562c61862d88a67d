"""How a run ends when the machine around it gives way: a full disk, a closed console, a signal, a second run."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.reports.records import read_run
from watchword.specs.loader import load_dialect

COMMAND = [sys.executable, "-c", "from watchword.specs.cli import main; main()"]


class Telling:
    """A service that tells somebody of each request before it answers."""

    def __init__(self, told):
        self._service = Service(load_dialect("sensu"))
        self._told = told
        self.count = 0

    def handle(self, request, origin):
        """Answer."""
        self.count += 1
        self._told(self.count)
        return self._service.handle(request, origin)

    def __getattr__(self, name):
        return getattr(self._service, name)


@pytest.fixture
def begin(write_target, tmp_path):
    """Begin `watchword test` in a process of its own: `begin(words, told=…, **popen)`; its reports go to `reports`."""
    running = []

    def run(*words, told=lambda count: None, **more):
        running.append(start(Telling(told)))
        mock = running[-1]
        facts = {"dialect": "sensu", "url": mock.url, "credentials": mock.credentials}
        target = write_target(facts)
        folder = f"--report-dir={tmp_path / 'reports'}"
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
        return subprocess.Popen([*COMMAND, "test", str(target), folder, *words], **(pipes | more))

    yield run
    for mock in running:
        mock.stop()


def complaint(text):
    """The one line in which a command says what went wrong."""
    lines = [line for line in text.splitlines() if line.lower().startswith("error")]

    assert "Traceback" not in text
    assert 1 == len(lines), text
    return lines[0]


def partial(folder):
    """The records of a run that did not reach its end, of which the page says so."""
    run = read_run(folder / "records.jsonl")

    assert run.end is None
    assert re.search("cut short|partial|did not reach its end", (folder / "report.html").read_text(encoding="utf-8"))
    return run


def test_console_that_is_full(begin, tmp_path):
    """A console that takes nothing ends the run as interrupted, with one line and the records of what was done."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        process = begin("-k", "auth", stdout=full)
        _, err = process.communicate()

    assert 2 == process.returncode, err
    assert "standard output cannot be written: No space left on device" in complaint(err)
    assert 1 == len(partial(tmp_path / "reports").clauses)


def test_console_that_is_closed(begin, tmp_path):
    """A reader that has read enough, such as `head -1`, ends the run: no check is made that nobody hears of."""
    process = begin("-k", "auth")
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()

    assert 2 == process.wait(), err
    assert "standard output cannot be written: Broken pipe" in complaint(err)
    assert len(partial(tmp_path / "reports").clauses) < 10


@pytest.fixture
def closed(tmp_path):
    """A directory that takes no files: not even an administrator's in the last resort."""
    folder = tmp_path / "closed"
    folder.mkdir(0o500)
    return Path("/sys") if os.access(folder, os.W_OK) else folder


def test_read_only_directory(begin, closed, tmp_path):
    """Where a run is started nothing need be written: only a report that would go there is refused, before any request."""
    told = []
    refused = begin("-k", "token.works", "--report-dir=reports", cwd=closed, told=told.append)
    _, err = refused.communicate()

    assert 4 == refused.returncode, err
    assert str(closed / "reports") in complaint(err)
    assert not told

    elsewhere = begin("-k", "token.works", cwd=closed)
    out, err = elsewhere.communicate()

    assert 0 == elsewhere.returncode, out + err
    assert read_run(tmp_path / "reports" / "records.jsonl").clauses


@pytest.mark.parametrize("command", [["clauses"], ["test", "--help"]])
def test_console_of_other_commands(command):
    """Nor is it `a rule is broken` when the reader of another command goes."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run([*COMMAND, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert 2 == done.returncode, done.stderr
    complaint(done.stderr)


def test_disk_that_is_full(begin, tmp_path):
    """Where the records find no room, every check is made, and the run ends with 4; what is there can be read."""
    size = 64 * 1024
    process = begin("-k", "auth", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    out, err = process.communicate()
    records = tmp_path / "reports" / "records.jsonl"

    assert 4 == process.returncode, out + err
    assert "are not whole: File too large" in complaint(out + err)
    checked, left_out = map(int, re.search(r"= (\d+) passed, (\d+) deselected", out).groups())
    assert checked + left_out == len([clause for clause in load_dialect("sensu").clauses if not clause.untested])
    assert records.read_bytes().endswith(b"}\n")
    assert 0 < len(partial(tmp_path / "reports").clauses) < 65


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 2), (signal.SIGINT, 2), (signal.SIGKILL, -9)])
def test_signal(number, code, begin, tmp_path):
    """A run that somebody ends leaves records that load, a page that says so, and an exit code that is not 0."""
    process = []

    def end(count):
        if count == 60:
            os.kill(process[0].pid, number)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process.append(begin("-k", "auth", told=end))
    signal.signal(signal.SIGINT, before)
    out, err = process[0].communicate()

    assert code == process[0].returncode, out + err
    assert "Traceback" not in out + err
    assert partial(tmp_path / "reports").clauses


def test_two_runs_in_one_directory(begin, tmp_path):
    """The second is refused before it sends anything and names the remedy; a run that was killed is in nobody's way."""
    first, second = [], []

    def meanwhile(count):
        if count == 60:
            asked = []
            late = begin("-k", "credentials.valid", told=asked.append)
            second.append((late.communicate(), late.returncode, asked))
            first[0].kill()

    first.append(begin("-k", "auth", told=meanwhile))
    first[0].communicate()
    (out, err), code, asked = second[0]
    third = begin("-k", "credentials.valid")
    told, _ = third.communicate()

    assert (4, []) == (code, asked), out + err
    assert "another run is writing there" in complaint(out + err)
    assert "--report-dir" in complaint(out + err)
    assert third.returncode == 0, told


def test_a_mock_that_goes_away(announce, serve, write_target, suites):
    """A target whose clock is set goes away with its clock: that is told of the target, and nothing is said of its rules."""
    mock = announce("sensu")
    count = 0

    def forward(asked):
        nonlocal count
        count += 1
        if count > 60:
            raise ConnectionResetError
        found = requests.request(asked.method, mock.url + asked.path, data=asked.body, headers=dict(asked.headers))
        dropped = ("content-length", "connection")
        return found.status_code, {k: v for k, v in found.headers.items() if k.lower() not in dropped}, found.content

    front = serve(forward)
    done = suites("--target", write_target(mock.facts | {"url": front.url, "resource_url": front.url}))

    assert done.code not in (0, 1), done.text
    assert {"pass", "observed", "blocked", "inconclusive", "not_observable"} >= set(done.verdicts.values())
    assert any("clock" in asked.path for asked in front.asked)
    assert "Traceback" not in done.text
