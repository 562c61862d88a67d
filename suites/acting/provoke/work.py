"""What provocations are made of: their type, what they work with, and the small changes that they share.

Laws of every provocation:
1. It changes nothing but what its condition names.
2. It takes a draft and gives a draft; what it has to do at the target before (wait, renew, revoke) it yields as calls.
3. It never sees what the clause expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from watchword.specs.values.api import JSON, Binding
from watchword.specs.values.draft import Draft, Field
from watchword.suites.acting.context import Context, Steps, Tokens
from watchword.suites.acting.steps import NotApplicable

__all__ = [
    "Change",
    "Provoker",
    "Rows",
    "Work",
    "body_place",
    "each",
    "main_binding",
    "other_case",
    "pure",
    "put",
    "rows",
]


@dataclass(frozen=True, slots=True, repr=False)
class Work:
    """What a provocation works with: the check's context, and the tokens that stand in the draft (if any)."""

    context: Context
    tokens: Tokens | None

    def held(self) -> Tokens:
        """Give the tokens of the draft.

        Raises:
            NotApplicable: the operation wants none.
        """
        if self.tokens is None:
            raise NotApplicable("the operation carries no token")
        return self.tokens


Provoker = Callable[[Draft, Work], Steps]
Change = Callable[[Draft, Work], Draft]
Rows = Mapping[str, Provoker]


def pure(change: Change) -> Provoker:
    """Make a provocation of a change that needs nothing from the target."""

    def provoker(draft: Draft, work: Work) -> Steps:
        yield from ()
        return change(draft, work)

    return provoker


def rows(**changes: Change) -> Rows:
    """Make rows of changes; `basic__missing` stands for `basic.missing`."""
    return {name.replace("__", "."): pure(change) for name, change in changes.items()}


def each(roles: Iterable[str], defect: str, change: Callable[[Draft, Work, str], Draft]) -> Rows:
    """Make the rows of one defect that several roles can have."""
    return {f"{role}.{defect}": pure(partial(_of_role, change, role)) for role in roles}


def _of_role(change: Callable[[Draft, Work, str], Draft], role: str, draft: Draft, work: Work) -> Draft:
    return change(draft, work, role)


def main_binding(draft: Draft, role: str) -> Binding:
    """Give the documented binding of a role."""
    return draft.operation.bound(role)[0]


def put(draft: Draft, role: str, value: Any) -> Draft:
    """Give a role another value, or a first one where the right request does without it."""
    if draft.of(role):
        return draft.setting(role, value)
    binding = main_binding(draft, role)
    return draft.adding(Field(binding.place, binding.name, value, role))


def other_case(draft: Draft, role: str) -> Draft:
    """Write a role's value in the other case.

    Raises:
        NotApplicable: it has no letters.
    """
    value = str(draft.value(role))
    if value == value.swapcase():
        raise NotApplicable(f"the {role} has no letters")
    return draft.setting(role, value.swapcase())


def body_place(draft: Draft) -> str:
    """Give the place that members of the draft's body have."""
    return "json" if draft.media_type == JSON else "form"
