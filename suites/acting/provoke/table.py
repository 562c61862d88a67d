"""Provoking conditions: for each row of the vocabulary, the one way to make a right request wrong in just that way."""

from __future__ import annotations

from watchword.specs.values.draft import Draft
from watchword.specs.vocabulary import one_each
from watchword.suites.acting.context import Steps
from watchword.suites.acting.provoke import brands, credentials, requests, tokens
from watchword.suites.acting.provoke.work import Rows, Work

__all__ = ["APART", "PROVOKERS", "Work", "settle"]


PROVOKERS: Rows = one_each(brands.ROWS, credentials.ROWS, requests.ROWS, tokens.ROWS)

APART = frozenset(
    {
        "access_token.superseded",
        "access_token.revoked",
        "refresh_token.reused",
        "refresh_token.retired",
        "scope.insufficient",
    }
)
"""Conditions that tell one token from another, so that no other token may be the same text."""


def settle(draft: Draft, work: Work, conditions: tuple[str, ...]) -> Steps:
    """Provoke several conditions on one draft, in the order given."""
    for name in conditions:
        draft = yield from PROVOKERS[name](draft, work)
    return draft
