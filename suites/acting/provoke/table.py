"""Provoking conditions: for each row of the vocabulary, the one way to make a right request wrong in just that way."""

from __future__ import annotations

from watchword.specs.values.draft import Draft, MissingRole
from watchword.specs.vocabulary import one_each
from watchword.suites.acting.context import Steps
from watchword.suites.acting.provoke import brands, credentials, requests, tokens
from watchword.suites.acting.provoke.work import Rows, Work
from watchword.suites.acting.steps import NotApplicable

__all__ = ["PROVOKERS", "Work", "settle"]


PROVOKERS: Rows = one_each(brands.ROWS, credentials.ROWS, requests.ROWS, tokens.ROWS)


def settle(draft: Draft, work: Work, conditions: tuple[str, ...]) -> Steps:
    """Provoke several conditions on one draft, in the order given.

    Raises:
        NotApplicable: the right request has nothing that a condition could spoil.
    """
    for name in conditions:
        try:
            draft = yield from PROVOKERS[name](draft, work)
        except MissingRole as missing:
            raise NotApplicable(f"the right request to {draft.operation.name} carries no {missing.role}") from missing
    return draft
