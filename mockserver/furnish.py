"""Furnishing: the resources of a world beside the operations of its dialect."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from watchword.specs.values.api import Api, Operation
from watchword.specs.values.profile import OperationProfile, Profile, ReplyTemplate, Resource, Rule, WorldData

__all__ = ["furnished"]

_INSUFFICIENT = Rule(
    "scope.insufficient",
    ReplyTemplate(403, {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}, json={"error": "insufficient_scope"}),
)
"""What a token without the scope gets where the profile itself knows no such refusal (RFC 6750 section 3.1)."""


def furnished(api: Api, profile: Profile, world: WorldData) -> tuple[Api, Profile]:
    """Give an API and a profile that have a world's resources, too.

    Each is like the first protected operation, with its refusals; one at the path of a protected operation is that
    operation, with another reply. What the profile lacks is absent.
    """
    if profile.lacks:
        api = _lacking(api, profile.lacks)
    if not world.resources:
        return api, profile
    like = api.with_purpose("resource")[0]
    operations: dict[str, Operation] = dict(api.operations)
    profiles: dict[str, OperationProfile] = dict(profile.operations)
    for resource in world.resources:
        own = _own(resource, like, api)
        name = f"{resource.method} {resource.path}" if own is None else own.name
        operations[name] = _operation(resource, own or like, name)
        profiles[name] = _profiled(resource, profile.operations[(own or like).name], operations[name])
    return (
        replace(api, operations=MappingProxyType(operations)),
        replace(profile, operations=MappingProxyType(profiles)),
    )


@functools.lru_cache(maxsize=32)
def _lacking(api: Api, names: frozenset[str]) -> Api:
    return replace(api, absent=api.absent | names)


def _own(resource: Resource, like: Operation, api: Api) -> Operation | None:
    where = (resource.method, api.bases[like.base] + resource.path)
    return next((op for op in api.operations.values() if (op.method, api.bases[op.base] + op.path) == where), None)


def _operation(resource: Resource, like: Operation, name: str) -> Operation:
    return replace(
        like,
        name=name,
        path=resource.path,
        method=resource.method,
        bindings=() if resource.open else like.bindings,
        replies=MappingProxyType({}),
        scopes=like.scopes if resource.scopes is None else resource.scopes,
        alternative_paths=(),
        summary="A resource of the world.",
    )


def _profiled(resource: Resource, like: OperationProfile, operation: Operation) -> OperationProfile:
    headers: Mapping[str, str] = resource.headers
    body = {} if resource.json is None and resource.text is None and resource.status == 200 else resource.json
    reply = ReplyTemplate(resource.status, headers, json=body, text=resource.text)
    if resource.open:
        return OperationProfile((), frozenset(), reply)
    knows = any(rule.condition == _INSUFFICIENT.condition for rule in like.rules)
    rules = like.rules if knows or not operation.scopes else (*like.rules, _INSUFFICIENT)
    return replace(like, rules=rules, reply=reply)
