"""The plan: what a run would send, told without sending anything.

Each scenario is driven by replies that are made up: every request succeeds and gives tokens of no particular form.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from watchword.specs.codec import encode
from watchword.specs.values.api import JSON, Operation
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.suites.acting.steps import Call, Exchange, Halt, Pause
from watchword.suites.running.check import scenario_of
from watchword.suites.running.session import TargetSession

__all__ = ["plan_lines"]

_MADE_UP: dict[str, object] = {
    "access_token": "planned-access-token",
    "refresh_token": "planned-refresh-token",
    "token_type": "bearer",
    "expires_in": 60,
    "scope": "first second",
}


def plan_lines(session: TargetSession, clauses: list[Clause]) -> Iterator[str]:
    """Give the lines that tell what each clause's check would send."""
    total = 0
    logins: dict[str, int] = {}
    for clause in clauses:
        open_for = session.budget.left_open(clause)
        yield f"{clause.full_id} ({clause.level}, {clause.basis})"
        if open_for:
            when = "sent last, if the others leave room for it" if session.budget.is_put_off(clause) else "not sent"
            yield f"    {when}: {open_for}"
            continue
        for line, sent in _steps(session, clause):
            total += sent
            yield f"    {line}"
        for account, count in session.budget.cost(clause).logins.items():
            logins[account] = logins.get(account, 0) + count
    spent = ", ".join(f"{count} bad logins for the account of {account}" for account, count in sorted(logins.items()))
    yield f"{session.target.name}: {total} requests for {len(clauses)} clauses" + (f", {spent}" if spent else "")


def _steps(session: TargetSession, clause: Clause) -> Iterator[tuple[str, int]]:
    scenario = scenario_of(session, clause)
    try:
        step = next(scenario)
        while True:
            if isinstance(step, Pause):
                yield f"wait: {step.reason}", 0
                step = next(scenario)
                continue
            request = encode(step.draft)
            yield f"{step.step:8} {request.method} {request.path}  ({step.purpose})", 1
            step = scenario.send(_made_up(step))
    except StopIteration:
        return
    except Halt as halt:
        yield f"(the rest depends on the target: {halt.reason})", 0


def _made_up(call: Call) -> Exchange:
    operation: Operation = call.draft.operation
    shape = operation.success
    members = {m.name: _MADE_UP.get(m.role or "", m.const) for m in shape.members} if shape else {}
    if shape and any(m.role == "expires_at" for m in shape.members):
        members |= {m.name: int(time.time()) + 60 for m in shape.members if m.role == "expires_at"}
    body = json.dumps(members).encode() if members else b""
    reply = Reply(int(shape.status) if shape and shape.status.isdigit() else 200, (("Content-Type", JSON),), body)
    return Exchange(call, encode(call.draft), reply, "", time.time(), 0.0)
