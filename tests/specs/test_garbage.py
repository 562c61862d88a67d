"""How often Python looks for garbage while a run of the suites lasts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

TRIED = """
import gc, json
from watchword.specs.garbage import Seldom
told = lambda: [gc.isenabled(), *gc.get_threshold()]
{before}
seldom, seen = Seldom(), [told()]
seldom.begin(); seen.append(told())
seldom.keep(); frozen = gc.get_freeze_count()
{meanwhile}
seldom.end(); seen.append(told())
print(json.dumps([seen, frozen, gc.get_freeze_count()]))
"""


def tried(before: str = "", meanwhile: str = "") -> tuple[list[list[int]], int, int]:
    """Begin and end in a fresh process; gives how garbage is looked for at first, then and at last, and how much is kept."""
    code = TRIED.format(before=before, meanwhile=meanwhile)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seen, then, at_last = json.loads(done.stdout)
    return seen, then, at_last


def test_seldom() -> None:
    """A run looks for garbage less often, not among what was there before, and leaves everything as it was."""
    (first, then, last), kept, left = tried()

    assert [True, True] == [first[0], then[0]]
    assert then[1] >= 50 * first[1]
    assert kept > 1000
    assert (first, 0) == (last, left)


@pytest.mark.parametrize("before", ["gc.disable()", "gc.set_threshold(0)", "gc.set_threshold(100_000, 5, 5)"])
def test_what_somebody_has_said_before_stays(before: str) -> None:
    """Where garbage is looked for even less, or not at all, a run changes nothing."""
    (first, then, last), kept, left = tried(before)

    assert first == then == last
    assert (0, 0) == (kept, left)


def test_what_somebody_has_said_meanwhile_stays() -> None:
    """What somebody else says during a run is what holds after it."""
    (_, _, last), _, left = tried(meanwhile="gc.set_threshold(123, 4, 5)")

    assert ([True, 123, 4, 5], 0) == (last, left)


def test_what_somebody_has_kept_stays() -> None:
    """Where something is kept already, as in a mock that serves, a run lets go of nothing."""
    _, _, left = tried(before="gc.freeze()")

    assert left > 0
