"""The names that refusals go by: those of conditions, of diagnoses, and of what no rule has refused."""

from __future__ import annotations

import functools

from watchword.mockserver.explain import layers, paths
from watchword.mockserver.explain.diagnoses import DIAGNOSES
from watchword.mockserver.explain.explain import BANNED
from watchword.mockserver.rules.decide import DEMANDED
from watchword.specs.vocabulary import CONDITIONS

__all__ = ["names"]

_CAUSES = ("fault", "forced")
"""What a reply goes by that says nothing of the request."""


@functools.cache
def names() -> frozenset[str]:
    """Give every name that an explanation may have for its condition."""
    diagnoses = (row.name for row in DIAGNOSES)
    return frozenset((*CONDITIONS, *diagnoses, *paths.NAMES, *layers.NAMES, *_CAUSES, BANNED, DEMANDED))
