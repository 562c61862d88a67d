"""Verdicts about the client, as the control side tells of them."""

from __future__ import annotations

from typing import Any

from watchword.mockserver.console.journal import Journal
from watchword.mockserver.verdicts.judging import TOPICS, judge
from watchword.specs.loader import Dialect

__all__ = ["told"]


def told(dialect: Dialect, journal: Journal) -> dict[str, Any]:
    """Say how the client whose requests stand in the journal kept to the rules of a dialect; without any secret.

    Raises:
        SpecError: the dialect's `client.yaml` is wrong.
    """
    manners = dialect.manners or ()
    judged = judge(manners, journal.exchanges, journal.dropped)
    return {
        "dialect": dialect.name,
        "dropped": journal.dropped,
        "verdicts": [
            {
                "rule": row.manner.name,
                "topic": TOPICS[row.manner.name],
                "verdict": row.verdict,
                "level": row.manner.level,
                "basis": row.manner.basis,
                "says": row.manner.says,
                "source": row.manner.source,
                "breaches": [{"says": breach.says, "entries": list(breach.entries)} for breach in row.breaches],
                "entries": list(row.entries),
                "reason": row.reason,
            }
            for row in judged
        ],
        "left_out": [{"rule": row.name, "reason": row.reason} for row in manners if row.reason is not None],
    }
