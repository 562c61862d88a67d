"""Which conditions and guarantees an operation can have: one rule for the loader, the suites and the mock."""

from __future__ import annotations

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
    return _special(condition, operation, api)


def _special(condition: Condition, operation: Operation, api: Api) -> str:
    name = condition.name
    if name == "path.alternative" and not operation.alternative_paths:
        return f"{operation.name} has no x-alternative-paths"
    if name == "basic.in_body" and operation.media_type is None:
        return f"{operation.name} has no body"
    if name == "body.in_query" and _body_place(operation) != "form":
        return f"{operation.name} has no form"
    if name == "brand_key.in_body" and operation.media_type is None:
        return f"{operation.name} has no body"
    if name == "brand_key.conflicting_places" and operation.media_type is None:
        return f"{operation.name} has no body"
    if name.startswith("brand_key.superseded") and not any(
        b.standing == "superseded" for b in operation.bound("brand_key")
    ):
        return f"{operation.name} has no superseded name for the brand key"
    if name == "brand_key.misplaced" and other_binding(operation, "brand_key", api) is None:
        return "every operation carries the brand key in the same way"
    if name == "refresh_token.foreign" and not operation.bound("access_token"):
        return f"{operation.name} carries no access token beside the refresh token"
    if name == "scope.insufficient" and not operation.scopes:
        return f"{operation.name} names no scope that its access token needs"
    if name == "access_token.revoked" and not api.with_purpose("revoke"):
        return f"{api.name} describes no operation that revokes"
    if condition.role == "access_token" and condition.defect == "superseded" and not api.with_purpose("renew"):
        return f"{api.name} describes no renewal"
    return ""


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


def applicable_conditions(operation: Operation, api: Api) -> list[Condition]:
    """Give the conditions that can be provoked at an operation, in the order of the vocabulary."""
    return [c for c in CONDITIONS.values() if not why_not(c, operation, api)]


def why_not_guarantee(name: str, operation: Operation) -> str:
    """Say why a guarantee does not fit an operation; empty when it does."""
    purposes = GUARANTEES[name].purposes
    if operation.purpose not in purposes:
        return f"{name} is for operations of purpose {' or '.join(purposes)}, and {operation.name} has purpose {operation.purpose}"
    return ""
