"""Causes: what is behind several records, said once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from watchword.reports.causes import causes
from watchword.reports.records import ClauseRecord, ExchangeRecord
from watchword.reports.remedies import remedies

Make = Callable[..., ClauseRecord]


@pytest.fixture
def wrong(clause: Make) -> Make:
    """Give a factory of broken clauses about wrong passwords, as special as asked."""

    def make(name: str, *broader: str, **changes: Any) -> ClauseRecord:
        usual = {
            "clause": f"toy:login.{name}",
            "operation": "login",
            "verdict": "fail",
            "check": f"password.{name}",
            "conditions": (f"password.{name}",),
            "broader": tuple(f"password.{one}" for one in broader),
            "about": f"the password is {name}",
            "gravity": "security",
            "differences": ("expected status 401, saw 200",),
        }
        return clause(**{**usual, **changes})

    return make


@pytest.fixture
def right(clause: Make, exchange: Callable[..., ExchangeRecord]) -> Make:
    """Give a factory of clauses whose right request to the balance was answered with a status."""

    def make(name: str, status: int, **changes: Any) -> ClauseRecord:
        asked = {"method": "GET", "url": f"http://127.0.0.1/balance?of={name}", "headers": [], "body": None}
        sent = exchange(step="control", request=asked, reply={"status": status, "headers": [], "body": None})
        usual = {
            "clause": f"toy:balance.{name}",
            "operation": "balance",
            "exchanges": (sent,),
            "check": f"works.{name}",
        }
        return clause(**{**usual, **changes})

    return make


def names(records: tuple[ClauseRecord, ...]) -> list[str]:
    """Give the last words of the clauses."""
    return [record.clause.rpartition(".")[2] for record in records]


def test_special_cases_stand_under_the_broadest(wrong: Make) -> None:
    """What is wrong with one subject of one operation is one cause, whatever came first."""
    (cause,) = causes([wrong("empty", "wrong"), wrong("blank", "empty", "wrong"), wrong("wrong")])

    assert ["wrong", "empty", "blank"] == names(cause.records)
    assert "login: expected status 401, saw 200, when the password is wrong" == cause.title


@pytest.mark.parametrize(
    "changes",
    [{"operation": "renew"}, {"target": "elsewhere"}, {"check": "username.empty", "conditions": ("username.empty",)}],
)
def test_other_operations_targets_and_subjects_are_other_causes(wrong: Make, changes: dict[str, Any]) -> None:
    """What is elsewhere, or about something else, has a cause of its own."""
    assert [1, 1] == [len(cause.records) for cause in causes([wrong("wrong"), wrong("empty", "wrong", **changes)])]


def test_the_blocked_stand_under_what_blocks_them(right: Make) -> None:
    """A right request that fails is the cause of all that it blocks, whatever they are about."""
    why = "a right request to balance was answered 401, so a refusal proves nothing"
    blocked = [right(name, 401, verdict="blocked", reason=why, check=f"token.{name}") for name in ("missing", "empty")]
    broken = right("opens", 401, verdict="fail", differences=("expected status 2xx, saw 401",))
    (cause,) = causes([*blocked, broken])

    assert (["opens", "missing", "empty"], "fail") == (names(cause.records), cause.verdict)
    assert "balance: expected status 2xx, saw 401" == cause.title


def test_the_blocked_alone_say_why(right: Make) -> None:
    """Where nothing but blocked clauses is left, the cause is their reason, once."""
    found = causes([right(name, 401, verdict="blocked", reason="no token") for name in ("missing", "empty")])

    assert [("no token", 2)] == [(cause.title, len(cause.records)) for cause in found]


def test_other_answers_are_other_causes(right: Make) -> None:
    """The same request that fails in two ways has two causes."""
    assert 2 == len(causes(right(str(status), status, verdict="blocked", reason="no token") for status in (401, 500)))


def test_properties_that_miss_the_same_are_one_cause(clause: Make) -> None:
    """Properties of one operation that say the same of its reply belong together."""
    rows = [
        clause(clause=f"toy:login.{check}", verdict="fail", check=check, differences=(text,), exchanges=())
        for check, text in (("expiry.future", "no expiry"), ("reply.schema", "no expiry"), ("scope.subset", "no scope"))
    ]

    assert [2, 1] == [len(cause.records) for cause in causes(rows)]


def test_a_property_of_refusals_follows_from_what_is_not_refused(wrong: Make, clause: Make) -> None:
    """That two refusals are alike cannot hold where one of them is none."""
    alike = clause(
        clause="toy:login.alike",
        operation="login",
        verdict="warn",
        check="refusals.alike",
        conditions=("password.wrong",),
    )

    assert [["wrong", "alike"]] == [names(cause.records) for cause in causes([alike, wrong("wrong")])]


def test_the_gravest_comes_first(wrong: Make, clause: Make) -> None:
    """What is broken comes before what is open, and the graver before the lesser, however many there are."""
    rows = [
        clause(clause="toy:a.open", verdict="blocked", reason="no token", exchanges=()),
        *(wrong(name, operation="form", gravity="form") for name in ("wrong", "empty")),
        wrong("wrong", operation="renew", gravity="interoperability"),
        wrong("wrong"),
    ]

    assert ["login", "renew", "form", "renewToken"] == [cause.lead.operation for cause in causes(rows)]


def test_gravity_of_a_cause_is_that_of_what_is_broken(wrong: Make) -> None:
    """What is only open under a cause does not make it graver."""
    (cause,) = causes([wrong("wrong", gravity="form"), wrong("empty", verdict="warn", gravity="interoperability")])

    assert ("interoperability", "fail") == (cause.gravity, cause.verdict)


def test_every_record_has_one_cause(wrong: Make, right: Make, clause: Make) -> None:
    """None is lost, and none is told twice."""
    rows = [
        wrong("wrong"),
        right("opens", 500, verdict="warn"),
        right("missing", 500, verdict="blocked"),
        clause(clause="toy:a.limits", verdict="not_observable", remedy={"limits.max_wait": 9.0}),
        clause(clause="toy:a.busy", verdict="inconclusive", reason="busy"),
        clause(clause="toy:a.ours", verdict="error", reason="KeyError"),
    ]
    told = [record.clause for cause in causes(rows) for record in cause.records]

    assert sorted(record.clause for record in rows) == sorted(told)


def test_reasons_that_count_are_one_cause(clause: Make) -> None:
    """Where reasons differ only in how often something has happened, it happened for one reason, told as it was first."""
    rows = [
        clause(clause=f"toy:a.n{n}", verdict="inconclusive", reason=f"no answer, {n} requests in a row had no reply")
        for n in (4, 5, 60)
    ]
    found = causes([*rows, clause(clause="toy:a.b", verdict="inconclusive", reason="answered 429")])

    assert [3, 1] == [len(cause.records) for cause in found]
    assert "no answer, 4 requests in a row had no reply" == found[0].title
    assert ["3 binding rules: no answer, 4 requests in a row had no reply"] == remedies(rows)


def test_title_tells_two_differences_and_counts_the_rest(wrong: Make) -> None:
    """However much a reply lacks, its title stays one line."""
    (cause,) = causes([wrong("wrong", differences=tuple(f"expected a{n}, saw b{n}" for n in range(5)))])

    assert (
        "login: expected a0 and a1, saw b0 and b1, and 3 other differences, when the password is wrong" == cause.title
    )
