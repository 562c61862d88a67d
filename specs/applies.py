"""Which conditions and guarantees an operation can have: one rule for the loader, the suites and the mock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from watchword.specs.values.api import Api, Binding, Operation
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, Condition

__all__ = ["applicable_conditions", "other_binding", "why_not", "why_not_guarantee"]


def why_not(condition: Condition, operation: Operation, api: Api) -> str:
    """Say why a condition cannot be provoked at an operation; empty when it can."""
    if condition.purposes and operation.purpose not in condition.purposes:
        return f"{condition.name} is for operations that {' or '.join(condition.purposes)}"
    if condition.role is not None:
        bound = [b for b in operation.bound(condition.role) if b.standing == "main"]
        if not bound:
            return f"{operation.name} does not carry a {condition.role}"
        if condition.places and not any(b.place in condition.places for b in bound):
            return f"the {condition.role} of {operation.name} travels in {bound[0].place}, not in {' or '.join(condition.places)}"
    elif condition.places:
        places = {b.place for b in operation.bindings} | ({"form", "json"} & {_body_place(operation)})
        if not places & set(condition.places):
            return f"{operation.name} has nothing in {' or '.join(condition.places)}"
    for requirement in condition.requires:
        holds, lacking = _REQUIRED[requirement]
        if not holds(condition, operation, api):
            return lacking.format(operation=operation.name, api=api.name, role=_plainly(condition.role))
    return ""


def _plainly(role: str | None) -> str:
    return (role or "").replace("_", " ")


def _body_place(operation: Operation) -> str:
    return "" if operation.media_type is None else ("json" if operation.media_type.endswith("json") else "form")


def other_binding(operation: Operation, role: str, api: Api) -> Binding | None:
    """Give the way in which another operation carries a role, where it differs in place from this one's."""
    own = operation.place(role)
    for other in api.operations.values():
        for binding in other.bound(role):
            if binding.standing == "main" and binding.place != own and binding.place in ("query", "header"):
                return binding
    return None


_Requirement = tuple[Callable[[Condition, Operation, Api], bool], str]


def _beside(other: str) -> _Requirement:
    lacking = f"{{operation}} carries no {_plainly(other)} beside the {{role}}"
    return lambda condition, operation, api: bool(operation.bound(other)), lacking


def _logging_in(kind: str, name: str) -> _Requirement:
    return (
        lambda condition, operation, api: any(op.bound(name) for op in api.operations.values()),
        f"{{api}} logs no {kind} in",
    )


_REQUIRED: Mapping[str, _Requirement] = MappingProxyType(
    {
        "alternative_path": (
            lambda condition, operation, api: bool(operation.alternative_paths),
            "{operation} has no x-alternative-paths",
        ),
        "body": (
            lambda condition, operation, api: operation.media_type is not None,
            "{operation} has no body",
        ),
        "superseded_name": (
            lambda condition, operation, api: any(
                b.standing == "superseded" for b in operation.bound(condition.role or "")
            ),
            "{operation} has no superseded name for the {role}",
        ),
        "other_place": (
            lambda condition, operation, api: other_binding(operation, condition.role or "", api) is not None,
            "every operation carries the {role} in the same way",
        ),
        "access_token": (
            lambda condition, operation, api: bool(operation.bound("access_token")),
            "{operation} carries no access token beside the {role}",
        ),
        "password": _beside("password"),
        "operator_password": _beside("operator_password"),
        "client_id": _beside("client_id"),
        "client_secret": _beside("client_secret"),
        "users": _logging_in("users", "username"),
        "operators": _logging_in("operators", "operator_username"),
        "scopes": (
            lambda condition, operation, api: bool(operation.scopes),
            "{operation} names no scope that its access token needs",
        ),
        "renewal": (lambda condition, operation, api: bool(api.with_purpose("renew")), "{api} describes no renewal"),
        "revocation": (
            lambda condition, operation, api: bool(api.with_purpose("revoke")),
            "{api} describes no operation that revokes",
        ),
        "refresh_revocation": (
            lambda condition, operation, api: any(op.bound("refresh_token") for op in api.with_purpose("revoke")),
            "{api} describes no operation that revokes refresh tokens",
        ),
    }
)
"""Requirement → whether an operation meets it, and what to say when it does not."""


def applicable_conditions(operation: Operation, api: Api) -> list[Condition]:
    """Give the conditions that can be provoked at an operation, in the order of the vocabulary."""
    return [c for c in CONDITIONS.values() if not why_not(c, operation, api)]


def why_not_guarantee(name: str, operation: Operation) -> str:
    """Say why a guarantee does not fit an operation; empty when it does."""
    purposes = GUARANTEES[name].purposes
    if operation.purpose not in purposes:
        return f"{name} is for operations of purpose {' or '.join(purposes)}, and {operation.name} has purpose {operation.purpose}"
    if name == "basic.form_encoded" and not operation.place("client_id") == operation.place("client_secret") == "basic":
        return f"{name} is about a client's credentials in Basic, and {operation.name} has them elsewhere or nowhere"
    within = GUARANTEES[name].within
    if within is not None:
        places = {binding.place for binding in operation.bindings}
        if operation.media_type is None or not places & set(CONDITIONS[within].places):
            return f"{name} is about {within}, and {operation.name} has nothing in Basic or no body"
    return ""
