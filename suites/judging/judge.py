"""Judging: what a transcript says about a clause, as a list of differences. Empty means that the clause held.

Laws:
1. A judge compares and returns; it raises only when there is nothing to judge, and never sends anything.
2. No judge looks at free text. Statuses, members, types, headers and values are facts; wording is not.
3. A token is compared, never shown: what a difference says can be printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from watchword.reports.derivations import claimed, told_alike
from watchword.specs.redaction import is_secret
from watchword.specs.values.clause import Clause, Expectation
from watchword.specs.values.draft import Draft
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.acting.choosing import TOKEN_ROLES
from watchword.suites.acting.context import Context, succeeded
from watchword.suites.acting.steps import Blocked, Inconclusive, NotApplicable, Transcript
from watchword.suites.judging import metadata, tokens, told
from watchword.suites.judging.expect import Difference, expects, observed
from watchword.suites.judging.shapes import schema_errors
from watchword.suites.judging.tokens import Judge

__all__ = ["JUDGES", "judge"]


_TELLING = 8
"""A secret that the request did not carry is taken for one in a reply only when it has this many characters."""


def _accepted(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply, expectation = transcript.reply, clause.expect
    if not expectation.status and not expectation.present:
        # What a reply lacks, or which headers it has, says something only of a reply that does its work.
        _served(context, reply)
    found = expects(expectation, reply, context.operation)
    named = {*expectation.types, *expectation.equals}
    if not found and named and not named & set(context.operation.read_reply(reply.members)):
        # What a reply does not carry has no type and no value that could be right.
        raise NotApplicable(f"the reply carries no {' and no '.join(sorted(named))}")
    return found


def _served(context: Context, reply: Reply) -> None:
    gives = "access_token" in context.operation.gives
    token = context.operation.read_reply(reply.members).get("access_token") if gives else True
    if not 200 <= reply.status < 300 or token in (None, ""):
        seen = observed(reply, context.operation)
        raise Blocked(f"the right request was not served ({seen}), so its reply shows nothing")


def _refused(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    if not clause.expect.concerns(reply.status):
        wanted = " or ".join(map(str, clause.expect.of_status))
        raise NotApplicable(f"the wrong request was answered {reply.status}, and the rule is about {wanted}")
    found = expects(clause.expect, reply, context.operation)
    if not found and not clause.expect.status and 200 <= reply.status < 300 and clause.basis != "silent":
        raise NotApplicable(f"the wrong request was answered {reply.status}, so there is no refusal to look at")
    return found


def _schema(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    if not 200 <= reply.status < 300:
        raise Blocked(f"the right request was answered {reply.status}, so there is no reply to validate")
    if reply.cut:
        raise Inconclusive("the reply is too long to be read to its end, so it cannot be validated")
    return [
        Difference(f"{where} {rule}", seen, assertion)
        for where, rule, seen, assertion in schema_errors(context.api, context.operation, reply)
    ]


def _no_credentials(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    _served(context, reply)
    # Whoever sees a token can read the claims of a signed one.
    text = "\n".join([reply.text, *(value for _, value in reply.headers), *claimed(reply.json)])
    found = []
    credentials = context.target.credentials
    names = {value for role, value in credentials.items() if not is_secret(role)}
    for role in ("password", "client_secret", "operator_password", "other_password", "other_client_secret"):
        value = credentials.get(role, "")
        # Whoever has his name as password may be called by his name.
        if not value or value in names:
            continue
        # A long secret is one wherever it stands as a word. A short one, such as `json`, stands in replies by chance: that of
        # this very request is the secret where it is all that is told, and that of others never is.
        if len(value) >= _TELLING:
            told = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
        else:
            told = bool(context.operation.bound(role)) and value in _whole(reply)
        if told:
            found.append(Difference(f"no {role} in the reply", f"the {role}", ("hides", reply, ["secret", role])))
    return found


def _whole(reply: Reply) -> set[str]:
    """Give what a reply tells as a whole: its text, the values of its headers, and the texts in its JSON."""
    found = {reply.text.strip(), *(value for _, value in reply.headers)}
    left = [reply.json]
    while left:
        value = left.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
    return found


def _no_server_error(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    return [
        Difference(
            f"{name} refused without a server error",
            f"status {exchange.reply.status}",
            ("status", exchange.reply, ["1xx", "2xx", "3xx", "4xx"]),
        )
        for name, exchange in transcript.facts["probes"]
        if exchange.reply is not None and exchange.reply.status >= 500
    ]


def _no_tokens(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    found = []
    # An operation that gives no tokens when all is right has no name for one: another's will do.
    names = {
        member.name
        for operation in context.api.operations.values()
        for shape in operation.replies.values()
        for member in shape.members
        if member.role in TOKEN_ROLES
    }
    for name, exchange in transcript.facts["probes"]:
        members = exchange.reply.members if exchange.reply else {}
        if any(members.get(token) not in (None, "") for token in names):
            found.append(Difference(f"no token for {name}", "a token", ("lacks", exchange.reply, sorted(names))))
    return found


def _still_refused(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    return [
        Difference(f"a refusal of {name}", f"status {exchange.reply.status}", ("refused", exchange.reply))
        for name, exchange in transcript.facts["probes"]
        if succeeded(exchange.reply, context.operation)
    ]


def _each_refused(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    return [
        Difference(f"a refusal for {name}", f"status {exchange.reply.status}", ("refused", exchange.reply))
        for name, exchange in transcript.facts["probes"]
        if exchange.reply is not None and not 400 <= exchange.reply.status < 500
    ]


def _alike(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    known, unknown = (transcript.facts[name].reply for name in ("known", "unknown"))
    if known is None or unknown is None:
        return []
    accepted = [reply for reply in (known, unknown) if 200 <= reply.status < 300]
    if accepted:
        return [Difference("two refusals", f"status {accepted[0].status}", ("refused", accepted[0]))]
    if known.status != unknown.status:
        return [
            Difference(
                "the same status for both",
                f"{known.status} for a wrong password and {unknown.status} for an unknown name",
                ("alike", known, unknown),
            )
        ]
    exchanges = [transcript.facts[name] for name in ("known", "unknown", "again") if name in transcript.facts]
    texts = [exchange.reply.text for exchange in exchanges if exchange.reply is not None]
    names = [_named(exchange.call.draft) for exchange in exchanges][: len(texts)]
    if told_alike(texts, names):
        return []
    again = transcript.facts["again"].reply if len(texts) > 2 else None
    return [Difference("the same body for both", "two different bodies", ("alike", known, unknown, again, names[:2]))]


def _named(draft: Draft) -> str:
    """Give the name under which a request logs in."""
    return next((str(draft.value(role)) for role in ("username", "client_id") if draft.of(role)), "")


def _allow(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    # RFC 9110 lets a server that knows a method nowhere say 501, and one that hides what it has say 404.
    refusal = Expectation(status=("4xx", 501), headers={"Allow": ""} if transcript.reply.status == 405 else {})
    return expects(refusal, transcript.reply, context.operation)


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "request.accepted": _accepted,
        "reply.matches_schema": _schema,
        "reply.no_credentials": _no_credentials,
        "refusals.no_server_error": _no_server_error,
        "refusals.refused": _each_refused,
        "refusals.no_tokens": _no_tokens,
        "refusals.in_body": _each_refused,
        "refusals.after_renewal": _still_refused,
        "refusals.after_expiry": _still_refused,
        "refusals.alike": _alike,
        "method.allow_header": _allow,
        **tokens.ROWS,
        **told.ROWS,
        **metadata.ROWS,
    }
)
"""Guarantee → its judge. How those that only describe are put into words is in `observe`."""


def judge(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """Compare what happened with what a clause says.

    Raises:
        Halt: there is nothing to judge.
    """
    if clause.when:
        return _refused(context, transcript, clause)
    name = clause.guarantee or clause.observe or ""
    # Without a judge, whatever happened would be as right as anything.
    return [] if GUARANTEES[name].describes else JUDGES[name](context, transcript, clause)
