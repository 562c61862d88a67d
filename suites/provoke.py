"""Provoking conditions: for each row of the vocabulary, the one way to make a right request wrong in just that way."""

from __future__ import annotations

from watchword.specs.vocabulary import one_each
from watchword.specs.wire import Draft
from watchword.suites import provoke_brands, provoke_credentials, provoke_requests, provoke_tokens
from watchword.suites.context import Steps
from watchword.suites.provoking import Rows, Work

__all__ = ["PROVOKERS", "Work", "settle"]


PROVOKERS: Rows = one_each(provoke_brands.ROWS, provoke_credentials.ROWS, provoke_requests.ROWS, provoke_tokens.ROWS)


def settle(draft: Draft, work: Work, conditions: tuple[str, ...]) -> Steps:
    """Provoke several conditions on one draft, in the order given."""
    for name in conditions:
        draft = yield from PROVOKERS[name](draft, work)
    return draft
