"""Spans of moments: whatever a server cuts off its figures, the truth lies inside."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.suites.acting.moments import Span, ahead_by, at_stamp, hull, in_agreement, lasting

NOW = 1_900_000_000.0
seconds = st.floats(0, 10, allow_nan=False)
parts = st.floats(0, 1, exclude_max=True, allow_nan=False)
drifts = st.floats(-100_000, 100_000, allow_nan=False)
edges = st.floats(NOW - 1000, NOW + 1000, allow_nan=False)


@st.composite
def spans(draw):
    """Spans around a moment."""
    start = draw(edges)
    return Span(start, start + draw(seconds))


@given(
    parts, seconds, seconds, st.integers(0, 100_000), parts, st.sampled_from([-1, 0, 1]), st.booleans(), st.booleans()
)
def test_lifetime_that_is_told(start, before, after, life, more, rounding, from_whole, to_whole):
    """Counted from a cut or a whole moment, to a cut or a whole one, told too low or too high: the end is in the span."""
    issued = NOW + start + before
    asked, replied = NOW + start, issued + after
    end = (math.floor(issued) if from_whole else issued) + life + more
    # A server that compares whole seconds takes the token until the last one is over.
    end = math.floor(end) + 1 if to_whole else end
    told = math.floor(life + more) if rounding == 0 else life + max(0, rounding)
    told = min(told, life + 1)
    span = lasting(Span(asked, replied), told)

    assert span.earliest <= end <= span.latest


@given(parts, seconds, seconds, drifts, st.integers(1, 100_000), st.booleans())
def test_moment_that_is_told(start, before, after, drift, life, inclusive):
    """A second of the server's clock, read off a Date of the same clock: the end is in the span, however the clocks differ."""
    asked = NOW + start
    issued = asked + before
    replied = issued + after
    stamp = math.floor(issued + drift) + life
    end = stamp + (1 if inclusive else 0) - drift
    ahead = ahead_by(math.floor(issued + drift), Span(asked, replied))
    span = at_stamp(stamp, ahead)

    # What is left of a number with so many digits is a few millionths.
    assert span.earliest - 1e-5 <= end <= span.latest + 1e-5
    assert ahead.earliest - 1e-5 <= drift <= ahead.latest + 1e-5


@given(spans(), spans())
def test_order(one, other):
    """Of two spans that are apart exactly one comes after the other; those that may be the same moment are not apart."""
    apart = one.apart(other)

    assert apart == other.apart(one) >= 0
    assert (apart > 0) == (one.after(other) > 0 or other.after(one) > 0)
    assert not (one.after(other) > 0 and other.after(one) > 0)
    assert 0 == one.apart(one)
    assert 0 == one.apart(hull([one, other]))


@given(st.lists(spans(), min_size=1, max_size=3))
def test_agreement_loses_no_majority(readings):
    """What clocks say together holds at least two of three readings, and every one of two."""
    together = in_agreement(readings)
    kept = [r for r in readings if together.earliest <= r.earliest and r.latest <= together.latest]

    assert len(kept) >= min(2, len(readings))
    assert together.latest - together.earliest <= hull(readings).latest - hull(readings).earliest


@pytest.mark.parametrize(
    ("readings", "together"),
    [
        ([Span(0, 0)], Span(0, 0)),
        ([Span(0, 0), Span(-1, 1)], Span(-1, 1)),
        # a proxy's Date beside two that agree
        ([Span(0, 0), Span(7200, 7201), Span(-1, 1)], Span(-1, 1)),
        # our own clock beside two that agree
        ([Span(0, 0), Span(7200, 7201), Span(7199, 7200)], Span(7199, 7201)),
        # two that differ: either may be right
        ([Span(0, 0), Span(7200, 7201)], Span(0, 7201)),
        # three that differ
        ([Span(0, 0), Span(100, 101), Span(200, 201)], Span(0, 201)),
    ],
)
def test_agreement(readings, together):
    """One of three that stands alone is left out, whichever it is; nobody else is."""
    assert together == in_agreement(readings)


def test_nothing_to_agree_on():
    """Without a reading there is no answer."""
    with pytest.raises(ValueError, match="empty"):
        hull([])
