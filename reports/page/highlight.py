"""What differs between two short texts, marked word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from watchword.reports.legible import legible

__all__ = ["marked"]

_LIMIT = 2_000
_NEAR = 0.25


def marked(expected: str, observed: str) -> tuple[Markup, Markup]:
    """Give both texts as HTML, with `<del>` around what only the first and `<ins>` around what only the second has.

    Texts that share next to nothing, or that are long, come back without marks: a mark on every word tells nothing.
    """
    left, right = _words(legible(expected)), _words(legible(observed))
    match = SequenceMatcher(None, left, right, autojunk=False)
    if len(expected) + len(observed) > _LIMIT or match.ratio() < _NEAR:
        return escape("".join(left)), escape("".join(right))
    one, other = Markup(), Markup()
    for tag, left_from, left_to, right_from, right_to in match.get_opcodes():
        gone, come = "".join(left[left_from:left_to]), "".join(right[right_from:right_to])
        one += _wrap("del", gone) if tag != "equal" else escape(gone)
        other += _wrap("ins", come) if tag != "equal" else escape(come)
    return one, other


def _wrap(tag: str, text: str) -> Markup:
    if not text.strip():
        return escape(text)
    return (Markup("<del>{}</del>") if tag == "del" else Markup("<ins>{}</ins>")).format(text)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)
