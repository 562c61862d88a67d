"""Provoking conditions: for each row of the vocabulary, the one way to make a right request wrong in just that way."""

from __future__ import annotations

from watchword.specs.values.draft import Draft
from watchword.specs.vocabulary import one_each
from watchword.suites.acting.context import Steps
from watchword.suites.acting.provoke import brands, credentials, requests, tokens
from watchword.suites.acting.provoke.work import Rows, Work

__all__ = ["PROVOKERS", "Work", "settle"]


PROVOKERS: Rows = one_each(brands.ROWS, credentials.ROWS, requests.ROWS, tokens.ROWS)


def settle(draft: Draft, work: Work, conditions: tuple[str, ...]) -> Steps:
    """Provoke several conditions on one draft, in the order given."""
    for name in conditions:
        draft = yield from PROVOKERS[name](draft, work)
    return draft
