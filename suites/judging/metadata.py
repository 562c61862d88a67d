"""Judging metadata: what they say of themselves, and whether the server does as they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import NAMED_ENDPOINTS
from watchword.suites.acting.context import Context, claims_of, succeeded
from watchword.suites.acting.steps import Blocked, NotApplicable, Transcript
from watchword.suites.endpoints import is_this_machine
from watchword.suites.judging.expect import Assertion, Difference, names_of, observed
from watchword.suites.judging.tokens import Judge

__all__ = ["ROWS"]

_BY_THE_BROWSER = frozenset({"authorization_code", "implicit"})
"""Grants that go by way of an authorization endpoint; they are what is meant where no grants are named (RFC 8414 section 2)."""
_USUAL_WAY = "client_secret_basic"
_MANY = 120


def _told(context: Context, reply: Reply) -> Mapping[str, Any]:
    if not succeeded(reply, context.operation):
        raise Blocked(f"the metadata were not served ({observed(reply, context.operation)})")
    return context.operation.read_reply(reply.members)


def _said(context: Context, reply: Reply, role: str) -> Any:
    told = _told(context, reply)
    if told.get(role) in (None, ""):
        raise NotApplicable(f"the metadata name no {role}")
    return told[role]


def _shown(value: Any) -> str:
    return repr(value)[:_MANY]


def _same(context: Context, reply: Reply, role: str, value: Any) -> Assertion:
    return ("equals", reply, names_of(context.operation, role), value, False)


def _names_issuer(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    named = _said(context, reply, "issuer")
    target = context.target
    asked = target.issuer or target.url
    if named == asked:
        return []
    if target.issuer is None:
        # The address by which a server is reached here need not be the one that it is known by.
        raise NotApplicable(
            f"the metadata are those of {_shown(named)}, and the target does not say its issuer",
            {"target.issuer": None},
        )
    return [Difference(f"the issuer {asked!r}", _shown(named), _same(context, reply, "issuer", asked))]


def _is_here(context: Context) -> bool:
    """Tell whether the target is on this machine, where there is no network to protect anything from."""
    return is_this_machine(urlsplit(context.target.base("issuer")).hostname or "")


def _wrong_url(context: Context, url: Any, *, bare: bool) -> str:
    """Say what is wrong with a URL; empty where nothing is."""
    if not isinstance(url, str):
        return "no text"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "no URL"
    if parts.scheme.lower() not in ("http", "https") or not host:
        return "no http or https URL"
    if parts.scheme.lower() == "http" and not (is_this_machine(host) and _is_here(context)):
        return "plain http"
    if parts.fragment or (bare and parts.query):
        return "a query or a fragment"
    return ""


def _issuer_is_url(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    named = _said(context, reply, "issuer")
    wrong = _wrong_url(context, named, bare=True)
    held = ("secure_url", reply, names_of(context.operation, "issuer"), True, _is_here(context))
    return (
        [Difference("an issuer that is an https URL and nothing more", f"{_shown(named)}: {wrong}", held)]
        if wrong
        else []
    )


def _endpoints_are_urls(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    told = _told(context, reply)
    found = []
    for role in (*NAMED_ENDPOINTS, "authorization_endpoint"):
        wrong = _wrong_url(context, told[role], bare=False) if role in told else ""
        if wrong:
            held = ("secure_url", reply, names_of(context.operation, role), False, _is_here(context))
            found.append(Difference(f"a {role} that is an https URL", f"{_shown(told[role])}: {wrong}", held))
    if not found and not any(role in told for role in NAMED_ENDPOINTS):
        raise NotApplicable("the metadata name no endpoint")
    return found


def _endpoint_works(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply, operation, role = transcript.reply, transcript.facts["operation"], transcript.facts["role"]
    if succeeded(reply, operation):
        return []
    names = names_of(operation, "access_token") if "access_token" in operation.gives else []
    return [
        Difference(
            f"{operation.name} at the {role} that is named", observed(reply, operation), ("serves", reply, names)
        )
    ]


def _listed(told: Mapping[str, Any], role: str, usual: Iterable[str]) -> set[str]:
    """Give the elements of a list; those that are meant where there is none."""
    value = told.get(role)
    if value is None:
        return set(usual)
    if not isinstance(value, list):
        raise NotApplicable(f"the {role} are no list")
    return {one for one in value if isinstance(one, str)}


def _names_response_types(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    told = _told(context, reply)
    role = "response_types_supported"
    grants = _listed(told, "grant_types_supported", _BY_THE_BROWSER)
    if told.get(role):
        return []
    if not told.get("authorization_endpoint") and not grants & _BY_THE_BROWSER:
        if role in told:
            return []
        # Without that endpoint there is nothing to list, and a list without elements is to be left out.
        raise NotApplicable("the metadata name no authorization endpoint, and so no response type")
    return [
        Difference(
            f"the {role}",
            "an empty list" if role in told else "none",
            ("has", reply, names_of(context.operation, role)),
        )
    ]


def _leaves_out_empty(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    _told(context, reply)
    # Section 2 wants these, and where no endpoint takes any there are none.
    spared = set(names_of(context.operation, "response_types_supported"))
    empty = sorted(name for name, value in reply.members.items() if value == [] and name not in spared)
    return [Difference("no list without elements", ", ".join(empty), ("fills", reply, sorted(spared)))] if empty else []


def _names_grants(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    named = _listed(transcript.facts["told"], "grant_types_supported", _BY_THE_BROWSER)
    reply = _metadata(transcript)
    names = names_of(context.operation, "grant_types_supported")
    found = []
    for grant, (operation, answer) in transcript.facts["replies"].items():
        if succeeded(answer, operation) and grant not in named:
            found.append(
                Difference(f"the grant {grant}, which is served", _list(named), ("lists", reply, names, grant))
            )
        error = operation.read_reply(answer.members).get("error") if answer is not None else None
        if error == "unsupported_grant_type" and grant in named:
            seen = f"{error}, though it is named"
            found.append(Difference(f"the grant {grant} to be served", seen, ("serves", answer, [])))
    return found


def _names_client_ways(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    role = "client_ways_supported"
    named = _listed(transcript.facts["told"], role, (_USUAL_WAY,))
    names = names_of(context.operation, role)
    return [
        Difference(f"{way}, which is taken", _list(named), ("lists", _metadata(transcript), names, way))
        for way in transcript.facts["taken"]
        if way not in named
    ]


def _metadata(transcript: Transcript) -> Reply:
    reply = transcript.exchanges[0].reply
    if reply is None:
        raise Blocked("the metadata were not served")
    return reply


def _list(values: set[str]) -> str:
    return ", ".join(sorted(values))[:_MANY] or "none"


def _knows_issuers(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    told, other = transcript.facts["told"], transcript.facts["other"]
    if not told.get("issuer") or other.get("issuer") != told["issuer"]:
        return []
    seen = f"the metadata of {_shown(told['issuer'])}"
    return [
        Difference(
            "other metadata, or none, for another issuer",
            seen,
            ("lacks", transcript.reply, names_of(context.operation, "issuer")),
        )
    ]


def _issuer_in_token(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    named = transcript.facts["told"].get("issuer")
    tokens = transcript.facts["tokens"]
    issuer = claims_of(tokens["access_token"]).get("iss")
    if not named or issuer is None:
        raise NotApplicable("the token does not say who issued it" if named else "the metadata name no issuer")
    if issuer == named:
        return []
    return [
        Difference(
            f"a token that {_shown(named)} issued",
            _shown(issuer),
            (
                "same",
                tokens.exchange.reply,
                [*names_of(tokens.operation, "access_token")[:1], "iss"],
                _metadata(transcript),
                names_of(context.operation, "issuer")[:1],
            ),
        )
    ]


ROWS: Mapping[str, Judge] = MappingProxyType(
    {
        "metadata.names_issuer": _names_issuer,
        "metadata.issuer_is_url": _issuer_is_url,
        "metadata.endpoints_are_urls": _endpoints_are_urls,
        "metadata.token_endpoint_works": _endpoint_works,
        "metadata.revocation_endpoint_works": _endpoint_works,
        "metadata.introspection_endpoint_works": _endpoint_works,
        "metadata.names_response_types": _names_response_types,
        "metadata.leaves_out_empty": _leaves_out_empty,
        "metadata.names_grants": _names_grants,
        "metadata.names_client_ways": _names_client_ways,
        "metadata.knows_issuers": _knows_issuers,
        "metadata.issuer_in_token": _issuer_in_token,
    }
)
"""Guarantee → its judge, of those about metadata."""
