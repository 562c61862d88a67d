"""Published: what a mock's metadata say of it (RFC 8414), read off its description, its profile and its world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from watchword.specs.values.api import Api, Operation
from watchword.specs.values.profile import Profile, WorldData
from watchword.specs.vocabulary import CLIENT_WAYS, NAMED_ENDPOINTS

__all__ = ["client_ways", "published"]


def published(api: Api, profile: Profile, world: WorldData, origin: str) -> dict[str, Any]:
    """Give what metadata say, by role; `origin` is where the mock is. A list without elements is left out.

    There is no authorization endpoint, and so the list of what it may be asked for, which has to be there, is empty.
    """
    asked = [op for purpose in NAMED_ENDPOINTS["token_endpoint"] for op in api.with_purpose(purpose)]
    grants = [binding.const for op in asked for binding in op.bound("grant_type") if binding.const]
    told: dict[str, Any] = {
        "issuer": origin + api.bases["url"],
        "response_types_supported": [],
        "grant_types_supported": list(dict.fromkeys(grants)) or None,
        "scopes_supported": list(world.scopes) or None,
        "client_ways_supported": client_ways(api, profile) or None,
    }
    for role, purposes in NAMED_ENDPOINTS.items():
        there = [op for purpose in purposes for op in api.with_purpose(purpose)]
        # Where others give and take tokens, too, it is the endpoint with the grants that is meant.
        there.sort(
            key=lambda op: (role == "token_endpoint" and not op.bound("grant_type"), "refresh_token" not in op.roles)
        )
        told[role] = origin + api.bases[there[0].base] + there[0].path if there else None
    return told


def client_ways(api: Api, profile: Profile) -> list[str]:
    """Give the ways in which clients may show who they are where tokens are obtained, by the names that metadata have for them."""
    asked = [op for purpose in NAMED_ENDPOINTS["token_endpoint"] for op in api.with_purpose(purpose)]
    return list(dict.fromkeys(way for op in asked for way in _ways(op, profile)))


def _ways(operation: Operation, profile: Profile) -> Iterator[str]:
    places = [b.place for b in operation.bound("client_secret")]
    if "basic.in_body" in profile.operations[operation.name].accepts:
        places.append("form")
    yield from (CLIENT_WAYS[place] for place in places if place in CLIENT_WAYS)
