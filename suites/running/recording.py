"""Recording: what the check of a clause came to, as a record without secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from watchword.reports.records import ClauseRecord, legible
from watchword.specs.values.clause import Clause
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, broader
from watchword.suites.judging.expect import Assertion, expected
from watchword.suites.judging.gravity import gravity
from watchword.suites.running.check import Judged
from watchword.suites.running.session import TargetSession
from watchword.suites.running.versions import versions

__all__ = ["write"]


def write(session: TargetSession, clause: Clause, judged: Judged, began: float) -> ClauseRecord:
    """Write the record of what was judged, without secrets; `began` is when the check began, in monotonic seconds."""
    mask = session.evidence.mask
    looked_at = clause.guarantee or clause.observe
    reason = mask(judged.reason)
    if judged.attempts > 1 and judged.broken:
        count = f"broken in {judged.broken} of {judged.attempts} attempts"
        reason = f"{count}; {reason}" if reason else count
    return ClauseRecord(
        clause=clause.full_id,
        dialect=clause.dialect,
        target=session.target.name,
        topic=clause.topic,
        verdict=judged.verdict,
        level=clause.level,
        basis=clause.basis,
        says=clause.says,
        source=str(clause.source),
        expected=expected(clause),
        observed=mask(judged.seen),
        exchanges=session.evidence.records(judged.attempt.transcript.exchanges),
        operation=clause.operation or "",
        check=" + ".join(clause.when) or looked_at or "",
        differences=tuple(mask(str(d)) for d in judged.differences),
        assertions=_assertions(session, clause, judged),
        reason=reason,
        note=clause.note,
        attempts=judged.attempts,
        broken=judged.broken,
        remedy=dict(judged.remedy),
        accepted=_accepted(session, clause, judged),
        document=dict(session.target.dialect.looked_up(clause)),
        duration=round(time.monotonic() - began, 6),
        gravity=gravity(clause, judged.differences, _status(judged)),
        about=GUARANTEES[looked_at].says if looked_at else ", and ".join(CONDITIONS[name].says for name in clause.when),
        broader=broader(clause.when[0]) if len(clause.when) == 1 else (),
        conditions=clause.when or clause.conditions or (GUARANTEES[looked_at].conditions if looked_at else ()),
        versions=versions(session.target.dialect, clause),
    )


def _status(judged: Judged) -> int | None:
    reply = next((e.reply for e in reversed(judged.attempt.transcript.exchanges) if e.call.step == "probe"), None)
    return None if reply is None else reply.status


def _assertions(session: TargetSession, clause: Clause, judged: Judged) -> tuple[list[Any], ...]:
    """Write down what the replies of a right server would have held: what deviated, else what was looked for."""
    exchanges = judged.attempt.transcript.exchanges
    found = [difference.assertion for difference in judged.differences]
    if not found and clause.expect.status and exchanges:
        probes = [e for e in exchanges if e.call.step == "probe"] or exchanges
        found = [("status", probes[-1].reply, [*clause.expect.status])]
    places: dict[int, int] = {id(e.reply): place for place, e in enumerate(exchanges, 1) if e.reply is not None}
    return tuple(_written(assertion, places, session.evidence.mask) for assertion in found)


def _written(assertion: Assertion, places: Mapping[int, int], mask: Callable[[str], str]) -> list[Any]:
    written = [places.get(id(part)) if isinstance(part, Reply) else part for part in assertion]
    # What cannot be shown cannot be asserted by whoever reads the record.
    told = json.dumps(written, ensure_ascii=False, default=str)
    return written if None not in written and legible(mask(told)) == told else []


def _accepted(session: TargetSession, clause: Clause, judged: Judged) -> str:
    return session.target.accepted.get(clause.id, "") if judged.verdict.undecided else ""
