"""Recognising conditions: for each row of the vocabulary, the one predicate that tells whether a request is in it.

Laws:
1. A predicate reads the request and the world and changes neither.
2. A broader condition holds whenever one of its special cases does.
3. What holds is not yet refused: the profile decides that.
4. Where a subject is right, none of its conditions holds. To ask that is cheaper than to ask for each of them.
"""

from __future__ import annotations

from types import MappingProxyType

from watchword.mockserver.rules.case import Case, Rows
from watchword.mockserver.rules.recognise import brands, credentials, requests, tokens
from watchword.specs.vocabulary import CONDITIONS, broader, one_each

__all__ = ["RECOGNISERS", "RIGHT", "Case", "narrowest"]


RECOGNISERS: Rows = one_each(brands.ROWS, credentials.ROWS, requests.ROWS, tokens.ROWS)

RIGHT: Rows = one_each(brands.RIGHT, credentials.RIGHT, requests.RIGHT, tokens.RIGHT)
"""For what conditions are about, the first part of their names, the predicate that it is as it should be, where there is one."""


def _specials() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {name: [] for name in CONDITIONS}
    for name in CONDITIONS:
        for above in broader(name):
            found[above].append(name)
    return {name: tuple(others) for name, others in found.items()}


_SPECIAL = MappingProxyType(_specials())


def narrowest(case: Case, name: str) -> str:
    """Give the most special condition that holds of those that `name` is the broader of; `name` itself when none does."""
    for other in _SPECIAL[name]:
        if RECOGNISERS[other](case):
            return narrowest(case, other)
    return name
