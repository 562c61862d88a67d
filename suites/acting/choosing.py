"""Choosing among the operations of a dialect: which one gives the tokens that another wants, which one renews them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchword.specs.values.api import Api, Operation
from watchword.suites.acting.steps import NotApplicable

__all__ = ["TOKEN_ROLES", "issuer_for", "renewal_for"]

TOKEN_ROLES = ("access_token", "refresh_token")


def issuer_for(
    api: Api,
    operation: Operation,
    credentials: Mapping[str, str],
    beside: Iterable[str] = (),
    carrying: Iterable[str] = (),
) -> Operation:
    """Choose the operation that gives the tokens which another one wants, and those `beside`: at the same path if there is one.

    It is one whose request is `carrying` these roles.

    Raises:
        NotApplicable: none of them gives those tokens for the credentials at hand.
    """
    wanted = [role for role in TOKEN_ROLES if role in operation.roles or role in beside]
    if operation.purpose == "issue":
        return operation
    found = [
        op
        for op in api.with_purpose("issue")
        if all(role in op.gives for role in wanted) and all(role in credentials for role in op.required_roles)
        if not operation.opened_by or op.name in operation.opened_by
        if all(role in op.roles for role in carrying)
    ]
    found.sort(key=lambda op: (op.optional, op.path != operation.path))
    if not found:
        raise NotApplicable(f"no operation gives the {' and '.join(wanted)} that {operation.name} wants")
    return found[0]


def renewal_for(api: Api, operation: Operation, credentials: Mapping[str, str]) -> Operation:
    """Choose the operation that renews what another one gives: at the same path if there is one.

    Raises:
        NotApplicable: none of them can be called with the credentials at hand.
    """
    tokens = {role for role in TOKEN_ROLES if role in operation.gives}
    found = [
        op
        for op in api.with_purpose("renew")
        if all(role in tokens or role in credentials for role in op.required_roles)
    ]
    found.sort(key=lambda op: (op.optional, op.path != operation.path))
    if not found:
        raise NotApplicable(f"no operation renews what {operation.name} gives")
    return found[0]
