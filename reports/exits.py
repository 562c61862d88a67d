"""How the process of a run ends: pytest's own exit codes, and three more."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

__all__ = ["EXIT_MEANING", "STALE", "STOPS", "Exit"]


class Exit(IntEnum):
    """How a run's process ends: pytest's own codes, and three more."""

    CONFORMING = 0
    BROKEN = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4
    NOTHING = 5
    PREFLIGHT = 6
    TOO_LITTLE = 7
    STALE_BASELINE = 8


STOPS = frozenset({Exit.INTERRUPTED, Exit.INTERNAL, Exit.USAGE, Exit.PREFLIGHT})
"""The codes of a run that did not get through its clauses, whatever those that were checked say."""

STALE = "the baseline is stale"
"""How the trouble of a run begins that would have ended otherwise with another file of known deviations."""

EXIT_MEANING: Mapping[int, str] = MappingProxyType(
    {
        Exit.CONFORMING: "No binding rule is broken.",
        Exit.BROKEN: "At least one rule is broken.",
        Exit.INTERRUPTED: "Somebody or something interrupted the run.",
        Exit.INTERNAL: "The tool itself went wrong; the target is not to blame.",
        Exit.USAGE: "The command line or a file of settings is wrong; nothing can be said of the target.",
        Exit.NOTHING: "No clause was selected.",
        Exit.PREFLIGHT: "The target could not be reached, or refused the credentials or the protected operation, so no clause was checked.",
        Exit.TOO_LITTLE: "No rule was seen broken, but too little could be verified to call the target conforming.",
        Exit.STALE_BASELINE: "The list of known deviations names something that is not a deviation any more.",
    }
)
"""One sentence for each exit code."""
