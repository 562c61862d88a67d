"""What a run takes and leaves, whatever a server sends: its memory, its page, its records and its console have bounds."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.suites.hostile.behaviours import BEHAVIOURS
from tests.suites.hostile.test_verdicts import Right
from watchword.reports.records import read_run
from watchword.specs.loader import load_dialect

MEMORY, PAGE, RECORDS, CONSOLE = 300 * 2**20, 5_000_000, 20_000_000, 200_000
"""The most that a run may take and leave, in bytes."""

UNBOUNDED = (
    "an endless body in chunks",
    "an endless body without a length",
    "a body of 10 GB",
    "a gzip bomb",
    "a gzip bomb in gzip",
    "a deflate bomb",
    "a header of 4 MB",
    "a head without end",
    "thousands of cookies",
    "thousands of members",
    "a token of 1 MB",
    "JSON as deep as the sea",
    "trailers without end",
)
FLOODS = [(("a token of 1 MB",), "refresh"), (UNBOUNDED, "")]
"""What comes in a run, and the topic that is asked about; without one, all of them."""
SCRIPT = "from watchword.specs.cli import main; main(prog_name='watchword')"
# What a process held before it became another counts, too: here a worker of pytest with all that it has loaded. So the run is
# begun by a small process, which tells what its child held; `Popen.wait` would throw that away.
LAUNCHER = """
import json, os, subprocess, sys
begun = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(begun.pid, 0)
with open(sys.argv[1], "w") as told:
    json.dump([os.waitstatus_to_exitcode(status), used.ru_maxrss], told)
begun.returncode = 0
"""
# How many requests the preflight sends, so that the run begins at all.
GREETED = 8


class Flooding:
    """A right server for a while; then it floods each second reply, in one way or in each in turn."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.right = Right()
        self.count = itertools.count()
        self.ways = itertools.cycle(names)
        self.flooded: set[str] = set()

    def __call__(self, connection: Any, asked: Any) -> None:
        """Answer one request."""
        reply = self.right.reply_to(asked)
        number = next(self.count)
        if number < GREETED or number % 2:
            connection.sendall(reply)
            return
        name = next(self.ways)
        self.flooded.add(name)
        BEHAVIOURS[name].answer(connection, reply)


def target(path: Path, url: str, credentials: dict[str, str]) -> Path:
    """Describe the server in a target file."""
    lines = ["[target]", 'dialect = "sensu"', f"url = {json.dumps(url)}", "[limits]"]
    lines += ["requests_per_second = 1000", "bad_logins = 1000", "max_wait = 0", "timeout = 30", "[credentials]"]
    lines += [f"{role} = {json.dumps(value)}" for role, value in credentials.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def peak(held: int) -> int:
    """The most memory that a process held, in bytes: macOS counts them, everybody else kilobytes."""
    return held * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="only POSIX tells how much memory a child held")
@pytest.mark.parametrize(("names", "topic"), FLOODS, ids=["tokens", "each in turn"])
def test_bounds(names: tuple[str, ...], topic: str, hostile: Any, tmp_path: Path) -> None:
    """A flood costs a run neither its memory nor its report: every clause has its record, and none is an error."""
    flooding = Flooding(names)
    server = hostile(flooding)
    file = target(tmp_path / "flood.toml", server.url, flooding.right.service.credentials)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WATCHWORD_", "PYTEST", "COV_"))}
    console = tmp_path / "console"
    run = [sys.executable, "-P", "-c", SCRIPT, "test", str(file), "--report-dir", str(tmp_path / "out")]
    run += ["--topic", topic] if topic else []
    with console.open("wb") as out:
        subprocess.run(
            [sys.executable, "-P", "-c", LAUNCHER, str(tmp_path / "told"), *run],
            cwd=tmp_path,
            env=kept | {"NO_COLOR": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            check=True,
        )
    code, held = json.loads((tmp_path / "told").read_text())
    page, records = tmp_path / "out" / "report.html", tmp_path / "out" / "records.jsonl"
    printed = console.read_text(encoding="utf-8", errors="replace")

    assert set(names) == flooding.flooded
    assert code in (0, 1, 7), printed[-3000:]
    assert peak(held) < MEMORY
    assert page.stat().st_size < PAGE
    assert records.stat().st_size < RECORDS
    assert len(printed) < CONSOLE
    found = read_run(records).clauses
    # Those that the server lacks something for have a record, too.
    assert {c.id for c in load_dialect("sensu").clauses if not c.untested and topic in ("", c.topic)} <= {
        r.clause.partition(":")[2] for r in found
    }
    assert [] == [record.clause for record in found if record.verdict == "error"]
    assert [] == [token for token in flooding.right.tokens if token in page.read_text(encoding="utf-8")]
