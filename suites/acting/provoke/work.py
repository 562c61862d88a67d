"""What provocations are made of: their type, what they work with, and the small changes that they share.

Laws of every provocation:
1. It changes nothing but what its condition names.
2. It takes a draft and gives a draft; what it has to do at the target before (wait, renew, revoke) it yields as calls.
3. It never sees what the clause expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec

from watchword.specs.values.api import JSON, Binding
from watchword.specs.values.draft import Draft, Field
from watchword.suites.acting.context import Context, Steps, Tokens
from watchword.suites.acting.steps import NotApplicable

__all__ = [
    "Provoker",
    "Rows",
    "Work",
    "body_place",
    "emptied",
    "in_query",
    "left_out",
    "main_binding",
    "mistyped",
    "other_case",
    "pure",
    "put",
    "truncated",
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
Rows = Mapping[str, Provoker]
P = ParamSpec("P")


def pure(change: Callable[Concatenate[Draft, Work, P], Draft], *more: P.args, **named: P.kwargs) -> Provoker:
    """Make a provocation of a change that needs nothing from the target. What follows is handed on: the role, say."""

    def provoker(draft: Draft, work: Work) -> Steps:
        yield from ()
        return change(draft, work, *more, **named)

    return provoker


def main_binding(draft: Draft, role: str) -> Binding:
    """Give the documented binding of a role."""
    return draft.operation.bound(role)[0]


def put(draft: Draft, role: str, value: Any) -> Draft:
    """Give a role another value, or a first one where the right request does without it."""
    if draft.of(role):
        return draft.setting(role, value)
    binding = main_binding(draft, role)
    return draft.adding(Field(binding.place, binding.name, value, role))


def emptied(draft: Draft, work: Work, role: str) -> Draft:
    """Give a role the empty string."""
    return put(draft, role, "")


def in_query(draft: Draft, work: Work, role: str) -> Draft:
    """Move a member of the body to the query."""
    return draft.mapping(role, lambda f: (replace(f, place="query"),))


def truncated(draft: Draft, work: Work, role: str) -> Draft:
    """Take a role's value its last character.

    Raises:
        NotApplicable: it has no more than that.
    """
    value = str(draft.value(role))
    if len(value) < 2:
        raise NotApplicable(f"the {role} is too short to be cut short")
    return draft.setting(role, value[:-1])


def left_out(draft: Draft, work: Work, role: str) -> Draft:
    """Leave a role out.

    Raises:
        NotApplicable: a right request does without it.
    """
    if not draft.of(role):
        raise NotApplicable(f"a right request does without the {role}")
    return draft.without(role)


def mistyped(draft: Draft, work: Work, role: str) -> Draft:
    """Write a number where text belongs."""
    return draft.setting(role, 12345)


def other_case(draft: Draft, work: Work, role: str) -> Draft:
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
