"""Generated requests are made and judged beside a run as they are in it, whatever becomes of the process that does it."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply
from watchword.suites.judging.workshop import Beside, Here, workshop_for

API = load_dialect(Path(__file__).parent.parent / "dialects" / "smallest").api
OPERATIONS = [(API, operation.path, operation.method) for operation in API.operations.values()]
REPLIES = [
    Reply(200, (("Content-Type", "application/json"),), b"{}"),
    Reply(418),
    Reply(200, (("Content-Type", "text/plain"),), b"no token"),
]


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    """Have a process beside this one make the requests."""
    found = Beside(OPERATIONS)
    yield found
    found.close()


def test_the_same_is_made(beside: Beside) -> None:
    """Every operation has the same requests, wherever they are made."""
    made = [beside.cases(*operation) for operation in OPERATIONS]

    assert [Here().cases(*operation) for operation in OPERATIONS] == made
    assert all(made)


def test_the_same_is_judged(beside: Beside) -> None:
    """A reply that is not described is found, wherever it is judged."""
    told = beside.failures(*OPERATIONS[0], REPLIES)

    assert Here().failures(*OPERATIONS[0], REPLIES) == told
    assert any("status code" in title for title in told[1])
    assert any("content-type" in title for title in told[2])


def test_a_lost_process_is_missed_by_nobody(beside: Beside) -> None:
    """When the process dies, the work is done in this one."""
    (child,) = multiprocessing.active_children()
    child.kill()
    child.join()

    assert Here().failures(*OPERATIONS[0], REPLIES) == beside.failures(*OPERATIONS[0], REPLIES)


def test_nothing_is_begun_for_nothing() -> None:
    """A run without generated requests starts no process."""
    before = set(multiprocessing.active_children())

    assert workshop_for([]).cases(*OPERATIONS[0]) == Here().cases(*OPERATIONS[0])
    # One that an earlier test began may end meanwhile.
    assert set(multiprocessing.active_children()) <= before


def test_it_leaves_with_the_run() -> None:
    """When the run is killed, the process beside it ends, too: whoever reads its output is not left waiting."""
    program = (
        "import os, signal\n"
        "from watchword.specs.loader import load_dialect\n"
        "from watchword.suites.judging.workshop import Beside\n"
        "if __name__ == '__main__':\n"
        "    api = load_dialect('sensu').api\n"
        "    operation = next(iter(api.operations.values()))\n"
        "    begun = Beside([(api, operation.path, operation.method)])\n"
        "    assert begun.cases(api, operation.path, operation.method)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # This returns when nobody can write to the pipe any more; the minute is there for who breaks that.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert -signal.SIGKILL == done.returncode, done.stderr


def test_what_the_process_beside_the_run_begins_with() -> None:
    """It has no use for a command line, and loads none before it generates."""
    code = "import sys; import watchword.suites.judging.workshop; print('click' in sys.modules)"

    assert (
        "False"
        == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    )
