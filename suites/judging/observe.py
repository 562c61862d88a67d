"""Observing: what a transcript shows where a document leaves the choice, in words that hold no secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.acting.context import Context, claims_of, number, succeeded
from watchword.suites.acting.expiry import end_of, issue_of
from watchword.suites.acting.figures import header_of
from watchword.suites.acting.steps import Exchange, NotObservable, Transcript
from watchword.suites.judging.expect import Difference, observed
from watchword.suites.judging.judge import JUDGES

__all__ = ["describe"]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def _form(token: Any) -> str:
    if not isinstance(token, str):
        return "there is none"
    if claims_of(token):
        return f"a JWT, alg {header_of(token).get('alg')}, with the claims {', '.join(sorted(claims_of(token)))}"
    return "a UUID" if _UUID.fullmatch(token) else f"opaque, {len(token)} characters"


def _lifetime(context: Context, transcript: Transcript) -> str:
    tokens = transcript.facts["tokens"]
    within = number(tokens["expires_in"])
    if within is not None and number(tokens["expires_at"]) is None:
        return f"{within:.0f} s, by the reply"
    claims = claims_of(tokens["access_token"])
    issued, over = number(claims.get("iat")), number(claims.get("exp"))
    if issued is not None and over is not None:
        return f"{over - issued:.0f} s, by the token"
    try:
        lives = end_of(context, tokens).after(issue_of(tokens))
    except NotObservable as unknown:
        return unknown.reason
    return f"{lives:.0f} s or little more"


def _rotates(context: Context, transcript: Transcript) -> str:
    before, after = transcript.facts["before"], transcript.facts["after"]
    same = before["refresh_token"] == after["refresh_token"]
    return "the refresh token stays the same" if same else "the refresh token is replaced"


def _ends_access(context: Context, transcript: Transcript) -> str:
    reply = transcript.exchanges[-1].reply
    if reply is None:
        return "no reply"
    return f"the access token before the renewal {'still works' if 200 <= reply.status < 300 else 'is refused'}, status {reply.status}"


_SAYS: Mapping[str, Callable[[Context, Transcript], str]] = MappingProxyType(
    {
        "access_token.form": lambda context, transcript: _form(transcript.facts["tokens"]["access_token"]),
        "refresh_token.form": lambda context, transcript: _form(transcript.facts["tokens"]["refresh_token"]),
        "access_token.lifetime": _lifetime,
        "refresh.rotates": _rotates,
        "refresh.ends_access": _ends_access,
        "metadata.members": lambda context, transcript: ", ".join(sorted(transcript.reply.members)) or "nothing",
    }
)


def describe(name: str, context: Context, transcript: Transcript, differences: list[Difference]) -> str:
    """Say what was seen: what a guarantee shows, else the differences, else that it holds or how the request was answered."""
    if name in _SAYS:
        return _SAYS[name](context, transcript)
    if differences:
        return "; ".join(d.seen for d in differences)
    if name in JUDGES and name != "request.accepted":
        return f"holds: {GUARANTEES[name].says}"
    probes = [e for e in transcript.exchanges if e.call.step == "probe"] or list(transcript.exchanges)
    if not probes:
        return "nothing was sent"
    seen = observed(probes[-1].reply, probes[-1].call.draft.operation) + _counted(probes[-1], transcript)
    success = context.operation.success
    # Where no body is described, one is what is left to be seen.
    bare = name == "request.accepted" and success is not None and not success.schemas
    return seen + _body(probes[-1].reply) if bare else seen


def _body(reply: Reply | None) -> str:
    if reply is None or not reply.body:
        return ", without a body"
    return f", with {len(reply.body)} bytes of {reply.media_type or 'no media type'}"


def _counted(probe: Exchange, transcript: Transcript) -> str:
    """Say which of two brand keys counted, as far as what each of them opens alone tells."""
    under: Mapping[str, Exchange] | None = transcript.facts.get("under")
    if under is None:
        return ""
    served = succeeded(probe.reply, probe.call.draft.operation)
    opens = {role for role, exchange in under.items() if succeeded(exchange.reply, exchange.call.draft.operation)}
    if probe.call.draft.operation.purpose == "resource" and under:
        other = under["other_brand_key"]
        if served:
            return f"; {_UNDER['both' if opens else 'brand_key']}"
        alike = observed(other.reply, other.call.draft.operation) == observed(probe.reply, probe.call.draft.operation)
        return f"; other_brand_key alone is answered {'in the same way' if alike else 'otherwise'}"
    if not served:
        return f"; {_UNDER['neither served' if _each_is_served(probe, transcript) else 'refused']}"
    if not under:
        return ""
    return f"; {_UNDER['both' if len(opens) == len(under) else next(iter(opens), 'neither')]}"


def _each_is_served(probe: Exchange, transcript: Transcript) -> bool:
    """Whether the transcript has the same operation served under two keys, each of them alone."""
    operation = probe.call.draft.operation
    alone = [e for e in transcript.exchanges if e.call.step == "control" and e.call.draft.operation == operation]
    return len({str(e.call.draft.value("brand_key")) for e in alone if succeeded(e.reply, operation)}) > 1


_UNDER = MappingProxyType(
    {
        "brand_key": "brand_key counted, and not other_brand_key",
        "other_brand_key": "other_brand_key counted, and not brand_key",
        "both": "which of the two keys counted does not show, since each of them opens the protected operation",
        "refused": "a refusal does not show which of the two keys counted",
        "neither served": "neither key counted, although each of them alone is served",
        "neither": "the token opens the protected operation under neither of the two keys",
    }
)
