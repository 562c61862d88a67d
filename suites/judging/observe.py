"""Observing: what a transcript shows where a document leaves the choice, in words that hold no secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.acting.context import Context, claims_of
from watchword.suites.acting.figures import header_of
from watchword.suites.acting.steps import Transcript
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
    expiry = tokens.expiry()
    return "nothing tells how long it lives" if expiry is None else f"{expiry - tokens.issued_at:.0f} s"


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
    return observed(probes[-1].reply, probes[-1].call.draft.operation) if probes else "nothing was sent"
