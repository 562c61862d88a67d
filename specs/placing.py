"""Placing: the operations of a description where one server has them, and without those that it has not.

A standard names operations and leaves their paths to each server. Whoever knows a server says them by endpoint: the
`operationId` of the description, or the name of a single operation, such as one grant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urlsplit

from watchword.specs.errors import SpecError, nearest
from watchword.specs.values.api import ISSUER, Api, Operation

__all__ = ["Endpoints", "of_issuer", "placed"]

Endpoints = Mapping[str, str | bool]
"""Endpoint or operation → its path below the base URL, or False where the server has none."""

_PATH = re.compile(r"/[^\s?#]*")
_VARIABLE = re.compile(r"\{([^{}]*)\}")


def placed(api: Api, endpoints: Endpoints) -> Api:
    """Give an API with some operations at other paths, and some absent; what is said of an operation goes before its endpoint.

    Raises:
        SpecError: there is no such endpoint, a path is none, or two endpoints come to lie at one.
    """
    if not endpoints:
        return api
    for name, where in endpoints.items():
        _check(api, name, where)
    told = {op.name: endpoints.get(op.name, endpoints.get(op.endpoint, op.path)) for op in api.operations.values()}
    operations = {name: _moved(op, told[name]) for name, op in api.operations.items()}
    absent = api.absent | {name for name, where in told.items() if where is False}
    _check_apart(api, [op for name, op in operations.items() if name not in absent])
    return replace(api, operations=MappingProxyType(operations), absent=absent)


def of_issuer(api: Api, issuer: str) -> Endpoints:
    """Say where an issuer has what stands at its origin: its own path comes behind that of the description (RFC 8414 section 3.1)."""
    behind = urlsplit(issuer).path.rstrip("/")
    there = {op.endpoint: op.described_at + behind for op in api.operations.values() if op.base == ISSUER}
    return {
        op.endpoint: there[op.endpoint] for op in api.operations.values() if op.path != there.get(op.endpoint, op.path)
    }


def _moved(operation: Operation, where: str | bool) -> Operation:
    if not isinstance(where, str) or where == operation.path:
        return operation
    kept = _VARIABLE.findall(where)
    bindings = tuple(b for b in operation.bindings if b.place != "path" or b.name in kept)
    return replace(operation, path=where, bindings=bindings, alternative_paths=())


def _error(api: Api, problem: str, hint: str) -> SpecError:
    return SpecError(api.folder / "openapi.yaml", None, problem, hint)


def _check(api: Api, name: str, where: str | bool) -> None:
    known = {key: op for op in api.operations.values() for key in (op.endpoint, op.name)}
    if name not in known:
        raise _error(api, f"{api.name} has no endpoint {name!r}", nearest(name, known))
    if where is False:
        return
    if not isinstance(where, str) or not _PATH.fullmatch(where):
        raise _error(
            api,
            f"{where!r} is no path for the endpoint {name}",
            "a path begins with a slash and hangs on the base URL; false says that the server has no such endpoint",
        )
    variables = {b.name for b in known[name].bindings if b.place == "path"}
    for variable in _VARIABLE.findall(where):
        if variable not in variables:
            raise _error(api, f"nothing is put in place of {{{variable}}} in {where}", nearest(variable, variables))


def _check_apart(api: Api, operations: list[Operation]) -> None:
    there: dict[tuple[str, str, str], Operation] = {}
    for operation in operations:
        first = there.setdefault((operation.base, operation.method, operation.path), operation)
        if first.endpoint != operation.endpoint:
            raise _error(
                api,
                f"{first.endpoint} and {operation.endpoint} are both {operation.method} {operation.path}",
                "give each a path of its own",
            )
