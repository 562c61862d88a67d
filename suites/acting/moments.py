"""When something happens, as far as it can be known: spans of moments, in seconds since 1970 on the clock of the run.

The clock of the run is this machine's, or the target's own where it offers one. Every figure of a server is the truth
with something cut off: `Date`, `exp` and `expires_at` are cut to whole seconds, `expires_in` is counted from a moment that
lies between the request and the reply and is itself cut, and a token that ends with a second may be taken until that
second is over. So nothing here is a point; whoever judges does so outside a span, and within it nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["SECOND", "Span", "ahead_by", "at_stamp", "hull", "in_agreement", "lasting"]

SECOND = 1.0
"""What is lost at most when a moment or a number of seconds is cut to whole ones."""
_NEAR = 5.0
"""Clocks that are no farther apart than this many seconds say the same."""


@dataclass(frozen=True, slots=True)
class Span:
    """A moment, or a number of seconds, that lies between two others, both included."""

    earliest: float
    latest: float

    def after(self, other: Span) -> float:
        """Give how many seconds this one comes after the other at least; 0 or less where it may be no later."""
        return self.earliest - other.latest

    def apart(self, other: Span) -> float:
        """Give how many seconds lie between the two at least; 0 where they may be the same."""
        return max(0.0, self.after(other), other.after(self))


def hull(spans: Iterable[Span]) -> Span:
    """Give the span that holds all of these.

    Raises:
        ValueError: there are none.
    """
    known = list(spans)
    return Span(min(s.earliest for s in known), max(s.latest for s in known))


def lasting(issued: Span, told: float) -> Span:
    """Give when a token ends of which a reply told, in whole seconds, how long it still lives.

    The number is cut down or up, the moment from which the server counts is cut, and so is the one to which it does.
    """
    return Span(issued.earliest + told - 2 * SECOND, issued.latest + told + 2 * SECOND)


def at_stamp(stamp: float, ahead: Span) -> Span:
    """Give when a moment comes that a server named in whole seconds of its clock, which is ahead of ours by `ahead`.

    A token that ends then may be taken until that second is over.
    """
    return Span(stamp - ahead.latest, stamp + SECOND - ahead.earliest)


def ahead_by(stamp: float, seen: Span) -> Span:
    """Give by how much a server's clock is ahead of ours when it wrote a whole second down within a span of our time."""
    return Span(stamp - seen.latest, stamp + SECOND - seen.earliest)


def in_agreement(readings: list[Span]) -> Span:
    """Give what several readings of one clock say together: no single one is trusted.

    Of three, one is left out when it stands alone and the others agree; otherwise each of them may be the right one.

    Raises:
        ValueError: there are none.
    """
    for odd in readings:
        others = [reading for reading in readings if reading is not odd]
        alone = all(odd.apart(other) > _NEAR for other in others)
        agree = len(others) > 1 and all(a.apart(b) <= _NEAR for a in others for b in others)
        if alone and agree:
            return hull(others)
    return hull(readings)
