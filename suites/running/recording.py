"""Recording: what the check of a clause came to, as a record without secrets."""

from __future__ import annotations

import time

from watchword.reports.records import ClauseRecord
from watchword.specs.values.clause import Clause
from watchword.suites.judging.expect import expected
from watchword.suites.running.check import Judged
from watchword.suites.running.session import TargetSession

__all__ = ["write"]


def write(session: TargetSession, clause: Clause, judged: Judged, began: float) -> ClauseRecord:
    """Write the record of what was judged, without secrets; `began` is when the check began, in monotonic seconds."""
    mask = session.evidence.mask
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
        check=" + ".join(clause.when) or clause.guarantee or clause.observe or "",
        differences=tuple(mask(str(d)) for d in judged.differences),
        reason=reason,
        note=clause.note,
        attempts=judged.attempts,
        broken=judged.broken,
        remedy=dict(judged.remedy),
        accepted=_accepted(session, clause, judged),
        duration=round(time.monotonic() - began, 6),
    )


def _accepted(session: TargetSession, clause: Clause, judged: Judged) -> str:
    return session.target.accepted.get(clause.id, "") if judged.verdict.undecided else ""
