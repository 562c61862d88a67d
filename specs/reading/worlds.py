"""Reading worlds: who lives in a mock, and which resources of one's own it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.errors import nearest
from watchword.specs.reading.yamlfile import At, YamlFile
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.profile import Account, Client, Resource, WorldData

__all__ = ["read_world"]

_WRITTEN = ("connection", "content-length", "date", "transfer-encoding")
"""Headers that the HTTP server writes itself."""


def read_world(source: YamlFile, at: At, raw: Mapping[str, Any], api: Api) -> WorldData:
    """Build a world.

    Raises:
        SpecError: it lacks a credential that the dialect requires, names something that is not there, says something twice,
            or has a resource where the dialect has something else.
    """
    brands, scopes = tuple(raw.get("brands", ())), tuple(raw.get("scopes", ()))
    world = WorldData(
        accounts=tuple(
            Account(
                username=a["username"],
                password=a["password"],
                kind=a.get("kind", "user"),
                id=a.get("id", a["username"]),
                brands=tuple(a.get("brands", brands)),
                scopes=tuple(a.get("scopes", scopes)),
                enabled=a.get("enabled", True),
                email=a.get("email", ""),
            )
            for a in raw["accounts"]
        ),
        clients=tuple(
            Client(
                client_id=c["client_id"],
                client_secret=c["client_secret"],
                grants=tuple(c.get("grants", ())),
                scopes=tuple(c.get("scopes", scopes)),
                enabled=c.get("enabled", True),
                owner=c.get("owner"),
            )
            for c in raw.get("clients", ())
        ),
        brands=brands,
        scopes=scopes,
        resources=tuple(_resource(r) for r in raw.get("resources", ())),
    )
    lacking = [role for role in api.required_credentials if role not in world.credentials]
    if lacking:
        raise source.error(
            at, f"the world gives no {lacking[0]}, and {api.name} requires one", "add an account, a client or a brand"
        )
    _check_names(source, at, world, api)
    for index, resource in enumerate(world.resources):
        _check_resource(source, (*at, "resources", index), raw["resources"][index], resource, world, api)
    return world


def _resource(raw: Mapping[str, Any]) -> Resource:
    return Resource(
        raw["path"],
        raw.get("method", "GET"),
        raw.get("status", 200),
        raw.get("json"),
        raw.get("text"),
        MappingProxyType(dict(raw.get("headers", {}))),
        tuple(raw["scopes"]) if "scopes" in raw else None,
        raw.get("open", False),
    )


def _check_names(source: YamlFile, at: At, world: WorldData, api: Api) -> None:
    _check_twice(source, (*at, "accounts"), "username", [(a.kind, a.username) for a in world.accounts])
    _check_twice(source, (*at, "clients"), "client_id", [("client", c.client_id) for c in world.clients])
    for index, account in enumerate(world.accounts):
        _check_known(source, (*at, "accounts", index, "brands"), "brand", account.brands, world.brands)
        _check_known(source, (*at, "accounts", index, "scopes"), "scope", account.scopes, world.scopes)
    grants = {b.const for op in api.operations.values() for b in op.bound("grant_type") if b.const}
    names = [account.username for account in world.accounts]
    for index, client in enumerate(world.clients):
        here = (*at, "clients", index)
        _check_known(source, (*here, "scopes"), "scope", client.scopes, world.scopes)
        _check_known(source, (*here, "grants"), "grant", client.grants, grants)
        _check_known(source, (*here, "owner"), "account", [] if client.owner is None else [client.owner], names)


def _check_known(source: YamlFile, at: At, what: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = tuple(known)
    for name in names:
        if name not in known:
            raise source.error(at, f"there is no {what} {name!r}", nearest(name, known))


def _check_twice(source: YamlFile, at: At, what: str, names: list[tuple[str, str]]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise source.error((*at, index), f"the {what} {name[1]!r} is there twice", "keep one of them")


def _check_resource(
    source: YamlFile, at: At, raw: Mapping[str, Any], resource: Resource, world: WorldData, api: Api
) -> None:
    if "json" in raw and "text" in raw:
        raise source.error((*at, "text"), "a reply is json or text", "keep one of them")
    if resource.open and "scopes" in raw:
        raise source.error((*at, "scopes"), "what is open wants no scopes", "remove scopes, or open")
    _check_known(source, (*at, "scopes"), "scope", resource.scopes or (), world.scopes)
    written = next((name for name in resource.headers if name.lower() in _WRITTEN), None)
    if written is not None:
        raise source.error((*at, "headers", written), f"the mock writes {written} itself", "remove it")
    protected = api.with_purpose("resource")
    if not protected:
        raise source.error(at, f"{api.name} has no protected operation to be like", "remove the resource")
    same = [r for r in world.resources if (r.method, r.path) == (resource.method, resource.path)]
    if same[0] is not resource:
        raise source.error(at, f"{resource.method} {resource.path} is there twice", "keep one of them")
    for operation in _in_the_way(resource, protected[0], api):
        if operation.purpose != "resource":
            raise source.error(
                (*at, "path"),
                f"{resource.method} {resource.path} is {operation.name} of the dialect",
                "choose another path; `POST /__watchword__/replies` forces a reply there",
            )


def _in_the_way(resource: Resource, like: Operation, api: Api) -> Iterator[Operation]:
    path = api.bases[like.base] + resource.path
    for operation in api.operations.values():
        pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(api.bases[operation.base] + operation.path))
        if operation.method == resource.method and re.fullmatch(pattern, path):
            yield operation
