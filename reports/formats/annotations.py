"""A run as workflow commands of GitHub Actions, which shows them as annotations: a line each, to be printed by a step.

Law: within a command nothing ends it but us; what was not written by us is escaped as GitHub's own toolkit does it.
"""

from __future__ import annotations

from watchword.reports.formats.cases import named, telling, told
from watchword.reports.legible import legible
from watchword.reports.outcome import outcome
from watchword.reports.records import ClauseRecord, Run
from watchword.reports.summary import headline
from watchword.reports.wording import count, words

__all__ = ["workflow_commands"]

_SHOWN = 9
"""GitHub shows ten of a kind a step and drops the others; one of them is the headline."""
_COMMANDS = {"good": "notice", "caution": "warning", "bad": "error"}


def workflow_commands(run: Run) -> str:
    """Write what a run comes to as one annotation, and one for each clause to look at, the gravest first."""
    strict = bool(run.run.options.get("strict"))
    name = named(run)
    found = outcome(run)
    lines = [_command(_COMMANDS[found.tone], headline(run), str(found))]
    rows: dict[str, list[ClauseRecord]] = {}
    for record in telling(run):
        kind = "error" if record.shown(strict) in ("failed", "error") else "warning"
        rows.setdefault(kind, []).append(record)
    for kind, records in rows.items():
        lines += [_command(kind, f"{words(r.verdict)}: {name(r)}", told(r)) for r in records[:_SHOWN]]
    left = sum(max(0, len(records) - _SHOWN) for records in rows.values())
    if left:
        lines.append(_command("notice", "Watchword", f"{count(left, 'more clause')} to look at: see the report."))
    return "\n".join(lines) + "\n"


def _command(kind: str, title: str, text: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
