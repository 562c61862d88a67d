"""Faults of metadata: an issuer that is another, endpoints that are elsewhere, abilities that are not those of the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from watchword.mockserver.faults.damage import edited, serves
from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.register import left_open
from watchword.mockserver.faults.seen import Seen, serving
from watchword.mockserver.rules.published import client_ways
from watchword.specs.loader import Dialect
from watchword.specs.values.api import JSON, Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Profile
from watchword.specs.vocabulary import NAMED_ENDPOINTS

__all__ = ["metadata_faults"]

_Change = Callable[[Any], Any]
_ELSEWHERE = "auth.example.test"


def metadata_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults of what a server tells of itself, apart from what the register leaves open."""
    for operation in dialect.api.with_purpose("metadata"):
        members = operation.success.members if operation.success is not None else ()
        names = {
            m.role: m.name for m in members if m.role and m.name in profile.operations[operation.name].reply.members
        }
        for guarantee, fault in _faults(dialect, profile, operation, names):
            if not left_open(dialect, operation, guarantee):
                yield fault


def _faults(
    dialect: Dialect, profile: Profile, operation: Operation, names: dict[str, str]
) -> Iterator[tuple[str, Fault]]:
    if "issuer" in names:
        for name, what, change in _ISSUERS:
            yield "metadata.names_issuer", _changed(operation, name, what, {names["issuer"]: change})
    for role in NAMED_ENDPOINTS:
        if role in names:
            name = names[role]
            for label, what, change in _ENDPOINTS:
                kind = "metadata.endpoints_are_urls" if label != "moved" else f"metadata.{role}_works"
                yield kind, _changed(operation, f"{label}:{name}", f"names {what} as {name}", {name: change})
    if "scopes_supported" in names:
        name = names["scopes_supported"]
        yield (
            "metadata.leaves_out_empty",
            _changed(
                operation, f"no-element:{name}", f"gives a list without elements as {name}", {name: lambda value: []}
            ),
        )
    yield "metadata.names_response_types", _unlisted_responses(operation)
    yield from _grants(dialect, operation, names)
    for way in client_ways(dialect.api, profile) if "client_ways_supported" in names else ():
        what = f"leaves {way} out of the ways that it takes"
        lists = {names["client_ways_supported"]: _without(way)}
        yield "metadata.names_client_ways", _changed(operation, f"unnamed:{way}", what, lists)
    yield "metadata.knows_issuers", _any_issuer(operation)


def _other_host(url: Any) -> str:
    return urlsplit(str(url))._replace(netloc=_ELSEWHERE).geturl()


_ISSUERS: tuple[tuple[str, str, _Change], ...] = (
    ("another-issuer", "names another issuer than the one that is asked", lambda url: f"https://{_ELSEWHERE}"),
    ("issuer-with-slash", "names the issuer with a slash more at its end", lambda url: f"{url}/"),
    ("issuer-with-query", "names the issuer with a query", lambda url: f"{url}?tenant=1"),
    (
        "issuer-in-clear",
        "names an issuer on the network that is reached by plain http",
        lambda url: f"http://{_ELSEWHERE}",
    ),
)
_ENDPOINTS: tuple[tuple[str, str, _Change], ...] = (
    ("moved", "an address where there is nothing", lambda url: f"{url}-of-old"),
    (
        "in-clear",
        "an address on the network that is reached by plain http",
        lambda url: _other_host(url).replace("https:", "http:"),
    ),
    ("path-only", "a path without scheme and host", lambda url: urlsplit(str(url)).path),
)


def _changed(operation: Operation, name: str, what: str, changes: dict[str, _Change]) -> Fault:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        return {key: changes[key](value) if key in changes else value for key, value in body.items()}

    return edited(operation, name, what, change, *changes)


def _named(operation: Operation, role: str) -> str:
    members = (m for shape in operation.replies.values() for m in shape.members)
    return next((m.name for m in members if m.role == role), role)


def _unlisted_responses(operation: Operation) -> Fault:
    issuer, endpoint, types = (
        _named(operation, r) for r in ("issuer", "authorization_endpoint", "response_types_supported")
    )

    def change(body: dict[str, Any]) -> dict[str, Any]:
        body.pop(types, None)
        return {**body, endpoint: f"{body.get(issuer, '')}/authorize"}

    what = "names an authorization endpoint, and not what it may be asked for"
    return edited(operation, "no-response-types", what, change, types, endpoint)


def _grants(dialect: Dialect, operation: Operation, names: dict[str, str]) -> Iterator[tuple[str, Fault]]:
    grants = names.get("grant_types_supported")
    if grants is None:
        return
    what = "leaves a grant out of its list that the server serves"
    yield "metadata.names_grants", _changed(operation, "grant-unnamed", what, {grants: lambda value: value[1:]})
    optional = [op for op in dialect.api.with_purpose("issue") if op.optional and op.bound("grant_type")]
    for other in optional[-1:]:
        yield "metadata.names_grants", _unserved(operation, other)


def _without(way: str) -> _Change:
    # A list without elements would be another fault.
    return lambda value: [one for one in value if one != way] or ["none"]


def _unserved(operation: Operation, grant: Operation) -> Fault:
    members = (m for shape in grant.replies.values() for m in shape.members)
    error = next((m.name for m in members if m.role == "error"), "error")
    refusal = Reply(400, (("Content-Type", JSON),), json.dumps({error: "unsupported_grant_type"}).encode())

    def reply(moment: Moment, right: Reply) -> Reply:
        return refusal if serves(moment, grant) else right

    says = f"{operation.name} names the grant of {grant.name}, which is refused as one that nobody knows."
    return Fault(f"grant-unserved@{operation.name}", "reply", says, lambda: Distortion(reply=reply), serving(grant))


def _any_issuer(operation: Operation) -> Fault:
    def request(sent: Request) -> Request:
        return replace(sent, path=operation.path) if sent.path.startswith(f"{operation.path}/") else sent

    def reach(seen: Seen) -> bool:
        return seen.operation in (None, operation.name)

    says = f"{operation.name} is given whatever issuer is asked for."
    return Fault(f"any-issuer@{operation.name}", "verdict", says, lambda: Distortion(request=request), reach)
