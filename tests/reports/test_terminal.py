"""What the terminal says of a run: by cause, one line a reason, what matters most last and gravest first."""

from __future__ import annotations

import pytest

from watchword.reports.causes import causes
from watchword.reports.terminal import told


@pytest.fixture
def bad(run, clause):
    """Give a run with a warning, eight blocked clauses of one reason, and failures of two gravities."""
    odd = ("expected status 401, saw 200",)
    rows = [
        clause(
            clause="toy:a.form", verdict="fail", gravity="form", operation="readToken", differences=odd, exchanges=()
        ),
        clause(
            clause="toy:b.safe",
            verdict="fail",
            gravity="security",
            operation="makeToken",
            differences=odd,
            exchanges=(),
        ),
        clause(clause="toy:c.polite", verdict="warn", level="should", differences=("expected a header, saw none",)),
        *(clause(clause=f"toy:d.n{n}", verdict="blocked", exchanges=(), reason="nobody lets us in") for n in range(8)),
    ]
    return run(*rows, exit_code=1)


def test_what_matters_most_is_last(bad):
    """Recommendations come before what could not be checked, and the broken rules after both."""
    titles = [title for title, _ in told(bad, "out")]

    assert ["recommendations that are not heeded", "not checked", "broken rules"] == titles


def test_the_gravest_failure_is_first(bad):
    """Of the broken rules the gravest is told first, by what deviates and not by its id."""
    lines = [line for line in told(bad, "out")[-1][1] if line.startswith("fail")]

    assert [
        "fail  security: makeToken: expected status 401, saw 200",
        "fail  form: readToken: expected status 401, saw 200",
    ] == lines


def test_the_blocked_are_one_line_a_reason(bad):
    """Eight clauses that one thing blocks are told once, with their number and some of their names."""
    assert [
        "blocked  nobody lets us in",
        "  8 clauses: toy:d.n0, toy:d.n1, toy:d.n2, toy:d.n3 and 4 more",
    ] == dict(told(bad, "out"))["not checked"]


def test_warnings_are_named(bad):
    """Each recommendation that is not heeded is named, behind what deviates."""
    assert ["warn  expected a header, saw none: toy:c.polite (should, documented)"] == told(bad, "out")[0][1]


def test_each_failure_says_how_to_see_it_again(bad):
    """Below each failure stands the command that prints its script, with the place of the records as it was given."""
    lines = [line for line in told(bad, "some where")[-1][1] if "reproduce" in line]

    assert "  reproduce  watchword reproduce 'some where' toy:b.safe" == lines[0]


def test_an_id_stands_once(bad):
    """No line names a clause twice."""
    named = [
        [word.strip(",:") for word in line.split() if word.startswith("toy:")]
        for _, ls in told(bad, "o")
        for line in ls
    ]

    assert [] == [names for names in named if len(names) != len(set(names))]


def test_a_good_run_has_nothing_to_tell(run, clause):
    """Where nothing is wrong, nothing is said."""
    assert [] == told(run(clause()), "out")


def test_what_is_excused_is_not_told(run, clause):
    """A known deviation is none of the broken rules."""
    assert [] == told(run(clause(verdict="fail", known="soon"), clause(verdict="warn", known="soon")), "out")


def test_requests_without_a_reply_are_told_apart(run, clause, exchange):
    """What gets no reply is named by its address, and other addresses make other causes."""
    silent = [
        exchange(
            reply=None, trouble="reset", request={"method": "GET", "url": f"http://a/{n}?x", "headers": [], "body": ""}
        )
        for n in (1, 2)
    ]
    rows = [clause(clause=f"toy:n{n}", verdict="inconclusive", reason="reset", exchanges=(silent[n],)) for n in (0, 1)]

    assert ["GET http://a/1: reset", "GET http://a/2: reset"] == [cause.title for cause in causes(rows)]
