"""Paths that lead nowhere: which operation was probably meant, and what is wrong with the way there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from watchword.mockserver.explain.explanation import Explanation, Found
from watchword.mockserver.http.cors import is_preflight
from watchword.mockserver.judgement import Judgement
from watchword.mockserver.rules.routes import Route, route
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.http import Request
from watchword.specs.values.profile import LeftOut, Profile

__all__ = ["NAMES", "of_grant", "of_method", "of_path"]

_NEAR = 0.7


def _slashes(path: str) -> str:
    return re.sub("/{2,}", "/", path)


# Each slip, and how it is undone. Of several, the first that leads somewhere is told.
_SLIPS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("path.doubled_slash", "two slashes follow each other in the path", _slashes),
    ("path.trailing_slash", "a slash follows the path", lambda path: path.rstrip("/")),
    ("path.encoded", "the path percent-encodes what may stand as it is", unquote),
    ("path.other_case", "the path has letters in another case", str.lower),
    (
        "path.garbled",
        "several things are wrong with the path",
        lambda path: _slashes(unquote(path).lower()).rstrip("/"),
    ),
)


_PLAIN = "path.unknown"
_ELSEWHERE = "path.other_prefix"
_BARE = "path.without_prefix"
_PREFLIGHT = "method.preflight"
_LEFT_OUT = "operation.left_out"

NAMES = (*(name for name, _, _ in _SLIPS), _PLAIN, _ELSEWHERE, _BARE, _PREFLIGHT, _LEFT_OUT)
"""What refusals go by that are about paths, and are no conditions."""


def of_path(request: Request, judged: Judgement, api: Api, profile: Profile) -> Explanation:
    """Explain a path that no operation has."""
    left = _without(request, profile)
    if left is not None:
        return _left_out(left)
    condition, says, found = _nearest(request, api)
    if judged.condition is not None:
        condition, says = judged.condition, "the path is one that the document prints by mistake"
    named = list(dict.fromkeys(_address(op, api) for op in found or api.operations.values()))
    names = ", ".join(op.name for op in found)
    mend = f"Call {named[0]}, the path of {names}." if found else f"Call one of: {'; '.join(named)}."
    return Explanation("route", condition, says, "the path", "; ".join(named), Found(request.path), mend)


def of_method(request: Request, judged: Judgement, api: Api, profile: Profile) -> Explanation:
    """Explain a method that a path does not have."""
    left = _without(request, profile)
    if left is not None:
        return _left_out(left)
    methods = judged.values.get("$allow", "")
    if is_preflight(request):
        return _preflight(methods)
    names = ", ".join(op.name for op in _at(request.path, api))
    return Explanation(
        "route",
        "method.wrong",
        "the path is called with a method that is not described",
        "the method",
        methods,
        Found(request.method),
        f"Use the method {methods}, which is that of {names}.",
    )


def of_grant(left: LeftOut) -> Explanation:
    """Explain a grant that the mock does without."""
    return Explanation(
        "route",
        _LEFT_OUT,
        "the server that is imitated has this grant, and the mock leaves it out",
        "the grant_type",
        "a grant that the mock has",
        Found(left.grant),
        f"Do without the grant {left.grant} here. On the server that is imitated, {left.says}",
    )


def _preflight(methods: str) -> Explanation:
    return Explanation(
        "route",
        _PREFLIGHT,
        "a browser asks whether a page of another origin may send a request, and nobody here answers that",
        "the method",
        methods,
        Found("OPTIONS"),
        "Start the mock with `--cors` and the origin of the page, or let the page ask a server of its own origin.",
        broader="method.wrong",
    )


def _without(request: Request, profile: Profile) -> LeftOut | None:
    asked = (request.method, request.path, "")
    return next((one for one in profile.left_out if (one.method, one.path, one.grant) == asked), None)


def _left_out(left: LeftOut) -> Explanation:
    return Explanation(
        "route",
        _LEFT_OUT,
        "the server that is imitated has this operation, and the mock leaves it out",
        "the path",
        "an operation that the mock has",
        Found(left.path),
        f"Do without {left.method} {left.path} here. On the server that is imitated, {left.says}",
    )


def _routes(api: Api, folded: bool = False) -> list[Route]:
    if not folded:
        return [route(op, api.bases) for op in api.operations.values()]
    lowered: Mapping[str, str] = {name: base.lower() for name, base in api.bases.items()}
    return [
        Route(re.compile(route(op, lowered).pattern.pattern, re.IGNORECASE), (), op) for op in api.operations.values()
    ]


def _at(path: str, api: Api) -> list[Operation]:
    return [r.operation for r in _routes(api) if r.pattern.fullmatch(path)]


def _folded(path: str, api: Api) -> list[Operation]:
    return [r.operation for r in _routes(api, folded=True) if r.pattern.fullmatch(path)]


def _preferred(found: list[Operation], method: str) -> list[Operation]:
    return [op for op in found if op.method == method] or found


def _nearest(request: Request, api: Api) -> tuple[str, str, list[Operation]]:
    path = request.path
    for name, says, undo in _SLIPS:
        found = _folded(undo(path), api) if "case" in name or "garbled" in name else _at(undo(path), api)
        if found:
            return name, says, _preferred(found, request.method)
    for base in dict.fromkeys(api.bases.values()):
        if base and (found := _at(base + path, api)):
            return _BARE, f"the path lacks the prefix {base}", _preferred(found, request.method)
    for op in api.operations.values():
        for base in api.bases.values():
            rest = path[len(base) :] if path.startswith(base) else ""
            if found := _at(api.bases[op.base] + rest, api):
                return _ELSEWHERE, "the path hangs on another base URL", _preferred(found, request.method)
    for op in api.operations.values():
        if path.endswith(op.path):
            return _ELSEWHERE, "something else stands before the path", _of_path(op, api)
    whole = {api.bases[op.base] + op.path: op for op in api.operations.values()}
    near = difflib.get_close_matches(path, whole, n=1, cutoff=_NEAR)
    return _PLAIN, "no operation has that path", _of_path(whole[near[0]], api) if near else []


def _of_path(operation: Operation, api: Api) -> list[Operation]:
    own = (operation.base, operation.path, operation.method)
    return [op for op in api.operations.values() if (op.base, op.path, op.method) == own]


def _address(operation: Operation, api: Api) -> str:
    return f"{operation.method} {api.bases[operation.base]}{operation.path}"
