"""Recording: what the check of a clause came to, as a record without secrets."""

from __future__ import annotations

import time

from watchword.reports.records import ClauseRecord
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, broader
from watchword.suites.judging.expect import expected
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


def _accepted(session: TargetSession, clause: Clause, judged: Judged) -> str:
    return session.target.accepted.get(clause.id, "") if judged.verdict.undecided else ""
