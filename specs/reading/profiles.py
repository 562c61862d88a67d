"""Reading `profiles.yaml`: who lives in the mock's world, and how it behaves where the document leaves the choice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from watchword.specs.applies import applicable_conditions, why_not
from watchword.specs.errors import Gathering, nearest
from watchword.specs.reading.worlds import read_world
from watchword.specs.reading.yamlfile import At, YamlFile
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.profile import (
    BanRule,
    Demand,
    LeftOut,
    OperationProfile,
    Profile,
    Renewal,
    ReplyTemplate,
    Rule,
    TokenForm,
    WorldData,
)
from watchword.specs.vocabulary import CONDITIONS, Condition, broader

__all__ = ["read_profiles"]


def read_profiles(source: YamlFile, api: Api) -> tuple[WorldData, Mapping[str, Profile]]:
    """Build the world and the profiles of a file that its JSON Schema has accepted.

    Raises:
        SpecError: a reply, condition or operation does not exist, or a profile leaves conditions undecided. It has the
            other mistakes; what a profile has from the one that it is like is told there only.
    """
    world = read_world(source, ("world",), source.value["world"], api)
    raw = source.value["profiles"]
    profiles: dict[str, Profile] = {}
    gathering = Gathering()
    for name in raw:
        with gathering.part():
            profiles[name] = _profile(source, name, raw, api)
    gathering.end()
    return world, MappingProxyType(profiles)


def _merged(source: YamlFile, name: str, raw: Mapping[str, Any], inside: tuple[str, ...] = ()) -> Mapping[str, Any]:
    own: Mapping[str, Any] = raw[name]
    if "like" not in own:
        return own
    model = own["like"]
    at: At = ("profiles", name, "like")
    if model not in raw:
        raise source.error(at, f"there is no profile {model!r}", nearest(model, raw))
    if model in (name, *inside):
        raise source.error(at, f"the profile {name!r} is like itself", "end the circle")
    return _overlay(_merged(source, model, raw, (*inside, name)), own)


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        # A reply is one thing: half of an old one and half of a new one would be neither.
        whole = isinstance(value, Mapping) and "status" in value
        result[key] = _overlay(result[key], value) if both and not whole else value
    return result


def _profile(source: YamlFile, name: str, everything: Mapping[str, Any], api: Api) -> Profile:
    at: At = ("profiles", name)
    raw = _merged(source, name, everything)
    for key in ("access_token", "refresh_token", "replies", "unrouted", "operations"):
        if key not in raw:
            raise source.error(at, f"the key {key!r} is missing here", f"add {key}: …, or name a profile to be like")
    replies = {key: _template(value) for key, value in raw["replies"].items()}
    gathering = Gathering()
    for operation in raw["operations"]:
        with gathering.part(operation):
            _described(source, (*at, "operations", operation), operation, api)
    operations: dict[str, OperationProfile] = {}
    demands = _demands(source, (*at, "demands"), raw.get("demands", ()), replies, api)
    for operation_name, operation in api.operations.items():
        with gathering.part(operation_name):
            if operation_name not in raw["operations"]:
                raise source.error(
                    (*at, "operations"), f"nothing is said of the operation {operation_name!r}", "add it"
                )
            here = _written(source, (*at, "operations", operation_name), everything)
            otherwise = raw.get("otherwise", "")
            read = _operation(source, here, raw["operations"][operation_name], operation, replies, api, otherwise)
            operations[operation_name] = replace(read, demands=demands.get(operation_name, ()))
    gathering.end()
    unrouted = raw["unrouted"]
    for key in ("guard_paths", "guard_methods"):
        for operation in unrouted.get(key, ()):
            _described(source, (*at, "unrouted", key), operation, api)
    return Profile(
        name=name,
        says=raw["says"],
        access_token=_token(raw["access_token"]),
        refresh_token=_token(raw["refresh_token"]),
        renewal=Renewal(**raw.get("renewal", {})),
        relogin=raw.get("relogin", "new_tokens"),
        scope_separator=raw.get("scope_separator", " "),
        operations=MappingProxyType(operations),
        serves_head=raw.get("serves_head", False),
        ban=_ban(source, (*at, "ban"), raw["ban"], replies, api) if "ban" in raw else None,
        unknown_path=_named(source, (*at, "unrouted", "path"), unrouted.get("path", ""), replies),
        unknown_method=_named(source, (*at, "unrouted", "method"), unrouted.get("method", ""), replies),
        unknown_method_at=_named_by_operation(
            source, (*at, "unrouted", "method_by_operation"), unrouted.get("method_by_operation", {}), replies, api
        ),
        options=_named_by_operation(
            source, (*at, "unrouted", "options_by_operation"), unrouted.get("options_by_operation", {}), replies, api
        ),
        allow_origin=raw.get("allow_origin", ""),
        form_encoded_basic=raw.get("form_encoded_basic", False),
        last_counts=raw.get("last_counts", False),
        headers=MappingProxyType(dict(raw.get("headers", {}))),
        serves_trailing_slash=raw.get("serves_trailing_slash", False),
        lacks=_lacked(source, (*at, "lacks"), raw.get("lacks", ()), api),
        left_out=tuple(
            _left_out(source, (*at, "left_out", index), row, replies)
            for index, row in enumerate(raw.get("left_out", ()))
        ),
        guard_paths=tuple(unrouted.get("guard_paths", ())),
        guard_methods=tuple(unrouted.get("guard_methods", ())),
        unknown_method_by=MappingProxyType(
            {
                method: _named(source, (*at, "unrouted", "method_by_method", method), reply, replies)
                for method, reply in unrouted.get("method_by_method", {}).items()
            }
        ),
        closes_after=frozenset(raw.get("closes_after", ())),
        login_by_email=raw.get("login_by_email", False),
    )


def _lacked(source: YamlFile, at: At, names: Sequence[str], api: Api) -> frozenset[str]:
    for index, name in enumerate(names):
        _described(source, (*at, index), name, api)
    return frozenset(names)


def _written(source: YamlFile, at: At, everything: Mapping[str, Any]) -> At:
    """Give the place where a part of a profile is written: there, or in the profile that it is like."""
    while at not in source.lines and "like" in everything[str(at[1])]:
        at = ("profiles", everything[str(at[1])]["like"], *at[2:])
    return at


def _left_out(source: YamlFile, at: At, raw: Mapping[str, Any], replies: Mapping[str, ReplyTemplate]) -> LeftOut:
    reply = _named(source, (*at, "with"), raw["with"], replies) if "with" in raw else None
    return LeftOut(raw["method"], raw["path"], raw["says"], raw.get("grant_type", ""), raw.get("field", ""), reply)


def _demands(
    source: YamlFile, at: At, raw: Sequence[Mapping[str, Any]], replies: Mapping[str, ReplyTemplate], api: Api
) -> dict[str, tuple[Demand, ...]]:
    found: dict[str, tuple[Demand, ...]] = {}
    for index, row in enumerate(raw):
        key = "query" if "query" in row else "matches"
        try:
            pattern = re.compile(row[key]) if key in row else None
        except re.error as wrong:
            raise source.error((*at, index, key), f"this is no pattern: {wrong}", "correct it") from None
        demand = Demand(
            row["says"],
            row["mend"],
            _named(source, (*at, index, "with"), row["with"], replies),
            row.get("header", ""),
            pattern,
            row.get("agrees", ""),
            row.get("last", False),
            row.get("member", ""),
            frozenset(row.get("types", ())),
            "bearer" in row,
        )
        for operation in row["operations"]:
            _described(source, (*at, index, "operations"), operation, api)
            found[operation] = (*found.get(operation, ()), demand)
    return found


def _ban(source: YamlFile, at: At, raw: Mapping[str, Any], replies: Mapping[str, ReplyTemplate], api: Api) -> BanRule:
    for key in ("uncounted", "spared"):
        for name in raw.get(key, ()):
            _known(source, (*at, key), name)
    return BanRule(
        count=raw["count"],
        window=raw["window"],
        seconds=raw["seconds"],
        reply=_named(source, (*at, "with"), raw["with"], replies),
        reply_at=_named_by_operation(
            source, (*at, "with_by_operation"), raw.get("with_by_operation", {}), replies, api
        ),
        uncounted=frozenset(raw.get("uncounted", ())),
        spared=frozenset(raw.get("spared", ())),
    )


def _token(raw: Mapping[str, Any]) -> TokenForm:
    return TokenForm(raw["form"], raw.get("lifetime"), raw.get("lease"), MappingProxyType(dict(raw.get("claims", {}))))


def _template(raw: Mapping[str, Any]) -> ReplyTemplate:
    headers = MappingProxyType(dict(raw.get("headers", {})))
    return ReplyTemplate(raw["status"], headers, tuple(raw.get("members", ())), raw.get("json"), raw.get("text"))


def _named_by_operation(
    source: YamlFile, at: At, raw: Mapping[str, str], replies: Mapping[str, ReplyTemplate], api: Api
) -> Mapping[str, ReplyTemplate]:
    found = {}
    for operation, name in raw.items():
        _described(source, (*at, operation), operation, api)
        found[operation] = _named(source, (*at, operation), name, replies)
    return MappingProxyType(found)


def _described(source: YamlFile, at: At, operation: str, api: Api) -> None:
    if operation not in api.operations:
        raise source.error(at, f"there is no operation {operation!r}", nearest(operation, api.operations))


def _named(source: YamlFile, at: At, name: str, replies: Mapping[str, ReplyTemplate]) -> ReplyTemplate:
    if name not in replies:
        raise source.error(at, f"there is no reply {name!r}", nearest(name, replies))
    return replies[name]


def _operation(
    source: YamlFile,
    at: At,
    raw: Mapping[str, Any],
    operation: Operation,
    replies: Mapping[str, ReplyTemplate],
    api: Api,
    usual: str,
) -> OperationProfile:
    if "reply" not in raw:
        raise source.error(at, "the reply to a right request is missing here", "add reply: {status: …}")
    members = {m.name for m in operation.success.members} if operation.success else set()
    for name in raw["reply"].get("members", ()):
        if name not in members:
            raise source.error(
                (*at, "reply", "members"),
                f"the success reply of {operation.name} has no member {name!r}",
                nearest(name, members),
            )
    rules: list[Rule] = []
    for index, row in enumerate(raw.get("refuse", ())):
        reply = _named(source, (*at, "refuse", index, "with"), row["with"], replies)
        for name in row["when"]:
            _fits(source, (*at, "refuse", index, "when"), name, operation, api)
            rules.append(Rule(name, reply, row.get("then")))
    accepts = frozenset(raw.get("accept", ()))
    for name in raw.get("accept", ()):
        _fits(source, (*at, "accept"), name, operation, api)
    decided = {rule.condition for rule in rules} | accepts
    twice = {rule.condition for rule in rules} & accepts
    if twice:
        raise source.error((*at, "accept"), f"{min(twice)} is both refused and accepted", "keep one")
    # Of what concerns the route, `unrouted` says what it gets.
    undecided = [
        condition
        for condition in applicable_conditions(operation, api)
        if condition.concerns != "route" and not decided & {condition.name, *broader(condition.name)}
    ]
    # A special case goes with its broader condition, once that is decided.
    left = {condition.name for condition in undecided}
    undecided = [condition for condition in undecided if not left & set(broader(condition.name))]
    if "otherwise" in raw or usual:
        place = (*at, "otherwise") if "otherwise" in raw else (*at[:2], "otherwise")
        reply = _named(source, place, raw.get("otherwise", usual), replies)
        rules += [Rule(condition.name, reply, None) for condition in undecided]
    elif undecided:
        raise source.error(at, *_unsaid(undecided))
    return OperationProfile(tuple(rules), accepts, _template(raw["reply"]), scopes_in=raw.get("scopes_in", ""))


def _unsaid(undecided: Sequence[Condition]) -> tuple[str, str]:
    """Say that nothing is said of some conditions, with the YAML that says it."""
    if len(undecided) == 1:
        (only,) = undecided
        return f"nothing is said of {only.name} ({only.says})", "add it to accept, or to refuse with a reply"
    rows = "\n".join(f"      - {condition.name}  # {condition.says}" for condition in undecided)
    return (
        f"nothing is said of {len(undecided)} conditions",
        "add them to accept, or to refuse with a reply, or name the reply that all of them get as otherwise: REPLY\n\n"
        f"refuse:\n  - with: REPLY\n    when:\n{rows}",
    )


def _fits(source: YamlFile, at: At, name: str, operation: Operation, api: Api) -> None:
    _known(source, at, name)
    reason = why_not(CONDITIONS[name], operation, api)
    if reason:
        raise source.error(at, f"{name} cannot happen at {operation.name}: {reason}", "remove it")


def _known(source: YamlFile, at: At, name: str) -> None:
    if name not in CONDITIONS:
        raise source.error(at, f"there is no condition {name!r}", nearest(name, CONDITIONS))
