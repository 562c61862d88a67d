"""Two runs held against each other, as one HTML file that needs nothing beside itself and has no script."""

from __future__ import annotations

from watchword.reports.comparing import Comparison, Kind
from watchword.reports.formats.cases import seen
from watchword.reports.legible import reply_text, request_text
from watchword.reports.page.templating import environment, source
from watchword.reports.wording import count

__all__ = ["render"]


def render(found: Comparison) -> str:
    """Make the page of a comparison: a chapter a kind of change, with the judged request and both replies of each clause."""
    made = environment()
    made.filters.update(request=request_text, reply=reply_text, seen=seen)
    made.globals.update(count=count)
    kinds = [kind for kind in Kind if kind is not Kind.SAME]
    return made.get_template("difference.html.j2").render(found=found, kinds=kinds, style=source("report.css"))
