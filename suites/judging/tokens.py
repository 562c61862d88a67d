"""Judging tokens: whether they open, when they end, what a renewal made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.suites.acting.context import Context, Tokens, claims_of, is_within, number, succeeded
from watchword.suites.acting.expiry import end_of, issue_of, stated_end
from watchword.suites.acting.moments import SECOND
from watchword.suites.acting.steps import NotApplicable, Transcript
from watchword.suites.judging.expect import Assertion, Difference, kind, last_probe, names_of, observed, path_of
from watchword.suites.judging.subject import keeps_user, names_user

__all__ = ["ROWS", "Judge"]

Judge = Callable[[Context, Transcript, Clause], list[Difference]]
"""Compares what happened with what a clause says; empty means that it held."""

_MILLISECONDS = 1e11
"""Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973."""
_LEGACY = 529_196_400
"""No token lives 16 years: a number of seconds above this one is a moment, not a span."""
_TEN_YEARS = 10 * 366 * 86400


def _opened(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    if 200 <= reply.status < 300:
        return []
    opened = ("status", reply, ["2xx"])
    return [Difference("status 2xx from the protected operation", str(reply.status), opened)]


def _shut(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    found = []
    for when, wanted in (("before", True), ("after", False)):
        exchange = transcript.facts.get(when)
        if exchange is None or exchange.reply is None:
            continue
        status = exchange.reply.status
        if (200 <= status < 300) is not wanted:
            what = "status 2xx until" if wanted else "a refusal after"
            assertion = ("status", exchange.reply, ["2xx"]) if wanted else ("refused", exchange.reply)
            found.append(Difference(f"{what} the stated expiry", str(status), assertion))
    return found


def _served(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """For scenarios whose probe is a token request, and then a call of the protected operation."""
    probes = [e for e in transcript.exchanges if e.call.step == "probe"]
    found = []
    for exchange in probes:
        operation = exchange.call.draft.operation
        reply = exchange.reply
        if reply is not None and not succeeded(reply, operation):
            what = "an access token" if operation.purpose == "renew" else "status 2xx"
            names = names_of(operation, "access_token") if "access_token" in operation.gives else []
            seen = observed(reply, operation)
            found.append(Difference(f"{what} from {operation.name}", seen, ("serves", reply, names)))
    return found


def _expiry(tokens: Tokens) -> tuple[Reply | None, list[str], list[str]]:
    """Give what an assertion about an expiry needs: the reply, and the paths to its two kinds of expiry."""
    return tokens.exchange.reply, path_of(tokens, "expires_at"), path_of(tokens, "expires_in")


def _tokens(transcript: Transcript) -> Tokens:
    found = transcript.facts["tokens"]
    if not isinstance(found, Tokens):
        raise TypeError("the scenario found no tokens")
    return found


def _in_future(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    _needs_expiry(_tokens(transcript))
    found = []
    for name in ("tokens", "later"):
        tokens = transcript.facts.get(name)
        if isinstance(tokens, Tokens) and _has_expiry(tokens):
            found += _ahead(context, tokens, " that followed an expiry" if name == "later" else "")
    return found


def _ahead(context: Context, tokens: Tokens, which: str) -> list[Difference]:
    if not _tells(tokens):
        return [Difference("an expiry as a number", _kind_of_expiry(tokens), ("ahead", *_expiry(tokens)))]
    within = number(tokens["expires_in"])
    if number(tokens["expires_at"]) is None and within is not None:
        return [] if within > 0 else [Difference("a lifetime above 0", f"{within:.0f}", ("ahead", *_expiry(tokens)))]
    past = issue_of(tokens).after(stated_end(context, tokens))
    if past < 0:
        return []
    seen = f"one that was over when the reply{which} was made, by {past:.0f} s at least"
    return [Difference("an expiry after the moment of issue", seen, ("ahead", *_expiry(tokens)))]


def _in_seconds(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    tokens = _tokens(transcript)
    _needs_expiry(tokens)
    found = _not_seconds(tokens)
    return [Difference(*found, ("in_seconds", *_expiry(tokens)))] if found else []


def _not_seconds(tokens: Tokens) -> tuple[str, str] | None:
    at, within = number(tokens["expires_at"]), number(tokens["expires_in"])
    if at is not None:
        if at >= _MILLISECONDS:
            return "seconds since 1970", f"{at:.0f}, which only milliseconds reach"
        if at < _LEGACY:
            return "seconds since 1970", f"{at:.0f}, which is a span"
        far = at - issue_of(tokens).latest > _TEN_YEARS
        return ("a moment within ten years", f"{at:.0f}") if far else None
    if within is not None:
        if within > _LEGACY:
            return "a span in seconds", f"{within:.0f}, which is a moment"
        return ("a span within ten years", f"{within:.0f} s") if within > _TEN_YEARS else None
    return "an expiry as a number", _kind_of_expiry(tokens)


def _has_expiry(tokens: Tokens) -> bool:
    return (tokens["expires_at"], tokens["expires_in"]) != (None, None)


def _needs_expiry(tokens: Tokens) -> None:
    # Whether an expiry has to be there is the matter of the clauses about what a reply holds: one defect is told once.
    if not _has_expiry(tokens):
        raise NotApplicable("the reply tells no expiry")


def _tells(tokens: Tokens) -> bool:
    """Tell whether some expiry is a number; one that is none is told, and is wrong."""
    return number(tokens["expires_at"]) is not None or number(tokens["expires_in"]) is not None


def _kind_of_expiry(tokens: Tokens) -> str:
    value = tokens["expires_at"] if tokens["expires_at"] is not None else tokens["expires_in"]
    return "a number that no clock reaches" if kind(value) in ("integer", "number") else kind(value)


def _matches_token(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    tokens = _tokens(transcript)
    _needs_expiry(tokens)
    inside = number(claims_of(tokens["access_token"]).get("exp"))
    if inside is None:
        raise NotApplicable("the access token tells no expiry of its own")
    matches = ("matches", *_expiry(tokens), [*path_of(tokens, "access_token"), "exp"])
    if not _tells(tokens):
        return [Difference("an expiry as a number", _kind_of_expiry(tokens), matches)]
    at = number(tokens["expires_at"])
    if at is not None:
        # Both are seconds of one clock, and what it shows does not matter.
        away = max(0.0, abs(at - inside) - SECOND)
    else:
        away = stated_end(context, tokens).apart(end_of(context, tokens))
    wanted = "the expiry that stands in the token"
    return [Difference(wanted, f"one that is at least {away:.0f} s away from it", matches)] if away > 0 else []


def _differ(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    tokens = _tokens(transcript)
    if tokens["refresh_token"] is None:
        raise NotApplicable("the reply carries no refresh token")
    same = tokens["access_token"] == tokens["refresh_token"]
    reply = tokens.exchange.reply
    paths = reply, path_of(tokens, "access_token"), reply, path_of(tokens, "refresh_token")
    return [Difference("two tokens", "one token in both places", ("differ", *paths))] if same else []


def _distinct(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    first, second = transcript.facts["first"], transcript.facts["second"]
    found = []
    for role in ("access_token", "refresh_token"):
        # Two logins may well be given one refresh token; only between users is that a mixture.
        if role == "refresh_token" and clause.guarantee != "tokens.distinct_users":
            continue
        if first[role] is not None and first[role] == second[role]:
            found.append(Difference(f"another {role} the second time", "the same one", _differing(first, second, role)))
    return found


def _differing(first: Tokens, second: Tokens, role: str) -> Assertion:
    return "differ", first.exchange.reply, path_of(first, role), second.exchange.reply, path_of(second, role)


def _new_access(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    before, after = transcript.facts["before"], transcript.facts["after"]
    same = before["access_token"] == after["access_token"]
    differing = _differing(before, after, "access_token")
    return [Difference("a new access token", "the one before", differing)] if same else []


def _renews(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    found = _served(context, transcript, clause)
    if found:
        return found
    try:
        return keeps_user(context, transcript, clause)
    except NotApplicable:
        # Whom it is for shows only where something names a user.
        return []


def _keeps_scope(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    old, new = transcript.facts["before"], transcript.facts["after"]
    before, after = old.scopes, new.scopes
    if not before or not after:
        raise NotApplicable("the replies do not list scopes")
    if before == after:
        return []
    kept = ("same_scopes", old.exchange.reply, path_of(old, "scope"), new.exchange.reply, path_of(new, "scope"))
    return [Difference("the scopes " + " ".join(sorted(before)), " ".join(sorted(after)), kept)]


def _extends(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    before, after = transcript.facts["before"], transcript.facts["after"]
    if not (_tells(before) and _tells(after)):
        raise NotApplicable("the replies tell no expiry")
    moments = [number(tokens["expires_at"]) for tokens in (before, after)]
    if moments[0] is not None and moments[1] is not None:
        earlier = moments[0] - moments[1] - SECOND
    else:
        earlier = stated_end(context, before).after(stated_end(context, after))
    wanted = "an expiry that is no earlier than the one before"
    extends = ("extends", *_expiry(before), *_expiry(after))
    return [Difference(wanted, f"one at least {earlier:.0f} s earlier", extends)] if earlier > 0 else []


def _subset(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    asked, got = transcript.facts["asked"], transcript.facts["granted"]
    beyond = [s for s in got if not is_within(s, asked)]
    if not got:
        raise NotApplicable("the reply does not list scopes")
    within = ("no_other_scopes", last_probe(transcript), names_of(context.operation, "scope")[:1], sorted(asked))
    wanted = "the scopes " + " ".join(sorted(asked))
    return [Difference(wanted, "also " + " ".join(sorted(beyond)), within)] if beyond else []


def _listed(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    tokens = _tokens(transcript)
    if tokens.scopes:
        return []
    lists = ("has", tokens.exchange.reply, names_of(tokens.operation, "scope"))
    return [Difference("the granted scopes", "none", lists)]


ROWS: Mapping[str, Judge] = MappingProxyType(
    {
        "basic.form_encoded": _served,
        "access_token.works": _opened,
        "access_token.works_again": _opened,
        "access_token.names_user": names_user,
        "expiry.in_future": _in_future,
        "expiry.in_seconds": _in_seconds,
        "expiry.matches_token": _matches_token,
        "expiry.holds": _shut,
        "tokens.differ": _differ,
        "tokens.distinct_logins": _distinct,
        "tokens.distinct_users": _distinct,
        "tokens.distinct_brands": _distinct,
        "refresh_token.works": _renews,
        "sessions.each_works": _opened,
        "sessions.independent": _opened,
        "renew.works": _opened,
        "renew.works_after_expiry": _served,
        "renew.chains": _served,
        "renew.new_access_token": _new_access,
        "renew.keeps_user": keeps_user,
        "renew.keeps_scope": _keeps_scope,
        "renew.extends": _extends,
        "revoke.spares_others": _served,
        "scope.subset": _subset,
        "scope.listed": _listed,
    }
)
