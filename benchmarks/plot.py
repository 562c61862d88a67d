"""Bars with the range of what was measured, as an SVG that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["Bar", "bars"]

_LEFT, _WIDTH, _LINE, _TOP = 300, 460, 18, 56


@dataclass(frozen=True)
class Bar:
    """A value with its name, and the lowest and highest that were measured, if there were several."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


def bars(title: str, rows: Sequence[Bar], mark: float | None = None) -> str:
    """Draw bars below each other, all values above 0; with a `mark`, the axis is logarithmic and has a line there."""
    highest = max(row.high or row.value for row in rows)
    lowest = min(row.low or row.value for row in rows)

    def at(value: float) -> float:
        if mark is None:
            return _LEFT + _WIDTH * value / highest
        first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
        return _LEFT + _WIDTH * (math.log10(value) - first) / max(1, last - first)

    height = _TOP + _LINE * len(rows) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 80}" height="{height}" '
        'font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="15" fill="#1a1a1a">{escape(title)}</text>',
    ]
    start = _LEFT if mark is None else at(mark)
    for index, row in enumerate(rows):
        y = _TOP + _LINE * index
        left, right = sorted((start, at(row.value)))
        colour = "#3d6fb4" if mark is None or row.value >= mark else "#b4643d"
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 11}" text-anchor="end" fill="#1a1a1a">{escape(row.name)}</text>')
        parts.append(
            f'<rect x="{left:.1f}" y="{y + 2}" width="{max(1, right - left):.1f}" height="11" fill="{colour}"/>'
        )
        if row.low is not None and row.high is not None:
            parts.append(
                f'<path d="M{at(row.low):.1f} {y + 7.5}H{at(row.high):.1f}" stroke="#1a1a1a" stroke-width="1.5"/>'
            )
        edge = max(right, at(row.high or row.value))
        parts.append(f'<text x="{edge + 6:.1f}" y="{y + 11}" fill="#1a1a1a">{row.value:.3g}</text>')
    parts.append(f'<path d="M{start:.1f} {_TOP - 6}V{height - 12}" stroke="#1a1a1a" stroke-width="1"/>')
    return "\n".join([*parts, "</svg>", ""])
