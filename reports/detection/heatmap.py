"""The heat map: faults by clauses, as one HTML file in which every cell leads to its evidence.

Laws:
1. Everything on the page comes from the matrix; nothing is fetched, neither when it is made nor when it is read.
2. A reply may hold anything, so all of it is text: templates escape, the page forbids every script but its own, and that
   one writes text.
3. What matters is told in words, too: the map needs a script and eyes, the lists need neither.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from watchword.reports import wording
from watchword.reports.detection.heatdata import KINDS, by_stage, by_topic, embedded, packed, picture, total
from watchword.reports.detection.matrix import BROKEN, Cell, Matrix, RightServer, Row, Sheet
from watchword.reports.legible import legible
from watchword.reports.page.cells import unfolding
from watchword.reports.page.templating import environment, fingerprint, source
from watchword.reports.verdict import Verdict

__all__ = ["render"]


@dataclass(frozen=True, slots=True)
class _Figure:
    """A number at the top of the page, with the place where it is explained. `wrong` is whether any but 0 is bad."""

    number: int
    words: str
    place: str
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class _Stage:
    """The faults of one stage, and how many of them were noticed."""

    name: str
    rows: tuple[Row, ...]
    killed: int


@dataclass(frozen=True, slots=True)
class _View:
    """A sheet with what the page adds to it: its data for the script, plain and compressed, and its figures."""

    sheet: Sheet
    anchor: str
    number: int
    tone: str
    stages: tuple[_Stage, ...]
    topics: int
    killed: int
    data: Markup
    evidence: str


def render(matrix: Matrix) -> str:
    """Make the page of a matrix, whole or cut short."""
    script = source("copy.js", "heatmap.js")
    alarms = sum(len(profile.alarms) for sheet in matrix.sheets for profile in sheet.profiles)
    return (
        _environment()
        .get_template("heatmap.html.j2")
        .render(
            matrix=matrix,
            views=[_view(sheet, number) for number, sheet in enumerate(matrix.sheets)],
            statement=_statement(matrix, alarms),
            killed=matrix.faults - len(matrix.survived),
            figures=_figures(matrix, alarms),
            alarms=alarms,
            survived=[(sheet, row) for sheet in matrix.sheets for row in sheet.survived],
            unguarded=[(sheet, column) for sheet in matrix.sheets for column in sheet.unguarded],
            misdeclared=[(sheet, row) for sheet in matrix.sheets for row in sheet.misdeclared],
            strange=[(sheet, fault) for sheet in matrix.sheets for fault in sheet.strange],
            cells=total(matrix.sheets),
            judged=any(sheet.declared for sheet in matrix.sheets),
            stages=list(dict.fromkeys(row.stage for sheet in matrix.sheets for row in sheet.rows)),
            operations=list(dict.fromkeys(name for sheet in matrix.sheets for name, _ in picture(sheet)["operations"])),
            vocabulary=embedded(_vocabulary()),
            style=source("report.css", "heatmap.css"),
            script=script,
            script_hash=fingerprint(script),
        )
    )


def _view(sheet: Sheet, number: int) -> _View:
    stages = tuple(_Stage(name, tuple(rows), sum(r.killed for r in rows)) for name, rows in by_stage(sheet).items())
    alarmed = any(profile.alarms for profile in sheet.profiles)
    doubtful = sheet.unguarded or sheet.misdeclared or sheet.strange or not sheet.rows
    return _View(
        sheet=sheet,
        anchor=re.sub(r"[^\w.-]+", "-", f"sheet-{sheet.dialect}"),
        number=number,
        tone="bad" if sheet.survived or alarmed else "caution" if doubtful else "good",
        stages=stages,
        topics=len(by_topic(sheet)),
        killed=sum(stage.killed for stage in stages),
        data=embedded(picture(sheet)),
        evidence=packed(sheet),
    )


def _statement(matrix: Matrix, alarms: int) -> tuple[str, str]:
    """Say in a tone and a few words how it stands."""
    if matrix.survived:
        return "bad", "Not every fault is noticed"
    if alarms:
        return "bad", "Right servers are called wrong"
    if matrix.partial:
        return "caution", "Cut short"
    if not matrix.faults:
        return "caution", "Nothing was tried"
    if any(sheet.unguarded for sheet in matrix.sheets):
        return "caution", "Every fault is noticed, but no fault breaks some of the clauses"
    if any(sheet.misdeclared or sheet.strange for sheet in matrix.sheets):
        return "caution", "Every fault is noticed, but some do not break what they say"
    return "good", "Every fault is noticed, and no right server is called wrong"


def _figures(matrix: Matrix, alarms: int) -> list[_Figure]:
    survived = len(matrix.survived)
    unguarded = sum(len(sheet.unguarded) for sheet in matrix.sheets)
    misdeclared = sum(len(sheet.misdeclared) + len(sheet.strange) for sheet in matrix.sheets)
    return [
        _Figure(matrix.faults, wording.plural("fault", matrix.faults), "maps"),
        _Figure(matrix.faults - survived, "killed", "listed"),
        _Figure(survived, "survived", "survived", wrong=True),
        _Figure(alarms, wording.plural("false alarm", alarms), "alarms", wrong=True),
        _Figure(unguarded, "unguarded", "unguarded", wrong=True),
        _Figure(misdeclared, "misdeclared", "misdeclared", wrong=True),
    ]


def _vocabulary() -> dict[str, Any]:
    """Give the words that the script needs, so that it has none of its own for verdicts, levels and kinds."""
    return {
        "kinds": [[kind.letter, kind.name, kind.words, kind.meaning] for kind in KINDS],
        "verdicts": [
            [verdict.value, verdict.glyph, wording.words(verdict), verdict.meaning, verdict.broken]
            for verdict in Verdict
        ],
        "levels": dict(wording.LEVEL_MEANING),
        "bases": dict(wording.BASIS_MEANING),
        "steps": dict(wording.STEPS),
    }


def _hash(dialect: str, fault: str = "", clause: str = "") -> str:
    """Give the name of a place on the map, as it stands behind the `#` of an address."""
    return "/".join(quote(legible(part), safe=":@") for part in (dialect, fault, clause)).removesuffix("/")


def _broken(row: Row) -> list[Cell]:
    return [cell for cell in row.cells if cell.verdict in BROKEN]


def _verdicts(cells: Iterable[Cell]) -> str:
    """Count the verdicts of some cells, in words."""
    counted = Counter(cell.verdict for cell in cells)
    return ", ".join(f"{counted[name]} {wording.words(name)}" for name in Verdict if counted[name])


def _quiet(profiles: Iterable[RightServer]) -> list[RightServer]:
    return [profile for profile in profiles if not profile.alarms]


@cache
def _environment() -> Environment:
    made = environment()
    made.filters.update(
        words=wording.words,
        duration=wording.duration,
        broken=_broken,
        verdicts=_verdicts,
        quiet=_quiet,
        evidence=lambda record: Markup(unfolding(record)),  # noqa: S704 - escaped where it is made
    )
    made.globals.update(kinds=KINDS, count=wording.count, hash=_hash)
    return made
