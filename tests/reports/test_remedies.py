"""What would decide what a run left open."""

from __future__ import annotations

import tomllib

import pytest

from watchword.reports.page.document import render
from watchword.reports.remedies import acceptance, remedies

OPEN = {"verdict": "not_observable", "reason": "it takes long"}


def test_the_highest_value_is_enough(clause):
    """Of several values of one setting the highest is named, rounded up, with how many clauses it decides."""
    rows = [
        clause(**OPEN, remedy={"limits.max_wait": 3.2}),
        clause(**OPEN, remedy={"limits.max_wait": 11.2}),
        clause(**OPEN, remedy={"limits.max_wait": 7}, level="should"),
    ]

    assert ["limits.max_wait = 12 would decide 3 clauses, 2 of them binding"] == remedies(rows)


def test_credentials_go_together(clause):
    """What takes two settings at once names both, and clauses that take others are counted apart."""
    lacking = {"verdict": "not_applicable", "level": "may"}
    pair = {"credentials.other_username": None, "credentials.other_password": None}
    rows = [clause(**lacking, remedy=pair), clause(**lacking, remedy={"credentials.other_brand_key": None})]

    assert [
        "credentials.other_brand_key would decide 1 clause, none of them binding",
        "credentials.other_password and credentials.other_username would decide 1 clause, none of them binding",
    ] == remedies(rows)


def test_binding_rules_come_first(clause):
    """The setting that decides most binding rules is named first, and reasons without a setting last."""
    rows = [
        clause(verdict="blocked", reason="a right request was answered 500"),
        clause(**OPEN, remedy={"limits.bad_logins": 9}, level="should"),
        clause(**OPEN, remedy={"limits.max_wait": 5}),
        clause(verdict="blocked", reason="a right request was answered 500"),
        clause(verdict="blocked", reason="of no concern", level="should"),
    ]

    assert [
        "limits.max_wait = 5 would decide 1 binding rule",
        "limits.bad_logins = 9 would decide 1 clause, none of them binding",
        "2 binding rules: a right request was answered 500",
    ] == remedies(rows)


def test_many_reasons_are_counted(clause):
    """Of many reasons only the commonest are named, and the others are counted."""
    rows = [clause(verdict="inconclusive", reason=f"reason {letter}") for letter in "abcdefgh"]

    assert (6, "3 further reasons, each with its clause") == (len(remedies(rows)), remedies(rows)[-1])


@pytest.mark.parametrize("excuse", ["known", "accepted"])
def test_what_is_excused_is_left_in_peace(clause, excuse):
    """What somebody has accepted, or knows of, needs no remedy."""
    assert [] == remedies([clause(verdict="blocked", remedy={"limits.timeout": 20}, **{excuse: "as agreed"})])


def test_the_page_tells_them(run, clause):
    """The page names what would decide an open clause, at its head and at the clause, with the table to paste."""
    page = render(run(clause(**OPEN, remedy={"limits.max_wait": 12}), exit_code=7))
    told = [
        "limits.max_wait = 12 would decide 1 binding rule",
        "What would decide it",
        "undecided = [",
        "max_wait = 12</p>",
    ]

    assert [] == [text for text in told if text not in page]


def test_accepted_clauses_are_listed(run, clause):
    """The page lists what is accepted as undecided, with the reason, and asks for no attention."""
    page = render(run(clause(), clause(**OPEN, clause="toy:x.y", accepted="tokens live a day")))

    assert [True, True, False] == [
        text in page for text in ("Accepted as undecided", "tokens live a day", '<section class="causes"')
    ]


def test_acceptance_is_toml(clause):
    """The table to paste lacks nothing but its reason."""
    table = tomllib.loads(acceptance(clause(**OPEN)))

    assert {"accept": {"undecided": ["renew.malformed-body"], "reason": ""}} == table
