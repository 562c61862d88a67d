"""A run as a badge: an SVG file, or the JSON from which shields.io draws one.

Laws:
1. A badge says of whom it speaks, what was judged and on which day: it is looked at long after, beside other things.
2. A run that was cut short or that left clauses out gets none, whatever it came to.
"""

from __future__ import annotations

import json
from html import escape

from watchword.reports.gate import is_whole
from watchword.reports.legible import legible
from watchword.reports.outcome import outcome, selected
from watchword.reports.records import Run
from watchword.reports.wording import count, moment

__all__ = ["Withheld", "badge", "shields"]

# Dark enough for white letters: each has a contrast of at least 4.5 to them.
_COLOURS = {"good": "#2b7a33", "caution": "#8a5a00", "bad": "#b3261e"}
_GREY = "#444"
_LETTER = 6.6
_PADDING = 6
_LONGEST = 40


class Withheld(ValueError):
    """A run is not whole, so that no badge may speak for it; the text says what is missing."""


def badge(run: Run) -> str:
    """Draw a badge as an SVG document.

    Raises:
        Withheld: the run is not whole.
    """
    label, message, colour = _said(run)
    left, right = _width(label), _width(message)
    whole, text = f"{label}: {message}", 'y="14" text-anchor="middle"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(whole)}"><title>{escape(whole)}</title>'
        f'<rect width="{left + right}" height="20" rx="3" fill="{colour}"/>'
        f'<path d="M3 0h{left - 3}v20h-{left - 3}a3 3 0 0 1-3-3v-14a3 3 0 0 1 3-3z" fill="{_GREY}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2}" {text} textLength="{left - 2 * _PADDING}">{escape(label)}</text>'
        f'<text x="{left + right / 2}" {text} textLength="{right - 2 * _PADDING}">{escape(message)}</text>'
        "</g></svg>\n"
    )


def shields(run: Run) -> str:
    """Write a badge as the JSON of a shields.io endpoint.

    Raises:
        Withheld: the run is not whole.
    """
    label, message, colour = _said(run)
    told = {"schemaVersion": 1, "label": label, "message": message, "color": colour.lstrip("#")}
    return json.dumps(told | ({"isError": True} if outcome(run).tone == "bad" else {}), ensure_ascii=False) + "\n"


def _said(run: Run) -> tuple[str, str, str]:
    if not is_whole(run):
        raise Withheld(_missing(run))
    found = outcome(run)
    names = [f"{target['name']} ({target['dialect']})" for target in run.run.targets]
    label = names[0] if len(names) == 1 else count(len(names), "target")
    day = moment(run.run.started).partition(" ")[0]
    return _cut(label), f"{found.title.lower()}, {found.gist}, {day}", _COLOURS[found.tone]


def _missing(run: Run) -> str:
    if run.end is None:
        return "the run was cut short; make a badge of one that came to its end"
    testable = run.run.options.get("testable")
    if not isinstance(testable, int):
        return "the records do not say of how many clauses they were to be; make a badge of a run that checked all"
    checked = len({(record.target, record.clause) for record in run.clauses})
    says = f"{checked} of {max(testable, selected(run))} clauses have a record"
    return f"{says}; make a badge of a run that checked all"


def _cut(text: str) -> str:
    plain = " ".join(legible(text).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _width(text: str) -> int:
    return round(len(text) * _LETTER) + 2 * _PADDING
