"""What the test of a failing, erring or skipped clause says: the deviation first, then the rule and the way on."""

from __future__ import annotations

from watchword.reports.records import ClauseRecord

__all__ = ["explain", "short"]


def explain(record: ClauseRecord) -> str:
    """Give the whole message of a clause that is broken or could not be checked."""
    lines = [
        f"{'; '.join(record.differences) or record.reason or record.observed}",
        f"  clause    {record.clause} at {record.target}: {record.verdict} ({record.level}, {record.basis})",
        f"  rule      {record.says}",
        f"  source    {record.source}",
    ]
    if record.reason and record.differences:
        lines.append(f"  reason    {record.reason}")
    for number, exchange in enumerate(record.exchanges, start=1):
        status = exchange.reply["status"] if exchange.reply else exchange.trouble
        lines.append(f"  {number} {exchange.step:8}{exchange.request['method']} {exchange.request['url']} -> {status}")
    if record.exchanges:
        lines += ["", f"hint: watchword reproduce RECORDS {record.clause} writes a script that makes this check again"]
    return "\n".join(lines)


def short(record: ClauseRecord) -> str:
    """Give the one line that a skipped clause shows."""
    accepted = f" (accepted: {record.accepted})" if record.accepted else ""
    return f"{record.verdict}: {record.reason or record.observed}{accepted}"
