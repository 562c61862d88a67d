"""A run as Markdown, for the summary of a step, a comment or a message.

Law: a reply may hold anything, so whatever was not written by us is text: it makes no link, mention, image or cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from watchword.reports.formats.cases import named, seen, telling
from watchword.reports.legible import legible
from watchword.reports.outcome import TONES, outcome
from watchword.reports.records import ClauseRecord, Run
from watchword.reports.remedies import remedies
from watchword.reports.summary import headline, summarize, verdict_line
from watchword.reports.wording import count, moment, words

__all__ = ["markdown"]

_ROWS = 50
_LENGTH = 400


def markdown(run: Run) -> str:
    """Write what a run comes to: the headline, a table of its targets, what wants attention, what would decide more.

    Beyond fifty clauses it says how many more there are: some places cut a text that is too long, and say nothing.
    """
    return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    found = outcome(run)
    yield f"## {TONES[found.tone]} {_text(headline(run))}\n"
    yield f"{_text(verdict_line(run))}. {_text(found.beside)}".rstrip() + "\n"
    if run.end is None:
        yield "**Partial run.** The records stop before its end.\n"
    yield from _table(
        ("target", "dialect", "comes to", "verified"),
        (
            (t.name, t.dialect, t.summary.outcome.title, f"{t.summary.verified} of {t.summary.total}")
            for t in summarize(run)[1]
        ),
    )
    rows = telling(run)
    if rows:
        name = named(run)
        yield f"### {count(len(rows), 'clause')} to look at\n"
        yield from _table(
            ("verdict", "clause", "rule", "seen"), ((_sign(r), name(r), r.says, seen(r)) for r in rows[:_ROWS])
        )
        if len(rows) > _ROWS:
            yield f"{count(len(rows) - _ROWS, 'more clause')}: see the page or the records.\n"
    said = remedies(run.clauses)
    if said:
        yield "### What would decide more\n"
        yield from (f"- {_text(line)}" for line in said)
        yield ""
    yield f"{_text(moment(run.run.started))}, exit code {found.exit}.\n"


def _sign(record: ClauseRecord) -> str:
    return f"{record.judgement.glyph} {words(record.verdict)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"
    yield ""


def _text(text: str) -> str:
    plain = " ".join(legible(text).split())
    cut = plain if len(plain) <= _LENGTH else f"{plain[:_LENGTH]}…"
    # Character references are text to every reader of Markdown, wherever they stand, also within words and addresses.
    return re.sub(r"[&<>|`*_\[\]\\~#@!$]|(?<=\w):(?=//)|\bwww\.", _reference, cut)


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0][0])};{found[0][1:]}"
