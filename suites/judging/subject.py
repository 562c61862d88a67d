"""Judging whom tokens speak of: their claims, the replies that gave them, and what the protected operation says."""

from __future__ import annotations

import re
from typing import Any

from watchword.reports.derivations import speaks_of
from watchword.specs.values.clause import Clause
from watchword.suites.acting.context import Context, Tokens, claims_of
from watchword.suites.acting.steps import Exchange, NotApplicable, Transcript
from watchword.suites.judging.expect import Assertion, Difference, last_probe, names_of, path_of

__all__ = ["keeps_user", "names_user"]

_PROTECTED = "the protected operation"
_OTHERS = ("other_username", "operator_username")
"""Users of the target file as whom the login was not made."""


def names_user(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """Hold every name of a user against the login: where one place has it, all that have names have; else anything there may.

    A login by e-mail names the user by another of his names. A key that the server has given him, alone, names nobody.
    """
    subject, tokens = transcript.facts["subject"], transcript.facts["tokens"]
    others = {context.target.credentials.get(role) for role in _OTHERS} - {None, subject}
    sources = _sources(transcript)
    names = {
        where: [value for value in values if value in others or not _is_identifier(value)]
        for where, (values, _) in sources.items()
    }
    known = {
        where
        for where, told in sources.items()
        if speaks_of(list(told), subject) or any(speaks_of(subject, str(name)) for name in names[where])
    }
    if not any(names.values()):
        if known:
            return []
        told_by_key = any(values for values, _ in sources.values())
        raise NotApplicable("the user is told by an identifier only" if told_by_key else "nothing names the user")
    plainly = speaks_of(list(names.values()), subject)
    for where, told in names.items():
        right = where in known if plainly else bool(known)
        # Another user's name is wrong wherever the right one stands.
        if told and (not right or others & {*map(str, told)}):
            seen = f"{told[0]!r}"[:80]
            return [Difference(f"the user {subject!r}", seen, _naming(transcript, tokens, where, subject))]
    return []


def _sources(transcript: Transcript) -> dict[str, tuple[list[Any], Any]]:
    """Give by place the values that are there to name the user, and everything that stands beside them."""
    facts = transcript.facts
    tokens, claims = facts["tokens"], claims_of(facts["tokens"]["access_token"])
    found = {
        "the token": ([claims.get(claim) for claim, role in facts["claims"].items() if role == "subject"], claims),
        "the reply": ([tokens["subject"]], tokens.exchange.reply.members if tokens.exchange.reply else {}),
        _PROTECTED: ([facts.get("named")], facts.get("members", {})),
    }
    return {where: ([v for v in values if v is not None], beside) for where, (values, beside) in found.items()}


def _is_identifier(value: Any) -> bool:
    """Tell whether a value is a key that a server has given a user, such as a number or a UUID, and no name to log in by."""
    last = re.split(r"[:|/]", str(value))[-1]
    if re.fullmatch(r"([A-Za-z]{1,3}[-_]?)?[0-9]+", last):
        return True
    return re.fullmatch(r"[\w-]{16,}", last) is not None and sum(c.isdigit() for c in last) > 2


def _naming(transcript: Transcript, tokens: Tokens, where: str, subject: str) -> Assertion:
    reply = last_probe(transcript) if where == _PROTECTED else tokens.exchange.reply
    return "names", reply, path_of(tokens, "access_token") if where == "the token" else [], subject


def keeps_user(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """Hold what a renewed token, and the protected operation, say of the user against what they said before."""
    facts = transcript.facts
    old, new = facts["before"], facts["after"]
    paths = [path_of(tokens, "access_token") for tokens in (old, new)]
    before, after = (claims_of(tokens["access_token"]) for tokens in (old, new))
    found = [
        (before.get(claim), after.get(claim), _same(old.exchange, [*paths[0], claim], new.exchange, [*paths[1], claim]))
        for claim, role in facts["claims"].items()
        if role == "subject"
    ]
    if "named" in facts:
        name = names_of(context.resource(), "subject")[:1]
        asked = [e for e in transcript.exchanges if e.call.step == "verify"]
        found.append((*facts["named"], _same(asked[0], name, asked[-1], name) if asked else ()))
    known = [one for one in found if one[0] is not None and one[1] is not None]
    if not known:
        raise NotApplicable("neither the token nor the protected operation names its user")
    return [Difference(f"the user {one!r}"[:80], f"{other!r}"[:80], same) for one, other, same in known if one != other]


def _same(first: Exchange, path: list[str], second: Exchange, other: list[str]) -> Assertion:
    return "same", first.reply, path, second.reply, other
