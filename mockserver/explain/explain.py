"""Explaining an outcome: which of the things that can stand in a request's way did, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from watchword.mockserver.explain.diagnoses import diagnose
from watchword.mockserver.explain.explanation import Explanation, Found
from watchword.mockserver.explain.fields import field_of, fields_of_body, pair_of, stray_headers, strays
from watchword.mockserver.explain.hints import Hint, hint_for
from watchword.mockserver.explain.paths import of_grant, of_method, of_path
from watchword.mockserver.judgement import Judgement, left_out
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.decide import DEMANDED, decide
from watchword.mockserver.service import Blame, Outcome, Service
from watchword.specs.values.http import Request
from watchword.specs.values.profile import Demand
from watchword.specs.vocabulary import CONDITIONS

__all__ = ["BANNED", "explain", "explain_judgement"]

BANNED = "client.banned"
"""What the refusal of a client that is banned goes by."""

_SCHEMES = frozenset(
    ("apikey", "basic", "bearer", "digest", "dpop", "hoba", "jwt", "key", "mac", "negotiate", "ntlm", "oauth", "token")
)
"""Schemes that clients use: what may be shown of an Authorization header."""


def explain(service: Service, request: Request, outcome: Outcome) -> Explanation | None:
    """Say why a request was not served as a right server would have; None when it was."""
    judged = outcome.judged
    if judged is None:
        return None
    if outcome.blame is not None and _lied(service, outcome.blame, judged, outcome):
        return _of_blame(outcome.blame, judged, outcome)
    return explain_judgement(service, request, judged)


def explain_judgement(service: Service, request: Request, judged: Judgement) -> Explanation | None:
    """Say why a request is not to be served; None when it is."""
    if judged.answered:
        return None
    if judged.barred:
        return _of_ban(service)
    if judged.operation is None:
        return of_path(request, judged, service.api, service.profile)
    if judged.condition == "method.wrong":
        return of_method(request, judged, service.api, service.profile)
    if judged.demand is not None:
        return _of_demand(request, judged.demand)
    if judged.condition is not None and judged.case is not None:
        left = left_out(service.profile, request, judged.condition, judged.case.value("grant_type"))
        return of_grant(left) if left is not None else _of_rule(judged.case, judged.condition)
    return None


# -- faults and bans


def _lied(service: Service, blame: Blame, judged: Judgement, outcome: Outcome) -> bool:
    if outcome.altered or judged.excused or judged.misread:
        return True
    if blame.stage != "dialect" or judged.case is None or judged.condition is None:
        return False
    # The rules themselves are a fault: is this refusal one that they would have had without it?
    right = service.dialect.profile(service.profile.name).operations.get(judged.case.operation.name)
    if right is None:
        # A resource of the world is like the dialect's own.
        return False
    honest = decide(judged.case, right)
    return honest is None or honest.condition != judged.condition


def _of_blame(blame: Blame, judged: Judgement, outcome: Outcome) -> Explanation:
    served = judged.condition is None
    right = "the reply to a right request" if served else f"the refusal of a request in which {_says(judged)}"
    told = {"keep": "", "close": ""}.get(outcome.then, f", and the connection: {outcome.then}")
    late = "".join(
        f", {what} {seconds:g} s" for what, seconds in (("after", outcome.after), ("over", outcome.over)) if seconds
    )
    faulty = blame.cause == "fault"
    return Explanation(
        blame.cause,
        judged.condition or blame.cause,
        f"the mock has a fault: {blame.says}" if faulty else blame.says,
        "the reply",
        right,
        Found(note=f"status {outcome.reply.status}{told}{late}"),
        blame.mend if blame.name == "prefer" else f"{_of_the_request(blame, judged)} {blame.mend}",
        fault=blame.name if faulty else None,
    )


def _of_the_request(blame: Blame, judged: Judgement) -> str:
    """Say what there is to mend in a request whose reply is a fault's: without the fault, it may be refused all the same."""
    lied = blame.stage == "dialect" or judged.excused or judged.misread
    if lied or judged.case is None or judged.condition is None or judged.condition not in CONDITIONS:
        return "Nothing in the request needs mending."
    return f"Without the fault, the request is refused. {_of_rule(judged.case, judged.condition).hint}"


def _says(judged: Judgement) -> str:
    known = CONDITIONS.get(judged.condition or "")
    if known is None:
        return "something is wrong"
    return known.says if judged.case is None else _seen(judged.case, known.name)


def _of_ban(service: Service) -> Explanation:
    rule = service.profile.ban
    left = service.banned_for()
    counted = "" if rule is None else f": more than {rule.count} refusals within {rule.window} seconds"
    return Explanation(
        "ban",
        BANNED,
        f"the client is banned{counted}; what it asks for is not looked at",
        "the client",
        "fewer refusals, or the end of the ban",
        Found(note=f"{left} more seconds"),
        f"Wait {left} seconds, set the clock ahead by as much, or reset the mock; then find out what was refused so often.",
    )


# -- rules


def _of_demand(request: Request, demand: Demand) -> Explanation:
    if demand.header:
        given = request.header(demand.header)
        where, expected = f"the header `{demand.header}`", "one that the release takes; the document says nothing of it"
        # It may be the one that carries secrets.
        note = "no such header" if given is None else f"a text of length {len(given)}"
    elif demand.living:
        where, expected = "the header `Authorization`", "a good access token, or none"
        note = "a token that is unknown, expired or withdrawn"
    elif demand.member:
        where = f"the member `{demand.member}` of the body"
        expected = " or ".join(sorted(demand.types)) or "a list with a scope that can be granted"
        note = "something else"
    elif not demand.agrees:
        where, expected, note = "the query", "one that the release can read", "one that it cannot read"
    else:
        where, expected = f"the field `{demand.agrees}`", "the client of the Basic credentials"
        note = "another name than that in the Basic credentials"
    return Explanation("rule", DEMANDED, demand.says, where, expected, Found(note=note), demand.mend)


def _of_rule(case: Case, condition: str) -> Explanation:
    row = CONDITIONS[condition]
    role = row.role or ""
    special = diagnose(case, condition)
    texts = _texts(case, role)
    hint = hint_for(condition) if special is None else Hint(special.expected, special.mend)
    found = _found(case, condition, role)
    mend = _filled(hint.mend, texts)
    meant = strays(case, role) if found.value is None and role else []
    if row.subject == "basic":
        meant = stray_headers(case)
    if meant and special is None:
        mend += f" Probably meant for it: {', '.join(meant)}."
    return Explanation(
        "rule",
        condition if special is None else special.name,
        _seen(case, condition) if special is None else _filled(special.says, texts),
        _where(case, condition, role),
        _filled(hint.expected, texts),
        found if not meant else Found(found.value, found.role, f"there is {', '.join(meant)}"),
        mend,
        broader=None if special is None else condition,
    )


def _seen(case: Case, condition: str) -> str:
    """Say what is wrong with a request, of which its condition's own sentence may be a special case."""
    row = CONDITIONS[condition]
    return _filled(hint_for(condition).says or row.says, _texts(case, row.role or ""))


def _where(case: Case, condition: str, role: str) -> str:
    if role and CONDITIONS[condition].subject != "basic":
        return field_of(case, role)
    return "the header `Authorization`" if CONDITIONS[condition].subject == "basic" else "the body"


def _found(case: Case, condition: str, role: str) -> Found:
    reading = case.reading
    if role:
        # What a lenient server would find elsewhere does not count.
        return Found(None if CONDITIONS[condition].absent else case.value(role), role)
    if CONDITIONS[condition].subject == "basic":
        return Found(note=_scheme(reading.authorization or "", reading.scheme))
    media = (reading.headers.get("content-type") or ["none"])[0]
    return Found(note=f"{len(reading.request.body)} bytes, Content-Type {media}")


def _scheme(header: str, scheme: str) -> str:
    if not header.strip():
        return "no Authorization header" if not header else "an empty Authorization header"
    # Where the scheme was left out, the first word is a secret.
    return (
        f"the scheme {scheme!r}"
        if scheme in _SCHEMES
        else f"a text of length {len(header)} that begins with no known scheme"
    )


def _filled(text: str, texts: Mapping[str, Callable[[], str]]) -> str:
    for name, give in texts.items():
        if "{" + name + "}" in text:
            text = text.replace("{" + name + "}", give())
    return text


def _texts(case: Case, role: str) -> Mapping[str, Callable[[], str]]:
    issuers = (op.name for op in case.api.operations.values() if "access_token" in op.gives)
    return {
        "field": lambda: field_of(case, role),
        "role": lambda: role,
        "valid": lambda: _valid(case, role),
        "pair": lambda: pair_of(case),
        "fields": lambda: fields_of_body(case.operation),
        "media": lambda: case.operation.media_type or "no body",
        "issuers": lambda: " or ".join(issuers),
    }


def _valid(case: Case, role: str) -> str:
    give = _VALID.get(role)
    return give(case) if give is not None else f"a {role}"


def _one_of(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if len(names) > 1 else "".join(names)


def _grants(case: Case) -> str:
    own = case.operation
    here = [op for op in case.api.operations.values() if (op.path, op.method) == (own.path, own.method)]
    names = dict.fromkeys(b.const for op in here for b in op.bound("grant_type") if b.const)
    barred = case.client.grants if case.client is not None else ()
    return _one_of([name for name in names if not barred or name in barred])


def _users(kind: str) -> Callable[[Case], str]:
    return lambda case: _one_of([a.username for a in case.world.data.accounts if a.kind == kind and a.enabled])


def _names(case: Case) -> str:
    clients = _one_of([c.client_id for c in case.world.data.clients if c.enabled])
    # Where clients and users log in at one path, what is unknown may have been either.
    users = "username" in field_of(case, "client_id")
    return f"a client_id ({clients}) or a username ({_users('user')(case)})" if users else clients


def _password(role: str) -> Callable[[Case], str]:
    return lambda case: f"the {role} of {(case.account(role) or case.world.data.accounts[0]).username}"


_VALID: Mapping[str, Callable[[Case], str]] = {
    "grant_type": _grants,
    "brand_key": lambda case: _one_of(list(case.world.data.brands)),
    "username": _users("user"),
    "operator_username": _users("operator"),
    "client_id": _names,
    "password": _password("password"),
    "operator_password": _password("operator_password"),
    "client_secret": lambda case: f"the client_secret of {case.client.client_id if case.client else 'the client'}",
    "scope": lambda case: f"one or more of {', '.join(case.allowed_scopes or case.world.data.scopes)}",
    "access_token": lambda case: (
        ", ".join(case.operation.scopes) if _lacks_scope(case) else "an access_token that the mock gave and that lives"
    ),
    "refresh_token": lambda case: "a refresh_token that the mock gave and that lives",
}


def _lacks_scope(case: Case) -> bool:
    return case.access is not None and any(s not in case.access.session.scopes for s in case.operation.scopes)
