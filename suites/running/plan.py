"""The plan: what a run would send, told without sending anything.

Each scenario is driven by a stand-in for the target that serves every request, and has whatever a check looks for: two
tokens are never the same, they are signed and end, every scope that is wanted is granted, and a token that was revoked opens
nothing. What the target file does not give is told as that; nothing is told of what the stand-in is.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate

from watchword.specs.codec import encode
from watchword.specs.values.api import FORM, JSON
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import CONDITIONS, NAMED_ENDPOINTS
from watchword.specs.vocabulary.condition import PRESUMPTIONS
from watchword.suites.acting.choosing import TOKEN_ROLES
from watchword.suites.acting.steps import Call, Exchange, Halt, NotApplicable, Pause
from watchword.suites.running.check import scenario_of
from watchword.suites.running.session import TargetSession

__all__ = ["plan_lines"]

_LIFE = 60
"""Seconds that the tokens of the stand-in live."""


def plan_lines(session: TargetSession, clauses: list[Clause]) -> Iterator[str]:
    """Give the lines that tell what each clause's check would send."""
    stand_in = _StandIn(session)
    total = 0
    logins: dict[str, int] = {}
    if session.target.discovers:
        yield f"where the metadata of {session.target.issuer} do not name other paths, which a run asks for first:"
    for clause in clauses:
        halt = session.halt(clause)
        yield f"{clause.full_id} ({clause.level}, {clause.basis})"
        if halt is not None:
            when = "sent last, if the others leave room for it" if session.budget.is_put_off(clause) else "not sent"
            yield f"    {when}: {halt.reason}"
            continue
        for line, sent in _steps(session, clause, stand_in):
            total += sent
            yield f"    {line}"
        for account, count in session.budget.cost(clause).logins.items():
            logins[account] = logins.get(account, 0) + count
    spent = ", ".join(f"{count} bad logins for the account of {account}" for account, count in sorted(logins.items()))
    told = f"{session.target.name}: {total} requests for {len(clauses)} clauses" + (f", {spent}" if spent else "")
    most = session.concurrency
    yield f"{told}, {most} at a time" if most == 1 else f"{told}, up to {most} at a time"


def _steps(session: TargetSession, clause: Clause, stand_in: _StandIn) -> Iterator[tuple[str, int]]:
    presumed = {word for name in clause.when if (word := CONDITIONS[name].presumes)}
    for word in sorted(presumed):
        yield f"where {PRESUMPTIONS[word]}:", 0
    scenario = scenario_of(session, clause)
    try:
        step = next(scenario)
        while True:
            if isinstance(step, Pause):
                if not step.alone:
                    yield f"wait: {step.reason}", 0
                step = next(scenario)
                continue
            request = encode(step.draft)
            yield f"{step.step:8} {request.method} {request.path}  ({step.purpose})", 1
            step = scenario.send(stand_in.answer(step))
    except StopIteration:
        return
    except NotApplicable as halt:
        if halt.remedy:
            yield f"not sent: {halt.reason}", 0
            return
        yield _DEPENDS, 0
    except Halt:
        yield _DEPENDS, 0


_DEPENDS = "(whether there is more to send depends on what the target answers)"


class _StandIn:
    """What answers in place of the target. Its tokens are numbered and signed by nobody."""

    def __init__(self, session: TargetSession) -> None:
        self._session = session
        self._count = 0
        self._ended: set[object] = set()

    def answer(self, call: Call) -> Exchange:
        """Serve a request, with every member that the description names."""
        operation, now = call.draft.operation, time.time()
        held = {field.value for role in TOKEN_ROLES for field in call.draft.of(role)}
        if operation.purpose == "revoke":
            self._ended |= held
        elif operation.purpose == "resource" and held & self._ended:
            refusal = Reply(401, (("Date", formatdate(now, usegmt=True)),), b"")
            return Exchange(call, encode(call.draft), refusal, "", now, 0.0)
        shape = operation.success
        values = self._values(call, int(now))
        members = {m.name: values.get(m.role or "", m.const) for m in shape.members} if shape else {}
        body = json.dumps(members).encode() if members else b""
        headers = (("Content-Type", JSON), ("Date", formatdate(now, usegmt=True)))
        reply = Reply(int(shape.status) if shape and shape.status.isdigit() else 200, headers, body)
        return Exchange(call, encode(call.draft), reply, "", now, 0.0)

    def _values(self, call: Call, now: int) -> Mapping[str, object]:
        target = self._session.target
        resource = target.resource_operation
        wanted = resource.scopes if resource is not None else ()
        asked = [str(field.value) for field in call.draft.of("scope")]
        return {
            "access_token": self._token(now),
            "refresh_token": self._token(now),
            "token_type": "bearer",
            "expires_in": _LIFE,
            "expires_at": now + _LIFE,
            "scope": " ".join(asked or (*wanted, "first", "second")),
            "subject": target.credentials.get("username", ""),
            "issuer": target.issuer or target.url,
            **dict(self._endpoints()),
        }

    def _endpoints(self) -> Iterator[tuple[str, str]]:
        """Give the endpoints that metadata name: those that the target has."""
        target = self._session.target
        for role, purposes in NAMED_ENDPOINTS.items():
            found = [op for purpose in purposes for op in target.dialect.api.with_purpose(purpose)]
            if found:
                # The endpoints of the standards take forms, whatever there is besides.
                chosen = min(found, key=lambda op: op.media_type != FORM)
                yield role, target.base(chosen.base) + chosen.path

    def _token(self, now: int) -> str:
        self._count += 1
        parts = {"alg": "HS256"}, {"jti": self._count, "iat": now, "exp": now + _LIFE}
        return ".".join(
            [*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "c2ln"]
        )
