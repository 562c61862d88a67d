"""Deciding: which of a profile's rules a request meets first. No dialect is known here, and nothing is changed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from watchword.mockserver.prepared import Prepared
from watchword.mockserver.rules.case import Case, Predicate
from watchword.mockserver.rules.recognise.table import RECOGNISERS, RIGHT, narrowest
from watchword.mockserver.state.world import AccessToken
from watchword.specs.values.profile import Demand, OperationProfile, ReplyTemplate, Rule

__all__ = ["DEMANDED", "Refusal", "decide", "meets"]

DEMANDED = "request.demanded"
"""The condition of a request that lacks what a release wants and the document knows nothing of."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused, with which reply, and what becomes of the session or token it presented."""

    condition: str
    reply: ReplyTemplate
    then: str | None


Checks = tuple[tuple[Predicate | None, tuple[tuple[Predicate, Rule], ...]], ...]
"""The rules of an operation, each behind the predicate that tells whether it is met.

Those that follow each other and are about one subject stand together behind the predicate that passes them all by.
"""


def _checks_of(profile: OperationProfile, _: None) -> Checks:
    subjects = itertools.groupby(profile.rules, lambda rule: rule.condition.partition(".")[0])
    groups = ((subject, tuple((RECOGNISERS[rule.condition], rule) for rule in rules)) for subject, rules in subjects)
    # One question in the place of another saves nothing.
    return tuple((RIGHT.get(subject) if len(rules) > 1 else None, rules) for subject, rules in groups)


_checks: Prepared[Checks] = Prepared(_checks_of)


def decide(case: Case, profile: OperationProfile) -> Refusal | None:
    """Give the first refusal that the profile has for a request, or None when it is to be served.

    A rule for a broad condition passes by when the special case that holds is one the profile accepts.
    """
    for right, rules in _checks(profile):
        if right is not None and right(case):
            continue
        for holds, rule in rules:
            if holds(case):
                condition = narrowest(case, rule.condition)
                if condition not in profile.accepts:
                    return Refusal(condition, rule.reply, rule.then)
    return None


def meets(case: Case, demand: Demand) -> bool:
    """Tell whether a request has what a release wants of it besides what the document says."""
    reading = case.reading
    if demand.pattern is not None:
        sent = (reading.headers.get(demand.header.lower()) or [""])[0] if demand.header else reading.request.query
        return demand.pattern.search(sent) is not None
    if demand.member:
        given = reading.at("json", demand.member)
        if demand.types:
            return all(_type(value) in demand.types for value in given)
        asked = given[0] if given and isinstance(given[0], list) else []
        return not asked or any(scope in case.allowed_scopes for scope in asked)
    if demand.living:
        return reading.scheme != "bearer" or _lives(case.world.presented(reading.token), case)
    pair = reading.basic
    named = [*reading.at("form", demand.agrees), *reading.at("query", demand.agrees)]
    return pair is None or all(name == pair[0] for name in named)


def _type(value: object) -> str:
    """Name the type of JSON that a value is of."""
    if isinstance(value, bool):
        return "boolean"
    kinds = ((str, "string"), (int | float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _lives(token: AccessToken | None, case: Case) -> bool:
    return token is not None and not token.ended and not token.is_expired(case.world.clock.now())
