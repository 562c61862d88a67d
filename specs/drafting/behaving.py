"""A first profile: a mock that does what the document and its standards say, and what is usual where they are silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchword.specs.applies import applicable_conditions
from watchword.specs.drafting.replying import Answer, answer
from watchword.specs.drafting.schemas import sample
from watchword.specs.values.api import JSON, Api, Operation
from watchword.specs.vocabulary import broader

__all__ = ["profiles"]

_ACCOUNTS = [
    {"username": "wanda", "password": "Pebble5-Drift"},
    {"username": "oskar", "password": "Marsh8-Heron"},
]
_CLIENTS = [
    {"client_id": "lighthouse", "client_secret": "7d1f0c8e52ab4963", "owner": "wanda"},
    {"client_id": "boathouse", "client_secret": "b03e96d7c41f58a2", "owner": "oskar"},
]

_ORDER = ("body", "grant_type", "basic", "access_token", "client_id", "client_secret", "username", "password")
_FORMAL = ("missing", "empty", "wrong_type", "null", "not_base64", "no_colon", "wrong_scheme")


def profiles(api: Api, rfc: frozenset[str]) -> dict[str, Any]:
    """Give what `profiles.yaml` says: who lives in the mock, and the profile `documented`."""
    replies: dict[str, dict[str, Any]] = {
        "not found": {"status": 404},
        "no such method": {"status": 405, "headers": {"Allow": "$allow"}},
    }
    operations = {op.name: _operation(op, api, op.name in rfc, replies) for op in api.operations.values()}
    host = "@example.com" if _named_by_email(api.description["paths"]) else ""
    world: dict[str, Any] = {"accounts": [{**account, "username": account["username"] + host} for account in _ACCOUNTS]}
    if {"client_id", "client_secret"} & {role for op in api.operations.values() for role in op.roles}:
        world["clients"] = [{**client, "owner": client["owner"] + host} for client in _CLIENTS]
    if api.scopes:
        world = {"scopes": list(api.scopes), **world}
    return {
        "world": world,
        "profiles": {
            "documented": {
                "says": "What the document says, and what is usual where it is silent.",
                "access_token": {"form": "base64url", "lifetime": 3600},
                "refresh_token": {"form": "base64url", "lifetime": 86400},
                "replies": replies,
                "unrouted": {"path": "not found", "method": "no such method"},
                "operations": operations,
            }
        },
    }


def _named_by_email(value: Any) -> bool:
    if isinstance(value, Mapping):
        named = value.get("x-role") == "username" and value.get("format") == "email"
        return named or any(map(_named_by_email, value.values()))
    return isinstance(value, list) and any(map(_named_by_email, value))


def _operation(operation: Operation, api: Api, rfc: bool, replies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    refuse: list[tuple[str, str]] = []
    accept: list[str] = []
    for condition in applicable_conditions(operation, api):
        if condition.concerns == "route":
            continue
        told = answer(condition, operation, (condition.name, *broader(condition.name)), rfc)
        if told.accepted:
            accept.append(condition.name)
        else:
            refuse.append((condition.name, _reply(operation, told, replies, api)))
    own: dict[str, Any] = {}
    if refuse:
        own["refuse"] = _together(sorted(refuse, key=_rank))
    if accept:
        own["accept"] = accept
    own["reply"] = _success(operation, api, rfc)
    return own


def _rank(refused: tuple[str, str]) -> tuple[bool, int]:
    """Put first what servers look at first: the form of a request, then who sends it, then what it is for."""
    subject, _, defect = refused[0].partition(".")
    late = subject not in ("body", "grant_type") and defect not in _FORMAL
    return (late, _ORDER.index(subject) if subject in _ORDER else len(_ORDER))


def _together(refused: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Write down in one row what stands side by side and gets the same reply."""
    rows: list[dict[str, Any]] = []
    for name, reply in refused:
        if rows and rows[-1]["with"] == reply:
            rows[-1]["when"].append(name)
        else:
            rows.append({"when": [name], "with": reply})
    return rows


def _reply(operation: Operation, told: Answer, replies: dict[str, dict[str, Any]], api: Api) -> str:
    status = told.statuses[0]
    template: dict[str, Any] = {"status": status}
    if status == 401:
        bearer = operation.place("access_token") == "bearer"
        basic = any(b.place == "basic" for b in operation.bindings)
        if bearer or basic:
            error = f', error="{told.error}"' if bearer and told.error else ""
            template["headers"] = {"WWW-Authenticate": f'{"Bearer" if bearer else "Basic"} realm="{api.name}"{error}'}
    body = _body(operation, status, api)
    if isinstance(body, dict):
        shape = operation.shape(status)
        coded = next((m for m in shape.members if m.role == "error"), None) if shape else None
        if coded is not None and told.error:
            body = {**body, coded.name: told.error}
    if body is not None:
        template["json"] = body
    return _kept(template, told, replies)


def _kept(template: dict[str, Any], told: Answer, replies: dict[str, dict[str, Any]]) -> str:
    name = told.error.replace("_", " ") or f"refused with {template['status']}"
    unique, index = name, 2
    while replies.setdefault(unique, template) != template:
        unique, index = f"{name}, {index}", index + 1
    return unique


def _body(operation: Operation, status: int, api: Api) -> Any:
    shape = operation.shape(status)
    if shape is None or JSON not in shape.schemas:
        return None
    return sample(_at(api.description, shape.schemas[JSON]))


def _at(root: Any, pointer: str) -> Mapping[str, Any]:
    for step in pointer.split("/")[1:]:
        root = root.get(step.replace("~1", "/").replace("~0", "~"), {})
    return root if isinstance(root, Mapping) else {}


def _success(operation: Operation, api: Api, rfc: bool) -> dict[str, Any]:
    success = operation.success
    status = int(success.status) if success and success.status.isdigit() else 200
    own: dict[str, Any] = {"status": status}
    if rfc and "access_token" in operation.gives:
        own["headers"] = {"Cache-Control": "no-store"}
    if success is None or JSON not in success.schemas:
        return own
    if _at(api.description, success.schemas[JSON]).get("properties"):
        names = [m.name for m in success.members if m.required or m.role]
        return own | {"members": list(dict.fromkeys(names))} if names else own | {"json": {}}
    return own | {"json": sample(_at(api.description, success.schemas[JSON]))}
